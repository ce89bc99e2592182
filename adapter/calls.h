// `call f(x)` and `dbg x` of the debug console: functions of the program that are run at a stop. The request is answered when
// they have returned; until then the client is heard for what can't wait.
#pragma once
#include "adapter/session.h"

struct cJSON;

// Is the text one of these? `rest` is what follows the word, at its place.
bool dap_calls_is(struct dap_session *session, struct str text, enum dap_call_kind *kind, struct str *rest);
// Parks the request, or fails.
err_t dap_calls_begin(struct dap_session *session, struct json_in args, enum dap_call_kind kind, struct str text) MUST_USE;
// At DBG_EVENT_CALLED.
void dap_calls_ended(struct dap_session *session);
bool dap_calls_waits(const struct dap_session *session);
// Ends the call that is under way; `cancelled`: the request is answered so.
void dap_calls_end(struct dap_session *session, bool cancelled);
