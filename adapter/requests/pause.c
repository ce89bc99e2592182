// pause: stops all threads; a `stopped` event follows.
#include "adapter/dispatch.h"

err_t req_pause(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)body;
	i64 thread;
	TRY(json_number_or(json_member(args, "threadId"), 0, INT32_MAX, 0, &thread));
	if (dap_session_is_stopped(session))
		return NULL;
	if (session->phase != DAP_LIVE)
		return err_new(ERR_ARGUMENT, "the program has not been started yet: configurationDone comes first");
	session->pause_asked = true;
	session->pause_thread = (i32)thread;
	return dbg_target_interrupt(session->target);
}
