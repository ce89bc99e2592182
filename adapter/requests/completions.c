// completions: the console's commands, the variables of the frame, and fields of what is before a dot.
#include "adapter/calls.h"
#include "adapter/console.h"
#include "adapter/dispatch.h"
#include "adapter/expression.h"

enum { MAX_FIELDS = 200 };

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
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || (u8)c >= 0x80; // UTF-8
}

// The end of the text that is a path of names, fields and indices: "1 + a.b[0].c" -> "a.b[0].c".
static struct str last_path(struct str typed)
{
	size_t start = typed.len, depth = 0;
	while (start > 0) {
		char c = typed.ptr[start - 1];
		bool opens = c == '[' || c == '(', closes = c == ']' || c == ')';
		if (!depth && !closes && !is_name_byte(c) && c != '.' && c != ':' && c != '$')
			break;
		if (opens && depth-- == 0)
			break;
		depth += closes;
		start--;
	}
	return str_from(typed, start);
}

static void put_fields(struct dap_session *session, struct json_in args, struct str of, struct str word, i64 start,
                       struct cJSON *array)
{
	struct dbg_value value;
	struct dbg_child *children;
	struct str *methods;
	if (dap_expression(session, args, of, &value))
		return;
	size_t n = dbg_value_children(&session->stop, value, DBG_CHILDREN_NAMED, 0, MAX_FIELDS, &children);
	for (size_t i = 0; i < n; i++)
		if (str_starts(children[i].name, word) && children[i].name.len && children[i].name.ptr[0] != '[')
			put(array, children[i].name, "field", start, str_columns(word),
			    str_cstr(&session->turn, dbg_value_ok(children[i].value) ? dbg_type_render(&session->turn, children[i].value.type)
			                                                             : children[i].value.absent));
	size_t n_methods = dbg_eval_methods(&session->turn, value, &methods);
	for (size_t i = 0; i < n_methods; i++)
		if (str_starts(methods[i], word))
			put(array, methods[i], "method", start, str_columns(word), "");
}

// The next parts of the paths of statics and thread locals in `path`: of "crate::CO" that is "COUNTER".
static void put_statics(struct dap_session *session, struct str path, struct str word, i64 start, struct cJSON *array)
{
	struct dbg_static *found;
	struct str told[MAX_FIELDS];
	size_t n = dbg_statics_find(session->modules, &session->turn, path, &found), n_told = 0;
	for (size_t i = 0; i < n && n_told < MAX_FIELDS; i++) {
		struct str rest = str_from(found[i].path, path.len + 2), label = rest;
		ptrdiff_t colons = str_find(rest, STR("::"));
		if (!str_starts(found[i].path, path) || !str_starts(rest, word) || !rest.len || rest.ptr[0] == '{')
			continue;
		if (colons >= 0)
			label = str_slice(rest, 0, (size_t)colons);
		size_t k = 0;
		while (k < n_told && !str_eq(told[k], label))
			k++;
		if (k < n_told)
			continue;
		told[n_told++] = label;
		put(array, label, found[i].is_tls || colons < 0 ? "variable" : "module", start, str_columns(word),
		    str_cstr(&session->turn, found[i].type ? dbg_type_render(&session->turn, found[i].type) : STR("")));
	}
}

// The program's own crate, which its file is named after: its name need not be typed.
static struct str own_crate(struct dap_session *session)
{
	if (!dbg_modules_count(session->modules))
		return STR("");
	struct str name = str_dup(&session->turn, dbg_module_name(dbg_modules_get(session->modules, 0)));
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] == '-')
			((char *)name.ptr)[i] = '_';
	return name;
}

// ---- functions, behind `call`

struct functions {
	struct dap_session *session;
	struct str crate, prefix; // "crate::path::"
	struct str word;
	i64 start;
	struct cJSON *array;
	VEC(struct str) told;
};

