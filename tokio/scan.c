// The first of two ways to all tasks: every word of writable memory that is the address of a task's vtable lies in a
// task's header. Finds what no list holds (completed tasks with a JoinHandle, closures of the blocking pool),
// and checks the other way; and since it reads memory in large pieces, it finds what lists would lead to one by one.
#include <stdlib.h>

#include "tokio/private.h"

enum { PIECE = 1 << 20, LARGEST_CELL = 64 << 10 /* of most tasks: what begins in a piece is held with it */ };

static int compare_words(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;
	return (x > y) - (x < y);
}

static bool has_word(const u64 *sorted, size_t n, u64 word)
{
	return bsearch(&word, sorted, n, sizeof(word), compare_words) != NULL;
}

struct words {
	u64 *items;
	size_t len, cap;
};
struct poll_search {
	struct arena *arena;
	struct words polls;
};

// Every instance of tokio::runtime::task::raw::poll, legacy and v0 mangled.
static bool look_at_symbol(void *context, const struct dbg_symbol *symbol)
{
	struct poll_search *search = context;
	if (str_find(symbol->name, STR("7runtime4task3raw4poll")) >= 0)
		vec_push(search->arena, &search->polls, symbol->addr);
	return true;
}

// Calls `each` for every aligned word of [start, end) that is one of the sorted `wanted`.
static void scan_words(const struct dbg_space *space, u64 start, u64 end, const u64 *wanted, size_t n,
                       void (*each)(void *context, u64 addr, u64 word), void *context)
{
	if (!n)
		return;
	u64 lowest = wanted[0], span = wanted[n - 1] - lowest;
	for (u64 at = start & ~(u64)7; at < end && !dbg_is_cancelled(space);) {
		size_t got;
		const u64 *piece = (const void *)dbg_mem_hold(space->mem, at, (size_t)u64_min(PIECE + LARGEST_CELL, end - at), &got);
		got = size_min(got, PIECE);
		for (size_t i = 0; i < got / 8; i++)
			if (piece[i] - lowest <= span && has_word(wanted, n, piece[i]))
				each(context, at + 8 * i, piece[i]);
		at += got >= 8 ? got & ~(size_t)7 : 4096 - (at & 4095); // a hole: go on at the next page
	}
}

struct vtable_search {
	struct tk_reader *reader;
	struct words vtables;
};

static void look_for_poll(void *context, u64 addr, u64 word)
{
	struct vtable_search *search = context;
	(void)word;
	vec_push(&search->reader->arena, &search->vtables, addr - search->reader->layout.vtable_poll);
}

// Vtables are constants: words of a module's unwritable data that are the address of a poll.
static void read_vtables(struct tk_taking *taking, const struct dbg_mapping *mappings, size_t n)
{
	struct tk_reader *reader = taking->reader;
	if (reader->vtables_read)
		return;
	reader->vtables_read = true;
	struct poll_search polls = {.arena = &reader->arena};
	dbg_symbols_each(reader->space->modules, look_at_symbol, &polls);
	if (!polls.polls.len)
		return;
	vec_sort(polls.polls.items, polls.polls.len, sizeof(u64), compare_words);
	struct vtable_search search = {.reader = reader};
	bool settled = true;
	for (size_t i = 0; i < n; i++) {
		size_t before = search.vtables.len;
		if (mappings[i].readable && !mappings[i].executable && mappings[i].path.len && mappings[i].path.ptr[0] == '/' &&
		    dbg_module_at(reader->space->modules, mappings[i].start))
			scan_words(reader->space, mappings[i].start, mappings[i].end, polls.polls.items, polls.polls.len, look_for_poll,
			           &search);
		settled &= search.vtables.len == before || !mappings[i].writable;
	}
	vec_sort(search.vtables.items, search.vtables.len, sizeof(u64), compare_words);
	reader->vtables = search.vtables.items;
	reader->n_vtables = search.vtables.len;
	// Before the dynamic linker has relocated the program they are not there; while it does, the memory can be written.
	reader->vtables_read = search.vtables.len && settled && !dbg_is_cancelled(reader->space);
}

// A word that looks like a vtable's address may be all that is left of a task whose memory has another use now: the queue's
// link leads to a mapped word or is null, the owner's and the task's id are small numbers, for they are counted.
static bool is_plausible_header(struct tk_reader *reader, const struct tk_task_type *type, u64 header)
{
	u64 next = 0, owner, id, word;
	const u64 most = (u64)1 << 40;
	struct dbg_mem *mem = reader->space->mem;
	if ((reader->layout.has_header_queue_next && dbg_mem_read_uint(mem, header + reader->layout.header_queue_next, 8, &next)) ||
	    dbg_mem_read_uint(mem, header + reader->layout.header_owner_id, 8, &owner) || owner > most ||
	    dbg_mem_read_uint(mem, header + type->id, 8, &id) || id > most)
		return false;
	err_t error = next ? dbg_mem_read_uint(mem, next, 8, &word) : NULL;
	return !error;
}

static void look_for_vtable(void *context, u64 addr, u64 word)
{
	struct tk_taking *taking = context;
	struct tk_reader *reader = taking->reader;
	u64 header = addr - reader->layout.header_vtable;
	struct tk_task_type *type = task_type_of(reader, word);
	u64 align = type && type->cell && type->cell->align ? type->cell->align : 8;
	u64 state;
	const u64 most_refs = 100000;
	if (!type || header % align || !is_plausible_header(reader, type, header) ||
	    dbg_mem_read_uint(reader->space->mem, header + reader->layout.header_state, 8, &state) || !(state >> 6) ||
	    state >> 6 > most_refs)
		return;
	task_add(taking, header, TK_NONE, TK_FOUND_SCANNED);
}

// Where the heap begins in a mapping, its end if there is none. Copies of tasks lie on stacks while they are being made;
// tasks live on the heap. A thread's stack is at the bottom of its mapping, above a guard page, and ends below its thread
// pointer; the kernel joins what is mapped behind it, as musl's allocator does.
static u64 heap_start(const struct tk_taking *taking, const struct dbg_mapping *mapping)
{
	bool anonymous = mapping->path.len == 0 || str_eqc(mapping->path, "[heap]");
	u64 start = mapping->readable && mapping->writable && anonymous ? mapping->start : mapping->end;
	for (size_t i = 0; i < taking->n_os_threads; i++) {
		const struct tk_thread_view *view = &taking->views[i];
		if (view->stack_pointer < mapping->start || view->stack_pointer >= mapping->end)
			continue;
		bool has_end = view->fs_base > view->stack_pointer && view->fs_base < mapping->end;
		start = has_end && view->fs_base > start ? view->fs_base : has_end ? start : mapping->end;
	}
	return start;
}

void take_scanned(struct tk_taking *taking)
{
	struct dbg_mapping *mappings;
	size_t n = dbg_target_mappings(taking->reader->target, taking->arena, &mappings);
	read_vtables(taking, mappings, n);
	if (!taking->reader->n_vtables) {
		complain(taking, "the check by a scan of memory was not made: no poll function of tokio's is in the symbol table");
		return;
	}
	taking->was_scanned = true;
	for (size_t i = 0; i < n; i++)
		scan_words(taking->reader->space, heap_start(taking, &mappings[i]), mappings[i].end, taking->reader->vtables,
		           taking->reader->n_vtables, look_for_vtable, taking);
}
