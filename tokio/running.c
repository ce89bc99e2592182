// The machine stack of a task that is being polled: split at the runtime's call of the root future, so that what is
// newer is the task's own.
#include "tokio/private.h"

// The runtime's functions that poll a task (tokio 1.24 to 1.54): nobody's code goes on behind them when the task's future
// is done. They, and those of block_on, poll a root future: everything from there outwards belongs to the runtime.
static const char *const task_pollers[] = {
    "tokio::runtime::task::core::Core::poll",
    "tokio::runtime::task::harness::poll_future",
    "tokio::runtime::task::raw::poll",
};

size_t tk_task_pollers(const char *const **out)
{
	*out = task_pollers;
	return ARRAY_LEN(task_pollers);
}

static bool is_task_poller(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(task_pollers); i++)
		if (str_starts(name, str_of(task_pollers[i])))
			return true;
	return false;
}

bool running_stack(struct tk_snapshot *snapshot, pid_t tid, struct arena *arena, struct tk_running *out)
{
	bool whole;
	struct str note;
	*out = (struct tk_running){0};
	out->n = dbg_unwind(snapshot->reader->target, arena, tid, MAX_STACK, &out->frames, &whole, &note);
	for (out->inner = 0; out->inner < out->n; out->inner++) {
		struct str name = out->frames[out->inner].scope.name;
		if (is_task_poller(name) || block_on_variable(name))
			return true;
	}
	return false;
}

static bool is_polled(struct str future_name, const struct tk_running *stack, size_t before)
{
	// A parked thread's newest frames are the parker's, below (newer than) block_on; one that polls has the body of
	// its root future there.
	for (size_t i = 0; i < before; i++)
		if (str_eq(stack->frames[i].scope.name, future_name))
			return true;
	return false;
}

// Is it parked in a block_on that the task's own code called?
static void find_block_on(struct tk_reader *reader, struct arena *arena, struct tk_running *stack, struct dbg_value *future)
{
	size_t at = block_on_frame(stack->frames, stack->inner);
	*future = dbg_value_none(arena, "no block_on");
	if (at < stack->inner)
		*future = construct_bare(root_find(reader, arena, stack->frames + at, stack->inner - at));
	if (dbg_value_ok(*future) && !is_polled(future_name(reader, future->type), stack, at))
		stack->newest = at;
}

bool running_task(struct tk_snapshot *snapshot, pid_t tid, struct arena *arena, struct tk_running *out)
{
	if (!running_stack(snapshot, tid, arena, out))
		return false;
	for (size_t i = out->inner; i < out->n; i++)
		if (is_task_poller(out->frames[i].scope.name)) {
			struct dbg_value future;
			out->inner = i;
			find_block_on(snapshot->reader, arena, out, &future);
			if (out->newest)
				out->blocks_on = future_tree(snapshot, future, arena);
			break;
		}
	return true;
}

bool thread_is_polling(const struct tk_thread *thread, const struct tk_running *stack)
{
	return thread->future_name.len && is_polled(thread->future_name, stack, stack->inner);
}
