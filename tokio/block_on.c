// Threads that are no workers: those inside block_on, whose root future lies on their stack and in no list; those
// of the blocking pool; and all others.
#include "tokio/private.h"

// The functions that poll a root future, and the variable that holds it: of tokio 1.24 to 1.54, and of others' executors
// that a program has beside it (futures-executor 0.3 local_pool.rs, async-io 1 and 2 driver.rs, futures-lite 1 and 2
// future.rs, pollster 0.3 and 0.4 lib.rs).
static const struct {
	const char *function; // a path for people, matched at its start: closures inside of it count too
	const char *variable;
} block_ons[] = {
    {"tokio::runtime::park::CachedParkThread::block_on", "f"},
    {"tokio::runtime::scheduler::current_thread::CoreGuard::block_on", "future"},
    {"tokio::runtime::scheduler::current_thread::CurrentThread::block_on", "future"},
    {"futures_executor::local_pool::block_on", "f"},
    {"async_io::driver::block_on", "future"},
    {"futures_lite::future::block_on", "future"},
    {"pollster::block_on", "fut"},
};

const char *block_on_variable(struct str function)
{
	for (size_t i = 0; i < ARRAY_LEN(block_ons); i++)
		if (str_starts(function, str_of(block_ons[i].function)))
			return block_ons[i].variable;
	return NULL;
}

size_t block_on_frame(const struct dbg_frame *frames, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (block_on_variable(frames[i].scope.name))
			return i;
	return n;
}

bool frames_have(const struct dbg_frame *frames, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (str_starts(frames[i].scope.name, str_of(path)))
			return true;
	return false;
}

static size_t blocking_task(struct tk_taking *taking, const struct tk_thread_view *view)
{
	for (size_t i = 0; i < taking->tasks.len; i++)
		if (taking->tasks.items[i].id == view->current_task_id && taking->tasks.items[i].blocking)
			return i;
	return TK_NONE;
}

static void take_thread(struct tk_taking *taking, const struct tk_thread_view *view)
{
	struct tk_thread thread = {.tid = view->tid, .name = view->name, .task = TK_NONE, .gave_up = TK_NONE};
	struct dbg_frame *frames;
	bool whole;
	struct str note;
	size_t n = dbg_unwind(taking->reader->target, taking->arena, view->tid, MAX_STACK, &frames, &whole, &note);
	size_t from = block_on_frame(frames, n);
	thread.blocks_on = from < n;
	thread.future = construct_bare(root_find(taking->reader, taking->arena, frames + from, n - from));
	const struct dbg_type *type = NULL;
	if (thread.blocks_on)
		type =
		    dbg_value_ok(thread.future) ? thread.future.type : root_type(taking->reader, taking->arena, frames + from, n - from);
	if (type)
		thread.future_name = future_name(taking->reader, type);
	if (view->gave_up)
		thread.task = task_polled_by(taking, view);
	else if (view->current_task_id)
		thread.task = blocking_task(taking, view);
	if (view->gave_up)
		thread.gave_up = (size_t)view->worker_index;
	// Without types, or tokio's own debug info, it is not known which of them are workers.
	thread.pool = !taking->reader->layout.typeless && taking->reader->n_contexts &&
	              frames_have(frames, n, "tokio::runtime::blocking::pool::Inner::run");
	if (thread.task != TK_NONE) {
		taking->tasks.items[thread.task].tid = view->tid;
		if (taking->tasks.items[thread.task].runtime == TK_NONE)
			taking->tasks.items[thread.task].runtime = view->runtime;
	}
	vec_push(taking->arena, &taking->threads, thread);
}

void take_other_threads(struct tk_taking *taking)
{
	for (size_t i = 0; i < taking->n_os_threads; i++) {
		bool carries_worker = false;
		for (size_t k = 0; k < taking->workers.len; k++)
			carries_worker |= taking->workers.items[k].tid == taking->views[i].tid;
		if (!carries_worker)
			take_thread(taking, &taking->views[i]);
	}
}
