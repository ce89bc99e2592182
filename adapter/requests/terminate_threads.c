// terminateThreads: tasks are aborted, as their JoinHandle's abort() would; a thread can't be ended without its process.
#include "adapter/console.h"
#include "adapter/dispatch.h"
#include "adapter/stack.h"

err_t req_terminate_threads(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)body;
	i64 id;
	const char *when;
	struct json_in list = json_member(args, "threadIds");
	TRY(json_array(list));
	for (struct json_in item = {0}; json_next(list, &item, NULL);) {
		TRY(json_number(item, 1, INT32_MAX, &id));
		struct dap_thread of = dap_ids_thread(&session->ids, (i32)id);
		if (of.kind != DAP_THREAD_TASK)
			return err_new(ERR_UNSUPPORTED, "%.*s: %lld is no task; a thread can't be ended without its process", STRF(item.path),
			               (long long)id);
		size_t task = dap_stack_task(session, (i32)id);
		if (task == TK_NONE)
			return err_new(ERR_NOT_FOUND, "task %llu has ended", (unsigned long long)of.task);
		TRY(tk_task_abort(session->snapshot, task, &when));
		dap_session_say(session, "task %llu is aborted: it ends %s", (unsigned long long)of.task, when);
	}
	session->stacks = NULL; // their words are out of date
	dap_console_threads_changed(session);
	return NULL;
}
