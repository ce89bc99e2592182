// The table of requests and the way of one request: find its row, check the state, call the handler, answer
// once. What happens during a request is told after its answer.
#include "adapter/dispatch.h"

#include "adapter/calls.h"
#include "adapter/lifecycle.h"
#include "adapter/work.h"
#include "base/log.h"

#define REQUEST(command, name, when, loud, capabilities) {#command, req_##name, when, loud, capabilities},
const struct dap_request dap_requests[] = {
#include "adapter/requests.def"
};
#undef REQUEST
const size_t dap_n_requests = ARRAY_LEN(dap_requests);

enum {
	BUDGET_MS = 50,   // of handlers in a row, before the loop looks around
	LOOK_AHEAD = 256, // requests that are searched for a `cancel`
	MAX_WAITING = 4096,
};

// ---- answers

static void respond(struct dap_session *session, const struct dap_parked *to, err_t error, struct cJSON *body)
{
	struct cJSON *response = json_new_object();
	json_set_text(response, "type", STR("response"));
	json_set_number(response, "request_seq", to->seq);
	json_set_text(response, "command", to->command);
	json_set_flag(response, "success", !error);
	if (error) {
		json_free(body);
		// The specification's own words for two cases; clients look for them.
		struct str message = error->code == ERR_CANCELLED                               ? STR("cancelled")
		                     : error->code == ERR_STATE && dap_session_is_live(session) ? STR("notStopped")
		                                                                                : error->what;
		json_set_text(response, "message", message);
		struct cJSON *told = json_set_object(json_set_object(response, "body"), "error");
		json_set_number(told, "id", 1000 + (i64)error->code);
		json_set_text(told, "format", error->what);
		json_set_flag(told, "showUser", to->loud && error->code != ERR_CANCELLED && error->code != ERR_STATE);
	} else if (body) {
		json_set(response, "body", body);
	}
	dap_session_send(session, response);
}

void dap_dispatch_park(struct dap_session *session, struct dap_parked *slot)
{
	*slot = session->current;
	slot->waits = true;
	session->parked_now = slot;
}

void dap_dispatch_answer(struct dap_session *session, struct dap_parked *slot, err_t error, struct cJSON *body)
{
	if (!slot->waits) {
		json_free(body);
		return;
	}
	slot->waits = false;
	respond(session, slot, error, body);
}

// ---- our own requests

err_t dap_dispatch_ask(struct dap_session *session, const char *command, struct cJSON *arguments,
                       void (*answered)(struct dap_session *session, i64 value, err_t error), i64 value)
{
	struct dap_asked *slot = NULL;
	for (size_t i = 0; i < ARRAY_LEN(session->asked) && !slot; i++)
		if (!session->asked[i].seq)
			slot = &session->asked[i];
	if (!slot) {
		json_free(arguments);
		return err_new(ERR_STATE, "the client has left %zu requests unanswered", ARRAY_LEN(session->asked));
	}
	struct cJSON *message = json_new_object();
	json_set_text(message, "type", STR("request"));
	json_set_text(message, "command", str_of(command));
	json_set(message, "arguments", arguments);
	dap_session_send(session, message);
	*slot = (struct dap_asked){.seq = session->seq, .answered = answered, .value = value};
	return NULL;
}

static void take_answer(struct dap_session *session, struct json_in root)
{
	i64 seq;
	bool success;
	struct str text;
	if (json_number(json_member(root, "request_seq"), 1, INT32_MAX, &seq))
		return;
	for (size_t i = 0; i < ARRAY_LEN(session->asked); i++) {
		struct dap_asked asked = session->asked[i];
		if (asked.seq != seq)
			continue;
		session->asked[i].seq = 0;
		err_t wrong = json_flag_or(json_member(root, "success"), false, &success);
		if (wrong || json_text_or(json_member(root, "message"), STR("it does not say why"), &text))
			text = STR("its answer is malformed");
		asked.answered(session, asked.value, !wrong && success ? NULL : err_new(ERR_OS, "%.*s", STRF(text)));
	}
}

// ---- one request

