// Free blocks of glibc's malloc (2.26 to 2.41 malloc/malloc.c). A chunk begins 16 bytes before its block: the size of
// the one before it, if that is free, then its own size, of which the lowest bits say: 1 the one before is in use,
// 2 it was mapped by itself, 4 it is of a thread's own arena.
#include "engine/heap.h"

#include "engine/target/target.h"

enum {
	PREV_INUSE = 1,
	MAPPED = 2,
	NOT_MAIN = 4,
	FLAGS = 7,
	ALIGNMENT = 16,
	HEADER = 16,
	CACHE_BINS = 64,
	ARENA_SIZE = 64 << 20, // HEAP_MAX_SIZE on 64-bit machines: a thread's heaps begin at its multiples
	// malloc_state since 2.27: three ints, 10 fast bins, top, last_remainder, 254 bins, a map of 16 bytes, next
	STATE_FAST = 16,
	N_FAST = 10,
	STATE_TOP = 96,
	STATE_NEXT = 2160,
	MAX_ARENAS = 4096,
	PAGE = 4096,
	STATE_SIZE = 2200,
	MOST_STEPS = 1 << 18, // from chunk to chunk, at one stop
	STEPS_A_LOOK = 1 << 15,
	MARK_EVERY = MOST_STEPS / HEAP_MARKS,
	MOST_FAST = 128,    // global_max_fast: chunks up to this size may be in a fast bin, where nothing marks them as free
	MOST_IN_BIN = 4096, // steps in such a bin
	MOST_CACHED = 1040, // and up to this size in a thread's cache, where only the key does
};

// The arena's last chunk, which no block is in, reaches to the end of its memory; 0 if that is not what is there.
static u64 top_of(struct dbg_mem *mem, u64 state)
{
	u64 top, size;
	if (!state || dbg_mem_read_uint(mem, state + STATE_TOP, 8, &top) || !top || top % ALIGNMENT ||
	    dbg_mem_read_uint(mem, top + 8, 8, &size) || (top + (size & ~(u64)FLAGS)) % PAGE)
		return 0;
	return top;
}

// The main arena: the arenas are in a ring, of which a thread's can be found.
static void find_main_arena(struct dbg_mem *mem, struct dbg_heap *heap, u64 state)
{
	for (int i = 0; i < MAX_ARENAS && state; i++) {
		u64 top = top_of(mem, state);
		if (top > heap->start && top < heap->end) {
			heap->main_top = top;
			heap->main_state = state;
			return;
		}
		if (dbg_mem_read_uint(mem, state + STATE_NEXT, 8, &state))
			break;
	}
}

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

// The memory of the main arena; end 0 if it is not told. A core file has no name for it: it is known by its first chunk.
static struct dbg_heap find_main(struct dbg_mem *mem, const struct dbg_mapping *mappings, size_t n, bool named)
{
	for (size_t i = 0; i < n; i++) {
		u64 before, size;
		const struct dbg_mapping *at = &mappings[i];
		bool may_be = named ? str_eqc(at->path, "[heap]") : !at->path.len && at->writable && !at->executable;
		if (!may_be || dbg_mem_read_uint(mem, at->start, 8, &before) || dbg_mem_read_uint(mem, at->start + 8, 8, &size) ||
		    (!named && (before || (size & FLAGS) != PREV_INUSE)))
			continue;
		u64 entries = entries_of_cache(at->start, size);
		if (entries)
			return (struct dbg_heap){.start = at->start, .end = at->end, .key = find_key(mem, entries)};
	}
	return (struct dbg_heap){0};
}

static u64 first_chunk(u64 state)
{
	return (state + STATE_SIZE + ALIGNMENT - 1) & ~(u64)(ALIGNMENT - 1);
}

// A thread's arena whose first heap begins here: heap_info begins with the arena, which for the first heap of one lies
// behind it.
static bool begins_arena(struct dbg_mem *mem, const struct dbg_mapping *at, u64 *state)
{
	return at->start % ARENA_SIZE == 0 && at->writable && !dbg_mem_read_uint(mem, at->start, 8, state) && *state > at->start &&
	       *state < at->start + PAGE;
}

