// From start to end of the program.
#include "adapter/lifecycle.h"
#include "adapter/answers.h"

#include <signal.h>

#include "adapter/breakpoints.h"
#include "adapter/capabilities.h"
#include "adapter/children.h"
#include "adapter/console.h"
#include "adapter/dispatch.h"
#include "adapter/events.h"
#include "adapter/forms.h"
#include "adapter/loaded.h"
#include "adapter/output.h"
#include "adapter/process_name.h"
#include "adapter/waiting.h"
#include "adapter/work.h"
#include "base/log.h"

enum {
	END_WAIT_MS = 2000,   // for the end of a killed program, before disconnect is answered
	LEAVE_WAIT_MS = 1000, // after disconnect, before we leave by ourselves
};

// ---- start

static void tell_process(struct dap_session *session)
{
	struct cJSON *body = json_new_object();
	json_set_text(body, "name", dbg_target_program(session->target));
	json_set_number(body, "systemProcessId", dbg_target_pid(session->target));
	json_set_flag(body, "isLocalProcess", true);
	json_set_text(body, "startMethod", session->config.attach ? STR("attach") : STR("launch"));
	json_set_number(body, "pointerSize", 64);
	dap_session_event(session, "process", body);
}

// Breakpoints that the configuration and not the client asks for.
static void want_main(struct dap_session *session)
{
	struct dap_breakpoint wish = {.kind = DAP_BREAK_MAIN, .function = STR("main")};
	wish.file = wish.condition = wish.hit_condition = wish.log = STR("");
	dap_breakpoints_begin(session, DAP_BREAK_MAIN, STR(""));
	if (session->config.stop_at_main)
		dap_breakpoints_want(session, &wish);
	dap_breakpoints_end(session, DAP_BREAK_MAIN, STR(""));
}

// Stopped, a client that talks to us through pipes could not say that it is to go on: neither it nor we would ever end.
static err_t refuse_client(const struct dap_session *session)
{
	pid_t pid = session->config.pid;
	if (session->wire.in == session->wire.out || !dap_process_is_above(pid))
		return NULL;
	return err_new(ERR_ARGUMENT,
	               "process %d has started this debugger (it is the client, or has started that): stopped, it could not let "
	               "itself go on; attach to it from another client",
	               (int)pid);
}

static err_t start_target(struct dap_session *session, pid_t helper, int fd)
{
	const struct dap_config *config = &session->config;
	if (config->core.len)
		return dbg_target_open_core(config->core, config->program, session->modules, &session->target);
	if (config->attach) {
		TRY(refuse_client(session));
		return dbg_target_attach(config->pid, session->modules, &session->target);
	}
	struct dbg_launch launch = {.program = config->program,
	                            .args = config->args.items,
	                            .n_args = config->args.len,
	                            .cwd = config->cwd,
	                            .env = config->env.items,
	                            .n_env = config->env.len,
	                            .keep_aslr = config->keep_aslr,
	                            .helper = helper,
	                            .helper_fd = fd};
	for (size_t i = 0; i < 3; i++)
		launch.stdio[i] = config->stdio[i];
	TRY(dbg_module_check_program(config->program));
	return dbg_target_launch(&launch, session->modules, &session->target);
}

static err_t start_now(struct dap_session *session, pid_t helper, int fd)
{
	TRY(start_target(session, helper, fd));
	session->prepared = false;
	session->phase = session->config.attach ? DAP_STARTING : DAP_CONFIGURING;
	dap_children_follow(session);
	dbg_target_hear(session->target, dap_work_cancelled, session);
	dap_forms_refresh(session);
	dap_output_open(session);
	struct str lacks = dbg_target_core_lacks(session->target);
	if (lacks.len)
		dap_session_say(session, "%.*s", STRF(lacks));
	want_main(session);
	dap_breakpoints_set_all(session);
	return NULL;
}

err_t dap_lifecycle_start(struct dap_session *session)
{
	dap_session_forget_stop(session);
	tk_reader_free(session->reader);
	session->reader = NULL;
	dap_breakpoints_lost(session);
	dap_forms_forget(session);
	dbg_target_free(session->target);
	session->target = NULL;
	if (!dap_waiting_needed(session))
		return start_now(session, 0, -1);
	TRY(dap_waiting_begin(session));
	session->phase = DAP_STARTING;
	return NULL;
}

void dap_lifecycle_failed(struct dap_session *session, err_t why)
{
	if (session->restart.waits)
		dap_lifecycle_over(session);
	else
		session->phase = DAP_READY;
	dap_dispatch_answer(session, &session->start, why, NULL);
	dap_dispatch_answer(session, &session->restart, why, NULL);
}

void dap_lifecycle_go_on(struct dap_session *session, pid_t helper, int fd)
{
	err_t error = start_now(session, helper, fd);
	if (error) {
		dap_lifecycle_failed(session, error);
		return;
	}
	if (session->config.attach)
		return; // dap_lifecycle_attached, when its threads have stopped
	if (session->restart.waits)
		dap_dispatch_answer(session, &session->restart, NULL, NULL);
	else
		dap_session_event(session, "initialized", NULL);
	if (session->configured)
		dap_lifecycle_configured(session);
}

void dap_lifecycle_attached(struct dap_session *session, const struct dbg_event *event)
{
	session->stopped.tid = event->tid;
	session->attach_signal = event->signal;
	session->attach_text = str_dup(&session->forever, event->text);
	session->phase = DAP_CONFIGURING;
	dap_session_event(session, "initialized", NULL);
	if (session->configured)
		dap_lifecycle_configured(session);
}

