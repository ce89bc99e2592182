// Which future a step of a task means, and what the end of one is called.
#include "adapter/steps.h"

#include "adapter/stack.h"

static bool follows(const struct dap_session *session, i32 id)
{
	enum dap_thread_kind kind = dap_ids_thread(&session->ids, id).kind;
	return kind == DAP_THREAD_TASK || kind == DAP_THREAD_ROOT;
}

static struct dbg_follow follow_for(const struct dap_session *session, i32 id)
{
	struct dbg_follow follow = {.into_libraries = session->config.into_libraries, .thread_only = !follows(session, id)};
	follow.n_roots = tk_task_pollers(&follow.roots);
	return follow;
}

static void begun(struct dap_session *session, i32 id, enum dbg_step kind)
{
	session->step = (struct dap_step){.active = true, .thread = id, .kind = kind};
	dap_session_resumed(session);
}

// ---- begun -----------------------------------------------------------------------------------------

// The future of a task, or of a thread in block_on, that no thread polls now; false if one does, or if the id is an
// OS thread's.
static bool suspended_future(struct dap_session *session, i32 id, struct dbg_value *out)
{
	struct tk_snapshot *snapshot;
	struct dap_thread of = dap_ids_thread(&session->ids, id);
	if (of.kind == DAP_THREAD_TASK) {
		size_t task = dap_stack_task(session, id);
		if (task == TK_NONE || session->snapshot->tasks[task].tid)
			return false;
		*out = tk_task_awaiting(session->snapshot, task, &session->stop);
		return true;
	}
	if (of.kind != DAP_THREAD_ROOT || dap_session_snapshot(session, &snapshot))
		return false;
	for (size_t i = 0; i < snapshot->n_threads; i++)
		if (snapshot->threads[i].tid == of.tid)
			return tk_thread_awaiting(snapshot, i, &session->stop, out);
	return false;
}

static err_t no_such_thread(struct dap_session *session, i32 id)
{
	struct dap_thread of = dap_ids_thread(&session->ids, id);
	if (of.kind == DAP_THREAD_TASK)
		return err_new(ERR_ARGUMENT, "task %llu has ended", (unsigned long long)of.task);
	return err_new(ERR_ARGUMENT, "arguments.threadId: there is no thread %d", id);
}

// One that has ended may be kept by a handle.
static bool has_ended(struct dap_session *session, i32 id)
{
	size_t task = dap_stack_task(session, id);
	return task != TK_NONE && session->snapshot->tasks[task].state == TK_COMPLETE;
}

// The thread that does the work of the id; 0 if none does.
static pid_t thread_of(struct dap_session *session, i32 id)
{
	struct dap_thread of = dap_ids_thread(&session->ids, id);
	return of.kind == DAP_THREAD_ROOT ? of.tid : dap_stack_tid(session, id);
}

err_t dap_steps_begin(struct dap_session *session, i32 id, enum dbg_step kind, enum dbg_granularity granularity)
{
	struct dbg_value future;
	struct dbg_follow follow = follow_for(session, id);
	if (has_ended(session, id))
		return no_such_thread(session, id);
	if (suspended_future(session, id, &future)) {
		if (!dbg_value_ok(future))
			return err_new(ERR_ARGUMENT, "it can't be stepped now: %.*s", STRF(future.absent));
		TRY(dbg_target_step_suspended(session->target, future, kind, &follow));
		begun(session, id, kind);
		return NULL;
	}
	pid_t tid = thread_of(session, id);
	if (!tid)
		return no_such_thread(session, id);
	TRY(dbg_target_step_following(session->target, tid, kind, granularity, &follow));
	begun(session, id, kind);
	session->step.active = follows(session, id);
	return NULL;
}

size_t dap_steps_targets(struct dap_session *session, i32 id, struct dbg_step_target **out)
{
	struct dbg_value future;
	pid_t tid = suspended_future(session, id, &future) ? 0 : thread_of(session, id);
	*out = NULL;
	return tid ? dbg_step_targets(session->target, &session->stop, tid, session->config.into_libraries, out) : 0;
}

err_t dap_steps_begin_into(struct dap_session *session, i32 id, const struct dbg_step_target *into)
{
	struct dbg_follow follow = follow_for(session, id);
	pid_t tid = thread_of(session, id);
	if (!tid)
		return no_such_thread(session, id);
	TRY(dbg_target_step_into(session->target, tid, into, &follow));
	begun(session, id, DBG_STEP_IN);
	session->step.active = follows(session, id);
	return NULL;
}

