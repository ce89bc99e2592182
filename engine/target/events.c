// What the kernel tells of each thread, one function a kind of stop. Nothing here halts or resumes the others:
// a stop leaves a report, or a hit to be passed over, or lets its own thread go on; run.c does the rest.
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/log.h"
#include "target.h"

struct dbg_event *event_emit(struct dbg_target *target, enum dbg_event_kind kind, pid_t tid)
{
	static struct dbg_event nobody_asks;
	if (!target->out_arena)
		return &nobody_asks;
	struct dbg_event *event = vec_add(target->out_arena, &target->out);
	*event = (struct dbg_event){.kind = kind, .tid = tid};
	return event;
}

void target_exited(struct dbg_target *target, int code, int signal)
{
	if (target->mode == MODE_EXITED)
		return;
	target->mode = MODE_EXITED;
	if (target->call) {
		call_lost(target, "the program has ended in it");
		call_tell(target);
	}
	os_cpu_leave();
	step_discard(target);
	struct dbg_event *event = event_emit(target, DBG_EVENT_EXITED, target->pid);
	event->exit_code = code;
	event->signal = signal;
	if (signal && target->out_arena)
		event->text = str_printf(target->out_arena, "killed by %.*s", STRF(signal_text(target->out_arena, signal, false, 0)));
	else if (target->out_arena)
		event->text = str_printf(target->out_arena, "exited with code %d", code);
	target->threads.len = 0;
	children_let_go(target);
	os_memory_close(&target->os_memory);
	dbg_mem_invalidate(target->space.mem);
}

static void forget_thread(struct dbg_target *target, struct thread *thread)
{
	event_emit(target, DBG_EVENT_THREAD_GONE, thread->tid);
	if (call_is_of(target, thread))
		call_lost(target, "its thread has ended in it");
	if (thread->passing && target->mode == MODE_RUNNING)
		site_settle(target, thread->hit_addr);
	if (target->step && step_is_of(target, thread)) { // without a word of its own before: the step must not hang
		step_discard(target);
		target->want_pause = true;
	}
	thread_remove(target, thread);
}

static void thread_ended(struct dbg_target *target, struct thread *thread, const struct os_wait *wait)
{
	// The leader's end is told when all other threads have ended (ptrace(2), "Death under ptrace").
	if (wait->tid == target->pid) {
		target_exited(target, wait->code, wait->signal);
		return;
	}
	forget_thread(target, thread);
}

// ---- traps -----------------------------------------------------------------------------------------

static void report_signal(struct thread *thread, int signal)
{
	thread->report = REPORT_SIGNAL;
	thread->signal = signal;
}

static void ask(struct dbg_target *target, struct thread *thread, u64 addr)
{
	u32 *ids;
	thread->report = REPORT_ASKED;
	struct dbg_event *event = event_emit(target, DBG_EVENT_HIT, thread->tid);
	event->stop = DBG_STOP_BREAKPOINT;
	event->n_breakpoints = breakpoints_at(target, target->out_arena, addr, &ids);
	event->breakpoints = ids;
}

// The thread is on a trap byte, with its pc set back to it.
static void at_site(struct dbg_target *target, struct thread *thread, u64 addr)
{
	// Passing over it when another thread, done with the same, had the trap put back: not a hit of its own.
	if (thread->passing && thread->hit_addr == addr) {
		thread->passing = false;
		thread->has_hit = true;
		run_continue_thread(target, thread);
		return;
	}
	thread->passing = false;
	thread->has_hit = true;
	thread->hit_addr = addr;
	enum step_verdict verdict = step_at_site(target, thread, addr);
	if (loader_wants(target, addr))
		loader_hit(target, addr);
	site_update(target, addr);
	if (verdict == STEP_DONE)
		thread->report = REPORT_STEP;
	else if (target->out_arena && breakpoints_ask(target, addr))
		ask(target, thread, addr);
	else if (breakpoints_want(target, addr))
		thread->report = REPORT_BREAKPOINT;
	else
		run_continue_thread(target, thread);
}

// Is it a trap of the program itself, that is, an int3 in its own code? dbg_mem shows the program's own bytes.
static bool is_programs_own(struct dbg_target *target, u64 addr)
{
	u8 byte;
	return os_memory_read(&target->os_memory, addr, &byte, 1) != 1 || byte == TRAP_BYTE;
}

