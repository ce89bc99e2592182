// continue: all threads run, or one alone (singleThread).
#include "adapter/alone.h"
#include "adapter/dispatch.h"

err_t req_continue(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	i64 thread;
	TRY(json_number(json_member(args, "threadId"), 0, INT32_MAX, &thread));
	TRY(dap_alone_read(session, args, thread, false));
	bool alone = session->alone;
	err_t error = dap_session_continue(session);
	if (error)
		dap_alone_drop(session);
	json_set_flag(body, "allThreadsContinued", !alone);
	return error;
}
