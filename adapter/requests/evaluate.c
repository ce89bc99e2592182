// evaluate: commands of the console, and expressions over the variables of a frame.
#include "engine/eval.h"

#include "adapter/console.h"
#include "adapter/dispatch.h"
#include "adapter/variables.h"

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
	// Without a frame: the first row of the stopped thread that has variables.
	TRY(dap_stack_get(session, session->stopped.thread, 0, &stack));
	for (size_t i = 0; i < stack->n; i++) {
		*out = &stack->rows[i];
		if (stack->rows[i].kind != DBG_ROW_LABEL)
			break;
	}
	return NULL;
}

static err_t evaluate(struct dap_session *session, struct json_in args, struct str text, struct str kind, struct cJSON *body)
{
	const struct dbg_row *row = NULL;
	struct dbg_variable *variables = NULL;
	struct dbg_value value;
	TRY(frame_row(session, args, &row));
	struct dbg_eval_context context = {.space = dbg_target_space(session->target)};
	context.n_variables = row ? dap_stack_variables(session, row, &variables) : 0;
	context.variables = variables;
	TRY(dbg_eval(&context, &session->stop, text, &value));
	if (str_eqc(kind, "clipboard")) {
		json_set_text(body, "result",
		              dbg_value_render(&session->turn, value, (struct dbg_render){.max_len = 1 << 20, .depth = 32}));
		json_set_number(body, "variablesReference", 0);
		return NULL;
	}
	dap_variables_put_value(session, body, "result", value, text);
	return NULL;
}

err_t req_evaluate(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	struct str text, kind, rest;
	TRY(json_text(json_member(args, "expression"), &text));
	TRY(json_text_or(json_member(args, "context"), STR("repl"), &kind));
	text = str_trim(text);
	const struct dap_command *command = str_eqc(kind, "repl") ? dap_console_find(text, &rest) : NULL;
	if (command && (!command->stopped || dap_session_is_stopped(session)))
		return dap_console_run(session, command, rest, body);
	if (command)
		return dap_console_run_quickly(session, text);
	if (!dap_session_is_live(session))
		return err_new(ERR_ARGUMENT, session->phase == DAP_OVER ? "the program has ended" : "there is no program yet");
	if (!dap_session_is_stopped(session))
		return err_new(ERR_STATE, "the program is running; pause it to evaluate `%.*s`", STRF(str_columns_prefix(text, 60)));
	return evaluate(session, args, text, kind, body);
}
