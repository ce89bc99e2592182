// A debuggee's life: launch, attach, resume, interrupt, detach, end; and what others may ask of it.
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "target.h"

struct dbg_target *target_make(pid_t pid, struct dbg_modules *modules)
{
	struct arena home = {0};
	struct dbg_target *target = NEW(&home, struct dbg_target);
	target->home = home;
	target->pid = pid;
	target->stdio[0] = target->stdio[1] = -1;
	target->program = os_exe(&target->home, pid);
	os_memory_open(&target->os_memory, pid);
	dbg_modules_set_process(modules, pid);
	target->space = (struct dbg_space){.mem = dbg_mem_new(site_source(target)), .modules = modules, .pid = pid};
	target->space.is_freed = heap_is_freed;
	target->space.freed_context = target;
	return target;
}

static void target_delete(struct dbg_target *target)
{
	os_cpu_leave();
	breakpoints_free(target);
	step_discard(target);
	unwind_free(target);
	dbg_mem_free(target->space.mem);
	os_memory_close(&target->os_memory);
	if (target->core)
		os_core_close(target->core);
	for (int i = 0; i < 2; i++)
		if (target->stdio[i] >= 0)
			close(target->stdio[i]);
	arena_deinit(&target->scratch);
	arena_deinit(&target->called);
	struct arena home = target->home;
	arena_deinit(&home);
}

err_t dbg_target_launch(const struct dbg_launch *launch, struct dbg_modules *modules, struct dbg_target **out)
{
	pid_t pid;
	int fds[2];
	*out = NULL;
	TRY(dbg_module_check_program(launch->program));
	TRY(os_launch(launch, &pid, fds));
	struct dbg_target *target = target_make(pid, modules);
	target->launched = true;
	target->stdio[0] = fds[0];
	target->stdio[1] = fds[1];
	thread_add(target, pid, THREAD_STOPPED);
	target->mode = MODE_STOPPED;
	loader_start(target);
	*out = target;
	return NULL;
}

// ---- attach ----------------------------------------------------------------------------------------

// Threads that appear while we go through the list: those of seized threads are seized by the kernel, those of
// others by the next round. Ends when a round finds none.
static err_t seize_all(struct dbg_target *target)
{
	struct arena arena = {0};
	bool found = true;
	int refusal = 0;
	while (found) {
		pid_t *tids;
		found = false;
		arena_clear(&arena);
		size_t n = os_tasks(target->pid, &arena, &tids);
		for (size_t i = 0; i < n; i++) {
			if (thread_find(target, tids[i]))
				continue;
			err_t error = os_seize(tids[i], OS_SEIZE_ATTACHED);
			bool ours = error && os_tracer(tids[i]) == getpid();
			if (error && !ours) {
				// A thread may end meanwhile, or be a dead leader; the process refuses if all of its threads do.
				bool vanished = error->code == ERR_GONE || !os_task_exists(target->pid, tids[i]);
				if (!vanished && !refusal)
					refusal = error->os;
				continue;
			}
			found = true;
			struct thread *thread = thread_add(target, tids[i], ours ? THREAD_STARTING : THREAD_RUNNING);
			thread_interrupt(thread);
		}
	}
	arena_deinit(&arena);
	return target->threads.len ? NULL : os_explain_refusal(target->pid, refusal ? refusal : ESRCH);
}

static err_t attach(pid_t pid, struct dbg_modules *modules, bool only_look, struct dbg_target **out)
{
	*out = NULL;
	pid_t process = os_thread_group(pid);
	if (!process)
		return err_new(ERR_GONE, "there is no process %d", (int)pid);
	if (process == getpid())
		return err_new(ERR_ARGUMENT, "process %d is the debugger itself", (int)pid);
	struct dbg_target *target = target_make(process, modules);
	target->only_look = only_look;
	target->mode = MODE_HALTING;
	target->attaching = true;
	err_t error = seize_all(target);
	if (error) {
		target_delete(target);
		return error;
	}
	// Nothing is looked at nor inserted before all have stopped: seized in the middle of an exec, the process tells of
	// it yet (PTRACE_EVENT_EXEC), and what was inserted in its new image before that would be forgotten there.
	*out = target;
	return NULL;
}

err_t dbg_target_attach(pid_t pid, struct dbg_modules *modules, struct dbg_target **out)
{
	return attach(pid, modules, false, out);
}

