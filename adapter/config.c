// launch.json, by a table of keys. A key of several names is several rows; a shape that a peer uses is accepted;
// a key that nobody knows is told once, and ignored.
#include "adapter/config.h"

#include <limits.h>
#include <stdlib.h>

#include "adapter/config_shapes.h"
#include "adapter/console.h"
#include "adapter/process_name.h"
#include "base/buf.h"

// ---- keys

static err_t read_program(struct dap_config *config, struct json_in in)
{
	return config_read_text(config, in, &config->program);
}
static err_t read_cwd(struct dap_config *config, struct json_in in)
{
	return config_read_text(config, in, &config->cwd);
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
	if (!text.len) // a picker that was left
		return NULL;
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
	config->tasks_show = config_keep(config, config->tasks_show);
	config->tasks_filter = config_keep(config, config->tasks_filter);
	return NULL;
}

static const struct {
	const char *name;
	enum dap_terminal terminal;
} terminals[] = {{"internalConsole", DAP_NO_TERMINAL},    {"console", DAP_NO_TERMINAL},
                 {"internal", DAP_NO_TERMINAL},           {"integratedTerminal", DAP_INTEGRATED_TERMINAL},
                 {"integrated", DAP_INTEGRATED_TERMINAL}, {"externalTerminal", DAP_EXTERNAL_TERMINAL},
                 {"external", DAP_EXTERNAL_TERMINAL}};

static err_t read_terminal(struct dap_config *config, struct json_in in)
{
	struct str text;
	bool flag;
	if (json_kind(in) == JSON_BOOL) {
		TRY(json_flag(in, &flag));
		bool external = str_ends(in.path, STR("externalConsole"));
		config->terminal = !flag ? DAP_NO_TERMINAL : external ? DAP_EXTERNAL_TERMINAL : DAP_INTEGRATED_TERMINAL;
		return NULL;
	}
	if (json_kind(in) != JSON_STRING)
		return json_expected(in, "string, or true or false");
	TRY(json_text(in, &text));
	for (size_t i = 0; i < ARRAY_LEN(terminals); i++) {
		if (!str_eqc(text, terminals[i].name))
			continue;
		config->terminal = terminals[i].terminal;
		return NULL;
	}
	return json_expected(in, "\"internalConsole\", \"integratedTerminal\" or \"externalTerminal\"");
}

// A path for all three, or a list of up to three; null: as it would be without.
static err_t read_stdio(struct dap_config *config, struct json_in in)
{
	size_t n = 0;
	if (json_kind(in) == JSON_STRING) {
		TRY(config_read_text(config, in, &config->stdio[0]));
		config->stdio[1] = config->stdio[2] = config->stdio[0];
		return NULL;
	}
	if (json_kind(in) != JSON_ARRAY || json_count(in) > 3)
		return json_expected(in, "a path, or a list of up to three");
	for (struct json_in item = {0}; json_next(in, &item, NULL); n++)
		if (json_present(item))
			TRY(config_read_text(config, item, &config->stdio[n]));
	return NULL;
}

static err_t read_stdin(struct dap_config *config, struct json_in in)
{
	return config_read_text(config, in, &config->stdio[0]);
}
static err_t read_stdout(struct dap_config *config, struct json_in in)
{
	return config_read_text(config, in, &config->stdio[1]);
}
static err_t read_stderr(struct dap_config *config, struct json_in in)
{
	return config_read_text(config, in, &config->stdio[2]);
}

// true: a process of `program`'s name; or its name.
static err_t read_wait_for(struct dap_config *config, struct json_in in)
{
	if (json_kind(in) == JSON_BOOL)
		return json_flag(in, &config->wait);
	config->wait = true;
	return json_kind(in) == JSON_STRING ? config_read_text(config, in, &config->wait_for) : json_expected(in, "true, or a name");
}

static err_t read_follow_forks(struct dap_config *config, struct json_in in)
{
	return json_flag(in, &config->follow_forks);
}

