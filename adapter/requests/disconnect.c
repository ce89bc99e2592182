// disconnect: a launched program is killed, one that was attached to is let go, unless the client says otherwise.
#include "adapter/dispatch.h"
#include "adapter/lifecycle.h"

err_t req_disconnect(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)body;
	bool terminate, suspend;
	TRY(json_flag_or(json_member(args, "terminateDebuggee"), !session->config.attach, &terminate));
	TRY(json_flag_or(json_member(args, "suspendDebuggee"), false, &suspend));
	if (session->ending.asked)
		return NULL; // a second one: the first does it
	session->ending = (struct dap_end){.asked = true, .now = true, .kill = terminate, .leave_stopped = suspend};
	dap_dispatch_park(session, &session->end);
	return NULL;
}
