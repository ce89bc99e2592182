// restart: the same program anew, with the breakpoints that are set; new arguments if the client sends some.
#include "adapter/dispatch.h"
#include "adapter/lifecycle.h"

err_t req_restart(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)body;
	struct json_in again = json_member(args, "arguments");
	if (session->phase != DAP_LIVE && session->phase != DAP_OVER)
		return err_new(ERR_ARGUMENT, "there is no program to restart");
	if (session->restart.waits)
		return err_new(ERR_ARGUMENT, "a restart is under way");
	if (session->config.attach)
		return err_new(ERR_UNSUPPORTED, "a process that was attached to can't be restarted: start it again, then attach");
	if (session->phase == DAP_OVER)
		return err_new(ERR_ARGUMENT, "the session is over: start a new one");
	if (json_kind(again) == JSON_OBJECT)
		TRY(dap_config_read(&session->config, &session->forever, again, false));
	TRY(dap_lifecycle_restart(session));
	dap_dispatch_park(session, &session->restart);
	return NULL;
}
