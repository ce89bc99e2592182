// exceptionInfo: the panic or signal of this stop.
#include "adapter/dispatch.h"

err_t req_exception_info(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	i64 thread;
	TRY(json_number(json_member(args, "threadId"), 1, INT32_MAX, &thread));
	const struct dap_stop_info *stop = &session->stopped;
	if (!stop->exception || (thread != stop->thread && thread != stop->tid))
		return err_new(ERR_NOT_FOUND, "arguments.threadId: thread %lld did not stop by an exception", (long long)thread);
	json_set_text(body, "exceptionId", stop->exception_id);
	bool panic = str_eqc(stop->exception_id, "panic");
	json_set_text(body, "breakMode", panic && !stop->caught ? STR("unhandled") : STR("always"));
	struct str text = stop->text;
	struct dap_thread of = dap_ids_thread(&session->ids, stop->thread);
	if (panic && of.kind == DAP_THREAD_TASK)
		text = str_printf(&session->turn, "%.*s\n(in task %llu, %s)", STRF(text), (unsigned long long)of.task,
		                  stop->caught ? "and caught by the program" : "which ends by it");
	else if (panic && stop->caught)
		text = str_printf(&session->turn, "%.*s\n(caught by the program)", STRF(text));
	if (text.len)
		json_set_text(body, "description", text);
	struct cJSON *details = json_set_object(body, "details");
	json_set_text(details, "typeName", stop->exception_id);
	json_set_text(details, "message", stop->text);
	return NULL;
}
