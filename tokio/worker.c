// Workers of multi_thread runtimes: which thread carries each, what it does, how long its queue is
// (tokio 1.24 to 1.54 runtime/scheduler/multi_thread/{worker,queue,park}.rs).
#include "tokio/private.h"

enum { MAX_WORKERS = 4096, QUEUE_LIMIT = 1 << 16 };

// runtime/scheduler/multi_thread/park.rs: State of a Parker.
enum { PARK_EMPTY = 0, PARKED_CONDVAR = 1, PARKED_DRIVER = 2, PARK_NOTIFIED = 3 };

// queue.rs: Inner.head is (steal << half | real), tail counts on; both wrap at half the width of head.
static bool queue_length(struct dbg_value inner, u64 *out)
{
	struct dbg_value head_value = dbg_value_member(inner, "head"), tail_value = dbg_value_member(inner, "tail");
	u64 head, tail;
	if (!dbg_value_get(head_value, &head) || !dbg_value_get(tail_value, &tail) || head_value.type->size < 2)
		return false;
	unsigned half = (unsigned)head_value.type->size * 4;
	u64 mask = ((u64)1 << half) - 1;
	*out = (tail - head) & mask;
	return *out < QUEUE_LIMIT;
}

static struct tk_thread_view *view_of_worker(struct tk_taking *taking, size_t runtime, u64 index)
{
	for (size_t i = 0; i < taking->n_os_threads; i++) {
		const struct tk_thread_view *view = &taking->views[i];
		if (view->is_worker && !view->gave_up && view->runtime == runtime && view->worker_index == index)
			return &taking->views[i];
	}
	return NULL;
}

// A thread in block_in_place still has the worker's context, but its core is gone: handed to another thread of the
// blocking pool, which has a context of the same worker (worker.rs: block_in_place).
static void mark_given_up(struct tk_taking *taking)
{
	for (size_t i = 0; i < taking->n_os_threads; i++) {
		struct tk_thread_view *view = &taking->views[i];
		if (!view->is_worker || dbg_value_ok(view->core) || task_polled_by(taking, view) == TK_NONE)
			continue;
		struct dbg_frame *frames;
		bool whole;
		struct str note;
		size_t n = dbg_unwind(taking->reader->target, taking->arena, view->tid, MAX_STACK, &frames, &whole, &note);
		view->gave_up = frames_have(frames, n, "tokio::runtime::scheduler::multi_thread::worker::block_in_place");
	}
}

// The task that a thread polls: its current_task_id, if that task is running and no worker's own launch task
// (which a parked worker's current_task_id names).
size_t task_polled_by(struct tk_taking *taking, const struct tk_thread_view *view)
{
	if (!view || !view->current_task_id)
		return TK_NONE;
	for (size_t i = 0; i < taking->tasks.len; i++) {
		struct tk_task *task = &taking->tasks.items[i];
		if (task->id == view->current_task_id && task->state == TK_RUNNING && !task->blocking)
			return i;
	}
	return TK_NONE;
}

static void describe(struct tk_taking *taking, struct tk_worker *worker, u64 park)
{
	const char *no_thread =
	    taking->reader->n_contexts ? "no thread carries it" : "its thread is not known: tokio has no debug info";
	if (worker->task != TK_NONE) {
		worker->activity = TK_WORKER_POLLING;
		worker->doing = str_printf(taking->arena, "polling task %llu", (unsigned long long)taking->tasks.items[worker->task].id);
		return;
	}
	switch (park) {
	case PARKED_CONDVAR:
		worker->activity = TK_WORKER_PARKED;
		worker->doing = STR("parked");
		break;
	case PARKED_DRIVER:
		worker->activity = TK_WORKER_PARKED_DRIVER;
		worker->doing = STR("parked on the I/O driver");
		break;
	case PARK_NOTIFIED:
		worker->activity = TK_WORKER_SEARCHING;
		worker->doing = STR("waking up");
		break;
	case PARK_EMPTY:
		worker->activity = worker->tid ? TK_WORKER_SEARCHING : TK_WORKER_UNKNOWN;
		worker->doing = worker->tid ? STR("between tasks") : str_of(no_thread);
		break;
	default: worker->activity = TK_WORKER_UNKNOWN; worker->doing = STR("not known: its park state can't be read");
	}
}

