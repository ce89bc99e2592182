// Arguments, environments and source maps in the shapes that peers gave them.
#include "adapter/config_shapes.h"

#include <ctype.h>

#include "adapter/process_name.h"
#include "base/buf.h"

enum { MAX_ENV_FILE = 1 << 20 };

struct str config_keep(struct dap_config *config, struct str text)
{
	return str_dup(config->arena, text);
}

void config_note(struct dap_config *config, struct str line)
{
	vec_push(config->arena, &config->notes, line);
}

err_t config_read_text(struct dap_config *config, struct json_in in, struct str *out)
{
	TRY(json_text(in, out));
	*out = config_keep(config, *out);
	return NULL;
}

err_t dap_config_split(struct dap_config *config, struct json_in in, struct str text)
{
	struct buf word = buf_on(config->arena);
	bool in_word = false;
	char quote = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (quote ? c == quote : c == '\'' || c == '"') {
			quote = quote ? 0 : c;
			in_word = true;
		} else if (c == '\\' && quote != '\'' && i + 1 < text.len) {
			buf_putc(&word, text.ptr[++i]);
			in_word = true;
		} else if (!quote && isspace((unsigned char)c)) {
			if (in_word)
				vec_push(config->arena, &config->args, config_keep(config, buf_str(&word)));
			word.len = 0;
			in_word = false;
		} else {
			buf_putc(&word, c);
			in_word = true;
		}
	}
	if (quote)
		return err_new(ERR_ARGUMENT, "%.*s: the quote %c is not closed", STRF(in.path), quote);
	if (in_word)
		vec_push(config->arena, &config->args, config_keep(config, buf_str(&word)));
	return NULL;
}

err_t config_read_args(struct dap_config *config, struct json_in in)
{
	struct str text;
	if (json_kind(in) == JSON_STRING) {
		TRY(json_text(in, &text));
		return dap_config_split(config, in, text);
	}
	if (json_kind(in) != JSON_ARRAY)
		return json_expected(in, "list of strings, or string");
	for (struct json_in item = {0}; json_next(in, &item, NULL);) {
		TRY(config_read_text(config, item, &text));
		vec_push(config->arena, &config->args, text);
	}
	return NULL;
}

static void set_env(struct dap_config *config, struct str name, struct str value, bool unset)
{
	struct dbg_env env = {.name = config_keep(config, name), .value = config_keep(config, value), .unset = unset};
	vec_push(config->arena, &config->env, env);
}

static err_t set_assignment(struct dap_config *config, struct str text, struct str where)
{
	ptrdiff_t equals = str_find(text, STR("="));
	if (equals < 1)
		return err_new(ERR_ARGUMENT, "%.*s: expected NAME=VALUE, not \"%.*s\"", STRF(where), STRF(str_columns_prefix(text, 60)));
	set_env(config, str_slice(text, 0, (size_t)equals), str_from(text, (size_t)equals + 1), false);
	return NULL;
}

// {"A": "1", "B": null}, ["A=1"], or [{"name": "A", "value": "1"}]. Numbers and booleans are taken as text.
err_t config_read_env(struct dap_config *config, struct json_in in)
{
	if (json_kind(in) < JSON_ARRAY)
		return json_expected(in, "object, or list of \"NAME=VALUE\" or {\"name\", \"value\"}");
	struct str key, text;
	for (struct json_in item = {0}; json_next(in, &item, &key);) {
		enum json_kind kind = json_kind(item);
		if (json_kind(in) == JSON_OBJECT) {
			if (kind >= JSON_ARRAY)
				return json_expected(item, "string or null");
			text = kind == JSON_STRING ? STR("") : json_print(item.value, in.arena);
			if (kind == JSON_STRING)
				TRY(json_text(item, &text));
			set_env(config, key, text, kind == JSON_NULL);
		} else if (kind == JSON_OBJECT) {
			TRY(json_text(json_member(item, "name"), &key));
			TRY(json_text_or(json_member(item, "value"), STR(""), &text));
			set_env(config, key, text, json_kind(json_member(item, "value")) == JSON_NULL);
		} else {
			TRY(json_text(item, &text));
			TRY(set_assignment(config, text, item.path));
		}
	}
	return NULL;
}

