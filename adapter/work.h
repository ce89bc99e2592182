// A request that takes long: it goes on while the client is heard (a `cancel` of it), and tells how it goes.
#pragma once
#include "adapter/session.h"

// Before and after the work of request `seq`.
void dap_work_begin(struct dap_session *session, i64 seq);
// Answers whether the client has cancelled it; what it has answered by then is to be thrown away.
bool dap_work_end(struct dap_session *session);
// For the loops of the floors below (dbg_target_hear): is it cancelled? Looks at the clock, and now and then at the wire.
bool dap_work_cancelled(void *session);
// A `cancel` of this progress.
bool dap_work_is_progress(const struct dap_session *session, struct str id);
