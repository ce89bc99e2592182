// The list of threads that a client is shown: tasks by interest, then the threads of the system.
#pragma once
#include "adapter/session.h"

struct dap_thread_row {
	i32 id;
	struct str name;
};
// All rows, in the order in which they are to be shown. While the program runs: its OS threads, in `arena`.
// While it is stopped the list is made once, until the stop ends or the view of tasks changes.
size_t dap_threads_list(struct dap_session *session, struct arena *arena, struct dap_thread_row **out);

// The id to tell for a stop of this OS thread: of the task it polls, if tasks are shown; else the thread's.
i32 dap_threads_id_of(struct dap_session *session, pid_t tid);
// Whether `tasks pin` keeps the task in the list.
bool dap_threads_is_pinned(const struct dap_session *session, u64 task);
// Whether this client is shown tasks at all.
bool dap_threads_show_tasks(const struct dap_session *session);

// "all", "smart", "running", "user", "none"; false for anything else.
bool dap_threads_show_named(struct str name, enum dap_show *out);
extern const char dap_threads_show_names[];
// Checks a filter before it is set: ERR_SYNTAX with the regex compiler's message and the place.
err_t dap_threads_check_filter(struct str regex) MUST_USE;

// Before a stop is told: if there are rows that the client has not heard of, tells one of them (a client that
// refreshes its list only then refreshes all of it), the stopped one first.
void dap_threads_tell_new(struct dap_session *session, i32 stopped);
