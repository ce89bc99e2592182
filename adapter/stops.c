// Whether a hit is a stop.
#include "adapter/stops.h"

#include <signal.h>

#include "adapter/data.h"
#include "adapter/panics.h"
#include "adapter/sourcemap.h"
#include "adapter/specials.h"
#include "base/buf.h"
#include "engine/eval.h"

// What expressions of a breakpoint see: the variables of the frame that hit it.
struct here {
	struct dbg_frame *frame; // NULL if there is none
	struct dbg_eval_context context;
	struct dap_specials specials;
};

static void look(struct dap_session *session, pid_t tid, struct here *here)
{
	bool whole;
	struct str note;
	struct dbg_frame *frames;
	*here = (struct here){.context.space = dbg_target_space(session->target)};
	dap_specials_in(session, &here->specials, tid, &here->context);
	if (!dbg_unwind(session->target, &session->stop, tid, 1, &frames, &whole, &note))
		return;
	here->frame = &frames[0];
	struct dbg_variable *variables;
	here->context.n_variables = dbg_frame_variables(here->context.space, &session->stop, here->frame, &variables);
	here->context.variables = variables;
	here->context.regs = here->frame->regs;
}

// ---- log messages

static void print_log(struct dap_session *session, struct here *here, struct str message)
{
	struct cJSON *body = json_new_object();
	json_set_text(body, "category", STR("console"));
	struct buf text = buf_on(&session->turn);
	(void)dbg_eval_template(&here->context, &session->stop, message, (struct dbg_render){0}, &text);
	buf_putc(&text, '\n');
	json_set_text(body, "output", buf_str(&text));
	if (here->frame && here->frame->place.line)
		dap_sourcemap_put_place(session, body, here->frame->place);
	dap_session_event(session, "output", body);
}

// ---- breakpoints

enum verdict { FAILS, HOLDS, CANT_BE_TOLD };

static enum verdict condition(struct dap_session *session, const struct here *here, struct dap_breakpoint *breakpoint)
{
	bool holds = true;
	if (!breakpoint->condition.len)
		return HOLDS;
	err_t error = breakpoint->test ? dbg_eval_condition(&here->context, &session->stop, breakpoint->test, &holds)
	                               : dbg_eval_check(&session->stop, breakpoint->condition);
	if (!error)
		return holds ? HOLDS : FAILS;
	// Not silently passed over: who sets a condition wants to know that it can't be told. But not at each hit.
	if (breakpoint->complained)
		return FAILS;
	breakpoint->complained = true;
	dap_breakpoints_complain(session, breakpoint, error->what);
	dap_session_say(session, "stopped once, since the breakpoint's condition `%.*s` can't be evaluated: %.*s",
	                STRF(breakpoint->condition), STRF(error->what));
	return CANT_BE_TOLD;
}

static bool stops_here(struct dap_session *session, const struct dbg_event *event, const struct dap_breakpoint *breakpoint)
{
	struct dap_counted counted = {event->tid, breakpoint->id};
	if (event->kind == DBG_EVENT_HIT)
		vec_push(&session->forever, &session->counted, counted);
	return true;
}

static bool was_counted(struct dap_session *session, pid_t tid, i32 breakpoint)
{
	for (size_t i = 0; i < session->counted.len; i++) {
		if (session->counted.items[i].tid != tid || session->counted.items[i].breakpoint != breakpoint)
			continue;
		session->counted.items[i] = session->counted.items[--session->counted.len];
		return true;
	}
	return false;
}

static bool is_shown(struct dap_session *session, const struct dbg_event *event, struct here *here,
                     struct dap_breakpoint *breakpoint)
{
	if (event->asked)
		return was_counted(session, event->tid, breakpoint->id);
	if (breakpoint->this_task && dap_specials_task(&here->specials) != breakpoint->task)
		return false;
	enum verdict verdict = condition(session, here, breakpoint);
	if (verdict == FAILS)
		return false;
	if (verdict == CANT_BE_TOLD) // whatever its count, and also where it would only log
		return stops_here(session, event, breakpoint);
	breakpoint->hits++;
	if (!dap_breakpoints_hit_holds(breakpoint->hit, breakpoint->hits))
		return false;
	if (!breakpoint->log.len)
		return stops_here(session, event, breakpoint);
	print_log(session, here, breakpoint->log);
	return false;
}

// The panic hook has printed its message before `rust_panic` is called: "thread 'NAME' panicked at PLACE:\nTEXT\n".
static struct str panic_message(struct dap_session *session)
{
	struct str all = session->panic_text.len ? buf_str(&session->panic_text) : STR(""); // stderr may be a file of the user's
	ptrdiff_t start = str_rfind(all, STR("\nthread '"));
	if (start < 0)
		return STR("a panic (its message is not known: the program's stderr is not ours to read)");
	struct str text = str_from(all, (size_t)start + 1);
	static const struct str ends[] = {STR("\nnote: "), STR("\nstack backtrace:")};
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		ptrdiff_t end = str_find(text, ends[i]);
		text = end < 0 ? text : str_slice(text, 0, (size_t)end);
	}
	return str_dup(&session->stop, str_trim(text));
}

