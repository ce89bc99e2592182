// async waits, async deadlocks.
#include "tokio/waits.h"
#include "adapter/console.h"

err_t cmd_async_waits(struct dap_session *session, struct str rest, struct buf *out)
{
	struct tk_snapshot *snapshot;
	(void)rest;
	TRY(dap_session_snapshot(session, &snapshot));
	buf_put(out, tk_text_waits(snapshot, &session->turn, (struct tk_text){.ansi = session->client.ansi}));
	return NULL;
}

err_t cmd_async_deadlocks(struct dap_session *session, struct str rest, struct buf *out)
{
	struct tk_snapshot *snapshot;
	size_t found;
	(void)rest;
	TRY(dap_session_snapshot(session, &snapshot));
	buf_put(out, tk_text_deadlocks(snapshot, &session->turn, (struct tk_text){.ansi = session->client.ansi}, &found));
	return NULL;
}
