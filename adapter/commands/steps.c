// async next, async step, async finish: as next, stepIn and stepOut of a task.
#include "adapter/steps.h"
#include "adapter/console.h"
#include "adapter/threads.h"

// The stopped task, or the one whose number is told.
static err_t read_task(struct dap_session *session, struct str rest, i32 *out)
{
	u64 number;
	struct tk_snapshot *snapshot;
	if (!dap_session_is_stopped(session))
		return err_new(ERR_STATE, "the program is running: pause it first");
	TRY(dap_session_snapshot(session, &snapshot));
	if (rest.len) {
		if (!str_to_u64(rest, &number))
			return err_new(ERR_SYNTAX, "expected the number of a task, not `%.*s`", STRF(rest));
		*out = dap_ids_of_task(&session->ids, number);
		return NULL;
	}
	*out = session->stopped.thread;
	// Where tasks are not listed, a stop is told of the OS thread that polls one.
	size_t task = dap_ids_thread(&session->ids, *out).kind == DAP_THREAD_OS ? tk_task_of_thread(snapshot, (pid_t)*out) : TK_NONE;
	if (task != TK_NONE)
		*out = dap_ids_of_task(&session->ids, snapshot->tasks[task].id);
	if (dap_ids_thread(&session->ids, *out).kind == DAP_THREAD_OS)
		return err_new(ERR_ARGUMENT, "thread %d polls no task: tell the number of one, or step the thread", *out);
	return NULL;
}

static err_t begin(struct dap_session *session, struct str rest, struct buf *out, enum dbg_step kind, const char *what)
{
	i32 id = 0;
	TRY(read_task(session, rest, &id));
	TRY(dap_steps_begin(session, id, kind, DBG_BY_LINE));
	struct dap_thread of = dap_ids_thread(&session->ids, id);
	if (of.kind == DAP_THREAD_TASK)
		buf_printf(out, "%s in task %llu", what, (unsigned long long)of.task);
	else
		buf_printf(out, "%s in block_on on thread %d", what, of.tid);
	return NULL;
}

err_t cmd_async_next(struct dap_session *session, struct str rest, struct buf *out)
{
	return begin(session, rest, out, DBG_STEP_OVER, "stepping over");
}

err_t cmd_async_step(struct dap_session *session, struct str rest, struct buf *out)
{
	return begin(session, rest, out, DBG_STEP_IN, "stepping into what is next");
}

err_t cmd_async_finish(struct dap_session *session, struct str rest, struct buf *out)
{
	return begin(session, rest, out, DBG_STEP_OUT, "stepping out");
}