// What was watched and is hit; also beside another reason.
static void judge_watches(struct dap_session *session, const struct dbg_event *event, struct dap_verdict *out)
{
	struct here here;
	for (size_t i = 0; i < event->n_watches; i++) {
		struct dap_breakpoint *breakpoint = dap_breakpoints_by_watch(session, event->watches[i].id);
		if (!breakpoint)
			continue;
		look(session, event->tid, &here);
		if (!is_shown(session, event, &here, breakpoint))
			continue;
		struct str line = dap_data_hit_text(session, breakpoint->function, &event->watches[i]);
		out->text = out->text.len ? str_printf(&session->stop, "%.*s\n%.*s", STRF(out->text), STRF(line)) : line;
		out->shown = true;
		out->reason = out->reason ? out->reason : "data breakpoint";
		vec_push(&session->stop, &out->breakpoints, breakpoint->id);
	}
}

static const char *const reasons_of[] = {[DAP_BREAK_LINE] = "breakpoint",
                                         [DAP_BREAK_FUNCTION] = "function breakpoint",
                                         [DAP_BREAK_INSTRUCTION] = "instruction breakpoint"};

static void judge_breakpoints(struct dap_session *session, const struct dbg_event *event, struct dap_verdict *out)
{
	struct here here;
	bool looked = false, at_main = false;
	for (size_t i = 0; i < event->n_breakpoints; i++) {
		struct dap_breakpoint *breakpoint = dap_breakpoints_by_engine(session, event->breakpoints[i]);
		if (!breakpoint)
			continue; // removed while the hit was on its way
		if (!looked)
			look(session, event->tid, &here);
		looked = true;
		if (breakpoint->kind == DAP_BREAK_PANIC) {
			here.specials.message = panic_message(session);
			out->caught = dap_panic_is_caught(session, event->tid);
			if ((out->caught && breakpoint->uncaught_only) || condition(session, &here, breakpoint) == FAILS)
				continue;
			out->shown = out->exception = true;
			out->reason = "exception";
			out->exception_id = STR("panic");
			out->description = STR("Paused on a panic");
			out->text = here.specials.message;
			continue;
		}
		if (breakpoint->kind == DAP_BREAK_MAIN) {
			at_main = here.frame && here.frame->place.line; // not C's `main`, which calls Rust's
			continue;
		}
		if (!is_shown(session, event, &here, breakpoint))
			continue;
		out->shown = true;
		if (!out->exception)
			out->reason = reasons_of[breakpoint->kind];
		vec_push(&session->stop, &out->breakpoints, breakpoint->id);
	}
	if (!at_main)
		return;
	out->shown = true;
	out->reason = out->reason ? out->reason : "entry";
	dap_breakpoints_begin(session, DAP_BREAK_MAIN, STR("")); // once
	dap_breakpoints_end(session, DAP_BREAK_MAIN, STR(""));
}

// Signals that a program is ended by with a core file; gcore writes others where nothing had ended.
static bool dumps_core(int signal)
{
	static const int signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGQUIT, SIGSYS, SIGXCPU, SIGXFSZ};
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		if (signals[i] == signal)
			return true;
	return false;
}

void dap_stops_judge(struct dap_session *session, const struct dbg_event *event, struct dap_verdict *out)
{
	static const char *const reasons[] = {
	    [DBG_STOP_ENTRY] = "entry", [DBG_STOP_ATTACH] = "entry", [DBG_STOP_STEP] = "step", [DBG_STOP_PAUSE] = "pause"};
	*out = (struct dap_verdict){.description = STR(""), .text = STR(""), .exception_id = STR("")};
	judge_watches(session, event, out);
	if (event->stop == DBG_STOP_BREAKPOINT) {
		judge_breakpoints(session, event, out);
		return;
	}
	if (event->stop == DBG_STOP_STEP) // the line that it ends at may have a breakpoint
		judge_breakpoints(session, event, out);
	if (event->stop == DBG_STOP_WATCH || (out->shown && event->stop != DBG_STOP_SIGNAL))
		return;
	out->shown = true;
	bool died = event->stop == DBG_STOP_ATTACH && session->config.core.len && dumps_core(event->signal);
	if (event->stop != DBG_STOP_SIGNAL && !died) {
		out->reason = reasons[event->stop];
		return;
	}
	const char *name = sigabbrev_np(event->signal);
	struct str signal = name ? str_printf(&session->stop, "SIG%s", name) : str_printf(&session->stop, "signal %d", event->signal);
	out->description = str_printf(&session->stop, died ? "Ended by %.*s" : "Paused on %.*s", STRF(signal));
	out->text = str_dup(&session->stop, event->text);
	out->reason = event->signal == SIGINT ? "pause" : "exception";
	out->exception = event->signal != SIGINT;
	out->exception_id = signal;
}