static bool put_function(void *context, const struct dbg_symbol *symbol)
{
	struct functions *to = context;
	struct arena *arena = &to->session->turn;
	if (str_find(symbol->name, to->crate) < 0 || str_find(symbol->name, to->word) < 0)
		return true;
	struct str path = dbg_path_without_generics(arena, dbg_demangle(arena, symbol->name));
	if (!str_starts(path, to->prefix))
		return true;
	struct str label = str_from(path, to->prefix.len);
	if (!str_starts(label, to->word) || !label.len || str_find(label, STR("{")) >= 0 || str_find(label, STR("<")) >= 0)
		return true;
	for (size_t i = 0; i < to->told.len; i++)
		if (str_eq(to->told.items[i], label))
			return true;
	vec_push(arena, &to->told, label);
	put(to->array, str_printf(arena, "%.*s(", STRF(label)), "function", to->start, str_columns(to->word), "");
	return to->told.len < MAX_FIELDS;
}

static void put_functions(struct dap_session *session, struct str path, struct str word, i64 start, struct cJSON *array)
{
	struct functions to = {.session = session, .crate = own_crate(session), .word = word, .start = start, .array = array};
	bool is_whole = str_eq(path, to.crate) || str_starts(path, str_printf(&session->turn, "%.*s::", STRF(to.crate)));
	to.prefix = !path.len  ? str_printf(&session->turn, "%.*s::", STRF(to.crate))
	            : is_whole ? str_printf(&session->turn, "%.*s::", STRF(path))
	                       : str_printf(&session->turn, "%.*s::%.*s::", STRF(to.crate), STRF(path));
	if (to.crate.len)
		dbg_symbols_each(session->modules, put_function, &to);
}

static bool is_shadowed(const struct dbg_eval_context *context, size_t variable)
{
	for (size_t i = variable + 1; i < context->n_variables; i++)
		if (str_eq(context->variables[i].name, context->variables[variable].name))
			return true;
	return false;
}

static void put_specials(struct str word, i64 start, struct cJSON *array)
{
	static const struct {
		const char *name, *help;
	} rows[] = {{"$1", "the console's last answer; $2 the one before it"},
	            {"$ret", "what the function that a step has left returned"},
	            {"$task.id", "the frame's task"},
	            {"$task.name", "the path of its root future"},
	            {"$thread", "the frame's thread"},
	            {"$rip", "a register of the frame"}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_starts(str_of(rows[i].name), word))
			put(array, str_of(rows[i].name), "variable", start, str_columns(word), rows[i].help);
}

static void put_variables(struct dap_session *session, struct json_in args, struct str typed, bool calls, struct cJSON *array)
{
	struct dbg_eval_context context;
	if (!dap_session_is_stopped(session))
		return;
	struct str path = last_path(typed);
	size_t head = path.len;
	while (head > 0 && is_name_byte(path.ptr[head - 1]))
		head--;
	struct str word = str_from(path, head);
	i64 start = (i64)str_columns(str_slice(typed, 0, typed.len - word.len));
	if (head > 0 && path.ptr[head - 1] == '.') {
		put_fields(session, args, str_slice(path, 0, head - 1), word, start, array);
		return;
	}
	if (head > 1 && path.ptr[head - 1] == ':' && path.ptr[head - 2] == ':') {
		struct str outer = str_slice(path, 0, head - 2);
		put_statics(session, outer, word, start, array);
		put_statics(session, str_printf(&session->turn, "%.*s::%.*s", STRF(own_crate(session)), STRF(outer)), word, start, array);
		if (calls)
			put_functions(session, outer, word, start, array);
		return;
	}
	if (head == 1 && path.ptr[0] == '$') {
		put_specials(path, start - 1, array);
		return;
	}
	if (head > 0 || dap_expression_context(session, args, &context))
		return;
	for (size_t i = 0; i < context.n_variables; i++)
		if (str_starts(context.variables[i].name, word) && !is_shadowed(&context, i))
			put(array, context.variables[i].name, "variable", start, str_columns(word), "");
	if (word.len)
		put_statics(session, own_crate(session), word, start, array);
	if (calls)
		put_functions(session, STR(""), word, start, array);
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
	enum dap_call_kind call;
	bool calls = dap_calls_is(session, typed, &call, &rest);
	if (calls || !dap_console_find(typed, &rest))
		put_variables(session, args, typed, calls && call <= DAP_CALL_FORCED, array);
	return NULL;
}
