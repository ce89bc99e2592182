// Whether a block of memory was given back to glibc's malloc: a local that was moved or dropped keeps the address.
#pragma once
#include "engine/target.h"

struct dbg_heap {
	u64 start, end; // of the main arena; end 0: the allocator is another, or not known
	u64 main_top;   // where the memory begins that it has not given out; 0: not known
	u64 key;        // that free blocks in a thread's cache carry, 0 if there is none yet
};
struct dbg_heap dbg_heap_find(struct dbg_target *target);

// Not known: of another allocator, or a small block that may be in one of its fast bins.
enum dbg_block { DBG_BLOCK_NOT_KNOWN, DBG_BLOCK_IN_USE, DBG_BLOCK_FREED };
// `size`: what was asked for, when it was given out; 0: not known.
enum dbg_block dbg_target_block(struct dbg_target *target, u64 block, u64 size);
