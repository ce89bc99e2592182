// Chunks from malloc, so that AddressSanitizer sees the use of a cleared arena's memory.
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CHUNK = 4096, LARGEST_CHUNK = 1 << 20 };

struct arena_chunk {
	struct arena_chunk *older;
	size_t used, size; // of data
	size_t dirty;      // of data, what was ever used: behind it are zeros
	_Alignas(max_align_t) unsigned char data[];
};

static void die_of_memory(size_t size)
{
	fprintf(stderr, "stackful: out of memory: %zu bytes could not be had\n", size);
	abort();
}

static struct arena_chunk *chunk_new(struct arena *arena, size_t at_least)
{
	size_t size = size_max(arena->next_size ? arena->next_size : FIRST_CHUNK, at_least);
	struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + size); // large ones come as zeros from the system
	if (!chunk)
		die_of_memory(size);
	chunk->older = arena->newest;
	chunk->size = size;
	arena->newest = chunk;
	arena->next_size = size_min(size * 2, LARGEST_CHUNK);
	return chunk;
}

static void *take(struct arena_chunk *chunk, size_t start, size_t size)
{
	size_t end = start + size;
	if (start < chunk->dirty)
		memset(chunk->data + start, 0, size_min(end, chunk->dirty) - start);
	chunk->used = end;
	chunk->dirty = size_max(chunk->dirty, end);
	return chunk->data + start;
}

void *arena_alloc(struct arena *arena, size_t size, size_t align)
{
	struct arena_chunk *chunk = arena->newest;
	size_t start = chunk ? (chunk->used + align - 1) & ~(align - 1) : 0;
	if (!chunk || start > chunk->size || size > chunk->size - start) {
		if (size > SIZE_MAX / 2)
			die_of_memory(size);
		chunk = chunk_new(arena, size);
		start = 0;
	}
	return take(chunk, start, size);
}

// The chunk that holds nothing but this.
static struct arena_chunk **chunk_of(struct arena *arena, const void *items, size_t size)
{
	for (struct arena_chunk **chunk = &arena->newest; *chunk; chunk = &(*chunk)->older)
		if ((*chunk)->data == items && (*chunk)->used == size)
			return chunk;
	return NULL;
}

void *arena_regrow(struct arena *arena, void *old, size_t old_size, size_t size, size_t align)
{
	struct arena_chunk **chunk = old_size ? chunk_of(arena, old, old_size) : NULL;
	if (!chunk || size < old_size || size > SIZE_MAX / 2) {
		void *new = arena_alloc(arena, size, align);
		if (old_size)
			memcpy(new, old, size_min(old_size, size));
		return new;
	}
	struct arena_chunk *larger = realloc(*chunk, sizeof(*larger) + size); // the system moves pages, not bytes
	if (!larger)
		die_of_memory(size);
	if (larger->dirty < size)
		memset(larger->data + larger->dirty, 0, size - larger->dirty);
	larger->used = larger->size = larger->dirty = size;
	*chunk = larger;
	return larger->data;
}

void *arena_alloc_array(struct arena *arena, size_t size, size_t align, size_t n)
{
	size_t total;
	if (__builtin_mul_overflow(size, n, &total))
		die_of_memory(SIZE_MAX);
	return arena_alloc(arena, total, align);
}

void arena_clear(struct arena *arena)
{
	struct arena_chunk *chunk = arena->newest;
	if (!chunk)
		return;
	// The newest chunk is the largest but for outsized single allocations; those are given back.
	struct arena_chunk *kept = chunk->size <= LARGEST_CHUNK ? chunk : NULL;
	for (struct arena_chunk *older; chunk; chunk = older) {
		older = chunk->older;
		if (chunk != kept)
			free(chunk);
	}
	if (kept) {
		kept->older = NULL;
		kept->used = 0;
	}
	arena->newest = kept;
}

void arena_deinit(struct arena *arena)
{
	for (struct arena_chunk *chunk = arena->newest, *older; chunk; chunk = older) {
		older = chunk->older;
		free(chunk);
	}
	*arena = (struct arena){0};
}

size_t arena_footprint(const struct arena *arena)
{
	size_t sum = 0;
	for (const struct arena_chunk *chunk = arena->newest; chunk; chunk = chunk->older)
		sum += sizeof(*chunk) + chunk->size;
	return sum;
}