static void take_worker(struct tk_taking *taking, size_t runtime, struct dbg_value remote, u64 index)
{
	struct tk_thread_view *view = view_of_worker(taking, runtime, index);
	struct tk_worker worker = {.runtime = runtime, .index = (size_t)index, .tid = view ? view->tid : 0};
	worker.task = task_polled_by(taking, view);
	struct dbg_value steal = dbg_value_member(remote, "steal");
	struct dbg_value inner = dbg_value_pointee(dbg_value_find(steal, "alloc::sync::Arc"));
	worker.queue_known = queue_length(inner, &worker.local_queue);
	u64 lifo = 0;
	// The slot for the task that was woken last: in Core, or in the queue itself (1.51 and 1.52).
	if (view && (dbg_value_get(dbg_value_member(view->core, "lifo_slot"), &lifo) ||
	             dbg_value_get(dbg_value_member(inner, "lifo"), &lifo)))
		worker.local_queue += lifo != 0;
	u64 park = UINT64_MAX;
	struct dbg_value unpark = dbg_value_member(remote, "unpark");
	dbg_value_get(dbg_value_member(dbg_value_pointee(dbg_value_member(unpark, "inner")), "state"), &park);
	describe(taking, &worker, park);
	if (worker.task != TK_NONE) {
		taking->tasks.items[worker.task].tid = worker.tid;
		taking->tasks.items[worker.task].worker = taking->workers.len;
	}
	vec_push(taking->arena, &taking->workers, worker);
}

// The injection queue's `len`: `Shared.inject` in all versions, behind wrappers and locks that changed.
static void take_injected(struct tk_taking *taking, size_t runtime)
{
	static const char *const types[] = {"tokio::runtime::scheduler::inject::shared::Shared",
	                                    "tokio::runtime::scheduler::inject::Shared"};
	struct tk_runtime *to = &taking->runtimes.items[runtime];
	struct dbg_value inject = dbg_value_path(taking->handles.items[runtime], "shared.inject");
	for (size_t i = 0; i < ARRAY_LEN(types) && !to->injected_known; i++) {
		to->injected_known = dbg_value_get(dbg_value_member(dbg_value_find(inject, types[i]), "len"), &to->injected);
		if (to->injected_known)
			reader_took(taking->reader, "injection queue", types[i]);
	}
	if (!to->injected_known) {
		to->injected_known = dbg_value_get(dbg_value_member(inject, "len"), &to->injected);
		if (to->injected_known)
			reader_took(taking->reader, "injection queue", "`len` of Shared.inject itself");
	}
}

// A current_thread runtime: the thread in block_on that has its core, and the core's queue.
static void take_current_thread(struct tk_taking *taking, size_t runtime)
{
	struct tk_runtime *to = &taking->runtimes.items[runtime];
	to->doing = STR("no thread is in its block_on");
	for (size_t i = 0; i < taking->n_os_threads; i++) {
		const struct tk_thread_view *view = &taking->views[i];
		if (!view->drives || view->runtime != runtime)
			continue;
		struct dbg_value driver = dbg_value_member(view->core, "driver");
		size_t task = task_polled_by(taking, view);
		to->tid = view->tid;
		to->local_queue = dbg_value_child_counts(dbg_value_member(view->core, "tasks")).indexed;
		to->queue_known = dbg_value_ok(view->core);
		// The driver is taken out of the core while the thread parks on it (current_thread/mod.rs: Context::park).
		if (task != TK_NONE)
			to->doing = str_printf(taking->arena, "polling task %llu", (unsigned long long)taking->tasks.items[task].id);
		else if (dbg_value_ok(dbg_value_variant_named(driver, "None")))
			to->doing = STR("parked on the I/O driver");
		else
			to->doing = STR("between tasks, or polling the future of block_on");
		return;
	}
}

void take_workers(struct tk_taking *taking)
{
	mark_given_up(taking);
	for (size_t r = 0; r < taking->runtimes.len; r++) {
		take_injected(taking, r);
		if (taking->runtimes.items[r].flavour == TK_CURRENT_THREAD)
			take_current_thread(taking, r);
		if (taking->runtimes.items[r].flavour != TK_MULTI_THREAD)
			continue;
		struct dbg_value remotes = dbg_value_path(taking->handles.items[r], "shared.remotes");
		u64 n;
		if (!dbg_value_get(dbg_value_member(remotes, "length"), &n) || n > MAX_WORKERS) {
			complain(taking, "runtime %zu: its workers can't be read", r);
			continue;
		}
		for (u64 i = 0; i < n; i++)
			take_worker(taking, r, dbg_value_element(remotes, i), i);
	}
	// Tasks polled outside of multi_thread workers (a current_thread runtime, a LocalSet).
	for (size_t i = 0; i < taking->n_os_threads; i++) {
		size_t task = task_polled_by(taking, &taking->views[i]);
		if (task != TK_NONE && !taking->tasks.items[task].tid)
			taking->tasks.items[task].tid = taking->views[i].tid;
	}
}
