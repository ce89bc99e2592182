// setBreakpoints, setFunctionBreakpoints, setInstructionBreakpoints, setExceptionBreakpoints: each replaces what was set before.
#include "adapter/breakpoints.h"
#include "adapter/dispatch.h"
#include "adapter/memory.h"
#include "adapter/sourcemap.h"

// The regular expression as a condition of the expression language.
static struct str condition_of_name(struct arena *arena, struct str regex)
{
	struct buf out = buf_on(arena);
	buf_puts(&out, "$task.name ~ \"");
	for (size_t i = 0; i < regex.len; i++) {
		if (regex.ptr[i] == '"' || regex.ptr[i] == '\\')
			buf_putc(&out, '\\');
		buf_putc(&out, regex.ptr[i]);
	}
	buf_putc(&out, '"');
	return buf_str(&out);
}

// One of initialize's breakpointModes. A client sends all of a file's again: those that are set keep their task.
static err_t read_mode(struct dap_session *session, struct json_in in, struct dap_breakpoint *wish)
{
	struct str mode;
	TRY(json_text_or(in, STR("any"), &mode));
	if (!str_eqc(mode, "any") && !str_eqc(mode, "task") && !str_eqc(mode, "named"))
		return json_expected(in, "\"any\", \"task\" or \"named\"");
	wish->named_task = str_eqc(mode, "named");
	if (wish->named_task && wish->condition.len)
		wish->condition = condition_of_name(&session->turn, wish->condition);
	wish->this_task = str_eqc(mode, "task");
	struct dap_thread of = dap_ids_thread(&session->ids, session->stopped.thread);
	wish->task = wish->this_task && of.kind == DAP_THREAD_TASK ? of.task : 0;
	return NULL;
}

// The newer `breakpoints`, or the older `lines`; both may be missing. All are read before anything is changed.
static err_t read_lines(struct dap_session *session, struct json_in args, struct str file, struct dap_breakpoint **out, size_t *n)
{
	struct json_in list = json_member(args, "breakpoints");
	bool old = !json_present(list);
	if (old)
		list = json_member(args, "lines");
	if (json_present(list))
		TRY(json_array(list));
	*n = 0;
	*out = NEW_N(&session->turn, struct dap_breakpoint, json_count(list) + 1);
	for (struct json_in item = {0}; json_next(list, &item, NULL);) {
		struct dap_breakpoint *wish = &(*out)[(*n)++];
		i64 line, column;
		*wish = (struct dap_breakpoint){.kind = DAP_BREAK_LINE, .file = file, .function = STR("")};
		wish->condition = wish->hit_condition = wish->log = STR("");
		if (!old)
			TRY(dap_breakpoints_read_wish(item, wish));
		if (!old)
			TRY(read_mode(session, json_member(item, "mode"), wish));
		TRY(json_number(old ? item : json_member(item, "line"), 0, INT32_MAX - 1, &line));
		wish->line = (u32)(line + !session->client.lines_from_1);
		if (old || !json_present(json_member(item, "column")))
			continue;
		TRY(json_number(json_member(item, "column"), 0, INT32_MAX - 1, &column));
		wish->column = (u32)(column + !session->client.columns_from_1);
	}
	return NULL;
}

err_t req_set_breakpoints(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	struct json_in source = json_member(args, "source");
	struct str file;
	struct dap_breakpoint *wishes;
	size_t n;
	TRY(dap_sourcemap_read_source(session, source, &file));
	TRY(read_lines(session, args, file, &wishes, &n));
	dap_breakpoints_replace(session, body, DAP_BREAK_LINE, file, wishes, n);
	return NULL;
}

// Those of a kind that is told by items of `breakpoints`, each read by `read`.
static err_t replace_all(struct dap_session *session, struct json_in args, struct cJSON *body, enum dap_breakpoint_kind kind,
                         err_t (*read)(struct json_in item, struct dap_breakpoint *wish))
{
	struct json_in list = json_member(args, "breakpoints");
	TRY(json_array(list));
	size_t n = 0;
	struct dap_breakpoint *wishes = NEW_N(&session->turn, struct dap_breakpoint, json_count(list) + 1);
	for (struct json_in item = {0}; json_next(list, &item, NULL); n++) {
		wishes[n] = (struct dap_breakpoint){.kind = kind, .file = STR(""), .function = STR(""), .log = STR("")};
		TRY(dap_breakpoints_read_wish(item, &wishes[n]));
		TRY(read(item, &wishes[n]));
	}
	dap_breakpoints_replace(session, body, kind, STR(""), wishes, n);
	return NULL;
}

static err_t read_function(struct json_in item, struct dap_breakpoint *wish)
{
	struct json_in name = json_member(item, "name");
	TRY(json_text(name, &wish->function));
	wish->function = str_trim(wish->function);
	return wish->function.len ? NULL : json_expected(name, "the name of a function");
}

err_t req_set_function_breakpoints(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	return replace_all(session, args, body, DAP_BREAK_FUNCTION, read_function);
}

static err_t read_instruction(struct json_in item, struct dap_breakpoint *wish)
{
	return dap_memory_address(item, "instructionReference", "offset", &wish->addr);
}

err_t req_set_instruction_breakpoints(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	return replace_all(session, args, body, DAP_BREAK_INSTRUCTION, read_instruction);
}

// Every panic that starts to unwind or abort comes through std's `rust_panic`.
static err_t read_filter(struct json_in in, struct dap_breakpoint *out)
{
	struct str filter;
	TRY(json_text(in, &filter));
	if (!str_eqc(filter, "rust_panic") && !str_eqc(filter, "rust_panic_uncaught"))
		return json_expected(in, "\"rust_panic\" or \"rust_panic_uncaught\"");
	*out = (struct dap_breakpoint){
	    .kind = DAP_BREAK_PANIC, .function = STR("rust_panic"), .uncaught_only = !str_eqc(filter, "rust_panic")};
	out->file = out->condition = out->hit_condition = out->log = STR("");
	return NULL;
}

err_t req_set_exception_breakpoints(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	struct json_in filters = json_member(args, "filters"), options = json_member(args, "filterOptions");
	TRY(json_array(filters));
	if (json_present(options))
		TRY(json_array(options));
	size_t most = json_count(filters) + (json_present(options) ? json_count(options) : 0), n = 0;
	struct dap_breakpoint *wishes = NEW_N(&session->turn, struct dap_breakpoint, most + 1);
	for (struct json_in item = {0}; json_next(filters, &item, NULL); n++)
		TRY(read_filter(item, &wishes[n]));
	for (struct json_in item = {0}; json_present(options) && json_next(options, &item, NULL); n++) {
		TRY(read_filter(json_member(item, "filterId"), &wishes[n]));
		TRY(json_text_or(json_member(item, "condition"), STR(""), &wishes[n].condition));
		wishes[n].condition = str_trim(wishes[n].condition);
	}
	dap_breakpoints_replace(session, body, DAP_BREAK_PANIC, STR(""), wishes, n);
	return NULL;
}
