// How a debuggee comes to be one and ends to be: launch, attach, detach, kill.
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
	target_hold_all_but(target, 0);
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
