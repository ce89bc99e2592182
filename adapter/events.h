// From the engine's events to the client's.
#pragma once
#include "adapter/session.h"

// Takes what the engine has to tell; false if that was nothing.
bool dap_events_pump(struct dap_session *session);
// A stop of the engine: shown, passed over, or used for the quick answer of a command.
void dap_events_stopped(struct dap_session *session, const struct dbg_event *event);
// The thread was set to another place while stopped: told as a stop of its own, all references are new.
void dap_events_moved(struct dap_session *session, pid_t tid);
void dap_events_tell_thread_started(struct dap_session *session, i32 thread);
