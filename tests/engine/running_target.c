// A process that runs on, looked at: nothing stops it, nothing traces it, and what its threads sleep in is told.
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <debuggee.h>

static struct dbg_target *open_running(struct debuggee *d, pid_t pid)
{
	d->modules = dbg_modules_new();
	must(dbg_target_open_running(pid, d->modules, &d->target));
	return d->target;
}

static void end(struct debuggee *d)
{
	dbg_target_free(d->target);
	dbg_modules_free(d->modules);
	arena_deinit(&d->arena);
}

static bool is_traced(pid_t pid)
{
	char path[64], line[256];
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "r");
	bool traced = false;
	while (file && fgets(line, sizeof(line), file))
		traced |= !strncmp(line, "TracerPid:", 10) && atoi(line + 10) != 0;
	if (file)
		fclose(file);
	return traced;
}

// How many threads have their thread locals, and how many sleep in sleep_forever.
static size_t count_threads(struct debuggee *d, size_t *with_locals, size_t *in_sleep)
{
	struct dbg_thread_info *threads;
	size_t n = dbg_target_threads(d->target, &d->arena, &threads);
	*with_locals = *in_sleep = 0;
	for (size_t i = 0; i < n; i++) {
		struct dbg_regs regs;
		struct dbg_frame *frames;
		struct str note;
		bool whole;
		u64 fs_base;
		must(dbg_thread_regs(d->target, threads[i].tid, &regs));
		*with_locals += dbg_regs_get(&regs, DBG_REG_FS_BASE, &fs_base);
		size_t found = dbg_unwind(d->target, &d->arena, threads[i].tid, 20, &frames, &whole, &note);
		for (size_t k = 0; k < found; k++)
			*in_sleep += str_eqc(frames[k].scope.name, "sleep_forever");
	}
	return n;
}

Test(running, threads_have_their_locals_and_their_stacks)
{
	int out;
	char ready[8];
	struct debuggee d = {0};
	pid_t pid = spawn_free(fixture_c("process"), FIXTURE_ARGS("idle", "20"), &out);
	cr_assert_gt(read(out, ready, sizeof(ready)), 0);
	struct dbg_target *target = open_running(&d, pid);
	size_t with_locals, in_sleep, n = count_threads(&d, &with_locals, &in_sleep);
	for (int i = 0; i < 1000 && in_sleep < 21; i++) { // on its way to sleep one has no stack to tell
		usleep(1000);
		dbg_target_look_again(target);
		n = count_threads(&d, &with_locals, &in_sleep);
	}
	cr_assert_eq(n, 21);
	cr_assert_eq(with_locals, 21, "the thread locals of %zu threads", with_locals);
	cr_assert_eq(in_sleep, 21, "%zu stacks have sleep_forever", in_sleep);
	cr_assert_not(is_traced(pid));
	err_t error = dbg_target_continue(target);
	cr_assert(error && error->code == ERR_UNSUPPORTED, "%s", err_text(error));
	cr_assert(dbg_target_interrupt(target) && dbg_target_step(target, pid, DBG_STEP_OVER, DBG_BY_LINE));
	must(dbg_target_detach(target, false));
	end(&d);
	cr_assert_eq(process_state(pid), 'S');
	kill(pid, SIGKILL);
}

Test(running, what_can_t_be_looked_at_is_told)
{
	struct dbg_modules *modules = dbg_modules_new();
	struct dbg_target *target;
	err_t error = dbg_target_open_running(0x3ffffff, modules, &target);
	cr_assert(error && error->code == ERR_GONE);
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	siginfo_t info;
	cr_assert_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	error = dbg_target_open_running(pid, modules, &target);
	cr_assert(error && error->code == ERR_GONE && strstr(err_text(error), "has ended"), "%s", err_text(error));
	dbg_modules_free(modules);
}
