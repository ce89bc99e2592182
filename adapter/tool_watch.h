// `stackful tasks --watch`.
#pragma once
#include "tokio/snapshot.h"

struct tool_watch {
	pid_t pid;
	bool no_stop;
	double seconds; // between two looks
	struct tk_choice choice;
	struct dbg_modules *modules;
	int signal_fd;
};
// Looks and prints until the process ends (NULL) or can't be looked at.
err_t tool_watch(const struct tool_watch *asked) MUST_USE;
