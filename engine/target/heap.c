// Free blocks of glibc's malloc (2.26 to 2.41 malloc/malloc.c). A chunk begins 16 bytes before its block: the size of
// the one before it, if that is free, then its own size, of which the lowest bits say: 1 the one before is in use,
// 2 it was mapped by itself, 4 it is of a thread's own arena.
#include "engine/heap.h"

enum {
	PREV_INUSE = 1,
	MAPPED = 2,
	NOT_MAIN = 4,
	FLAGS = 7,
	ALIGNMENT = 16,
	HEADER = 16,
	CACHE_BINS = 64,
	ARENA_SIZE = 64 << 20, // HEAP_MAX_SIZE on 64-bit machines: a thread's heaps begin at its multiples
};

// The first chunk of the main arena is the cache of the thread that began it (tcache_perthread_struct): counts of
// 2 bytes (of 1 before 2.30), then the first free block of each bin. Its size tells which.
static u64 entries_of_cache(u64 start, u64 chunk_size)
{
	switch (chunk_size & ~(u64)FLAGS) {
	case HEADER + CACHE_BINS *(2 + 8): return start + HEADER + CACHE_BINS * 2;
	case HEADER + CACHE_BINS *(1 + 8): return start + HEADER + CACHE_BINS;
	default: return 0;
	}
}

// Each block in a cache has `next` and the process's `key` at its beginning (tcache_entry; up to 2.28 without a key).
static u64 find_key(struct dbg_mem *mem, u64 entries)
{
	u64 found = 0;
	for (u64 i = 0; i < CACHE_BINS; i++) {
		u64 block, key;
		if (dbg_mem_read_uint(mem, entries + i * 8, 8, &block) || !block || dbg_mem_read_uint(mem, block + 8, 8, &key) || !key)
			continue;
		if (found == key)
			return key; // two of them have the same
		found = key;
	}
	return 0;
}

struct dbg_heap dbg_heap_find(struct dbg_target *target)
{
	struct arena scratch = {0};
	struct dbg_heap heap = {0};
	struct dbg_mapping *mappings;
	struct dbg_mem *mem = dbg_target_space(target)->mem;
	size_t n = dbg_target_mappings(target, &scratch, &mappings);
	for (size_t i = 0; i < n && !heap.end; i++) {
		u64 size;
		if (!str_eqc(mappings[i].path, "[heap]") || dbg_mem_read_uint(mem, mappings[i].start + 8, 8, &size))
			continue;
		u64 entries = entries_of_cache(mappings[i].start, size);
		if (entries)
			heap = (struct dbg_heap){mappings[i].start, mappings[i].end, find_key(mem, entries)};
	}
	arena_deinit(&scratch);
	return heap;
}

// A chunk of a thread's arena: heap_info at the multiple of ARENA_SIZE begins with the arena's address.
static bool is_of_thread_arena(struct dbg_mem *mem, u64 block, u64 size)
{
	u64 arena, base = block & ~(u64)(ARENA_SIZE - 1);
	return size & NOT_MAIN && !dbg_mem_read_uint(mem, base, 8, &arena) && arena > ARENA_SIZE && arena % 8 == 0;
}

bool dbg_heap_is_freed(const struct dbg_heap *heap, struct dbg_mem *mem, u64 block)
{
	u64 size, word, next;
	if (!heap->end || block % ALIGNMENT || dbg_mem_read_uint(mem, block - 8, 8, &size) || size & MAPPED)
		return false;
	bool main = block > heap->start && block < heap->end && !(size & NOT_MAIN);
	u64 length = size & ~(u64)FLAGS;
	if ((!main && !is_of_thread_arena(mem, block, size)) || length < 2 * HEADER || length % ALIGNMENT || length > ARENA_SIZE)
		return false;
	if (heap->key && !dbg_mem_read_uint(mem, block + 8, 8, &word) && word == heap->key)
		return true;
	// In its bin, or part of the memory at the arena's end: the chunk behind it says that this one is not in use.
	return !dbg_mem_read_uint(mem, block - 8 + length, 8, &next) && !(next & PREV_INUSE);
}