// In the cache of the thread that began an arena, which is its first chunk, too.
static u64 find_key_of_arena(struct dbg_mem *mem, u64 state)
{
	u64 size, first = first_chunk(state);
	u64 entries = dbg_mem_read_uint(mem, first + 8, 8, &size) ? 0 : entries_of_cache(first, size);
	return entries ? find_key(mem, entries) : 0;
}

struct dbg_heap dbg_heap_find(struct dbg_target *target)
{
	struct arena scratch = {0};
	struct dbg_mapping *mappings;
	struct dbg_mem *mem = dbg_target_space(target)->mem;
	size_t n = dbg_target_mappings(target, &scratch, &mappings);
	struct dbg_heap heap = find_main(mem, mappings, n, true);
	if (!heap.end)
		heap = find_main(mem, mappings, n, false);
	for (size_t i = 0; i < n && heap.end && (!heap.main_top || !heap.key); i++) {
		u64 state;
		if (!begins_arena(mem, &mappings[i], &state))
			continue;
		if (!heap.main_top)
			find_main_arena(mem, &heap, state);
		heap.key = heap.key ? heap.key : find_key_of_arena(mem, state);
	}
	arena_deinit(&scratch);
	return heap;
}

// The arena of the thread's heap that the block is in: heap_info at the multiple of ARENA_SIZE begins with it. 0: none.
static u64 thread_arena(struct dbg_mem *mem, u64 block)
{
	u64 state;
	return !dbg_mem_read_uint(mem, block & ~(u64)(ARENA_SIZE - 1), 8, &state) && state % 8 == 0 && top_of(mem, state) ? state : 0;
}

static size_t first_above(const u64 *marks, size_t n, u64 value)
{
	size_t i = 0;
	while (i < n && marks[i] <= value)
		i++;
	return i;
}

static struct dbg_heap_walk *walk_from(struct dbg_heap *heap, u64 first)
{
	for (size_t i = 0; i < HEAP_WALKS; i++) {
		struct dbg_heap_walk *walk = &heap->walks[i];
		if (!walk->first)
			*walk = (struct dbg_heap_walk){.first = first, .marks = {first}, .n_marks = 1};
		if (walk->first == first)
			return walk;
	}
	return NULL;
}

// A block that was given back may have been joined with its neighbours and cut anew, and what stood before it be some
// other's bytes: chunks follow each other from the beginning of the memory. What lies further in than may be walked at one stop
// is not known: a look at a value must cost the same whatever else the program has on its heap.
static enum dbg_block is_a_chunk(struct dbg_heap *heap, struct dbg_mem *mem, u64 first, u64 chunk)
{
	struct dbg_heap_walk *walk = walk_from(heap, first);
	size_t mark = walk ? first_above(walk->marks, walk->n_marks, chunk) : 0;
	if (!mark)
		return DBG_BLOCK_NOT_KNOWN;
	u64 at = walk->marks[mark - 1], size;
	for (size_t i = 1; at < chunk; i++) {
		if (i > STEPS_A_LOOK || ++heap->steps > MOST_STEPS || dbg_mem_read_uint(mem, at + 8, 8, &size) ||
		    (size & ~(u64)FLAGS) < 2 * HEADER || size % 8 != (size & FLAGS))
			return DBG_BLOCK_NOT_KNOWN;
		at += size & ~(u64)FLAGS;
		if (i % MARK_EVERY == 0 && at <= chunk && at > walk->marks[walk->n_marks - 1] && walk->n_marks < HEAP_MARKS)
			walk->marks[walk->n_marks++] = at;
	}
	return at == chunk ? DBG_BLOCK_IN_USE : DBG_BLOCK_FREED;
}

// Chunks of one size in a list, whose links are, since 2.32, xor'ed with their own address / 4096 (PROTECT_PTR).
static enum dbg_block look_in_fast_bin(struct dbg_mem *mem, u64 state, u64 chunk, u64 length)
{
	u64 at, size, bin = length / ALIGNMENT - 2;
	if (!state || bin >= N_FAST || dbg_mem_read_uint(mem, state + STATE_FAST + bin * 8, 8, &at))
		return DBG_BLOCK_NOT_KNOWN;
	for (int i = 0; at && i < MOST_IN_BIN; i++) {
		u64 link;
		if (at == chunk)
			return DBG_BLOCK_FREED;
		if (at % ALIGNMENT || dbg_mem_read_uint(mem, at + 8, 8, &size) || (size & ~(u64)FLAGS) != length ||
		    dbg_mem_read_uint(mem, at + HEADER, 8, &link))
			return DBG_BLOCK_NOT_KNOWN;
		at = link ^ (at + HEADER) / PAGE;
		at = at % ALIGNMENT ? link : at;
	}
	return at ? DBG_BLOCK_NOT_KNOWN : DBG_BLOCK_IN_USE;
}