// The client builds, and gives us the program.
static err_t read_cargo(struct dap_config *config, struct json_in in)
{
	(void)in;
	config->built = true;
	return NULL;
}

// Lines for our console; those of other debuggers are left out, and told.
static err_t read_commands(struct dap_config *config, struct json_in in, enum dap_commands_when when)
{
	struct str text, rest;
	TRY(json_array(in));
	for (struct json_in item = {0}; json_next(in, &item, NULL);) {
		TRY(config_read_text(config, item, &text));
		if (dap_console_find(text, &rest))
			vec_push(config->arena, &config->commands[when], text);
		else
			config_note(config, str_printf(config->arena, "skipped %.*s: \"%.*s\" is no command of this console",
			                               STRF(str_from(item.path, strlen("arguments."))), STRF(str_columns_prefix(text, 80))));
	}
	return NULL;
}
static err_t read_before(struct dap_config *config, struct json_in in)
{
	return read_commands(config, in, DAP_COMMANDS_BEFORE);
}
static err_t read_after(struct dap_config *config, struct json_in in)
{
	return read_commands(config, in, DAP_COMMANDS_AFTER);
}
static err_t read_at_stops(struct dap_config *config, struct json_in in)
{
	return read_commands(config, in, DAP_COMMANDS_STOP);
}
static err_t read_at_exit(struct dap_config *config, struct json_in in)
{
	return read_commands(config, in, DAP_COMMANDS_EXIT);
}

// Command lists of debuggers that are built on LLDB or gdb.
static err_t skip_commands(struct dap_config *config, struct json_in in)
{
	struct str text;
	for (struct json_in item = {0}; json_next(in, &item, NULL);)
		if (!json_text(item, &text))
			config_note(config, str_printf(config->arena, "skipped %.*s: \"%.*s\" is a command of another debugger",
			                               STRF(str_from(item.path, strlen("arguments."))), STRF(str_columns_prefix(text, 80))));
	return NULL;
}

static err_t read_core(struct dap_config *config, struct json_in in)
{
	return config_read_text(config, in, &config->core);
}

static err_t read_debug_folders(struct dap_config *config, struct json_in in)
{
	struct str folder;
	TRY(json_array(in));
	for (struct json_in item = {0}; json_next(in, &item, NULL);) {
		TRY(config_read_text(config, item, &folder));
		vec_push(config->arena, &config->debug_folders, folder);
	}
	return NULL;
}

static err_t read_value_files(struct dap_config *config, struct json_in in)
{
	struct str file;
	if (json_kind(in) == JSON_STRING) {
		TRY(config_read_text(config, in, &file));
		vec_push(config->arena, &config->value_files, file);
		return NULL;
	}
	TRY(json_array(in));
	for (struct json_in item = {0}; json_next(in, &item, NULL);) {
		TRY(config_read_text(config, item, &file));
		vec_push(config->arena, &config->value_files, file);
	}
	return NULL;
}

static const struct key {
	const char *name;
	err_t (*read)(struct dap_config *config, struct json_in in); // NULL: known, and of no concern here
} keys[] = {
    {"program", read_program},
    {"args", config_read_args},
    {"cwd", read_cwd},
    {"envFile", config_read_env_file}, // before those that win over it
    {"env", config_read_env},
    {"environment", config_read_env},
    {"stopOnEntry", read_stop_on_entry},
    {"stopAtEntry", read_stop_on_entry},
    {"stopAtBeginningOfMainSubprogram", read_stop_at_main},
    {"pid", read_pid},
    {"processId", read_pid},
    {"sourceMap", config_read_source_map},
    {"sourceFileMap", config_read_source_map},
    {"debugInfoFolders", read_debug_folders},
    {"valueFiles", read_value_files},
    {"substitutePath", config_read_substitute_path},
    {"disableASLR", read_disable_aslr},
    {"tasks", read_tasks},
    {"justMyCode", read_just_my_code},
    {"console", read_terminal},
    {"terminal", read_terminal},
    {"runInTerminal", read_terminal},
    {"externalConsole", read_terminal},
    {"initCommands", read_before},
    {"targetCreateCommands", skip_commands},
    {"preRunCommands", read_before},
    {"processCreateCommands", skip_commands},
    {"postRunCommands", read_after},
    {"preTerminateCommands", skip_commands},
    {"launchCommands", skip_commands},
    {"attachCommands", skip_commands},
    {"stopCommands", read_at_stops},
    {"exitCommands", read_at_exit},
    {"terminateCommands", skip_commands},
    {"setupCommands", skip_commands},
    {"postRemoteConnectCommands", skip_commands},
    {"coreFile", read_core},
    {"coreDumpPath", read_core},
    {"coreFilePath", read_core},
    {"waitFor", read_wait_for},
    {"stdio", read_stdio},
    {"stdinFrom", read_stdin},
    {"stdoutTo", read_stdout},
    {"stderrTo", read_stderr},
    {"followForks", read_follow_forks},
    {"followExec", read_follow_forks},
    {"cargo", read_cargo},
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
    {"restart", NULL},
};

