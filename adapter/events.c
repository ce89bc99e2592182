// What happened to the program, told to the client in the order that the clients need: output that was written
// before, then `thread` (at most one), then `stopped`.
#include "adapter/events.h"

#include "adapter/breakpoints.h"
#include "adapter/calls.h"
#include "adapter/children.h"
#include "adapter/console.h"
#include "adapter/dispatch.h"
#include "adapter/lifecycle.h"
#include "adapter/loaded.h"
#include "adapter/output.h"
#include "adapter/stack.h"
#include "adapter/steps.h"
#include "adapter/stops.h"
#include "adapter/threads.h"
#include "adapter/work.h"

// ---- threads

static void tell_thread(struct dap_session *session, const char *reason, i32 thread)
{
	struct cJSON *body = json_new_object();
	json_set_text(body, "reason", str_of(reason));
	json_set_number(body, "threadId", thread);
	dap_session_event(session, "thread", body);
}

void dap_events_tell_thread_started(struct dap_session *session, i32 thread)
{
	if (!session->client.thread_events || map_get(&session->told_threads, (u64)thread))
		return;
	map_put(&session->told_threads, &session->told_arena, (u64)thread, 1);
	tell_thread(session, "started", thread);
}

// Only of threads that the client has heard of: a pool that comes and goes would be noise.
static void tell_thread_gone(struct dap_session *session, pid_t tid)
{
	u64 *told = map_get(&session->told_threads, (u64)tid);
	if (!session->client.thread_events || !told || !*told)
		return;
	*told = 0;
	tell_thread(session, "exited", tid);
}

// ---- stops

static const char *kind_of(const struct dap_verdict *verdict)
{
	static const struct {
		const char *reason, *text;
	} words[] = {{"breakpoint", "Paused on breakpoint"},
	             {"function breakpoint", "Paused on function breakpoint"},
	             {"instruction breakpoint", "Paused on instruction breakpoint"},
	             {"data breakpoint", "Paused on data breakpoint"},
	             {"goto", "Paused after the jump"},
	             {"step", "Paused after step"},
	             {"pause", "Paused"},
	             {"entry", "Paused on entry"},
	             {"exception", "Paused on exception"}};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eqc(str_of(verdict->reason), words[i].reason))
			return words[i].text;
	return "Paused";
}

// The thread to tell: for a pause the one that was asked for, else the one that stopped, as its task where it has one.
static i32 thread_to_tell(struct dap_session *session, const struct dbg_event *event)
{
	i32 stepped = dap_steps_thread(session, event);
	if (stepped)
		return stepped;
	if (event->stop == DBG_STOP_PAUSE && session->pause_asked && session->pause_thread) {
		enum dap_thread_kind kind = dap_ids_thread(&session->ids, session->pause_thread).kind;
		bool there = kind == DAP_THREAD_TASK ? dap_stack_task(session, session->pause_thread) != TK_NONE
		                                     : dap_stack_tid(session, session->pause_thread) != 0;
		if (there && kind != DAP_THREAD_MORE && (kind == DAP_THREAD_OS || dap_threads_show_tasks(session)))
			return session->pause_thread;
	}
	return dap_threads_id_of(session, event->tid);
}

static void tell_stop(struct dap_session *session, const struct dbg_event *event, const struct dap_verdict *verdict)
{
	session->stopped = (struct dap_stop_info){.told = true,
	                                          .why = event->stop,
	                                          .tid = event->tid,
	                                          .exception = verdict->exception,
	                                          .caught = verdict->caught,
	                                          .exception_id = verdict->exception_id,
	                                          .text = verdict->text};
	session->stopped.thread = thread_to_tell(session, event);
	session->pause_asked = false;
	dap_threads_tell_new(session, session->stopped.thread);
	struct str ended = dap_steps_stopped(session, event);

	struct dap_thread of = dap_ids_thread(&session->ids, session->stopped.thread);
	struct str description = verdict->description.len ? verdict->description : str_of(kind_of(verdict));
	if (of.kind == DAP_THREAD_TASK)
		description = str_printf(&session->turn, "%.*s in task %llu", STRF(description), (unsigned long long)of.task);
	if (of.kind == DAP_THREAD_ROOT)
		description = str_printf(&session->turn, "%.*s in block_on", STRF(description));
	if (ended.len)
		description = ended;
	struct cJSON *body = json_new_object();
	json_set_text(body, "reason", str_of(verdict->reason));
	json_set_text(body, "description", description);
	if (verdict->text.len)
		json_set_text(body, "text", verdict->text);
	json_set_number(body, "threadId", session->stopped.thread);
	json_set_flag(body, "allThreadsStopped", true);
	if (verdict->breakpoints.len) {
		struct cJSON *ids = json_set_array(body, "hitBreakpointIds");
		for (size_t i = 0; i < verdict->breakpoints.len; i++)
			json_add_number(ids, verdict->breakpoints.items[i]);
	}
	dap_session_event(session, "stopped", body);
	dap_console_run_list(session, DAP_COMMANDS_STOP);
}

