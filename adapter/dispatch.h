// From a parsed message to its handler and back: the only place that answers requests.
#pragma once
#include "adapter/json.h"
#include "adapter/session.h"

enum dap_when {
	WHEN_ALWAYS,
	WHEN_NEW,     // before initialize
	WHEN_READY,   // after it
	WHEN_LIVE,    // there is a program
	WHEN_STOPPED, // and all its threads are stopped
};

struct dap_request {
	const char *command;
	err_t (*handle)(struct dap_session *session, struct json_in args, struct cJSON *body);
	enum dap_when when;
	bool loud;
	const char *capabilities;
};
extern const struct dap_request dap_requests[];
extern const size_t dap_n_requests;

#define REQUEST(command, name, when, loud, capabilities)                                                                         \
	err_t req_##name(struct dap_session *session, struct json_in args, struct cJSON *body);
#include "adapter/requests.def"
#undef REQUEST

// Takes in what the client has sent.
void dap_dispatch_receive(struct dap_session *session);
// Handles requests that wait, for some milliseconds; false when none is left.
bool dap_dispatch_some(struct dap_session *session);

// Sends a request to the client; `answered` is called with `value` when it answers. Takes `arguments`.
err_t dap_dispatch_ask(struct dap_session *session, const char *command, struct cJSON *arguments,
                       void (*answered)(struct dap_session *session, i64 value, err_t error), i64 value) MUST_USE;

// For handlers: this request is answered later, by dap_dispatch_answer. `slot` keeps its number.
void dap_dispatch_park(struct dap_session *session, struct dap_parked *slot);
// Answers a parked request, once; does nothing if none is parked. Takes `body` (NULL: none).
void dap_dispatch_answer(struct dap_session *session, struct dap_parked *slot, err_t error, struct cJSON *body);