static enum dbg_block look_at_block(struct dbg_heap *heap, struct dbg_mem *mem, u64 block, u64 wanted)
{
	u64 size;
	if (!heap->end || block % ALIGNMENT || dbg_mem_read_uint(mem, block - 8, 8, &size))
		return DBG_BLOCK_NOT_KNOWN;
	if (size & MAPPED)
		return DBG_BLOCK_IN_USE; // what is freed of that kind is unmapped
	bool main = block > heap->start && block < heap->end;
	u64 length = size & ~(u64)FLAGS, state = main ? 0 : thread_arena(mem, block);
	if ((!main && !state) || length < 2 * HEADER || length % ALIGNMENT || length > ARENA_SIZE)
		return DBG_BLOCK_NOT_KNOWN;
	if (!main && !(size & NOT_MAIN))
		return DBG_BLOCK_FREED; // what is in use of a thread's arena has the mark, what is in its bins has not (set_head)
	if (main && block - HEADER + length == heap->end)
		return DBG_BLOCK_FREED; // the last chunk of all, which is never given out
	u64 word, next, top = main ? heap->main_top : top_of(mem, state);
	if (top && block > top && (main || block / ARENA_SIZE == top / ARENA_SIZE))
		return DBG_BLOCK_FREED; // it has become part of the memory that was never given out
	if (heap->key && !dbg_mem_read_uint(mem, block + 8, 8, &word) && word == heap->key)
		return DBG_BLOCK_FREED;
	// In its bin, alone or with its neighbours: the chunk behind it says that this one is not in use.
	if (dbg_mem_read_uint(mem, block - 8 + length, 8, &next))
		return DBG_BLOCK_NOT_KNOWN;
	if (!(next & PREV_INUSE))
		return DBG_BLOCK_FREED;
	// Given out to another, who asked for less or more; a rest of 16 bytes is not cut off.
	u64 usual = (wanted + 8 + ALIGNMENT - 1) & ~(u64)(ALIGNMENT - 1);
	if (wanted && (length < usual || length > usual + 2 * ALIGNMENT))
		return DBG_BLOCK_FREED;
	if (!heap->key && length <= MOST_CACHED)
		return DBG_BLOCK_NOT_KNOWN;
	enum dbg_block fast = DBG_BLOCK_IN_USE;
	if (length <= MOST_FAST)
		fast = look_in_fast_bin(mem, main ? heap->main_state : state, block - HEADER, length);
	if (fast != DBG_BLOCK_IN_USE)
		return fast;
	if (!main && (state ^ block) & ~(u64)(ARENA_SIZE - 1))
		return DBG_BLOCK_NOT_KNOWN; // in a later heap of the arena
	return is_a_chunk(heap, mem, main ? heap->start : first_chunk(state), block - HEADER);
}

// A program with an allocator of its own (#[global_allocator]) may cut its blocks out of ours, and their headers mean
// nothing. Such a program has the functions that rustc makes for it.
static bool has_own_allocator(struct dbg_modules *modules)
{
	struct dbg_symbol ignored;
	return dbg_symbol_with(modules, STR("__rg_alloc"), &ignored);
}

enum dbg_block dbg_target_block(struct dbg_target *target, u64 block, u64 size)
{
	u64 generation = dbg_mem_generation(target->space.mem);
	if (!target->heap_known || target->heap_generation != generation) {
		target->heap = has_own_allocator(target->space.modules) ? (struct dbg_heap){0} : dbg_heap_find(target);
		target->heap_known = true;
		target->heap_generation = generation;
	}
	return look_at_block(&target->heap, target->space.mem, block, size);
}

bool heap_is_freed(void *context, u64 block)
{
	return dbg_target_block(context, block, 0) == DBG_BLOCK_FREED;
}
