// The program's life: started or attached to, configured, restarted, ended.
#pragma once
#include "adapter/session.h"

// Starts what the configuration says. A launched program is stopped at its exec afterwards, one that is attached
// to is about to stop; `initialized` follows when it may be configured.
err_t dap_lifecycle_start(struct dap_session *session) MUST_USE;
// The process that a start waited for is there: the configuration's pid, or in a terminal, with a descriptor to its
// helper (engine/target.h: dbg_launch). Or it will not come, for this reason.
void dap_lifecycle_go_on(struct dap_session *session, pid_t helper, int fd);
void dap_lifecycle_failed(struct dap_session *session, err_t why);
// All threads of the process that we attach to have stopped.
void dap_lifecycle_attached(struct dap_session *session, const struct dbg_event *event);
// configurationDone came, or the program came after it: lets it run (or shows it at its entry).
void dap_lifecycle_configured(struct dap_session *session);
// The program has ended, by exit or by a signal (DBG_EVENT_EXITED).
void dap_lifecycle_exited(struct dap_session *session, int exit_code, int signal);
err_t dap_lifecycle_restart(struct dap_session *session) MUST_USE;
// What a request has set going and comes after its answer: the start, the end.
void dap_lifecycle_advance(struct dap_session *session);
// Tells `terminated`, once.
void dap_lifecycle_over(struct dap_session *session);
