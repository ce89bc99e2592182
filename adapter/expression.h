// Expressions over the variables of a frame, as requests ask for them.
#pragma once
#include "adapter/json.h"
#include "engine/eval.h"

struct dap_session;

// What an expression of a request with an optional `frameId` sees; without one, the first row of the stopped thread that
// has variables. In the stop's arena.
err_t dap_expression_context(struct dap_session *session, struct json_in args, struct dbg_eval_context *out) MUST_USE;
// The id of the thread whose frame the request means.
err_t dap_expression_thread(struct dap_session *session, struct json_in args, i32 *out) MUST_USE;
// Evaluates `text` there.
err_t dap_expression(struct dap_session *session, struct json_in args, struct str text, struct dbg_value *out) MUST_USE;
