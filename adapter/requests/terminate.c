// terminate: SIGTERM, and SIGKILL when it is asked for again; before there is a program, that there will be none.
#include "adapter/dispatch.h"
#include "adapter/lifecycle.h"

err_t req_terminate(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)args, (void)body;
	if (session->phase == DAP_READY)
		dap_lifecycle_over(session); // it gets no program
	if (!dap_session_is_live(session))
		return NULL; // it has ended, as wished
	if (session->terminate_asked)
		return dbg_target_kill(session->target);
	session->terminate_asked = true;
	TRY(dbg_target_terminate(session->target));
	dap_session_resumed(session);
	return NULL;
}
