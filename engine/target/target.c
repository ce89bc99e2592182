// A debuggee while there is one: resume, step, interrupt; and what others may ask of it. (How it begins and ends: life.c.)
#include <errno.h>
#include <unistd.h>

#include "target.h"

// ---- questions -------------------------------------------------------------------------------------

enum dbg_state dbg_target_state(const struct dbg_target *target)
{
	switch (target->mode) {
	case MODE_RUNNING:
	case MODE_PASSING: return DBG_RUNNING;
	case MODE_HALTING: return target->attaching || target->want_pause || run_has_reports(target) ? DBG_STOPPING : DBG_RUNNING;
	case MODE_STOPPED: return DBG_STOPPED;
	case MODE_DETACHING:
	case MODE_EXITED: break;
	}
	return DBG_EXITED;
}

pid_t dbg_target_pid(const struct dbg_target *target)
{
	return target->pid;
}
bool dbg_target_was_launched(const struct dbg_target *target)
{
	return target->launched;
}
struct str dbg_target_program(const struct dbg_target *target)
{
	return target->program;
}
void dbg_target_hear(struct dbg_target *target, bool (*cancelled)(void *context), void *context)
{
	target->space.cancelled = cancelled;
	target->space.cancelled_context = context;
}
void dbg_target_set_forms(struct dbg_target *target, const struct dbg_forms *forms)
{
	target->space.forms = forms;
}
void dbg_target_show(struct dbg_target *target, const struct dbg_text_row *rows, size_t n)
{
	target->space.texts = rows;
	target->space.n_texts = n;
}

const struct dbg_space *dbg_target_space(const struct dbg_target *target)
{
	return &target->space;
}

void dbg_target_stdio(const struct dbg_target *target, int fds[2])
{
	fds[0] = target->stdio[0];
	fds[1] = target->stdio[1];
}

size_t dbg_target_mappings(struct dbg_target *target, struct arena *arena, struct dbg_mapping **out)
{
	return target->core ? os_core_mappings(target->core, arena, out) : os_maps(target->pid, arena, out);
}

size_t dbg_target_threads(struct dbg_target *target, struct arena *arena, struct dbg_thread_info **out)
{
	size_t n = target->threads.len;
	*out = NEW_N(arena, struct dbg_thread_info, n);
	for (size_t i = 0; i < n; i++) {
		pid_t tid = target->threads.items[i]->tid;
		(*out)[i] = (struct dbg_thread_info){.tid = tid, .name = target->core ? STR("") : os_comm(arena, target->pid, tid)};
	}
	return n;
}

static err_t stopped_thread(const struct dbg_target *target, pid_t tid, struct thread **out)
{
	if (target->mode == MODE_EXITED)
		return err_new(ERR_GONE, "the process has ended");
	*out = thread_find(target, tid);
	if (target->mode != MODE_STOPPED && !(*out && (*out)->report == REPORT_ASKED))
		return err_new(ERR_STATE, "the process runs: pause it first");
	return *out ? NULL : err_new(ERR_GONE, "there is no thread %d", (int)tid);
}

err_t dbg_thread_regs(struct dbg_target *target, pid_t tid, struct dbg_regs *out)
{
	struct thread *thread = NULL;
	struct dbg_regs *regs;
	TRY(stopped_thread(target, tid, &thread));
	TRY(thread_regs(thread, &regs));
	if (!thread->has_float_regs) {
		err_ignore(os_float_regs(tid, regs)); // without them these registers are unknown, and the rest is told
		thread->has_float_regs = true;
	}
	*out = *regs;
	return NULL;
}

err_t dbg_thread_set_regs(struct dbg_target *target, pid_t tid, const struct dbg_regs *regs)
{
	struct thread *thread = NULL;
	TRY(core_refuses(target));
	TRY(stopped_thread(target, tid, &thread));
	thread_pay_pc(thread);
	TRY(os_set_regs(tid, regs));
	thread->has_regs = false;
	return NULL;
}

// ---- running ---------------------------------------------------------------------------------------

static err_t must_be_stopped(const struct dbg_target *target)
{
	TRY(core_refuses(target));
	struct thread *unused;
	return stopped_thread(target, target->threads.len ? target->threads.items[0]->tid : 0, &unused);
}

// A thread that reached something while another was told about is told now, without resuming anything.
static void go(struct dbg_target *target)
{
	bool group_stop = false;
	for (size_t i = 0; i < target->threads.len; i++)
		group_stop = group_stop || target->threads.items[i]->group_stop;
	if (run_has_reports(target)) {
		target->mode = MODE_HALTING;
		os_wait_nudge();
		return;
	}
	watches_look(target);
	target->returned.function = 0;
	run_resume_all(target);
	if (group_stop) // who says "continue" means it
		kill(target->pid, SIGCONT);
}

bool dbg_target_returned(struct dbg_target *target, pid_t tid, struct dbg_returned *out)
{
	struct thread *thread = thread_find(target, tid);
	struct dbg_regs *regs;
	if (target->mode != MODE_STOPPED || !thread || target->returned_tid != tid || !target->returned.function)
		return false;
	err_t error = thread_regs(thread, &regs);
	*out = target->returned;
	out->fresh = !error && dbg_regs_pc(regs) == target->returned_pc;
	return true;
}

