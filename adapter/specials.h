// What conditions and log messages of breakpoints see beside the variables: `$task.id`, `$task.name`, `$thread`; those of
// panics `$message`, too.
#pragma once
#include "adapter/session.h"
#include "engine/eval.h"

struct dap_specials {
	struct dap_session *session;
	pid_t tid;
	bool looked; // for the task
	struct tk_current task;
	struct str message; // of the panic that is judged
};

// Lets expressions of this context see them for the thread. `specials` is used as long as the context is.
void dap_specials_in(struct dap_session *session, struct dap_specials *specials, pid_t tid, struct dbg_eval_context *context);
void dap_specials_of_task(struct dap_specials *specials, u64 id, struct str name); // it need not be looked for
// The id of the task that the thread polls, 0 if none.
u64 dap_specials_task(struct dap_specials *specials);
