// The machine that halts all threads, passes over breakpoints, reports to the user, and resumes.
//
//   RUNNING --a report, a wish to pause, a hit to pass over--> HALTING --all stopped--> STOPPED (something to tell)
//      ^                                                          \--nothing to tell--> PASSING --all passed--.
//      '--------------------------------------------------------------------------------------------------------'
// A breakpoint's instruction is run elsewhere or done by us (displace.c). Where it can't be, it is passed over with the
// other threads stopped: its byte is restored, the thread steps one instruction, the trap comes back. So no other
// thread can run through the place unseen.
#include <time.h>

#include "base/log.h"
#include "target.h"

static double now_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool waits_for(const struct thread *thread)
{
	if (thread->state == THREAD_STOPPED || thread->in_vfork)
		return false;
	return thread->state == THREAD_STARTING || !thread->exiting;
}

bool run_all_stopped(const struct dbg_target *target)
{
	for (size_t i = 0; i < target->threads.len; i++)
		if (waits_for(target->threads.items[i]))
			return false;
	return true;
}

static bool may_run(const struct thread *thread)
{
	return thread->state == THREAD_STOPPED && !thread->held && thread->report != REPORT_ASKED;
}

// Does the breakpoint that the thread has already taken stand at its pc?
static bool must_pass(const struct dbg_target *target, struct thread *thread)
{
	struct dbg_regs *regs;
	if (!thread->has_hit || thread->state != THREAD_STOPPED || thread->exiting)
		return false;
	err_t error = thread_regs(thread, &regs);
	if (error || dbg_regs_pc(regs) != thread->hit_addr) {
		thread->has_hit = false;
		return false;
	}
	struct site *site = site_find(target, thread->hit_addr);
	return site && (site->inserted || site->lifted);
}

// ---- reports ---------------------------------------------------------------------------------------

// What the thread was to tell may not stand any more: its breakpoint is gone, or its pc was set elsewhere.
static bool still_stands(struct dbg_target *target, struct thread *thread)
{
	struct dbg_regs *regs;
	if (thread->report == REPORT_ASKED)
		return false; // not known yet
	if (thread->report == REPORT_WATCH && !watch_hits_stand(target, thread))
		thread->report = REPORT_NONE;
	if (thread->report != REPORT_BREAKPOINT)
		return thread->report != REPORT_NONE;
	err_t error = thread_regs(thread, &regs);
	if (!error && dbg_regs_pc(regs) == thread->hit_addr && breakpoints_want(target, thread->hit_addr))
		return true;
	thread->report = REPORT_NONE;
	return false;
}

static struct thread *next_report(struct dbg_target *target)
{
	struct thread *best = NULL;
	for (size_t i = 0; i < target->threads.len; i++) {
		struct thread *thread = target->threads.items[i];
		if (thread->state != THREAD_STOPPED || thread->held || !still_stands(target, thread))
			continue;
		if (!best || thread->report > best->report) // a crash before a step's end before a breakpoint
			best = thread;
	}
	return best;
}

bool run_has_reports(const struct dbg_target *target)
{
	return next_report((struct dbg_target *)target) != NULL;
}

// For stops of the process as a whole: its leader, unless that has ended before the others.
static pid_t any_thread(const struct dbg_target *target)
{
	for (size_t i = 0; i < target->threads.len; i++)
		if (!target->threads.items[i]->exiting)
			return target->threads.items[i]->tid;
	return target->pid;
}

static struct dbg_event *emit_stop(struct dbg_target *target, pid_t tid, enum dbg_stop stop)
{
	target->mode = MODE_STOPPED;
	target->space.stopped_at = now_seconds();
	os_cpu_leave();
	target->attaching = target->want_pause = false;
	dbg_mem_invalidate(target->space.mem);
	struct dbg_event *event = event_emit(target, DBG_EVENT_STOPPED, tid);
	event->stop = stop;
	return event;
}