static void trapped(struct dbg_target *target, struct thread *thread)
{
	struct dbg_regs *regs;
	err_t error = thread_regs(thread, &regs);
	if (error)
		return; // gone: its exit event follows
	u64 addr = dbg_regs_pc(regs) - 1;
	bool inserted = site_is_inserted(target, addr);
	if (!inserted && is_programs_own(target, addr)) {
		report_signal(thread, SIGTRAP);
		return;
	}
	err_ignore(thread_owe_pc(thread, addr));
	if (inserted)
		at_site(target, thread, addr);
	else // it was removed after the thread had run into it
		run_continue_thread(target, thread);
}

// The thread has read or written what is watched; the instruction is done.
static void watched(struct dbg_target *target, struct thread *thread, unsigned whose)
{
	if (whose & WATCH_USERS)
		thread->report = REPORT_WATCH;
	if (whose & WATCH_STEPS && step_at_watch(target, thread) == STEP_DONE)
		thread->report = REPORT_STEP;
}

static void stepped(struct dbg_target *target, struct thread *thread)
{
	bool passed = thread->passing;
	thread->passing = false;
	if (passed) {
		thread->has_hit = false;
		if (target->mode == MODE_RUNNING)
			site_settle(target, thread->hit_addr);
	}
	switch (step_after_instruction(target, thread)) {
	case STEP_DONE: thread->report = REPORT_STEP; break;
	case STEP_GOES_ON:
	case STEP_NOT_MINE:
		if (thread->report == REPORT_NONE)
			run_continue_thread(target, thread);
		break;
	}
}

static void got_signal(struct dbg_target *target, struct thread *thread, int signal)
{
	siginfo_t info;
	err_t error = os_signal_info(thread->tid, &info);
	if (error)
		return;
	if (signal == SIGTRAP) {
		// int3 says SI_KERNEL; a single step TRAP_TRACE, or TRAP_BRKPT behind a system call and at the start of a
		// signal's handler SI_USER of ourselves (Linux arch/x86/kernel/{traps,ptrace}.c, signal_setup_done).
		if (info.si_code == SI_KERNEL) {
			trapped(target, thread);
			return;
		}
		unsigned was_watch = watch_trapped(target, thread);
		if (was_watch)
			watched(target, thread, was_watch);
		if (was_watch && !thread->stepping) {
			if (thread->report == REPORT_NONE)
				run_continue_thread(target, thread);
			return;
		}
		if (thread->stepping &&
		    (was_watch || info.si_code == TRAP_TRACE || info.si_code == TRAP_BRKPT || info.si_code == SIGTRAP)) {
			stepped(target, thread);
			return;
		}
	}
	thread->fault_known = info.si_code > 0 && info.si_code != SI_KERNEL;
	thread->fault_addr = (u64)(uintptr_t)info.si_addr;
	if (signal_stops(signal)) {
		report_signal(thread, signal);
		return;
	}
	thread->signal = signal;
	run_continue_thread(target, thread);
}

// ---- threads, images, children ---------------------------------------------------------------------

static void thread_started(struct dbg_target *target, pid_t tid)
{
	if (thread_find(target, tid) || !os_task_exists(target->pid, tid))
		return;
	thread_add(target, tid, THREAD_STARTING);
	event_emit(target, DBG_EVENT_THREAD_NEW, tid);
}

static void announced(struct dbg_target *target, struct thread *thread, enum os_stop stop)
{
	unsigned long message;
	err_t error = os_event_message(thread->tid, &message);
	if (error)
		return;
	pid_t tid = (pid_t)message;
	os_cpu_born(thread->tid, tid);
	// clone(2) makes a thread or, without CLONE_THREAD, a process; a thread is told by its group.
	pid_t group = os_thread_group(tid);
	if (stop == OS_STOPPED_CLONE && (group == target->pid || group == 0))
		thread_started(target, tid);
	else
		child_announced(target, tid, stop != OS_STOPPED_FORK);
	if (stop == OS_STOPPED_VFORK)
		thread->in_vfork = true;
}

static void exec_happened(struct dbg_target *target)
{
	call_lost(target, "the process has begun to run another program in it");
	step_discard(target);
	target->dying = false;
	for (size_t i = target->threads.len; i-- > 0;)
		if (target->threads.items[i]->tid != target->pid)
			forget_thread(target, target->threads.items[i]);
	struct thread *leader = thread_find(target, target->pid);
	if (!leader) {
		leader = thread_add(target, target->pid, THREAD_STOPPED);
		event_emit(target, DBG_EVENT_THREAD_NEW, target->pid);
	}
	*leader = (struct thread){.tid = target->pid, .state = THREAD_STOPPED, .held = false};
	sites_forget(target);
	watches_forget(target);
	os_memory_close(&target->os_memory);
	os_memory_open(&target->os_memory, target->pid);
	dbg_mem_invalidate(target->space.mem);
	struct str program = os_exe(&target->home, target->pid);
	if (program.len)
		target->program = program;
	event_emit(target, DBG_EVENT_EXEC, target->pid)->text = target->program;
	loader_start(target);
	run_continue_thread(target, leader);
}

