// launch.json, by a table of keys. A key of several names is several rows; a shape that a peer uses is accepted;
// a key that nobody knows is told once, and ignored.
#include "adapter/config.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>

#include "adapter/process_name.h"
#include "base/buf.h"

enum { MAX_ENV_FILE = 1 << 20 };

static struct str keep(struct dap_config *config, struct str text)
{
	return str_dup(config->arena, text);
}

static void note(struct dap_config *config, struct str line)
{
	vec_push(config->arena, &config->notes, line);
}

// ---- shapes

static err_t read_text(struct dap_config *config, struct json_in in, struct str *out)
{
	TRY(json_text(in, out));
	*out = keep(config, *out);
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
				vec_push(config->arena, &config->args, keep(config, buf_str(&word)));
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
		vec_push(config->arena, &config->args, keep(config, buf_str(&word)));
	return NULL;
}

static err_t read_args(struct dap_config *config, struct json_in in)
{
	struct str text;
	if (json_kind(in) == JSON_STRING) {
		TRY(json_text(in, &text));
		return dap_config_split(config, in, text);
	}
	if (json_kind(in) != JSON_ARRAY)
		return json_expected(in, "list of strings, or string");
	for (struct json_in item = {0}; json_next(in, &item, NULL);) {
		TRY(read_text(config, item, &text));
		vec_push(config->arena, &config->args, text);
	}
	return NULL;
}