static void emit_report(struct dbg_target *target, struct thread *thread)
{
	struct dbg_regs *regs;
	enum thread_report what = thread->report;
	bool asked = thread->answered;
	thread->report = REPORT_NONE;
	thread->answered = false;
	static const enum dbg_stop stops[] = {[REPORT_BREAKPOINT] = DBG_STOP_BREAKPOINT,
	                                      [REPORT_WATCH] = DBG_STOP_WATCH,
	                                      [REPORT_STEP] = DBG_STOP_STEP,
	                                      [REPORT_SIGNAL] = DBG_STOP_SIGNAL};
	struct dbg_event *event = emit_stop(target, thread->tid, stops[what]);
	event->asked = asked && what == REPORT_BREAKPOINT;
	if (watch_hits_stand(target, thread)) { // also beside another reason
		event->n_watches = thread->n_watch_hits;
		event->watches = memcpy(NEW_N(target->out_arena, struct dbg_watch_hit, thread->n_watch_hits), thread->watch_hits,
		                        thread->n_watch_hits * sizeof(thread->watch_hits[0]));
		thread->n_watch_hits = 0;
	}
	if (what == REPORT_SIGNAL) {
		event->signal = thread->signal;
		event->fault_addr = thread->fault_known ? thread->fault_addr : 0;
		event->text = signal_text(target->out_arena, thread->signal, thread->fault_known, thread->fault_addr);
		if (!signal_is_delivered(thread->signal))
			thread->signal = 0;
	}
	if (what == REPORT_STEP) {
		event->step_end = step_end(target, &event->future, &event->future_type);
		step_discard(target);
	}
	err_t error = thread_regs(thread, &regs);
	if (what == REPORT_SIGNAL || error)
		return;
	// A step that ends on a breakpoint has hit it, too.
	u64 pc = dbg_regs_pc(regs);
	u32 *ids;
	event->n_breakpoints = breakpoints_at(target, target->out_arena, pc, &ids);
	event->breakpoints = ids;
	if (event->n_breakpoints) {
		thread->has_hit = true;
		thread->hit_addr = pc;
	}
}

// All are stopped: tells one thing, and answers whether there was one.
static bool tell(struct dbg_target *target)
{
	struct thread *thread = next_report(target);
	if (thread)
		emit_report(target, thread);
	else if (target->attaching)
		emit_stop(target, any_thread(target), DBG_STOP_ATTACH);
	else if (target->want_pause)
		emit_stop(target, any_thread(target), DBG_STOP_PAUSE);
	else
		return false;
	return true;
}

void dbg_target_answer_hit(struct dbg_target *target, pid_t tid, bool counts)
{
	struct thread *thread = thread_find(target, tid);
	if (!thread || thread->report != REPORT_ASKED)
		return; // it was killed meanwhile
	thread->report = counts ? REPORT_BREAKPOINT : REPORT_NONE;
	thread->answered = counts;
	if (!counts) {
		run_continue_thread(target, thread);
	}
	if (counts || thread->state == THREAD_STOPPED)
		os_wait_nudge();
}

// ---- halting, passing, resuming --------------------------------------------------------------------

void run_halt(struct dbg_target *target)
{
	target->mode = MODE_HALTING;
	for (size_t i = 0; i < target->threads.len; i++)
		thread_interrupt(target->threads.items[i]);
}

static void resume(struct dbg_target *target, struct thread *thread)
{
	watch_arm(target, thread);
	thread_resume(thread, step_runs_by_instruction(target, thread));
}

// `syscall` may sleep until another thread does something, so the others can't be kept waiting for it.
static bool may_sleep(struct dbg_target *target, u64 addr)
{
	u8 code[2];
	return dbg_mem_read_some(target->space.mem, addr, code, 2) == 2 && code[0] == 0x0f && code[1] == 0x05;
}

static void pass_over(struct dbg_target *target, struct thread *thread)
{
	site_lift(target, thread->hit_addr);
	thread->passing = true;
	watch_arm(target, thread);
	thread_resume(thread, true);
}

