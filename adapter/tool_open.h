// A process for `stackful tasks`.
#pragma once
#include "engine/target.h"

// Stopped, with nothing written into it, or as it runs. `signal_fd` is dbg_signal_fd()'s; dbg_target_free lets it go.
err_t tool_open(pid_t pid, bool no_stop, struct dbg_modules *modules, int signal_fd, struct dbg_target **out) MUST_USE;
