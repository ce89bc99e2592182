// singleThread: one thread goes on, and the others stay where they are.
#pragma once
#include "adapter/json.h"
#include "adapter/session.h"

// Reads `singleThread` of a request that resumes `thread`: sets session->alone and tells the target. A task that is not
// polled now, and a step that follows a task, need the others: these go on then, and the console says so.
err_t dap_alone_read(struct dap_session *session, struct json_in args, i64 thread, bool follows) MUST_USE;
// The resume has failed.
void dap_alone_drop(struct dap_session *session);
