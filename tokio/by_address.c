// Tasks by the address of their header, of which there may be a million: while a snapshot is taken, and in one.
#include "base/vec.h"
#include "tokio/private.h"

// Those of the scan come first and in the order of their addresses. Lists lead from one to another nearby, mostly: the
// search goes out from the last that was found, in steps that double.
size_t taking_find(struct tk_taking *taking, u64 header)
{
	const u64 *headers = taking->headers.items;
	size_t n = taking->headers.len, low = taking->last_found, high = low;
	for (size_t step = 1; low > 0 && headers[low] > header; step *= 2)
		low -= size_min(step, low);
	for (size_t step = 1; high < n && headers[high] < header; step *= 2)
		high += size_min(step, n - high);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (headers[middle] < header)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < n && headers[low] == header)
		return taking->last_found = low;
	const u64 *known = map_get(&taking->others, header);
	return known ? (size_t)*known : TK_NONE;
}

void taking_add(struct tk_taking *taking, const struct tk_task *task, u64 next_owned)
{
	size_t index = taking->tasks.len;
	vec_push_moving(taking->arena, &taking->tasks, *task);
	vec_push_moving(taking->arena, &taking->next_owned, next_owned);
	if (taking->headers.len == index && (!index || taking->headers.items[index - 1] < task->header))
		vec_push_moving(taking->arena, &taking->headers, task->header);
	else
		map_put(&taking->others, taking->arena, task->header, index);
}

static int compare_addresses(const void *a, const void *b)
{
	const struct tk_address *x = a, *y = b;
	return (x->header > y->header) - (x->header < y->header);
}

const struct tk_address *snapshot_addresses(struct tk_snapshot *snapshot)
{
	if (!snapshot->addresses) {
		snapshot->addresses = NEW_N(snapshot->arena, struct tk_address, snapshot->n_tasks + 1);
		for (size_t i = 0; i < snapshot->n_tasks; i++)
			snapshot->addresses[i] = (struct tk_address){snapshot->tasks[i].header, i};
		vec_sort(snapshot->addresses, snapshot->n_tasks, sizeof(struct tk_address), compare_addresses);
	}
	return snapshot->addresses;
}

size_t task_by_header(struct tk_snapshot *snapshot, u64 header)
{
	const struct tk_address *addresses = snapshot_addresses(snapshot);
	size_t above = vec_first_above(addresses, snapshot->n_tasks, header, header);
	return above && addresses[above - 1].header == header ? addresses[above - 1].task : TK_NONE;
}

// Holds what lies around the address, and most of it behind: what a task was given was made a little before it. The end.
static u64 hold_around(struct dbg_mem *mem, u64 addr)
{
	enum { PIECE = 1 << 20, BEFORE = 32 << 10, PAGE = 4096 };
	size_t got;
	u64 page = addr & ~(u64)(PAGE - 1), start = page > BEFORE ? page - BEFORE : page;
	dbg_mem_hold(mem, start, PIECE, &got);
	if (got <= addr - start) { // nothing is mapped there
		start = page;
		dbg_mem_hold(mem, start, PIECE, &got);
	}
	return start + PIECE;
}

void snapshot_each_by_address(struct tk_snapshot *snapshot, void (*each)(void *context, size_t task), void *context)
{
	const struct tk_address *addresses = snapshot_addresses(snapshot);
	u64 held_to = 0;
	for (size_t i = 0; i < snapshot->n_tasks && !dbg_is_cancelled(snapshot->reader->space); i++) {
		const struct tk_task *task = &snapshot->tasks[addresses[i].task];
		if (task->header + (task->type->cell ? task->type->cell->size : 0) > held_to)
			held_to = hold_around(snapshot->reader->space->mem, task->header);
		each(context, addresses[i].task);
	}
}
