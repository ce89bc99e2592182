// cancel: ends a request that waits (one that is not yet begun is cancelled by the dispatcher, one that is worked on by work.c).
#include "adapter/calls.h"
#include "adapter/dispatch.h"
#include "adapter/lifecycle.h"
#include "adapter/waiting.h"

err_t req_cancel(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)body;
	i64 id;
	TRY(json_number_or(json_member(args, "requestId"), 0, INT32_MAX, 0, &id));
	if (session->quick.waits && session->quick.seq == id)
		dap_dispatch_answer(session, &session->quick, err_new(ERR_CANCELLED, "cancelled"), NULL);
	if (dap_calls_waits(session) && session->call.request.seq == id)
		dap_calls_end(session, true);
	if (session->waiting && session->start.waits && session->start.seq == id) {
		dap_waiting_end(session);
		dap_lifecycle_failed(session, err_new(ERR_CANCELLED, "cancelled"));
	}
	return NULL;
}
