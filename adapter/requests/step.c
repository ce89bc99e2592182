// next, stepIn, stepOut: a step of the OS thread behind the id, the others run meanwhile.
#include "adapter/dispatch.h"
#include "adapter/stack.h"

static err_t read_granularity(struct json_in in, enum dbg_granularity *out)
{
	static const struct {
		const char *name;
		enum dbg_granularity granularity;
	} names[] = {{"line", DBG_BY_LINE}, {"statement", DBG_BY_STATEMENT}, {"instruction", DBG_BY_INSTRUCTION}};
	struct str text;
	TRY(json_text_or(in, STR("line"), &text));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!str_eqc(text, names[i].name))
			continue;
		*out = names[i].granularity;
		return NULL;
	}
	return json_expected(in, "\"line\", \"statement\" or \"instruction\"");
}

static err_t step(struct dap_session *session, struct json_in args, enum dbg_step kind)
{
	i64 id;
	enum dbg_granularity granularity = DBG_BY_LINE;
	TRY(json_number(json_member(args, "threadId"), 1, INT32_MAX, &id));
	TRY(read_granularity(json_member(args, "granularity"), &granularity));
	pid_t tid = dap_stack_tid(session, (i32)id);
	if (!tid) {
		struct dap_thread thread = dap_ids_thread(&session->ids, (i32)id);
		if (thread.kind != DAP_THREAD_TASK)
			return err_new(ERR_ARGUMENT, "arguments.threadId: there is no thread %lld", (long long)id);
		return err_new(
		    ERR_ARGUMENT,
		    dap_stack_task(session, (i32)id) == TK_NONE
		        ? "task %llu has ended"
		        : "task %llu is not on a thread now, so it can't be stepped: set a breakpoint at its `.await` line and continue",
		    (unsigned long long)thread.task);
	}
	TRY(dbg_target_step(session->target, tid, kind, granularity));
	dap_session_resumed(session);
	return NULL;
}

err_t req_next(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)body;
	return step(session, args, DBG_STEP_OVER);
}

err_t req_step_in(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)body;
	return step(session, args, DBG_STEP_IN);
}

err_t req_step_out(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)body;
	return step(session, args, DBG_STEP_OUT);
}
