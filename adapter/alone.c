// What of a program can go on by itself.
#include "adapter/alone.h"

#include "adapter/stack.h"

err_t dap_alone_read(struct dap_session *session, struct json_in args, i64 thread, bool follows)
{
	bool single;
	TRY(json_flag_or(json_member(args, "singleThread"), false, &single));
	if (!single)
		return NULL;
	pid_t tid = dap_stack_tid(session, (i32)thread);
	bool task = dap_ids_thread(&session->ids, (i32)thread).kind != DAP_THREAD_OS;
	if (!tid || (task && follows)) {
		dap_session_say(session, "all threads go on: a task can't do so alone");
		return NULL;
	}
	session->alone = true;
	dbg_target_run_alone(session->target, tid);
	return NULL;
}

void dap_alone_drop(struct dap_session *session)
{
	session->alone = false;
	if (dap_session_is_live(session))
		dbg_target_run_alone(session->target, 0);
}
