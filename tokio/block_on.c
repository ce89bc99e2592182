// Threads that are no workers: those inside block_on, whose root future lies on their stack and in no list; those
// of the blocking pool; and all others.
#include "tokio/private.h"

enum { MAX_FRAMES = 200 };

// The functions that poll a root future, and the variable that holds it (tokio 1.24 to 1.54). Each outer frame
// keeps a copy that was moved from, in state Unresumed: the innermost frame has the pinned one.
static const struct {
	const char *function; // a path for people, matched at its end; closures inside of it count too
	const char *variable;
} block_ons[] = {
    {"tokio::runtime::park::CachedParkThread::block_on", "f"},
    {"tokio::runtime::scheduler::current_thread::CoreGuard::block_on", "future"},
    {"tokio::runtime::scheduler::current_thread::CurrentThread::block_on", "future"},
};

static const char *variable_of(struct str function)
{
	for (size_t i = 0; i < ARRAY_LEN(block_ons); i++)
		if (str_starts(function, str_of(block_ons[i].function)))
			return block_ons[i].variable;
	return NULL;
}

size_t block_on_frame(const struct dbg_frame *frames, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (variable_of(frames[i].scope.name))
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

// Suspended: at an await. A copy that was moved from reads Unresumed.
static bool is_suspended(struct dbg_value future)
{
	struct dbg_value payload;
	const struct dbg_variant *variant =
	    dbg_value_ok(future) && dbg_type_is_coroutine(future.type) ? dbg_value_variant(future, &payload, NULL) : NULL;
	return variant && str_starts(payload.type->name, STR("Suspend"));
}

// The best candidate among the variables of the frames of block_on: a pinned future that is suspended, else any
// future at all.
static void find_root(struct tk_taking *taking, const struct dbg_frame *frames, size_t n, struct tk_thread *thread)
{
	struct tk_reader *reader = taking->reader;
	bool settled = false;
	for (size_t i = block_on_frame(frames, n); i < n && !settled; i++) {
		const char *name = variable_of(frames[i].scope.name);
		if (!name)
			continue;
		thread->blocks_on = true;
		struct dbg_variable *variables;
		size_t n_variables = dbg_frame_variables(reader->space, taking->arena, &frames[i], &variables);
		for (size_t k = n_variables; k-- > 0 && !settled;) {
			if (!str_eqc(variables[k].name, name))
				continue;
			struct dbg_value future = dbg_value_pointee(variables[k].value);
			if (!dbg_value_ok(future) || !is_future_type(reader, future.type))
				continue;
			settled = is_suspended(future);
			if (settled || !dbg_value_ok(thread->future))
				thread->future = future;
		}
	}
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
	size_t n = dbg_unwind(taking->reader->target, taking->arena, view->tid, MAX_FRAMES, &frames, &whole, &note);
	thread.future = dbg_value_none(taking->arena, "its root future was not found on the stack");
	find_root(taking, frames, n, &thread);
	if (thread.blocks_on && dbg_value_ok(thread.future))
		thread.future_name = future_name(taking->reader, thread.future.type);
	else if (view->gave_up)
		thread.task = task_polled_by(taking, view);
	else if (view->current_task_id)
		thread.task = blocking_task(taking, view);
	if (view->gave_up)
		thread.gave_up = (size_t)view->worker_index;
	thread.pool = frames_have(frames, n, "tokio::runtime::blocking::pool::Inner::run");
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
