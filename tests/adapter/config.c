#include <criterion/criterion.h>

#include "adapter/config.h"

static struct arena arena;

static err_t read_launch(const char *text, struct dap_config *config)
{
	struct cJSON *value;
	cr_assert_null(json_parse(str_of(text), &value), "%s", text);
	err_t error = dap_config_read(config, &arena, json_root(value, "arguments", &arena), false);
	json_free(value); // the request's end: the configuration is used long after it
	return error;
}

static void args_are(const struct dap_config *config, size_t n, const char *const *wanted)
{
	cr_assert_eq(config->args.len, n, "%zu", config->args.len);
	for (size_t i = 0; i < n; i++)
		cr_assert(str_eqc(config->args.items[i], wanted[i]), "%.*s", STRF(config->args.items[i]));
}

Test(config, arguments_as_list_or_as_a_shell_would_split_them)
{
	struct dap_config config;
	cr_assert_null(read_launch("{\"program\":\"p\",\"args\":[\"a b\",\"\"]}", &config));
	args_are(&config, 2, (const char *const[]){"a b", ""});
	cr_assert_null(read_launch("{\"program\":\"p\",\"args\":\" one 'two  three' \\\"f\\\\\\\"our\\\" fi\\\\ ve ''\"}", &config));
	args_are(&config, 5, (const char *const[]){"one", "two  three", "f\"our", "fi ve", ""});
}

Test(config, the_environment_in_every_peers_shape)
{
	const char *shapes[] = {
	    "{\"program\":\"p\",\"env\":{\"A\":\"1\",\"B\":null,\"C\":3}}",
	    "{\"program\":\"p\",\"environment\":[{\"name\":\"A\",\"value\":\"1\"},{\"name\":\"B\",\"value\":null},\"C=3\"]}"};
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		struct dap_config config;
		cr_assert_null(read_launch(shapes[i], &config));
		cr_assert_eq(config.env.len, 3);
		cr_assert(str_eqc(config.env.items[0].name, "A") && str_eqc(config.env.items[0].value, "1"));
		cr_assert(config.env.items[1].unset && !config.env.items[0].unset);
		cr_assert(str_eqc(config.env.items[2].value, "3"));
	}
}

Test(config, source_maps_in_every_peers_shape)
{
	const char *shapes[] = {"{\"program\":\"p\",\"sourceMap\":{\"/from\":\"/to\",\"/none\":null}}",
	                        "{\"program\":\"p\",\"sourceMap\":[[\"/from\",\"/to\"]]}",
	                        "{\"program\":\"p\",\"sourceFileMap\":{\"/from\":{\"editorPath\":\"/to\"}}}",
	                        "{\"program\":\"p\",\"substitutePath\":[{\"from\":\"/to\",\"to\":\"/from\"}]}"};
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		struct dap_config config;
		cr_assert_null(read_launch(shapes[i], &config), "%s", shapes[i]);
		cr_assert_eq(config.source_map.len, 1);
		cr_assert(str_eqc(config.source_map.items[0].from, "/from") && str_eqc(config.source_map.items[0].to, "/to"));
	}
}

Test(config, a_peers_launch_json_starts_with_its_foreign_keys_told)
{
	struct dap_config config;
	cr_assert_null(read_launch(
	    "{\"type\":\"lldb\",\"name\":\"x\",\"request\":\"launch\",\"program\":\"p\",\"cwd\":null,\"sourceLanguages\":[\"rust\"],"
	    "\"initCommands\":[\"settings set x "
	    "y\"],\"stopOnEntry\":\"main\",\"disableASLR\":false,\"oracles\":1,\"x\":2,\"tasks\":{\"max\":9,\"most\":1},"
	    "\"__sessionId\":\"s\"}",
	    &config));
	cr_assert(config.stop_at_main && !config.stop_on_entry && config.keep_aslr);
	cr_assert_eq(config.notes.len, 2);
	cr_assert(str_eqc(config.notes.items[0], "skipped initCommands[0]: \"settings set x y\" is no command of this console"),
	          "%.*s", STRF(config.notes.items[0]));
	cr_assert(str_eqc(config.notes.items[1], "keys that are not known and were ignored: oracles, x, tasks.most"));
}

Test(config, terminals_and_files_in_every_peers_words)
{
	static const struct {
		const char *text;
		enum dap_terminal terminal;
	} rows[] = {
	    {"\"console\":\"internalConsole\"", DAP_NO_TERMINAL}, {"\"console\":\"integratedTerminal\"", DAP_INTEGRATED_TERMINAL},
	    {"\"terminal\":\"external\"", DAP_EXTERNAL_TERMINAL}, {"\"runInTerminal\":true", DAP_INTEGRATED_TERMINAL},
	    {"\"externalConsole\":true", DAP_EXTERNAL_TERMINAL},  {"\"externalConsole\":false", DAP_NO_TERMINAL},
	    {"\"terminal\":\"console\"", DAP_NO_TERMINAL}};
	struct dap_config config;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cr_assert_null(read_launch(str_printf(&arena, "{\"program\":\"p\",%s}", rows[i].text).ptr, &config), "%s", rows[i].text);
		cr_assert_eq(config.terminal, rows[i].terminal, "%s", rows[i].text);
	}
	cr_assert_not_null(read_launch("{\"program\":\"p\",\"console\":\"none\"}", &config));
	cr_assert_null(read_launch("{\"program\":\"p\",\"stdio\":[null,\"a\",\"b\"]}", &config));
	cr_assert(!config.stdio[0].len && str_eqc(config.stdio[1], "a") && str_eqc(config.stdio[2], "b"));
	cr_assert_null(read_launch("{\"program\":\"p\",\"stdio\":\"/dev/pts/1\"}", &config));
	cr_assert(str_eqc(config.stdio[0], "/dev/pts/1") && str_eqc(config.stdio[2], "/dev/pts/1"));
	cr_assert_null(read_launch("{\"program\":\"p\",\"stdinFrom\":\"i\",\"stderrTo\":\"e\"}", &config));
	cr_assert(str_eqc(config.stdio[0], "i") && !config.stdio[1].len && str_eqc(config.stdio[2], "e"));
	cr_assert_not_null(read_launch("{\"program\":\"p\",\"stdio\":[1,2,3,4]}", &config));
	cr_assert_null(read_launch("{\"program\":\"/a/p\",\"waitFor\":true}", &config));
	cr_assert(config.attach && config.wait && str_eqc(config.wait_for, "p"));
}
