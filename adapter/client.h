// Who the client is: what it claimed in `initialize`, and the policy that follows from it (what each client does
// with threads and stops was read in their sources).
#pragma once
#include "adapter/json.h"

struct dap_client {
	struct str id;
	bool lines_from_1, columns_from_1;
	bool paging;      // asks for children in pages
	bool ansi;        // wants escape codes
	bool invalidated; // knows the event
	bool memory_events;
	bool memory_references;
	bool progress;
	bool terminal;         // runs programs in its own (runInTerminal)
	bool starts_debugging; // starts other sessions for us
	size_t max_tasks;      // listed as threads
	bool thread_events;
};

// Reads the arguments of `initialize`; text is copied to `arena`.
err_t dap_client_read(struct dap_client *client, struct arena *arena, struct json_in args) MUST_USE;
