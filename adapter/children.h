// Child processes of the program, for other sessions (followForks).
#pragma once
#include "adapter/session.h"

// The program is new: says what becomes of its children.
void dap_children_follow(struct dap_session *session);
// DBG_EVENT_FORKED: asks the client to debug it, where that is wanted.
void dap_children_started(struct dap_session *session, pid_t pid);
// Lets those run that the client was asked to debug and has not answered for.
void dap_children_wake(struct dap_session *session);
