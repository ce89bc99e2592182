// next, stepIn, stepInTargets, stepOut: of a task, or of an OS thread; the others run meanwhile.
#include "adapter/alone.h"
#include "adapter/dispatch.h"
#include "adapter/stack.h"
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

static err_t into(struct dap_session *session, i32 thread, struct json_in in)
{
	i64 id;
	struct dap_ref *target;
	TRY(json_number(in, 0, INT32_MAX, &id));
	TRY(dap_ids_into(&session->ids, id, "arguments.targetId", &target));
	return dap_steps_begin_into(session, thread, target->into);
}

static err_t step(struct dap_session *session, struct json_in args, enum dbg_step kind)
{
	i64 id;
	enum dbg_granularity granularity = DBG_BY_LINE;
	TRY(json_number(json_member(args, "threadId"), 1, INT32_MAX, &id));
	TRY(read_granularity(json_member(args, "granularity"), &granularity));
	TRY(dap_alone_read(session, args, id, true));
	struct json_in target = json_member(args, "targetId");
	err_t error;
	if (kind == DBG_STEP_IN && json_present(target))
		error = into(session, (i32)id, target);
	else
		error = dap_steps_begin(session, (i32)id, kind, granularity);
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

// A stepper stands in its newest frame alone: the others have no targets.
err_t req_step_in_targets(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	i64 id;
	struct dap_ref *frame;
	struct dbg_step_target *targets;
	TRY(json_number(json_member(args, "frameId"), 0, INT32_MAX, &id));
	TRY(dap_ids_frame(&session->ids, id, "arguments.frameId", &frame));
	size_t n = frame->row ? 0 : dap_steps_targets(session, frame->stack->thread, &targets);
	struct cJSON *array = json_set_array(body, "targets");
	for (size_t i = 0; i < n; i++) {
		struct dap_ref ref = {.kind = DAP_REF_INTO, .into = &targets[i]};
		struct cJSON *object = json_add_object(array);
		json_set_number(object, "id", dap_ids_add(&session->ids, &session->stop, ref));
		json_set_text(object, "label",
		              str_printf(&session->turn, "%.*s()%s", STRF(targets[i].name), targets[i].is_coroutine ? ".await" : ""));
		json_set_number(object, "line", (i64)targets[i].place.line - !session->client.lines_from_1);
		if (targets[i].place.column)
			json_set_number(object, "column", (i64)targets[i].place.column - !session->client.columns_from_1);
	}
	return NULL;
}
