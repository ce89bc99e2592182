// The rows of a thread's or task's stack, read once a stop and kept until it ends.
#pragma once
#include "adapter/session.h"

struct dap_stack {
	struct dap_stack *next; // in session->stacks
	i32 thread;
	struct dbg_row *rows;
	size_t n;
	bool whole;         // all rows are here
	VEC(i32) frame_ids; // of the rows that were given to the client, 0 where not yet
};

// At least the first `want` rows (0: all) of the thread with this id. A thread or task that is gone gives one
// label that says so. ERR_ARGUMENT if `thread` can't be an id at all.
err_t dap_stack_get(struct dap_session *session, i32 thread, size_t want, struct dap_stack **out) MUST_USE;
// The id of a row, the same whenever it is asked for.
i32 dap_stack_frame_id(struct dap_session *session, struct dap_stack *stack, size_t row);

// The index of the task that the id means, or TK_NONE.
size_t dap_stack_task(struct dap_session *session, i32 thread);
// The OS thread behind the id: of a task, the one that polls it now; 0 if there is none.
pid_t dap_stack_tid(struct dap_session *session, i32 thread);
// The variables of a row: of its machine frame, or of the coroutine behind it. In the stop's arena.
size_t dap_stack_variables(struct dap_session *session, const struct dbg_row *row, struct dbg_variable **out);
