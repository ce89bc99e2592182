// The session's life, the state of its program, and what is told to the client.
#include "adapter/session.h"

#include "adapter/answers.h"
#include "adapter/children.h"
#include "adapter/forms.h"
#include "adapter/waiting.h"
#include "base/log.h"

void dap_session_init(struct dap_session *session, struct loop *loop, int in, int out)
{
	*session = (struct dap_session){.loop = loop, .signal_fd = -1};
	wire_init(&session->wire, in, out);
	dap_ids_init(&session->ids);
	session->client = (struct dap_client){.id = STR(""), .lines_from_1 = true, .columns_from_1 = true};
	session->tasks = (struct dap_task_view){.filter = STR("")};
	session->modules = dbg_modules_new();
	for (int i = 0; i < 2; i++)
		session->outputs[i] = (struct dap_output){.fd = -1, .session = session};
}

void dap_session_deinit(struct dap_session *session)
{
	dap_session_forget_stop(session);
	dap_waiting_end(session);
	dap_children_wake(session);
	tk_reader_free(session->reader);
	dap_forms_forget(session);
	dap_answers_forget(session);
	dbg_target_free(session->target); // kills what was launched, lets go what was attached to
	dbg_modules_free(session->modules);
	for (size_t i = 0; i < session->events.len; i++)
		json_free(session->events.items[i]);
	for (size_t i = session->inbox_next; i < session->inbox.len; i++)
		json_free(session->inbox.items[i]);
	wire_deinit(&session->wire);
	dap_ids_deinit(&session->ids);
	struct arena *arenas[] = {&session->forever,     &session->stop,        &session->turn,       &session->inbox_arena,
	                          &session->panic_arena, &session->quick_arena, &session->told_arena, &session->sources.arena};
	for (size_t i = 0; i < ARRAY_LEN(arenas); i++)
		arena_deinit(arenas[i]);
}

// ---- the state of the program

bool dap_session_is_live(const struct dap_session *session)
{
	return session->target && dbg_target_state(session->target) != DBG_EXITED;
}

bool dap_session_is_stopped(const struct dap_session *session)
{
	return session->phase == DAP_LIVE && session->target && dbg_target_state(session->target) == DBG_STOPPED &&
	       session->stopped.told;
}

err_t dap_session_snapshot(struct dap_session *session, struct tk_snapshot **out)
{
	if (session->snapshot) {
		*out = session->snapshot;
		return NULL;
	}
	if (session->no_snapshot.len)
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(session->no_snapshot));
	if (!session->reader)
		session->reader = tk_reader_new(session->target);
	u64 start = loop_now_ms();
	err_t error = tk_snapshot_take(session->reader, &session->stop, &session->snapshot);
	LOG(LOG_TOKIO, "snapshot: %llu ms", (unsigned long long)(loop_now_ms() - start));
	if (error && error->code == ERR_CANCELLED) {
		session->snapshot = NULL; // to be taken when it is asked for again
	} else if (error) {
		session->snapshot = NULL;
		session->no_snapshot = str_dup(&session->stop, error->what);
	}
	*out = session->snapshot;
	return error;
}

void dap_session_forget_stop(struct dap_session *session)
{
	dap_ids_forget(&session->ids);
	session->stacks = NULL;
	session->threads = NULL;
	session->briefs = session->places = NULL;
	session->snapshot = NULL;
	session->no_snapshot = STR("");
	session->stopped = (struct dap_stop_info){0};
	arena_clear(&session->stop);
}

void dap_session_resumed(struct dap_session *session)
{
	if (session->stopped.told) {
		struct cJSON *body = json_new_object();
		json_set_number(body, "threadId", session->stopped.thread);
		json_set_flag(body, "allThreadsContinued", !session->alone);
		dap_session_event(session, "continued", body);
	}
	session->alone = false;
	dap_session_forget_stop(session);
}

err_t dap_session_continue(struct dap_session *session)
{
	bool goes_on = session->step.cut_short && dbg_target_has_step(session->target);
	TRY(goes_on ? dbg_target_pass_over(session->target) : dbg_target_continue(session->target));
	session->step.cut_short = false;
	session->step.active = goes_on;
	dap_session_resumed(session);
	return NULL;
}

// ---- telling the client

void dap_session_send(struct dap_session *session, struct cJSON *message)
{
	json_set_number(message, "seq", ++session->seq);
	struct str text = json_print(message, &session->turn);
	json_free(message);
	wire_record(&session->wire, false, text, STR(""));
	wire_send(&session->wire, text);
}

void dap_session_event(struct dap_session *session, const char *event, struct cJSON *body)
{
	struct cJSON *message = json_new_object();
	json_set_text(message, "type", STR("event"));
	json_set_text(message, "event", str_of(event));
	if (body)
		json_set(message, "body", body);
	if (session->in_request)
		vec_push(&session->turn, &session->events, message);
	else
		dap_session_send(session, message);
}

void dap_session_send_waiting_events(struct dap_session *session)
{
	for (size_t i = 0; i < session->events.len; i++)
		dap_session_send(session, session->events.items[i]);
	session->events.items = NULL;
	session->events.len = session->events.cap = 0;
}

void dap_session_output(struct dap_session *session, const char *category, struct str text)
{
	struct cJSON *body = json_new_object();
	json_set_text(body, "category", str_of(category));
	json_set_text(body, "output", text);
	dap_session_event(session, "output", body);
}

void dap_session_say(struct dap_session *session, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	struct str line = str_vprintf(&session->turn, fmt, args);
	va_end(args);
	dap_session_output(session, "console", str_printf(&session->turn, "%.*s\n", STRF(line)));
}
