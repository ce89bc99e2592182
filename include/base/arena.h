// A bump allocator: many small allocations with one lifetime, freed all at once.
//
// Four arenas live in a session: session, module, stop and turn (see include/README.md). Whoever returns
// data takes the arena first; what lies in an arena is never freed by hand. Running out of memory ends the
// program with a message: sizes that come from the debuggee are bounded before they get here.
#pragma once
#include "base/types.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *newest;
	size_t next_size; // of the next chunk, doubling up to a limit
};

// A zeroed struct arena is an empty one: no init needed.

// Frees everything but one chunk, which is kept for reuse.
void arena_clear(struct arena *arena);

// Frees everything.
void arena_deinit(struct arena *arena);

// `size` zeroed bytes, aligned to `align` (a power of two). Never NULL.
void *arena_alloc(struct arena *arena, size_t size, size_t align);

// The bytes that the arena has taken from the system.
size_t arena_footprint(const struct arena *arena);

// The same bytes and more, which are zeroed. What was there is gone if it was large, and stays in the arena otherwise.
void *arena_regrow(struct arena *arena, void *old, size_t old_size, size_t size, size_t align);

#define NEW(arena, type)      ((type *)arena_alloc((arena), sizeof(type), _Alignof(type)))
#define NEW_N(arena, type, n) ((type *)arena_alloc_array((arena), sizeof(type), _Alignof(type), (n)))

// As arena_alloc, for n elements; ends the program if n * size overflows.
void *arena_alloc_array(struct arena *arena, size_t size, size_t align, size_t n);
