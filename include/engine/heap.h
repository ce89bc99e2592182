// Whether a block of memory was given back to glibc's malloc: a local that was moved or dropped keeps the address.
#pragma once
#include "engine/target.h"

enum { HEAP_WALKS = 8, HEAP_MARKS = 256 };
struct dbg_heap {
	u64 start, end; // of the main arena; end 0: the allocator is another, or not known
	u64 main_state; // its malloc_state, 0: not known
	u64 main_top;   // where the memory begins that it has not given out; 0: not known
	u64 key;        // that free blocks in a thread's cache carry, 0 if there is none yet
	// Chunks follow each other from the beginning of an arena's memory. Those that were walked are remembered here and there,
	// so that the next walk need not begin anew.
	struct dbg_heap_walk {
		u64 first; // 0: none yet
		u64 marks[HEAP_MARKS];
		size_t n_marks;
	} walks[HEAP_WALKS];
	size_t steps; // that were made since the program stopped
};
struct dbg_heap dbg_heap_find(struct dbg_target *target);

// Not known: of another allocator, or a small block that may be in one of its fast bins.
enum dbg_block { DBG_BLOCK_NOT_KNOWN, DBG_BLOCK_IN_USE, DBG_BLOCK_FREED };
// `size`: what was asked for, when it was given out; 0: not known.
enum dbg_block dbg_target_block(struct dbg_target *target, u64 block, u64 size);
