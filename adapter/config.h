// What a launch or attach request asks for, read from the keys of every peer's launch.json.
#pragma once
#include "adapter/json.h"
#include "base/vec.h"
#include "engine/target.h"

struct dap_mapping { // of source paths
	struct str from; // as in the debug info
	struct str to;   // on the client's side
};

enum dap_terminal { DAP_NO_TERMINAL, DAP_INTEGRATED_TERMINAL, DAP_EXTERNAL_TERMINAL };
// When lines of the console are run: before the program runs, when it does, at each stop, at its end.
enum dap_commands_when { DAP_COMMANDS_BEFORE, DAP_COMMANDS_AFTER, DAP_COMMANDS_STOP, DAP_COMMANDS_EXIT, DAP_COMMANDS_N };

struct dap_config {
	bool attach;
	bool built; // by the client, which would build again for a restart
	pid_t pid;
	bool wait; // for a process of the name `wait_for` to be started
	struct str wait_for;
	enum dap_terminal terminal;
	struct str stdio[3]; // files, "" if not told
	bool follow_forks;
	VEC(struct str) commands[DAP_COMMANDS_N];
	struct str core; // a core file to look at, "" if none
	struct str program, cwd;
	VEC(struct str) args;
	VEC(struct dbg_env) env;
	bool keep_aslr;
	bool stop_on_entry; // before the first instruction
	bool stop_at_main;
	bool into_libraries; // steps stop in library code, too: justMyCode is false
	VEC(struct dap_mapping) source_map;
	VEC(struct str) value_files;         // how values are shown, beside what is built in
	VEC(struct str) debug_folders;       // where separate debug files are, beside the usual places
	VEC(struct dap_mapping) std;         // "/rustc/HASH" to where its sources are, "" if they are not here
	struct str tasks_show, tasks_filter; // "" if not told
	i64 tasks_max;                       // -1 if not told
	VEC(struct str) notes;               // lines for the console: keys that were ignored, and the like
	struct arena *arena;                 // of all text
};

// Fails with the key that is wrong, or what is missing.
err_t dap_config_read(struct dap_config *config, struct arena *arena, struct json_in args, bool attach) MUST_USE;
// A list of words as a shell splits them: blanks, quotes and backslashes. Public for its tests.
err_t dap_config_split(struct dap_config *config, struct json_in in, struct str text) MUST_USE;