void target_hold_all_but(struct dbg_target *target, pid_t tid)
{
	for (size_t i = 0; i < target->threads.len; i++)
		target->threads.items[i]->held = tid && target->threads.items[i]->tid != tid;
}

void dbg_target_run_alone(struct dbg_target *target, pid_t tid)
{
	target->alone = tid;
}

static void hold_others(struct dbg_target *target)
{
	target_hold_all_but(target, target->alone && thread_find(target, target->alone) ? target->alone : 0);
	target->alone = 0;
}

err_t dbg_target_continue(struct dbg_target *target)
{
	TRY(must_be_stopped(target));
	step_discard(target);
	hold_others(target);
	go(target);
	return NULL;
}

err_t dbg_target_pass_over(struct dbg_target *target)
{
	TRY(must_be_stopped(target));
	target->alone = 0;
	go(target);
	return NULL;
}

err_t dbg_target_continue_thread(struct dbg_target *target, pid_t tid)
{
	struct thread *thread = NULL;
	TRY(core_refuses(target));
	TRY(stopped_thread(target, tid, &thread));
	step_discard(target);
	target_hold_all_but(target, tid);
	go(target);
	return NULL;
}

err_t dbg_target_step(struct dbg_target *target, pid_t tid, enum dbg_step kind, enum dbg_granularity granularity)
{
	return dbg_target_step_following(target, tid, kind, granularity, NULL);
}

err_t dbg_target_step_following(struct dbg_target *target, pid_t tid, enum dbg_step kind, enum dbg_granularity granularity,
                                const struct dbg_follow *follow)
{
	struct thread *thread = NULL;
	TRY(core_refuses(target));
	TRY(stopped_thread(target, tid, &thread));
	TRY(step_begin(target, thread, kind, granularity, follow));
	hold_others(target);
	go(target);
	return NULL;
}

err_t dbg_target_step_into(struct dbg_target *target, pid_t tid, const struct dbg_step_target *into,
                           const struct dbg_follow *follow)
{
	struct thread *thread = NULL;
	TRY(core_refuses(target));
	TRY(stopped_thread(target, tid, &thread));
	TRY(step_begin_into(target, thread, into, follow));
	hold_others(target);
	go(target);
	return NULL;
}

err_t dbg_target_step_suspended(struct dbg_target *target, struct dbg_value future, enum dbg_step kind,
                                const struct dbg_follow *follow)
{
	TRY(must_be_stopped(target));
	TRY(step_begin_suspended(target, follow, future, kind));
	target_hold_all_but(target, 0);
	go(target);
	return NULL;
}

err_t dbg_target_step_called(struct dbg_target *target, const struct dbg_awaited_call *call, const struct dbg_follow *follow)
{
	TRY(must_be_stopped(target));
	TRY(step_begin_called(target, call, follow));
	target_hold_all_but(target, 0);
	go(target);
	return NULL;
}

void dbg_target_allow_watch(struct dbg_target *target, bool allow)
{
	target->no_watch = !allow;
}

void dbg_target_stop_children(struct dbg_target *target, bool stop)
{
	target->stop_children = stop;
}

bool dbg_target_has_step(const struct dbg_target *target)
{
	return target->step != NULL;
}

err_t dbg_target_interrupt(struct dbg_target *target)
{
	TRY(core_refuses(target));
	if (target->mode == MODE_EXITED)
		return err_new(ERR_GONE, "the process has ended");
	if (target->mode == MODE_STOPPED)
		return err_new(ERR_STATE, "the process is stopped");
	target->want_pause = true;
	if (target->mode == MODE_RUNNING)
		run_halt(target);
	os_wait_nudge();
	return NULL;
}

err_t dbg_target_terminate(struct dbg_target *target)
{
	TRY(core_refuses(target));
	if (target->mode == MODE_EXITED)
		return err_new(ERR_GONE, "the process has ended");
	if (kill(target->pid, SIGTERM))
		return err_os(errno, "ending process %d", (int)target->pid);
	if (target->mode == MODE_STOPPED) {
		for (size_t i = 0; i < target->threads.len; i++)
			target->threads.items[i]->report = REPORT_NONE;
		TRY(dbg_target_continue(target));
	}
	return NULL;
}

err_t dbg_target_kill(struct dbg_target *target)
{
	TRY(core_refuses(target));
	if (target->mode == MODE_EXITED)
		return err_new(ERR_GONE, "the process has ended");
	if (kill(target->pid, SIGKILL))
		return err_os(errno, "killing process %d", (int)target->pid);
	return NULL;
}

size_t dbg_target_pump(struct dbg_target *target, struct arena *arena, struct dbg_event **out)
{
	struct os_wait wait;
	if (target->core)
		return core_pump(target, arena, out);
	target->out_arena = arena;
	target->out.items = NULL;
	target->out.len = target->out.cap = 0;
	os_wait_clear();
	while (os_wait_any(&wait))
		event_handle(target, &wait);
	run_advance(target);
	os_cpu_leave_unless_used();
	target->out_arena = NULL;
	*out = target->out.items;
	return target->out.len;
}