// The exit status that the thread's last stop tells (ptrace(2), PTRACE_EVENT_EXIT). Of a thread that exec takes away it may be
// SIGKILL, too (Linux before 5.17): exec_happened() follows then.
static bool is_killed(const struct thread *thread)
{
	unsigned long status;
	err_t error = os_event_message(thread->tid, &status);
	return !error && WIFSIGNALED((int)status) && WTERMSIG((int)status) == SIGKILL;
}

// A stop that we asked for comes before the trap that the thread has just run into: with its pc behind our trap
// byte, and a SIGTRAP that would kill it if it were let go now. So the trap is fetched first.
static bool fetch_trap(struct thread *thread)
{
	if (thread->exiting || !os_has_fault_pending(thread->tid))
		return false;
	err_t error = os_cont(thread->tid, 0);
	if (error)
		return false;
	thread->state = THREAD_RUNNING;
	thread->asked = true; // it will stop by itself
	return true;
}

static void thread_stopped(struct dbg_target *target, struct thread *thread, const struct os_wait *wait)
{
	// Only SIGKILL takes a thread out of a stop without us: it must not be held up on its way.
	bool killed = thread->state == THREAD_STOPPED && wait->stop == OS_STOPPED_EXIT;
	thread->state = THREAD_STOPPED;
	thread->asked = thread->has_regs = thread->owes_pc = false;
	thread->group_stop = wait->stop == OS_STOPPED_GROUP;
	thread->signal = 0;
	displace_back(target, thread);
	switch (wait->stop) {
	case OS_STOPPED_SIGNAL:
		if (call_is_of(target, thread))
			call_got_signal(target, thread, wait->signal);
		else
			got_signal(target, thread, wait->signal);
		break;
	case OS_STOPPED_CLONE:
	case OS_STOPPED_FORK:
	case OS_STOPPED_VFORK:
		announced(target, thread, wait->stop);
		run_continue_thread(target, thread);
		break;
	case OS_STOPPED_VFORK_DONE:
		thread->in_vfork = false;
		run_continue_thread(target, thread);
		break;
	case OS_STOPPED_EXIT:
		thread->exiting = true;
		bool calls = call_is_of(target, thread);
		if (calls)
			call_lost(target, "its thread has ended in it");
		target->dying = target->dying || is_killed(thread);
		if (killed || calls || target->dying)
			thread_resume(thread, false);
		else if (step_thread_exits(target, thread))
			thread->report = REPORT_STEP;
		else
			run_continue_thread(target, thread);
		break;
	case OS_STOPPED_EVENT:
		if (call_is_of(target, thread))
			call_asked_to_end(target);
		if (fetch_trap(thread))
			break;
		if (call_is_of(target, thread))
			call_interrupted(target, thread);
		else
			run_continue_thread(target, thread);
		break;
	case OS_STOPPED_GROUP:
	case OS_STOPPED_EXEC: // handled before
	case OS_EXITED:
	case OS_KILLED: run_continue_thread(target, thread); break;
	}
}

void event_handle(struct dbg_target *target, const struct os_wait *wait)
{
	bool ended = wait->stop == OS_EXITED || wait->stop == OS_KILLED;
	if (target->mode != MODE_STOPPED)
		dbg_mem_invalidate(target->space.mem);
	struct child *child = child_find(target, wait->tid);
	if (child) {
		child_event(target, child, wait);
		return;
	}
	if (wait->stop == OS_STOPPED_EXEC && wait->tid == target->pid) {
		exec_happened(target);
		return;
	}
	struct thread *thread = thread_find(target, wait->tid);
	if (thread && ended) {
		thread_ended(target, thread, wait);
		return;
	}
	if (!thread) {
		if (ended)
			return; // of an earlier target, or a child that was let go
		// A new thread's or child's first stop may come before its parent's event.
		if (os_thread_group(wait->tid) != target->pid) {
			child_event(target, child_add(target, wait->tid), wait);
			return;
		}
		thread = thread_add(target, wait->tid, THREAD_STARTING);
		event_emit(target, DBG_EVENT_THREAD_NEW, wait->tid);
	}
	os_cpu_stopped();
	thread_stopped(target, thread, wait);
}
