// evaluate: commands of the console, and expressions over the variables of a frame. setExpression: writes
// the value that an expression means, if that is a scalar in memory.
#include "adapter/answers.h"
#include "adapter/calls.h"
#include "adapter/console.h"
#include "adapter/dispatch.h"
#include "adapter/expression.h"
#include "adapter/forms.h"
#include "adapter/memory.h"
#include "adapter/variables.h"

// What is a text of ours (`$task.name`) has no type of the program's.
static bool put_text(struct dap_session *session, struct json_in args, struct str text, struct cJSON *body)
{
	struct dbg_eval_context context;
	struct dbg_special special = {0};
	if (!str_starts(text, STR("$")) || dap_expression_context(session, args, &context) || !context.special ||
	    !context.special(context.special_context, &session->turn, str_from(text, 1), &special) || !special.is_text)
		return false;
	json_set_text(body, "result", special.text);
	json_set_number(body, "variablesReference", 0);
	return true;
}

static err_t evaluate(struct dap_session *session, struct json_in args, struct str text, struct str kind, struct cJSON *body)
{
	struct dbg_value value;
	dap_forms_refresh(session);
	dap_variables_take_format(session, &text);
	if (put_text(session, args, text, body))
		return NULL;
	TRY(dap_expression(session, args, text, &value));
	if (str_eqc(kind, "clipboard")) {
		struct dbg_render all = {.max_len = 1 << 20, .depth = 32, .radix = session->radix};
		json_set_text(body, "result", dbg_value_render(&session->turn, value, all));
		json_set_number(body, "variablesReference", 0);
		return NULL;
	}
	dap_variables_put_value(session, body, "result", value, text);
	if (str_eqc(kind, "repl"))
		dap_answers_keep(session, value);
	return NULL;
}

// A literal as it stands; else what the expression gives, if that can be written as one.
static err_t assign(struct dap_session *session, struct json_in args, struct dbg_value place, struct str text)
{
	struct dbg_value value;
	err_t error = dbg_value_assign(place, text), no_value;
	if (!error)
		return NULL;
	no_value = dap_expression(session, args, text, &value);
	bool is_number = place.type->kind == DBG_TYPE_INT || place.type->kind == DBG_TYPE_UINT || place.type->kind == DBG_TYPE_FLOAT;
	if (no_value && (no_value->code == ERR_SYNTAX || (no_value->code == ERR_NOT_FOUND && is_number)))
		return no_value;
	if (no_value || !dbg_value_ok(value))
		return error;
	if (place.type->kind == DBG_TYPE_POINTER) { // its address, not what is there
		u64 addr;
		if (value.type->kind != DBG_TYPE_POINTER || !dbg_value_get(value, &addr))
			return err_new(ERR_ARGUMENT, "a pointer is wanted, not %.*s", STRF(dbg_type_render(&session->turn, value.type)));
		return dbg_value_assign(place, str_printf(&session->turn, "0x%llx", (unsigned long long)addr));
	}
	err_t still = dbg_value_assign(place, dbg_value_render(&session->turn, value, (struct dbg_render){.max_len = 1 << 16}));
	return still ? error : NULL;
}

// `x.y = 5` in the console.
static err_t assign_in_console(struct dap_session *session, struct json_in args, struct str place, struct str text,
                               struct cJSON *body)
{
	struct dbg_value value;
	TRY(dap_expression(session, args, place, &value));
	TRY(assign(session, args, value, text));
	TRY(dap_expression(session, args, place, &value)); // as it reads now
	dap_variables_put_value(session, body, "result", value, place);
	dap_memory_changed(session, value.addr, value.type->size);
	return NULL;
}

err_t req_evaluate(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	struct str text, kind, rest;
	TRY(json_text(json_member(args, "expression"), &text));
	TRY(json_text_or(json_member(args, "context"), STR("repl"), &kind));
	text = str_trim(text);
	enum dap_call_kind call;
	if (str_eqc(kind, "repl") && dap_session_is_live(session) && dap_calls_is(session, text, &call, &rest))
		return dap_calls_begin(session, args, call, rest);
	const struct dap_command *command = str_eqc(kind, "repl") ? dap_console_find(text, &rest) : NULL;
	if (command && (!command->stopped || dap_session_is_stopped(session)))
		return dap_console_run(session, command, rest, body);
	if (command)
		return dap_console_run_quickly(session, text);
	if (str_eqc(kind, "repl"))
		TRY(dap_console_missed(session, text));
	if (!dap_session_is_live(session))
		return err_new(ERR_ARGUMENT, session->phase == DAP_OVER ? "the program has ended" : "there is no program yet");
	if (!dap_session_is_stopped(session))
		return err_new(ERR_STATE, "the program is running; pause it to evaluate `%.*s`", STRF(str_columns_prefix(text, 60)));
	struct str place, value;
	if (str_eqc(kind, "repl") && dbg_eval_assignment(&session->turn, text, &place, &value))
		return assign_in_console(session, args, place, value, body);
	return evaluate(session, args, text, kind, body);
}

err_t req_set_expression(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	struct str place, text;
	struct dbg_value value;
	TRY(json_text(json_member(args, "expression"), &place));
	TRY(json_text(json_member(args, "value"), &text));
	dap_variables_take_format(session, &place);
	TRY(dap_expression(session, args, str_trim(place), &value));
	TRY(assign(session, args, value, str_trim(text)));
	TRY(dap_expression(session, args, str_trim(place), &value)); // as it reads now
	dap_variables_put_value(session, body, "value", value, str_trim(place));
	dap_memory_changed(session, value.addr, value.type->size);
	return NULL;
}
