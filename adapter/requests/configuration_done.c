// configurationDone: the program may run.
#include "adapter/dispatch.h"
#include "adapter/lifecycle.h"

err_t req_configuration_done(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)args, (void)body;
	session->configured = true;
	session->finish_start = session->phase == DAP_CONFIGURING;
	return NULL;
}