// ---- gone on with ----------------------------------------------------------------------------------

bool dap_steps_go_on(struct dap_session *session, const struct dbg_event *event)
{
	struct dbg_value joiner;
	struct dbg_awaited_call call;
	struct dbg_follow follow = follow_for(session, session->step.thread);
	if (!session->step.active || event->stop != DBG_STOP_STEP || event->step_end != DBG_STEP_COMPLETED || session->pause_asked)
		return false;
	size_t task = dap_stack_task(session, session->step.thread);
	err_t error = NULL;
	if (task != TK_NONE && tk_task_joiner(session->snapshot, task, &session->stop, &joiner))
		error = dbg_target_step_suspended(session->target, joiner, DBG_STEP_OVER, &follow);
	else if (task != TK_NONE && tk_task_join_call(session->snapshot, task, &call)) // who awaits it is polled just now
		error = dbg_target_step_called(session->target, &call, &follow);
	else
		return false;
	if (error)
		return false;
	dap_session_forget_stop(session);
	return true;
}

// ---- told ------------------------------------------------------------------------------------------

i32 dap_steps_thread(struct dap_session *session, const struct dbg_event *event)
{
	if (event->stop != DBG_STOP_STEP)
		return 0;
	struct dap_thread of = dap_ids_thread(&session->ids, session->step.thread);
	if (!session->step.active) // the machine's step: who steps a worker looks at the worker
		return of.kind == DAP_THREAD_OS && session->step.thread == event->tid ? event->tid : 0;
	if (event->step_end == DBG_STEP_ARRIVED) // as a rule in the same task: then no others need be looked at
		return of.kind == DAP_THREAD_TASK && session->reader && tk_is_polling(session->reader, event->tid, of.task)
		           ? session->step.thread
		           : 0;
	return dap_stack_task(session, session->step.thread) != TK_NONE ? session->step.thread : 0;
}

static struct str who(struct dap_session *session, i32 id)
{
	struct dap_thread of = dap_ids_thread(&session->ids, id);
	if (of.kind == DAP_THREAD_TASK)
		return str_printf(&session->stop, "task %llu", (unsigned long long)of.task);
	return of.kind == DAP_THREAD_ROOT ? str_printf(&session->stop, "block_on on thread %d", of.tid)
	                                  : str_printf(&session->stop, "thread %d", (int)id);
}

// A future may be dropped alone, as the losers of `select!` are, or with its task.
static struct str cancelled(struct dap_session *session, const struct dbg_event *event, struct str name)
{
	size_t task = dap_stack_task(session, session->step.thread);
	const struct tk_task *of = task == TK_NONE ? NULL : &session->snapshot->tasks[task];
	bool is_root =
	    of && dbg_value_ok(of->future) && of->future.addr == event->future && dbg_type_same(of->future.type, event->future_type);
	if (!of || tk_task_is_aborted(of) || is_root)
		return str_printf(&session->stop, "%.*s was cancelled", STRF(name));
	struct str future = event->future_type ? dbg_coroutine_name(&session->stop, event->future_type) : STR("the future");
	return str_printf(&session->stop, "%.*s was dropped in %.*s before it was done", STRF(future), STRF(name));
}

struct str dap_steps_stopped(struct dap_session *session, const struct dbg_event *event)
{
	if (!session->step.active)
		return STR("");
	struct str text = STR(""), name = who(session, session->step.thread);
	if (event->stop == DBG_STOP_BREAKPOINT && session->stopped.thread != session->step.thread &&
	    dbg_target_has_step(session->target)) {
		session->step.cut_short = true;
		dap_session_say(session, "%.*s is here while %.*s is stepped; `continue` goes on with the step",
		                STRF(who(session, session->stopped.thread)), STRF(name));
		return STR("");
	}
	session->step.active = false;
	if (event->stop != DBG_STOP_STEP)
		return STR("");
	switch (event->step_end) {
	case DBG_STEP_ARRIVED: return STR("");
	case DBG_STEP_COMPLETED: text = str_printf(&session->stop, "%.*s completed", STRF(name)); break;
	case DBG_STEP_PANICKED: text = str_printf(&session->stop, "%.*s panicked", STRF(name)); break;
	case DBG_STEP_CANCELLED: text = cancelled(session, event, name); break;
	}
	dap_session_say(session, "%.*s", STRF(text));
	return text;
}
