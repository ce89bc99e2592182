// completions: the console's commands, and the variables of the frame.
#include "adapter/console.h"
#include "adapter/dispatch.h"
#include "adapter/stack.h"

static void put(struct cJSON *array, struct str label, const char *type, i64 start, size_t length, const char *detail)
{
	struct cJSON *item = json_add_object(array);
	json_set_text(item, "label", label);
	json_set_text(item, "type", str_of(type));
	json_set_number(item, "start", start);
	json_set_number(item, "length", (i64)length);
	if (detail && *detail)
		json_set_text(item, "detail", str_of(detail));
}

static bool is_name_byte(char c)
{
	return (c >= '0' && c <= '9') || (c | 0x20) >= 'a' || c == '_';
}

static void put_variables(struct dap_session *session, struct json_in args, struct str typed, struct cJSON *array)
{
	i64 id;
	struct dap_ref *ref;
	struct dbg_variable *variables;
	size_t start = typed.len;
	while (start > 0 && is_name_byte(typed.ptr[start - 1]))
		start--;
	struct str word = str_from(typed, start);
	if (start > 0 && typed.ptr[start - 1] == '.')
		return; // fields are not completed
	if (!dap_session_is_stopped(session) || json_number(json_member(args, "frameId"), 0, INT32_MAX, &id) ||
	    dap_ids_frame(&session->ids, id, "arguments.frameId", &ref))
		return;
	size_t n = dap_stack_variables(session, &ref->stack->rows[ref->row], &variables);
	for (size_t i = 0; i < n; i++)
		if (str_starts(variables[i].name, word))
			put(array, variables[i].name, "variable", (i64)str_columns(str_slice(typed, 0, start)), str_columns(word), "");
}

err_t req_completions(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	struct str text;
	i64 column;
	i64 first = session->client.columns_from_1;
	TRY(json_text(json_member(args, "text"), &text));
	TRY(json_number(json_member(args, "column"), 0, INT32_MAX, &column));
	struct str typed = str_columns_prefix(text, (size_t)(column > first ? column - first : 0));
	struct cJSON *array = json_set_array(body, "targets");
	for (size_t i = 0; i < dap_n_commands; i++) {
		for (struct str words = str_of(dap_commands[i].words); words.len;) {
			ptrdiff_t bar = str_find(words, STR("|"));
			struct str one = str_slice(words, 0, bar < 0 ? words.len : (size_t)bar);
			words = str_from(words, bar < 0 ? words.len : (size_t)bar + 1);
			if (str_starts(one, typed))
				put(array, one, "function", 0, str_columns(typed), dap_commands[i].help);
		}
	}
	struct str rest;
	if (!dap_console_find(typed, &rest))
		put_variables(session, args, typed, array);
	return NULL;
}
