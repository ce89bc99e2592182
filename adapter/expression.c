// From a request's frame to what its expressions see.
#include "adapter/expression.h"

#include "adapter/specials.h"
#include "adapter/stack.h"

static err_t frame_row(struct dap_session *session, struct json_in args, const struct dbg_row **out)
{
	struct json_in frame = json_member(args, "frameId");
	struct dap_stack *stack;
	if (json_present(frame)) {
		i64 id;
		struct dap_ref *ref;
		TRY(json_number(frame, 0, INT32_MAX, &id));
		TRY(dap_ids_frame(&session->ids, id, "arguments.frameId", &ref));
		*out = &ref->stack->rows[ref->row];
		return NULL;
	}
	TRY(dap_stack_get(session, session->stopped.thread, 0, &stack));
	for (size_t i = 0; i < stack->n; i++) {
		*out = &stack->rows[i];
		if (stack->rows[i].kind != DBG_ROW_LABEL)
			break;
	}
	return NULL;
}

err_t dap_expression_thread(struct dap_session *session, struct json_in args, i32 *out)
{
	struct json_in frame = json_member(args, "frameId");
	i64 id;
	struct dap_ref *ref;
	*out = session->stopped.thread;
	if (!json_present(frame))
		return NULL;
	TRY(json_number(frame, 0, INT32_MAX, &id));
	TRY(dap_ids_frame(&session->ids, id, "arguments.frameId", &ref));
	*out = ref->stack->thread;
	return NULL;
}

err_t dap_expression_context(struct dap_session *session, struct json_in args, struct dbg_eval_context *out)
{
	const struct dbg_row *row = NULL;
	struct dbg_variable *variables = NULL;
	TRY(frame_row(session, args, &row));
	*out = (struct dbg_eval_context){.space = dbg_target_space(session->target)};
	out->n_variables = row ? dap_stack_variables(session, row, &variables) : 0;
	out->variables = variables;
	out->regs = row && row->frame ? row->frame->regs : NULL;
	struct dap_specials *specials = NEW(&session->stop, struct dap_specials);
	i32 thread = 0;
	TRY(dap_expression_thread(session, args, &thread));
	dap_specials_in(session, specials, dap_stack_tid(session, thread), out);
	size_t task = dap_stack_task(session, thread);
	if (task != TK_NONE)
		dap_specials_of_task(specials, session->snapshot->tasks[task].id, session->snapshot->tasks[task].name);
	return NULL;
}

err_t dap_expression(struct dap_session *session, struct json_in args, struct str text, struct dbg_value *out)
{
	struct dbg_eval_context context;
	TRY(dap_expression_context(session, args, &context));
	return dbg_eval(&context, &session->stop, text, out);
}