static err_t check_state(const struct dap_session *session, const struct dap_request *row)
{
	if (row->when == WHEN_NEW && session->phase != DAP_NEW)
		return err_new(ERR_ARGUMENT, "%s: this session was initialized before", row->command);
	if (row->when >= WHEN_READY && session->phase == DAP_NEW)
		return err_new(ERR_ARGUMENT, "%s: initialize comes first", row->command);
	if (row->when >= WHEN_LIVE && !dap_session_is_live(session))
		return err_new(ERR_ARGUMENT, session->phase == DAP_OVER ? "%s: the program has ended" : "%s: there is no program yet",
		               row->command);
	if (row->when == WHEN_STOPPED && !dap_session_is_stopped(session))
		return err_new(ERR_STATE, "the program is running; pause it first");
	return NULL;
}

static const struct dap_request *find_row(struct str command)
{
	for (size_t i = 0; i < ARRAY_LEN(dap_requests); i++)
		if (str_eqc(command, dap_requests[i].command))
			return &dap_requests[i];
	return NULL;
}

static void handle(struct dap_session *session, const struct cJSON *message)
{
	struct json_in root = json_root(message, "message", &session->turn);
	struct str type, command = STR("");
	i64 seq = 0;
	err_t error = json_object(root);
	if (!error)
		error = json_number(json_member(root, "seq"), 0, INT32_MAX, &seq);
	err_t command_error = json_text(json_member(root, "command"), &command);
	err_t type_error = json_text(json_member(root, "type"), &type);
	if (!type_error && str_eqc(type, "response")) {
		take_answer(session, root);
		return;
	}
	if (!type_error && !str_eqc(type, "request"))
		type_error = err_new(ERR_ARGUMENT, "message.type: expected \"request\", not \"%.*s\"", STRF(type));
	error = error ? error : type_error ? type_error : command_error;

	const struct dap_request *row = error ? NULL : find_row(command);
	if (!error && !row)
		error = err_new(ERR_UNSUPPORTED, "unknown command \"%.*s\"", STRF(command));
	if (!error)
		error = check_state(session, row);
	session->current = (struct dap_parked){.seq = seq, .command = row ? str_of(row->command) : command, .loud = row && row->loud};
	struct cJSON *body = json_new_object();
	session->in_request = true;
	session->parked_now = NULL;
	if (!error) {
		struct json_in args = {json_member(root, "arguments").value, STR("arguments"), &session->turn};
		u64 start = loop_now_ms();
		if (json_present(args))
			error = json_object(args);
		bool hex = false;
		if (!error)
			error = json_flag_or(json_member(json_member(args, "format"), "hex"), false, &hex);
		session->radix = hex ? DBG_RADIX_HEX : DBG_RADIX_DEC;
		dap_work_begin(session, seq);
		if (!error)
			error = row->handle(session, args, body);
		if (dap_work_end(session) && !session->parked_now)
			error = err_new(ERR_CANCELLED, "cancelled");
		session->radix = DBG_RADIX_DEC;
		session->radix_told = false;
		u64 took = loop_now_ms() - start;
		if (took > BUDGET_MS)
			LOG(LOG_SESSION, "%s took %llu ms", row->command, (unsigned long long)took);
	}
	session->in_request = false;
	if (session->parked_now && !error) {
		json_free(body);
	} else {
		if (session->parked_now)
			session->parked_now->waits = false;
		respond(session, &session->current, error, body);
	}
	dap_session_send_waiting_events(session);
	dap_lifecycle_advance(session);
}

// ---- all of them

// A message without a number can't be answered: request_seq 0 says so.
static void refuse(struct dap_session *session, struct str bytes, err_t why)
{
	struct cJSON *raw = json_new_object();
	json_set_text(raw, "bad", why->what);
	json_set_text(raw, "raw", str_slice(bytes, 0, 4000));
	struct json_in in = json_root(raw, "", &session->turn);
	wire_record(&session->wire, true, json_print(json_member(in, "raw").value, &session->turn),
	            json_print(json_member(in, "bad").value, &session->turn));
	json_free(raw);
	struct dap_parked nobody = {.command = STR("")};
	respond(session, &nobody, why, NULL);
}

