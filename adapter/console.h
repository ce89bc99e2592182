// The debug console: commands, and expressions for everything else.
#pragma once
#include "adapter/session.h"
#include "base/buf.h"

struct dap_command {
	const char *words;
	err_t (*run)(struct dap_session *session, struct str rest, struct buf *out);
	bool stopped;
	const char *args, *help;
};
extern const struct dap_command dap_commands[];
extern const size_t dap_n_commands;

#define COMMAND(words, name, stopped, args, help)                                                                                \
	err_t cmd_##name(struct dap_session *session, struct str rest, struct buf *out) MUST_USE;
#include "adapter/console.def"
#undef COMMAND

// The command that `line` begins with (the longest that fits), and what follows it; NULL if it is none.
const struct dap_command *dap_console_find(struct str line, struct str *rest);
// Of a line that begins as commands do, but is none ("async foo"): which there are. NULL for any other line, as for an
// expression of a local `tasks`.
err_t dap_console_missed(struct dap_session *session, struct str line);
// Runs a line: a command, which needs no frame. Fills the body of evaluate.
err_t dap_console_run(struct dap_session *session, const struct dap_command *command, struct str rest,
                      struct cJSON *body) MUST_USE;
// Runs the configuration's lines for this moment; what they answer goes to the console.
void dap_console_run_list(struct dap_session *session, enum dap_commands_when when);
// Stops the program for a moment to run session->quick_text; the request is parked.
err_t dap_console_run_quickly(struct dap_session *session, struct str line) MUST_USE;
// At that stop: fills the body.
err_t dap_console_evaluate_quickly(struct dap_session *session, struct cJSON *body) MUST_USE;
// After a change of what `threads` answers.
void dap_console_threads_changed(struct dap_session *session);
