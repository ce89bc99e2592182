// Runtimes that no thread local names, found by their tasks, whose cells have an Arc of the scheduler: LocalSets that are
// not being polled, and runtimes that no thread has entered yet or any more (tokio 1.24 to 1.54 runtime/task/core.rs: Core
// { scheduler: S, .. }; task/local.rs).
#include "tokio/private.h"

static const struct {
	const char *scheduler; // what S is an Arc of
	enum tk_flavour flavour;
	const char *owned; // where it has its list of tasks
} schedulers[] = {
    {"tokio::task::local::Shared", TK_LOCAL_SET, "local_state.owned"},
    {"tokio::runtime::scheduler::current_thread::Handle", TK_CURRENT_THREAD, "shared.owned"},
    {"tokio::runtime::scheduler::multi_thread::handle::Handle", TK_MULTI_THREAD, "shared.owned"},
};

static size_t scheduler_row(const struct tk_task_type *type)
{
	size_t i = 0;
	while (i < ARRAY_LEN(schedulers) && (!type->schedule || str_find(type->schedule->path, str_of(schedulers[i].scheduler)) < 0))
		i++;
	return i;
}

// A task's memory may have been given back, and what it points to as well: a list that is its own has the id that the
// task was bound to (runtime/task/list.rs: OwnedTasks::bind).
static bool owns(struct tk_reader *reader, struct dbg_value owned, u64 header)
{
	u64 id, owner;
	return dbg_value_get(dbg_value_member(owned, "id"), &id) && id != 0 &&
	       !dbg_mem_read_uint(reader->space->mem, header + reader->layout.header_owner_id, 8, &owner) && owner == id;
}

static void look_at_task(struct tk_taking *taking, size_t index)
{
	struct tk_reader *reader = taking->reader;
	const struct tk_task *task = &taking->tasks.items[index];
	if (task->runtime != TK_NONE || task->listed)
		return;
	u64 header = task->header;
	const struct tk_task_type *type = task->type;
	size_t row = scheduler_row(type);
	if (row == ARRAY_LEN(schedulers))
		return;
	struct dbg_value handle = dbg_value_pointee(dbg_value_at(reader->space, type->schedule, header + type->scheduler));
	struct dbg_value owned = dbg_value_path(handle, schedulers[row].owned);
	if (!dbg_value_ok(handle) || !owns(reader, owned, header))
		return;
	size_t known = taking->runtimes.len, runtime = runtime_add(taking, schedulers[row].flavour, handle);
	if (runtime == TK_NONE)
		return;
	if (taking->runtimes.len > known) {
		dbg_value_get(dbg_value_member(owned, "id"), &taking->runtimes.items[runtime].id);
		owned_walk(taking, owned, runtime);
	}
	if (taking->tasks.items[index].runtime == TK_NONE)
		taking->tasks.items[index].runtime = runtime;
}

void take_by_tasks(struct tk_taking *taking)
{
	if (taking->reader->layout.typeless || !taking->reader->layout.has_header_owner_id ||
	    !taking->reader->layout.has_vtable_scheduler)
		return;
	for (size_t i = 0; i < taking->tasks.len; i++) // the list grows on the way
		look_at_task(taking, i);
}
