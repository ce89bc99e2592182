// continue: all threads run.
#include "adapter/dispatch.h"
#include "adapter/stack.h"

err_t req_continue(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	i64 thread;
	bool single;
	TRY(json_number(json_member(args, "threadId"), 0, INT32_MAX, &thread));
	TRY(json_flag_or(json_member(args, "singleThread"), false, &single));
	TRY(dap_session_continue(session));
	json_set_flag(body, "allThreadsContinued", true);
	if (single)
		dap_session_say(session, "continue: all threads run; one thread alone is not supported");
	return NULL;
}
