// Starts that take a while: a process that somebody is to start (waitFor), and one in the client's terminal
// (runInTerminal). Nothing blocks meanwhile; disconnect and cancel end it.
#pragma once
#include "adapter/session.h"

bool dap_waiting_needed(const struct dap_session *session);
// dap_lifecycle_go_on or dap_lifecycle_failed follows.
err_t dap_waiting_begin(struct dap_session *session) MUST_USE;
void dap_waiting_end(struct dap_session *session); // also if there is none

// In the terminal: `stackful --in-terminal NAME PROGRAM ARGS...` becomes the program; answers the exit status if not.
int dap_waiting_help(char *name, char **argv);