err_t dbg_target_attach_to_look(pid_t pid, struct dbg_modules *modules, struct dbg_target **out)
{
	return attach(pid, modules, true, out);
}

void dbg_target_preload(pid_t pid, struct dbg_modules *modules)
{
	struct arena arena = {0};
	struct dbg_mapping *mappings;
	size_t n = os_maps(pid, &arena, &mappings);
	dbg_modules_set_process(modules, pid);
	dbg_modules_update(modules, NULL, mappings, n);
	arena_deinit(&arena);
}

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

static void hold_all_but(struct dbg_target *target, pid_t tid) // 0: none
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
	hold_all_but(target, target->alone && thread_find(target, target->alone) ? target->alone : 0);
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
	hold_all_but(target, tid);
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
	hold_all_but(target, 0);
	go(target);
	return NULL;
}

err_t dbg_target_step_called(struct dbg_target *target, const struct dbg_awaited_call *call, const struct dbg_follow *follow)
{
	TRY(must_be_stopped(target));
	TRY(step_begin_called(target, call, follow));
	hold_all_but(target, 0);
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

// ---- the end ---------------------------------------------------------------------------------------

enum { PATIENCE_MS = 3000 };

static u64 now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000 + (u64)now.tv_nsec / 1000000;
}

static void take_events(struct dbg_target *target)
{
	struct os_wait wait;
	os_wait_pause(10);
	while (os_wait_any(&wait))
		event_handle(target, &wait);
}

static void release_thread(struct thread *thread)
{
	thread_restore_mask(thread);
	thread_pay_pc(thread);
	int signal = signal_is_delivered(thread->signal) ? thread->signal : 0;
	watch_disarm(thread);
	err_t error = os_detach(thread->tid, signal);
	if (error)
		LOG(LOG_PTRACE, "%.*s", STRF(error->what));
}

static bool in_vfork(const struct dbg_target *target)
{
	for (size_t i = 0; i < target->threads.len; i++)
		if (target->threads.items[i]->in_vfork)
			return true;
	return false;
}

// A thread has to be stopped to be let go, so this waits for the stops, with a limit: a thread that sleeps in
// the kernel uninterruptibly is let go by the kernel when we end.
err_t dbg_target_detach(struct dbg_target *target, bool leave_stopped)
{
	if (target->mode == MODE_EXITED)
		return err_new(ERR_GONE, "the process has ended");
	if (target->core || target->untouched) {
		target->mode = MODE_EXITED;
		return NULL;
	}
	u64 limit = now_ms() + PATIENCE_MS;
	hold_all_but(target, 0);
	run_halt(target);
	while (target->mode != MODE_EXITED && !run_all_stopped(target) && now_ms() < limit)
		take_events(target);
	if (target->mode == MODE_EXITED)
		return NULL;
	target->call = NULL;
	step_discard(target);
	sites_remove_all(target);
	target->mode = MODE_DETACHING;
	while ((!children_let_go(target) || in_vfork(target)) && now_ms() < limit && target->mode != MODE_EXITED)
		take_events(target);
	if (leave_stopped)
		kill(target->pid, SIGSTOP);
	for (size_t i = 0; i < target->threads.len; i++)
		if (target->threads.items[i]->state == THREAD_STOPPED)
			release_thread(target->threads.items[i]);
	target->mode = MODE_EXITED;
	target->threads.len = 0;
	os_memory_close(&target->os_memory);
	return NULL;
}

static void kill_and_reap(struct dbg_target *target)
{
	kill(target->pid, SIGKILL);
	step_discard(target);
	target->mode = MODE_RUNNING; // so that their last stops are passed
	for (size_t i = 0; i < target->threads.len; i++)
		if (target->threads.items[i]->state == THREAD_STOPPED)
			thread_resume(target->threads.items[i], false);
	u64 limit = now_ms() + PATIENCE_MS;
	while (target->mode != MODE_EXITED && now_ms() < limit)
		take_events(target);
}

void dbg_target_free(struct dbg_target *target)
{
	if (!target)
		return;
	if (target->mode != MODE_EXITED) {
		if (target->launched)
			kill_and_reap(target);
		else
			err_ignore(dbg_target_detach(target, false));
	}
	target_delete(target);
}