void dap_dispatch_receive(struct dap_session *session)
{
	struct wire_frame frame;
	if (session->inbox.len - session->inbox_next > MAX_WAITING)
		return; // first those that are there
	wire_fill(&session->wire);
	while (wire_next(&session->wire, &frame, &session->turn)) {
		struct cJSON *message = NULL;
		if (frame.malformed) {
			refuse(session, frame.body, err_new(ERR_SYNTAX, "malformed header: %.*s", STRF(frame.why)));
			continue;
		}
		err_t error = json_parse(frame.body, &message);
		if (error) {
			refuse(session, frame.body, err_wrap(error, "malformed message"));
			wire_distrust(&session->wire, frame.body);
			continue;
		}
		wire_trust(&session->wire);
		wire_record(&session->wire, true, json_print(message, &session->turn), STR(""));
		vec_push(&session->inbox_arena, &session->inbox, message);
	}
}

// A `cancel` that came behind the request it is about: that one is not even begun.
static bool is_cancelled(struct dap_session *session, const struct cJSON *message)
{
	i64 seq, wanted;
	struct str command;
	if (json_number(json_member(json_root(message, "", &session->turn), "seq"), 1, INT32_MAX, &seq))
		return false;
	for (size_t i = session->inbox_next; i < size_min(session->inbox.len, session->inbox_next + LOOK_AHEAD); i++) {
		struct json_in later = json_root(session->inbox.items[i], "", &session->turn);
		if (!json_text(json_member(later, "command"), &command) && str_eqc(command, "cancel") &&
		    !json_number(json_member(json_member(later, "arguments"), "requestId"), 1, INT32_MAX, &wanted) && wanted == seq)
			return true;
	}
	return false;
}

// The request that comes next; NULL if it has to wait for a call of a function of the program. A call does not hold up who
// cancels it or leaves, and who wants the program to do something ends it.
static struct cJSON *take_next(struct dap_session *session)
{
	static const char *const urgent[] = {"cancel", "disconnect"}, *const ending[] = {"pause", "terminate", "restart"};
	if (!dap_calls_waits(session))
		return session->inbox.items[session->inbox_next++];
	for (size_t i = session->inbox_next; i < session->inbox.len; i++) {
		struct cJSON *message = session->inbox.items[i];
		struct str command;
		if (json_text(json_member(json_root(message, "", &session->turn), "command"), &command))
			continue;
		for (size_t k = 0; k < ARRAY_LEN(ending); k++)
			if (str_eqc(command, ending[k]))
				dap_calls_end(session, false);
		for (size_t k = 0; k < ARRAY_LEN(urgent); k++)
			if (str_eqc(command, urgent[k])) {
				memmove(&session->inbox.items[session->inbox_next + 1], &session->inbox.items[session->inbox_next],
				        (i - session->inbox_next) * sizeof(message));
				session->inbox_next++;
				return message;
			}
	}
	return NULL;
}

bool dap_dispatch_some(struct dap_session *session)
{
	u64 start = loop_now_ms();
	while (session->inbox_next < session->inbox.len) {
		if (loop_now_ms() - start > BUDGET_MS)
			return true;
		struct cJSON *message = take_next(session);
		if (!message)
			return false;
		if (session->inbox.len - session->inbox_next > 0 && is_cancelled(session, message)) {
			struct json_in root = json_root(message, "", &session->turn);
			struct dap_parked to = {.command = STR("")};
			err_ignore(json_number(json_member(root, "seq"), 0, INT32_MAX, &to.seq));
			err_ignore(json_text_or(json_member(root, "command"), STR(""), &to.command));
			respond(session, &to, err_new(ERR_CANCELLED, "cancelled"), NULL);
		} else {
			handle(session, message);
		}
		json_free(message);
	}
	session->inbox.items = NULL;
	session->inbox.len = session->inbox.cap = session->inbox_next = 0;
	arena_clear(&session->inbox_arena);
	return false;
}