static void set_env(struct dap_config *config, struct str name, struct str value, bool unset)
{
	struct dbg_env env = {.name = keep(config, name), .value = keep(config, value), .unset = unset};
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
static err_t read_env(struct dap_config *config, struct json_in in)
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

static err_t read_env_file(struct dap_config *config, struct json_in in)
{
	struct str path, text;
	if (json_kind(in) == JSON_ARRAY) {
		for (struct json_in item = {0}; json_next(in, &item, NULL);)
			TRY(read_env_file(config, item));
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
	struct dap_mapping mapping = {keep(config, from), keep(config, to)};
	if (from.len)
		vec_push(config->arena, &config->source_map, mapping);
}

// {"from": "to"} or [["from", "to"]]; with null as target (CodeLLDB: "no such source") the rule is left out.
static err_t read_source_map(struct dap_config *config, struct json_in in)
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
static err_t read_substitute_path(struct dap_config *config, struct json_in in)
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

// ---- keys

static err_t read_program(struct dap_config *config, struct json_in in)
{
	return read_text(config, in, &config->program);
}
static err_t read_cwd(struct dap_config *config, struct json_in in)
{
	return read_text(config, in, &config->cwd);
}

static err_t read_pid(struct dap_config *config, struct json_in in)
{
	i64 pid;
	if (json_kind(in) == JSON_NUMBER) {
		TRY(json_number(in, 1, INT_MAX, &pid));
		config->pid = (pid_t)pid;
		return NULL;
	}
	struct str text;
	u64 number;
	if (json_kind(in) != JSON_STRING)
		return json_expected(in, "process number, or name");
	TRY(json_text(in, &text));
	if (!str_to_u64(text, &number))
		return err_wrap(dap_process_by_name(in.arena, text, &config->pid), "%.*s", STRF(in.path));
	if (number == 0 || number > INT_MAX)
		return json_expected(in, "process number, or name");
	config->pid = (pid_t)number;
	return NULL;
}

static err_t read_stop_on_entry(struct dap_config *config, struct json_in in)
{
	struct str text;
	if (json_kind(in) == JSON_STRING && !json_text(in, &text) && str_eqc(text, "main")) {
		config->stop_at_main = true;
		return NULL;
	}
	return json_kind(in) == JSON_BOOL ? json_flag(in, &config->stop_on_entry) : json_expected(in, "true, false or \"main\"");
}

static err_t read_stop_at_main(struct dap_config *config, struct json_in in)
{
	return json_flag(in, &config->stop_at_main);
}

static err_t read_disable_aslr(struct dap_config *config, struct json_in in)
{
	bool disable;
	TRY(json_flag(in, &disable));
	config->keep_aslr = !disable;
	return NULL;
}

static err_t read_just_my_code(struct dap_config *config, struct json_in in)
{
	bool just_my_code;
	TRY(json_flag(in, &just_my_code));
	config->into_libraries = !just_my_code;
	return NULL;
}

static err_t read_tasks(struct dap_config *config, struct json_in in)
{
	TRY(json_object(in));
	TRY(json_text_or(json_member(in, "show"), STR(""), &config->tasks_show));
	TRY(json_text_or(json_member(in, "filter"), STR(""), &config->tasks_filter));
	TRY(json_number_or(json_member(in, "max"), 0, 1000000, -1, &config->tasks_max));
	config->tasks_show = keep(config, config->tasks_show);
	config->tasks_filter = keep(config, config->tasks_filter);
	return NULL;
}

// The program's output goes to the debug console here, whatever terminal is asked for.
static err_t read_terminal(struct dap_config *config, struct json_in in)
{
	struct str text = STR("");
	bool flag = false;
	if (json_kind(in) == JSON_STRING)
		TRY(json_text(in, &text));
	else if (json_kind(in) == JSON_BOOL)
		TRY(json_flag(in, &flag));
	else
		return json_expected(in, "string, or true or false");
	bool terminal = flag || str_find(text, STR("Terminal")) > 0 || str_eqc(text, "integrated") || str_eqc(text, "external");
	if (terminal)
		note(config, str_printf(config->arena,
		                        "%.*s: the program's output is shown in the debug console; it has no terminal and no input",
		                        STRF(str_from(in.path, strlen("arguments.")))));
	return NULL;
}

// Command lists of debuggers that are built on LLDB or gdb.
static err_t skip_commands(struct dap_config *config, struct json_in in)
{
	struct str text;
	for (struct json_in item = {0}; json_next(in, &item, NULL);)
		if (!json_text(item, &text))
			note(config, str_printf(config->arena, "skipped %.*s: \"%.*s\" is a command of another debugger",
			                        STRF(str_from(item.path, strlen("arguments."))), STRF(str_columns_prefix(text, 80))));
	return NULL;
}

static err_t read_core(struct dap_config *config, struct json_in in)
{
	return read_text(config, in, &config->core);
}

static err_t refuse(struct dap_config *config, struct json_in in)
{
	(void)config;
	return err_new(ERR_UNSUPPORTED, "%.*s is not supported: give `program` (launch) or `pid` (attach)", STRF(in.path));
}

static const struct key {
	const char *name;
	err_t (*read)(struct dap_config *config, struct json_in in); // NULL: known, and of no concern here
} keys[] = {
    {"program", read_program},
    {"args", read_args},
    {"cwd", read_cwd},
    {"env", read_env},
    {"environment", read_env},
    {"envFile", read_env_file},
    {"stopOnEntry", read_stop_on_entry},
    {"stopAtEntry", read_stop_on_entry},
    {"stopAtBeginningOfMainSubprogram", read_stop_at_main},
    {"pid", read_pid},
    {"processId", read_pid},
    {"sourceMap", read_source_map},
    {"sourceFileMap", read_source_map},
    {"substitutePath", read_substitute_path},
    {"disableASLR", read_disable_aslr},
    {"tasks", read_tasks},
    {"justMyCode", read_just_my_code},
    {"console", read_terminal},
    {"terminal", read_terminal},
    {"runInTerminal", read_terminal},
    {"externalConsole", read_terminal},
    {"initCommands", skip_commands},
    {"targetCreateCommands", skip_commands},
    {"preRunCommands", skip_commands},
    {"processCreateCommands", skip_commands},
    {"postRunCommands", skip_commands},
    {"preTerminateCommands", skip_commands},
    {"launchCommands", skip_commands},
    {"attachCommands", skip_commands},
    {"stopCommands", skip_commands},
    {"exitCommands", skip_commands},
    {"terminateCommands", skip_commands},
    {"setupCommands", skip_commands},
    {"postRemoteConnectCommands", skip_commands},
    {"coreFile", read_core},
    {"coreDumpPath", read_core},
    {"coreFilePath", read_core},
    {"waitFor", refuse},
    // what editors add for themselves
    {"name", NULL},
    {"type", NULL},
    {"request", NULL},
    {"presentation", NULL},
    {"preLaunchTask", NULL},
    {"postDebugTask", NULL},
    {"internalConsoleOptions", NULL},
    {"debugServer", NULL},
    {"serverReadyAction", NULL},
    {"suppressMultipleSessionWarning", NULL},
    {"noDebug", NULL},
    {"sourceLanguages", NULL},
    {"cargo", NULL}, // the extension builds; it gives us the program
    {"restart", NULL},
};

static err_t read_key(struct dap_config *config, struct str name, struct json_in in, struct buf *unknown)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (str_eqc(name, keys[i].name))
			return keys[i].read && json_present(in) ? keys[i].read(config, in) : NULL;
	if (!str_starts(name, STR("__"))) // VS Code's own
		buf_printf(unknown, "%s%.*s", unknown->len ? ", " : "", STRF(name));
	return NULL;
}

err_t dap_config_read(struct dap_config *config, struct arena *arena, struct json_in args, bool attach)
{
	*config = (struct dap_config){.attach = attach, .arena = arena, .tasks_max = -1};
	config->program = config->cwd = config->tasks_show = config->tasks_filter = STR("");
	TRY(json_object(args));
	struct buf unknown = buf_on(arena);
	struct str name;
	for (struct json_in in = {0}; json_next(args, &in, &name);)
		TRY(read_key(config, name, in, &unknown));
	if (unknown.len)
		note(config, str_printf(arena, "keys that are not known and were ignored: %.*s", STRF(buf_str(&unknown))));
	if (config->core.len) { // launched or attached to, it is looked at
		config->attach = config->stop_on_entry = true;
		return NULL;
	}
	if (attach && !config->pid && config->program.len) {
		struct str file = str_from(config->program, (size_t)(str_rfind(config->program, STR("/")) + 1));
		TRY(err_wrap(dap_process_by_name(args.arena, file, &config->pid), "arguments.program"));
	}
	if (attach && !config->pid)
		return err_new(ERR_ARGUMENT, "arguments.pid: missing (expected the number or name of a process to attach to)");
	if (!attach && !config->program.len)
		return err_new(ERR_ARGUMENT,
		               "arguments.program: missing (expected the path of the executable, such as target/debug/NAME)");
	return NULL;
}