void run_resume_all(struct dbg_target *target)
{
	bool together = true;
	size_t passing = 0;
	dbg_mem_invalidate(target->space.mem);
	target->space.stopped_at = 0;
	target->mode = MODE_PASSING;
	for (size_t i = 0; i < target->threads.len; i++) {
		struct thread *thread = target->threads.items[i];
		if (!may_run(thread) || !must_pass(target, thread) || displace_can(target, thread))
			continue;
		together = together && !may_sleep(target, thread->hit_addr);
		pass_over(target, thread);
		passing++;
	}
	if (passing && together)
		return;
	target->mode = MODE_RUNNING;
	for (size_t i = 0; i < target->threads.len; i++) {
		struct thread *thread = target->threads.items[i];
		if (may_run(thread) && !must_pass(target, thread))
			resume(target, thread);
		else if (may_run(thread))
			displace_pass(target, thread); // if all places for it are taken, it waits for the next round
	}
}

static bool passes(const struct dbg_target *target)
{
	for (size_t i = 0; i < target->threads.len; i++)
		if (target->threads.items[i]->passing && target->threads.items[i]->state == THREAD_RUNNING)
			return true;
	return false;
}

// The passing threads are done, or the user does not want to wait for them.
static void end_passing(struct dbg_target *target)
{
	for (size_t i = 0; i < target->threads.len; i++)
		target->threads.items[i]->passing = false;
	sites_settle(target);
}

void run_continue_thread(struct dbg_target *target, struct thread *thread)
{
	if (thread->held && target->mode != MODE_DETACHING)
		return;
	if (call_is_of(target, thread)) {
		call_go_on(target, thread);
		return;
	}
	bool runs = target->mode == MODE_RUNNING;
	// Something else stopped it before it could step (a late PTRACE_INTERRUPT).
	if (thread->passing && (runs || (target->mode == MODE_PASSING && !target->want_pause)))
		thread_resume(thread, true);
	else if (runs && !watch_lacks(target) && (!must_pass(target, thread) || displace_pass(target, thread))) {
		if (thread->state == THREAD_STOPPED)
			resume(target, thread);
	}
	// Else it stays stopped until all go on; a hit to pass over makes run_advance halt the others.
}

static bool wants_halt(struct dbg_target *target)
{
	if (target->want_pause || run_has_reports(target))
		return true;
	if (target->call)
		return false;
	if (watch_lacks(target))
		return true;
	for (size_t i = 0; i < target->threads.len; i++)
		if (may_run(target->threads.items[i]) && must_pass(target, target->threads.items[i]))
			return true;
	return false;
}

// A thread that waited for its turn to pass over a breakpoint need not any more: the breakpoint was removed meanwhile.
static void resume_waiting(struct dbg_target *target)
{
	if (target->call)
		return;
	for (size_t i = 0; i < target->threads.len; i++) {
		struct thread *thread = target->threads.items[i];
		if (may_run(thread) && thread->report == REPORT_NONE && !must_pass(target, thread))
			run_continue_thread(target, thread);
	}
}

void run_advance(struct dbg_target *target)
{
	for (;;) {
		if (target->dying)
			return;
		switch (target->mode) {
		case MODE_RUNNING:
			if (!wants_halt(target)) {
				resume_waiting(target);
				return;
			}
			run_halt(target);
			break;
		case MODE_HALTING:
			if (!run_all_stopped(target))
				return;
			end_passing(target);
			if (call_is_over(target)) {
				call_tell(target);
				return;
			}
			if (target->attaching)
				loader_start(target);
			if (tell(target))
				return;
			run_resume_all(target);
			return;
		case MODE_PASSING:
			if (passes(target)) {
				if (!target->want_pause)
					return;
				run_halt(target);
				break;
			}
			end_passing(target);
			target->mode = MODE_HALTING;
			if (!run_has_reports(target) && !target->want_pause) {
				run_resume_all(target);
				return;
			}
			break;
		case MODE_STOPPED:
		case MODE_DETACHING:
		case MODE_EXITED: return;
		}
	}
}
