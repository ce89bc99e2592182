// call, dbg: evaluate answers them (calls.c), where there is a program and a frame; not lists of commands.
#include "adapter/console.h"

static err_t only_by_hand(struct dap_session *session)
{
	if (!dap_session_is_live(session))
		return err_new(ERR_ARGUMENT, session->phase == DAP_OVER ? "the program has ended" : "there is no program yet");
	return err_new(ERR_SYNTAX, "expected what to call, as in `call module::function(1, &x)` or `dbg x`, at a stop");
}

err_t cmd_call(struct dap_session *session, struct str rest, struct buf *out)
{
	(void)rest, (void)out;
	return only_by_hand(session);
}

err_t cmd_dbg(struct dap_session *session, struct str rest, struct buf *out)
{
	(void)rest, (void)out;
	return only_by_hand(session);
}
