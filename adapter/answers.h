// `$1`, `$2`, ... of the console: its last answer, the one before it, and so on; `$ret`: what a function that was stepped out of
// has returned.
#pragma once
#include "adapter/session.h"

enum { DAP_ANSWERS = 20 };
struct dap_answers {
	struct dap_answer {
		struct arena arena;
		struct dbg_value value; // a copy of what it was; what it refers to may have changed since
	} items[DAP_ANSWERS];
	u64 given; // the newest is at given - 1
};

void dap_answers_keep(struct dap_session *session, struct dbg_value value);
void dap_answers_forget(struct dap_session *session); // the program has ended
// By the name without the `$`; false if it is none of these.
bool dap_answers_find(struct dap_session *session, struct arena *arena, pid_t tid, struct str name, struct dbg_value *out);