err_t config_read_env_file(struct dap_config *config, struct json_in in)
{
	struct str path, text;
	if (json_kind(in) == JSON_ARRAY) {
		for (struct json_in item = {0}; json_next(in, &item, NULL);)
			TRY(config_read_env_file(config, item));
		return NULL;
	}
	TRY(json_text(in, &path));
	TRY(err_wrap(dap_process_read_file(in.arena, path, MAX_ENV_FILE, &text), "%.*s", STRF(in.path)));
	for (size_t line = 1; text.len; line++) {
		ptrdiff_t end = str_find(text, STR("\n"));
		struct str entry = str_trim(str_slice(text, 0, end < 0 ? text.len : (size_t)end));
		text = str_from(text, end < 0 ? text.len : (size_t)end + 1);
		if (!entry.len || entry.ptr[0] == '#')
			continue;
		if (str_starts(entry, STR("export ")))
			entry = str_trim(str_from(entry, strlen("export ")));
		if (entry.len > 2 && (entry.ptr[entry.len - 1] == '"' || entry.ptr[entry.len - 1] == '\'')) { // NAME="VALUE"
			ptrdiff_t open = str_find(entry, STR("="));
			if (open > 0 && (size_t)open + 2 < entry.len && entry.ptr[open + 1] == entry.ptr[entry.len - 1])
				entry = str_printf(in.arena, "%.*s=%.*s", (int)open, entry.ptr, (int)(entry.len - (size_t)open - 3),
				                   entry.ptr + open + 2);
		}
		TRY(set_assignment(config, entry, str_printf(in.arena, "%.*s line %zu", STRF(path), line)));
	}
	return NULL;
}

static void add_mapping(struct dap_config *config, struct str from, struct str to)
{
	struct dap_mapping mapping = {config_keep(config, from), config_keep(config, to)};
	if (from.len)
		vec_push(config->arena, &config->source_map, mapping);
}

// {"from": "to"} or [["from", "to"]]; with null as target (CodeLLDB: "no such source") the rule is left out.
err_t config_read_source_map(struct dap_config *config, struct json_in in)
{
	if (json_kind(in) < JSON_ARRAY)
		return json_expected(in, "object {from: to} or list [[from, to]]");
	struct str from, to;
	for (struct json_in item = {0}; json_next(in, &item, &from);) {
		if (json_kind(in) == JSON_OBJECT && json_kind(item) == JSON_OBJECT) { // cpptools: {"from": {"editorPath": "to"}}
			TRY(json_text(json_member(item, "editorPath"), &to));
			add_mapping(config, from, to);
		} else if (json_kind(in) == JSON_OBJECT) {
			TRY(json_text_or(item, STR(""), &to));
			if (to.len)
				add_mapping(config, from, to);
		} else {
			TRY(json_array(item));
			if (json_count(item) != 2)
				return json_expected(item, "a pair [from, to]");
			struct json_in part = {0};
			json_next(item, &part, NULL);
			TRY(json_text(part, &from));
			json_next(item, &part, NULL);
			TRY(json_text(part, &to));
			add_mapping(config, from, to);
		}
	}
	return NULL;
}

// delve's [{"from": client side, "to": debug info}].
err_t config_read_substitute_path(struct dap_config *config, struct json_in in)
{
	struct str from, to;
	TRY(json_array(in));
	for (struct json_in item = {0}; json_next(in, &item, NULL);) {
		TRY(json_text(json_member(item, "from"), &from));
		TRY(json_text(json_member(item, "to"), &to));
		add_mapping(config, to, from);
	}
	return NULL;
}