// In the order of the rows, whatever the order in the message.
static err_t read_keys(struct dap_config *config, struct json_in args)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct json_in in = json_member(args, keys[i].name);
		if (keys[i].read && json_present(in))
			TRY(keys[i].read(config, in));
	}
	return NULL;
}

static bool is_known(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (str_eqc(name, keys[i].name))
			return true;
	return str_starts(name, STR("__")); // VS Code's own
}

static bool is_of_tasks(struct str name)
{
	return str_eqc(name, "show") || str_eqc(name, "max") || str_eqc(name, "filter");
}

static void note_unknown(struct dap_config *config, struct json_in args)
{
	struct buf unknown = buf_on(config->arena);
	struct json_in tasks = json_member(args, "tasks");
	struct str name;
	for (struct json_in in = {0}; json_next(args, &in, &name);)
		if (!is_known(name))
			buf_printf(&unknown, "%s%.*s", unknown.len ? ", " : "", STRF(name));
	for (struct json_in in = {0}; json_present(tasks) && json_next(tasks, &in, &name);)
		if (!is_of_tasks(name))
			buf_printf(&unknown, "%stasks.%.*s", unknown.len ? ", " : "", STRF(name));
	if (unknown.len)
		config_note(config, str_printf(config->arena, "keys that are not known and were ignored: %.*s", STRF(buf_str(&unknown))));
}

err_t dap_config_read(struct dap_config *config, struct arena *arena, struct json_in args, bool attach)
{
	*config = (struct dap_config){.attach = attach, .arena = arena, .tasks_max = -1};
	config->program = config->cwd = config->tasks_show = config->tasks_filter = config->wait_for = STR("");
	config->stdio[0] = config->stdio[1] = config->stdio[2] = STR("");
	TRY(json_object(args));
	TRY(read_keys(config, args));
	note_unknown(config, args);
	if (config->core.len) { // launched or attached to, it is looked at
		config->attach = config->stop_on_entry = true;
		return NULL;
	}
	struct str file = str_from(config->program, (size_t)(str_rfind(config->program, STR("/")) + 1));
	if (config->wait && !config->pid) {
		config->attach = true;
		config->wait_for = config->wait_for.len ? config->wait_for : file;
		return config->wait_for.len ? NULL : err_new(ERR_ARGUMENT, "arguments.waitFor: expected a name, as there is no program");
	}
	if (attach && !config->pid && config->program.len) {
		TRY(err_wrap(dap_process_by_name(args.arena, file, &config->pid), "arguments.program"));
	}
	if (attach && !config->pid)
		return err_new(ERR_ARGUMENT, "arguments.pid: missing (expected the number or name of a process to attach to)");
	if (!attach && !config->program.len)
		return err_new(ERR_ARGUMENT,
		               "arguments.program: missing (expected the path of the executable, such as target/debug/NAME%s)",
		               json_present(json_member(args, "cargo")) ? "; nothing here builds it by `cargo`" : "");
	return NULL;
}