// Goes on as before the stop that nobody is to see.
static void pass_over(struct dap_session *session)
{
	dap_session_forget_stop(session);
	err_t error = dbg_target_pass_over(session->target);
	if (error && error->code != ERR_GONE)
		dap_session_say(session, "the program can't be continued: %.*s", STRF(error->what));
}

// A command that came while the program ran is answered at a stop that the client does not see.
static bool answer_quickly(struct dap_session *session, const struct dbg_event *event)
{
	if (!session->quick.waits)
		return false;
	struct cJSON *body = json_new_object();
	dap_work_begin(session, session->quick.seq);
	err_t error = dap_console_evaluate_quickly(session, body);
	if (dap_work_end(session))
		error = err_new(ERR_CANCELLED, "cancelled");
	dap_dispatch_answer(session, &session->quick, error, body);
	return event->stop == DBG_STOP_PAUSE && !session->pause_asked;
}

void dap_events_stopped(struct dap_session *session, const struct dbg_event *event)
{
	struct dap_verdict verdict;
	dap_output_drain(session);
	if (session->phase == DAP_STARTING) {
		dap_lifecycle_attached(session, event);
		return;
	}
	if (answer_quickly(session, event)) {
		pass_over(session);
		return;
	}
	if (dap_steps_go_on(session, event))
		return;
	dap_stops_judge(session, event, &verdict);
	if (verdict.shown || session->pause_asked) {
		if (!verdict.shown)
			verdict.reason = "pause";
		tell_stop(session, event, &verdict);
	} else {
		pass_over(session);
	}
}

void dap_events_moved(struct dap_session *session, pid_t tid)
{
	struct dap_verdict verdict = {
	    .shown = true, .reason = "goto", .description = STR(""), .text = STR(""), .exception_id = STR("")};
	struct dbg_event event = {.kind = DBG_EVENT_STOPPED, .stop = DBG_STOP_STEP, .tid = tid};
	dap_session_resumed(session);
	tell_stop(session, &event, &verdict);
}

// The other threads run on while it is judged whether the hit of one counts.
static void judge_hit(struct dap_session *session, const struct dbg_event *event)
{
	struct dap_verdict verdict = {.shown = true};
	dap_output_drain(session);
	if (session->phase == DAP_LIVE)
		dap_stops_judge(session, event, &verdict);
	dbg_target_answer_hit(session->target, event->tid, verdict.shown);
	dap_session_forget_stop(session);
}

// ---- all

static void modules_changed(struct dap_session *session)
{
	session->prepared = false;
	if (session->reader)
		tk_reader_forget(session->reader);
	if (session->phase == DAP_LIVE)
		dap_loaded_tell(session);
}

bool dap_events_pump(struct dap_session *session)
{
	struct dbg_event *events;
	if (!session->target)
		return false;
	size_t n = dbg_target_pump(session->target, &session->turn, &events);
	for (size_t i = 0; i < n; i++) {
		const struct dbg_event *event = &events[i];
		switch (event->kind) {
		case DBG_EVENT_STOPPED: dap_events_stopped(session, event); break;
		case DBG_EVENT_HIT: judge_hit(session, event); break;
		case DBG_EVENT_THREAD_NEW: break; // told with the next stop, if it lives as long
		case DBG_EVENT_THREAD_GONE: tell_thread_gone(session, event->tid); break;
		case DBG_EVENT_MODULES: modules_changed(session); break;
		case DBG_EVENT_BREAKPOINT:
			for (size_t b = 0; b < event->n_breakpoints; b++)
				dap_breakpoints_tell_changed(session, event->breakpoints[b]);
			break;
		case DBG_EVENT_EXEC:
			modules_changed(session);
			dap_session_say(session, "the process runs another program now: %.*s", STRF(dbg_target_program(session->target)));
			break;
		case DBG_EVENT_CALLED: dap_calls_ended(session); break;
		case DBG_EVENT_FORKED: dap_children_started(session, event->tid); break;
		case DBG_EVENT_EXITED: dap_lifecycle_exited(session, event->exit_code, event->signal); return true;
		}
	}
	return n > 0;
}
