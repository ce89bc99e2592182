// async layout.
#include "adapter/console.h"

err_t cmd_async_layout(struct dap_session *session, struct str rest, struct buf *out)
{
	struct tk_snapshot *snapshot;
	(void)rest;
	err_t error = dap_session_snapshot(session, &snapshot);
	if (error && error->code != ERR_NO_DEBUG_INFO) // a tokio that is not understood: just then it is wanted
		return error;
	buf_put(out, tk_text_layout(session->reader, &session->turn));
	if (error)
		buf_put(out, error->what);
	return NULL;
}
