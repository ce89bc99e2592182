// The machine stack of a task that is being polled: split at the runtime's call of the root future, so that what is
// newer is the task's own.
#include "tokio/private.h"

// The runtime's functions that poll a root future (tokio 1.24 to 1.54): everything from the newest of them outwards
// belongs to the runtime.
static const char *const pollers[] = {
    "tokio::runtime::task::core::Core::poll",
    "tokio::runtime::task::harness::poll_future",
    "tokio::runtime::task::raw::poll",
    "tokio::runtime::park::CachedParkThread::block_on",
    "tokio::runtime::scheduler::current_thread::CoreGuard::block_on",
};

// Those of them that poll a task: nobody's code goes on behind them when the task's future is done.
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

static bool is_poller(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(pollers); i++)
		if (str_starts(name, str_of(pollers[i])))
			return true;
	return false;
}

bool running_stack(struct tk_snapshot *snapshot, pid_t tid, struct arena *arena, struct tk_running *out)
{
	bool whole;
	struct str note;
	*out = (struct tk_running){0};
	out->n = dbg_unwind(snapshot->reader->target, arena, tid, MAX_STACK, &out->frames, &whole, &note);
	for (out->inner = 0; out->inner < out->n; out->inner++)
		if (is_poller(out->frames[out->inner].scope.name))
			return true;
	return false;
}

bool thread_is_polling(const struct tk_thread *thread, const struct tk_running *stack)
{
	// A parked thread's newest frames are the parker's, below (newer than) block_on; one that polls has the body of
	// its root future there.
	for (size_t i = 0; i < stack->inner; i++)
		if (str_eq(stack->frames[i].scope.name, thread->future_name))
			return true;
	return false;
}
