// next, stepIn, stepOut: of a task, or of an OS thread; the others run meanwhile.
#include "adapter/alone.h"
#include "adapter/dispatch.h"
#include "adapter/steps.h"

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
	TRY(dap_alone_read(session, args, id, true));
	err_t error = dap_steps_begin(session, (i32)id, kind, granularity);
	if (error)
		dap_alone_drop(session);
	return error;
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
