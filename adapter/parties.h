// Who waits and who is waited for, as views of their own have them: a task, or a thread in block_on.
#pragma once
#include "adapter/session.h"

struct cJSON;

// The innermost line of the user's, else the innermost of all; line 0 if there is none.
struct dbg_place dap_party_place(struct dap_session *session, size_t party);
// What the task does or waits for; told once a stop.
struct str dap_party_brief(struct dap_session *session, size_t party);
// Adds `kind`, `id`, `threadId`, `root`, `text` and its place. `party`: as in tokio/waits.h.
void dap_party_put(struct dap_session *session, struct cJSON *object, size_t party);
