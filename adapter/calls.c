// Calls of the program's functions from the console: which thread makes them, for how long, and what is answered.
#include "adapter/calls.h"

#include "adapter/answers.h"
#include "adapter/dispatch.h"
#include "adapter/expression.h"
#include "adapter/stack.h"
#include "adapter/variables.h"

enum { LIMIT_MS = 5000, MOST_THREADS = 64 };

static const char LATE[] = "it has not returned within 5 s (the other threads stood still: it may wait for one)";

bool dap_calls_is(struct dap_session *session, struct str text, enum dap_call_kind *kind, struct str *rest)
{
	static const struct {
		struct str word;
		enum dap_call_kind kind;
	} words[] = {{STR("call"), DAP_CALL_FUNCTION},
	             {STR("call!"), DAP_CALL_FORCED},
	             {STR("dbg"), DAP_CALL_DEBUG},
	             {STR("dbg#"), DAP_CALL_PRETTY}};
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct str behind = str_from(text, words[i].word.len);
		if (!str_starts(text, words[i].word) || !behind.len || (behind.ptr[0] != ' ' && behind.ptr[0] != '\t'))
			continue;
		*kind = words[i].kind;
		// With blanks in place of the word: columns in errors are those of the line.
		*rest = str_printf(&session->turn, "%*s%.*s", (int)words[i].word.len, "", STRF(behind));
		return true;
	}
	return false;
}

bool dap_calls_waits(const struct dap_session *session)
{
	return session->call.request.waits;
}

// ---- begun -----------------------------------------------------------------------------------------

// The frame's own thread; for a task that no thread polls any thread that may.
static err_t choose_thread(struct dap_session *session, struct json_in args, pid_t *out)
{
	i32 thread = session->stopped.thread;
	struct dbg_thread_info *threads;
	TRY(dap_expression_thread(session, args, &thread));
	*out = dap_stack_tid(session, thread);
	if (*out)
		return dbg_target_may_call(session->target, *out);
	size_t n = dbg_target_threads(session->target, &session->turn, &threads);
	err_t error = err_new(ERR_STATE, "no thread of the program can call anything now");
	*out = session->stopped.tid;
	for (size_t i = 0; i <= size_min(n, MOST_THREADS); i++) {
		err_t why = dbg_target_may_call(session->target, *out);
		if (!why)
			return NULL;
		error = i == 0 ? why : error;
		*out = i < n ? threads[i].tid : *out;
	}
	return error;
}

static void is_late(void *context)
{
	struct dap_session *session = context;
	dbg_target_end_call(session->target, LATE);
}

err_t dap_calls_begin(struct dap_session *session, struct json_in args, enum dap_call_kind kind, struct str text)
{
	struct dbg_eval_context context;
	struct dap_call *call = &session->call;
	pid_t tid;
	if (!dap_session_is_stopped(session))
		return err_new(ERR_STATE, "the program is running: pause it to call a function of it");
	*call = (struct dap_call){.kind = kind};
	TRY(dap_expression_context(session, args, &context));
	if (kind == DAP_CALL_FUNCTION || kind == DAP_CALL_FORCED)
		TRY(dbg_call_plan(&context, &session->stop, text, kind == DAP_CALL_FORCED, &call->plan));
	else
		TRY(dbg_call_plan_debug(&context, &session->stop, text, kind == DAP_CALL_PRETTY, &call->plan));
	TRY(choose_thread(session, args, &tid));
	TRY(dbg_target_call(session->target, tid, &call->plan.call));
	call->timer = loop_after(session->loop, LIMIT_MS, is_late, session);
	dap_dispatch_park(session, &call->request);
	return NULL;
}

void dap_calls_end(struct dap_session *session, bool cancelled)
{
	if (!dap_calls_waits(session))
		return;
	session->call.cancelled = session->call.cancelled || cancelled;
	dbg_target_end_call(session->target, "it was interrupted");
}

// ---- ended -----------------------------------------------------------------------------------------

static err_t answer(struct dap_session *session, struct cJSON *body)
{
	struct dap_call *call = &session->call;
	struct dbg_call_result result;
	struct dbg_value value;
	struct str text;
	dbg_target_call_result(session->target, &session->turn, &result);
	if (call->cancelled)
		return err_new(ERR_CANCELLED, "cancelled");
	if (result.problem.len)
		return err_new(ERR_ARGUMENT, "`%.*s`: %.*s%s", STRF(call->plan.function), STRF(result.problem),
		               result.put_back ? ". The thread is back where it was; what the call has changed in memory stays" : "");
	if (call->plan.gives == DBG_CALL_TEXT) {
		TRY(dbg_call_text(&call->plan, &session->turn, &result, &text));
		json_set_text(body, "result", text);
		json_set_number(body, "variablesReference", 0);
		return NULL;
	}
	TRY(dbg_call_value(&call->plan, dbg_target_space(session->target), &session->stop, &result, &value));
	if (call->plan.result) {
		dap_variables_put_value(session, body, "result", value, STR(""));
		dap_answers_keep(session, value);
		return NULL;
	}
	json_set_text(body, "result", STR("()"));
	json_set_number(body, "variablesReference", 0);
	return NULL;
}

// A function of the program may have changed anything: what was read of this stop is read anew.
static void forget_readings(struct dap_session *session)
{
	session->snapshot = NULL;
	session->threads = NULL;
	session->briefs = session->places = NULL;
	if (!session->client.invalidated)
		return;
	struct cJSON *body = json_new_object();
	json_add_text(json_set_array(body, "areas"), STR("variables"));
	dap_session_event(session, "invalidated", body);
}

void dap_calls_ended(struct dap_session *session)
{
	struct dap_call *call = &session->call;
	loop_cancel(session->loop, call->timer);
	if (!dap_calls_waits(session))
		return;
	struct cJSON *body = json_new_object();
	err_t error = answer(session, body);
	if (error) {
		json_free(body);
		body = NULL;
	}
	dap_dispatch_answer(session, &call->request, error, body);
	if (dbg_target_state(session->target) == DBG_STOPPED && call->plan.gives != DBG_CALL_TEXT)
		forget_readings(session);
}