void dap_lifecycle_configured(struct dap_session *session)
{
	session->configured = true;
	if (session->phase != DAP_CONFIGURING)
		return; // configured before it was launched: launch comes here again
	session->phase = DAP_LIVE;
	dap_dispatch_answer(session, &session->start, NULL, NULL);
	tell_process(session);
	dap_capabilities_tell(session);
	dap_loaded_tell(session);
	dap_console_run_list(session, DAP_COMMANDS_BEFORE);
	struct dbg_event entry = {.kind = DBG_EVENT_STOPPED, .tid = dbg_target_pid(session->target)};
	entry.stop = session->config.attach ? DBG_STOP_ATTACH : DBG_STOP_ENTRY;
	if (session->config.attach && session->stopped.tid)
		entry.tid = session->stopped.tid;
	entry.signal = session->attach_signal;
	entry.text = session->attach_text;
	dap_events_tell_thread_started(session, dbg_target_pid(session->target));
	if (session->terminate_asked) {
		; // before it was configured: it is on its way to its end
	} else if (session->config.stop_on_entry) {
		dap_events_stopped(session, &entry);
	} else {
		err_t error = dap_session_continue(session);
		if (error)
			dap_session_say(session, "the program can't be continued: %.*s", STRF(error->what));
	}
	dap_console_run_list(session, DAP_COMMANDS_AFTER);
}

// ---- end

void dap_lifecycle_over(struct dap_session *session)
{
	if (session->phase == DAP_OVER || session->phase == DAP_NEW)
		return;
	session->phase = DAP_OVER;
	dap_session_event(session, "terminated", NULL);
}

static void leave(void *context)
{
	struct dap_session *session = context;
	session->loop->quit = true;
}

static void answer_end(struct dap_session *session)
{
	loop_cancel(session->loop, session->end_timer);
	if (!session->end.waits)
		return;
	dap_dispatch_answer(session, &session->restart, err_new(ERR_CANCELLED, "disconnected"), NULL);
	dap_dispatch_answer(session, &session->start, err_new(ERR_CANCELLED, "disconnected"), NULL);
	dap_dispatch_answer(session, &session->end, NULL, NULL);
	session->end_timer = loop_after(session->loop, LEAVE_WAIT_MS, leave, session);
}

static void tell_exited(struct dap_session *session, int exit_code, int signal)
{
	dap_console_run_list(session, DAP_COMMANDS_EXIT);
	if (signal && !session->end.waits && !session->terminate_asked) {
		const char *name = sigabbrev_np(signal);
		dap_session_say(session, "the program was ended by signal %d (SIG%s)", signal, name ? name : "?");
	}
	struct cJSON *body = json_new_object();
	json_set_number(body, "exitCode", signal ? 128 + signal : exit_code); // as a shell tells it
	dap_session_event(session, "exited", body);
}

void dap_lifecycle_exited(struct dap_session *session, int exit_code, int signal)
{
	dap_output_drain(session);
	dap_output_close(session);
	if (session->restart.waits && session->stopped.told)
		dap_session_resumed(session); // it stopped once more on its way: the new program has not
	session->pause_asked = false;
	dap_session_forget_stop(session);
	dap_answers_forget(session);
	dap_breakpoints_lost(session);
	dap_dispatch_answer(session, &session->quick, err_new(ERR_GONE, "the program has ended"), NULL); // also before a restart
	if (session->restart.waits && !session->end.waits) {
		err_t error = dap_lifecycle_start(session);
		if (!error && session->waiting)
			return; // for the terminal: dap_lifecycle_go_on
		if (error)
			dap_lifecycle_over(session);
		dap_dispatch_answer(session, &session->restart, error, NULL);
		if (!error)
			dap_lifecycle_configured(session);
		return;
	}
	bool wished = session->terminate_asked || session->ending.asked; // then clients show no error (DAP: `cancelled`)
	dap_dispatch_answer(session, &session->start,
	                    err_new(wished ? ERR_CANCELLED : ERR_GONE, "the program ended before it was configured"), NULL);
	if (session->phase != DAP_OVER)
		tell_exited(session, exit_code, signal);
	dap_lifecycle_over(session);
	answer_end(session);
}

err_t dap_lifecycle_restart(struct dap_session *session)
{
	if (session->stopped.told)
		dap_session_resumed(session);
	session->tasks.pinned.len = 0; // the next process numbers its tasks anew
	if (dap_session_is_live(session))
		return dbg_target_kill(session->target); // goes on at DBG_EVENT_EXITED
	return NULL;
}

static void end_is_late(void *context)
{
	struct dap_session *session = context;
	dap_lifecycle_over(session);
	answer_end(session);
}

// Kills the program or lets it go; disconnect is answered when that is done.
static err_t end(struct dap_session *session, bool kill, bool leave_stopped)
{
	err_t error = NULL;
	if (dap_session_is_live(session) && kill) {
		error = dbg_target_kill(session->target);
		if (!error && dap_session_is_live(session)) {
			session->end_timer = loop_after(session->loop, END_WAIT_MS, end_is_late, session);
			return NULL;
		}
	} else if (dap_session_is_live(session)) {
		error = dbg_target_detach(session->target, leave_stopped);
		dap_output_drain(session);
		dap_output_close(session);
	}
	dap_session_forget_stop(session);
	dap_waiting_end(session);
	dap_lifecycle_over(session);
	answer_end(session);
	return error && error->code == ERR_GONE ? NULL : error;
}

void dap_lifecycle_advance(struct dap_session *session)
{
	if (session->finish_start) {
		session->finish_start = false;
		dap_lifecycle_configured(session);
	}
	if (session->ending.now) {
		session->ending.now = false;
		err_t error = end(session, session->ending.kill, session->ending.leave_stopped);
		if (error)
			LOG(LOG_SESSION, "disconnect: %.*s", STRF(error->what));
	}
}
