// Policy: is what the engine stopped at to be shown? Conditions, hit counts, log points.
#pragma once
#include "adapter/breakpoints.h"

struct dap_verdict {
	bool shown;
	const char *reason;           // of the `stopped` event
	struct str description, text; // in the stop's arena
	VEC(i32) breakpoints;         // the client's numbers of those that are shown
	bool exception, caught;       // caught: the program goes on behind the panic
	struct str exception_id;
};

// Decides on a DBG_EVENT_STOPPED; counts hits and prints log messages. The target is stopped.
void dap_stops_judge(struct dap_session *session, const struct dbg_event *event, struct dap_verdict *out);
