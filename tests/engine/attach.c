// Attach and detach: to whatever a process is just doing, and nothing of it is lost.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <debuggee.h>

// Reads until the program has printed something.
static bool works(int out)
{
	char piece[256];
	fcntl(out, F_SETFL, O_NONBLOCK);
	while (read(out, piece, sizeof(piece)) > 0)
		;
	fcntl(out, F_SETFL, 0);
	return read(out, piece, sizeof(piece)) > 0;
}

static void attach_and_let_go(bool with_breakpoint, bool running)
{
	int out;
	pid_t pid = spawn_free(fixture_c("process"), FIXTURE_ARGS("forever"), &out);
	cr_assert(works(out));
	for (int round = 0; round < 10; round++) {
		struct debuggee d = {0};
		debuggee_attach(&d, pid);
		cr_assert_not(dbg_target_was_launched(d.target));
		if (with_breakpoint) {
			break_function(&d, "pass");
			debuggee_continue(&d);
			cr_assert_eq(debuggee_wait_stop(&d).stop, DBG_STOP_BREAKPOINT);
		}
		if (running)
			debuggee_continue(&d);
		must(dbg_target_detach(d.target, false));
		cr_assert_eq(dbg_target_state(d.target), DBG_EXITED);
		debuggee_end(&d);
		cr_assert(works(out), "round %d: it does not go on; state %c", round, process_state(pid));
		cr_assert_neq(process_state(pid), 'T');
		cr_assert_neq(process_state(pid), 't');
	}
	kill(pid, SIGKILL);
}

Test(attach, lets_go_while_stopped)
{
	attach_and_let_go(false, false);
}
Test(attach, lets_go_while_running)
{
	attach_and_let_go(false, true);
}
Test(attach, lets_go_at_a_breakpoint)
{
	attach_and_let_go(true, false);
}
Test(attach, lets_go_while_hits_happen)
{
	attach_and_let_go(true, true);
}

Test(attach, leaves_it_stopped_only_if_told_so)
{
	int out;
	struct debuggee d = {0};
	pid_t pid = spawn_free(fixture_c("process"), FIXTURE_ARGS("forever"), &out);
	debuggee_attach(&d, pid);
	must(dbg_target_detach(d.target, true));
	for (int i = 0; i < 1000 && process_state(pid) != 'T'; i++)
		usleep(1000);
	cr_assert_eq(process_state(pid), 'T');
	kill(pid, SIGCONT);
	cr_assert(works(out));
	kill(pid, SIGKILL);
	debuggee_end(&d);
}

Test(attach, finds_all_threads)
{
	int out;
	char ready[8];
	struct debuggee d = {0};
	pid_t pid = spawn_free(fixture_c("process"), FIXTURE_ARGS("idle", "100"), &out);
	cr_assert_gt(read(out, ready, sizeof(ready)), 0);
	debuggee_attach(&d, pid);
	struct dbg_thread_info *threads;
	cr_assert_eq(dbg_target_threads(d.target, &d.arena, &threads), 101);
	cr_assert_eq(threads[0].tid, pid);
	debuggee_end(&d); // lets it go
	cr_assert_neq(process_state(pid), 0);
	cr_assert_neq(process_state(pid), 't');
	kill(pid, SIGKILL);
}

Test(attach, while_threads_come_and_go)
{
	int out;
	pid_t pid = spawn_free(fixture_c("process"), FIXTURE_ARGS("churn", "1000000"), &out);
	for (int round = 0; round < 30; round++) {
		struct debuggee d = {0};
		debuggee_attach(&d, pid);
		debuggee_continue(&d);
		must(dbg_target_interrupt(d.target));
		cr_assert_eq(debuggee_wait_stop(&d).stop, DBG_STOP_PAUSE);
		debuggee_end(&d);
		cr_assert_neq(process_state(pid), 't');
	}
	kill(pid, SIGKILL);
}

Test(attach, to_nothing_says_so)
{
	struct dbg_modules *modules = dbg_modules_new();
	struct dbg_target *target;
	err_t error = dbg_target_attach(0x3ffffff, modules, &target);
	cr_assert(error && error->code == ERR_GONE);
	error = dbg_target_attach(getpid(), modules, &target);
	cr_assert(error);
	dbg_modules_free(modules);
}

Test(attach, to_a_traced_process_names_the_tracer)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("idle", "1"));
	pid_t pid = dbg_target_pid(d.target);
	int result[2];
	cr_assert_eq(pipe(result), 0);
	if (fork() == 0) {
		struct dbg_modules *modules = dbg_modules_new();
		struct dbg_target *target;
		err_t error = dbg_target_attach(pid, modules, &target);
		char text[256];
		int n = snprintf(text, sizeof(text), "%s", err_text(error));
		_exit(write(result[1], text, (size_t)n) == n ? 0 : 1);
	}
	char text[257] = "", tracer[64];
	cr_assert_gt(read(result[0], text, 256), 0);
	snprintf(tracer, sizeof(tracer), "(pid %d)", (int)getpid());
	cr_assert(strstr(text, "is traced by") && strstr(text, tracer), "%s", text);
	debuggee_end(&d);
}

Test(attach, lets_go_while_many_threads_hit_breakpoints)
{
	int out;
	pid_t pid = spawn_free(fixture_c("process"), FIXTURE_ARGS("threads", "8", "1000000000"), &out);
	for (int round = 0; round < 30; round++) {
		struct debuggee d = {0};
		debuggee_attach(&d, pid);
		break_function(&d, "pass");
		for (int i = 0; i < 5; i++) {
			debuggee_continue(&d);
			if (i < 4)
				debuggee_wait_stop(&d);
		}
		debuggee_end(&d);
		cr_assert_neq(process_state(pid), 't');
		cr_assert_neq(process_state(pid), 'Z', "round %d: it was killed", round);
	}
	kill(pid, SIGKILL);
}

Test(attach, to_a_thread_s_id_is_to_its_process)
{
	int out;
	char ready[8];
	struct debuggee d = {0};
	pid_t pid = spawn_free(fixture_c("process"), FIXTURE_ARGS("idle", "1"), &out);
	cr_assert_gt(read(out, ready, sizeof(ready)), 0);
	debuggee_attach(&d, pid);
	struct dbg_thread_info *threads;
	cr_assert_eq(dbg_target_threads(d.target, &d.arena, &threads), 2);
	pid_t other = threads[1].tid;
	debuggee_end(&d);
	struct debuggee again = {0};
	debuggee_attach(&again, other);
	cr_assert_eq(dbg_target_pid(again.target), pid);
	debuggee_end(&again);
	kill(pid, SIGKILL);
}

// ---- an exec that is under way ---------------------------------------------------------------------

static u64 now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

// Seized between an exec's new image and its event, the process once had traps in its image that nobody knew of any
// more: SIGTRAP killed it when it was let go. The moments are spread over the time that an exec takes.
Test(attach, in_the_middle_of_an_exec)
{
	enum { ROUNDS = 300, SPREAD_NS = 1200000 };
	const char *program = fixture_c("process"); // the child must not assert: it shares the pipe of the test's reports
	for (u64 round = 0; round < ROUNDS; round++) {
		int fds[2];
		cr_assert_eq(pipe(fds), 0);
		u64 moment = now_ns() + round * SPREAD_NS / ROUNDS;
		pid_t pid = fork();
		if (pid == 0) {
			sigset_t none;
			sigemptyset(&none);
			sigprocmask(SIG_SETMASK, &none, NULL);
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			dup2(fds[1], 1);
			execv(program, (char *[]){"process", "idle", "2", NULL});
			_exit(127);
		}
		close(fds[1]);
		while (now_ns() < moment)
			;
		struct debuggee d = {0};
		debuggee_attach(&d, pid);
		debuggee_end(&d);
		char ready[8];
		cr_assert_gt(read(fds[0], ready, sizeof(ready)), 0, "round %d: it has ended", (int)round);
		close(fds[0]);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

Test(attach, to_a_process_that_has_ended_says_so)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	siginfo_t info;
	cr_assert_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	struct dbg_modules *modules = dbg_modules_new();
	struct dbg_target *target;
	err_t error = dbg_target_attach(pid, modules, &target);
	cr_assert(error && error->code == ERR_GONE);
	cr_assert(strstr(err_text(error), "has ended"), "%s", err_text(error));
	dbg_modules_free(modules);
}

Test(attach, to_a_process_whose_first_thread_has_ended)
{
	int out;
	char ready[8];
	struct debuggee d = {0};
	pid_t pid = spawn_free(fixture_c("process"), FIXTURE_ARGS("dead-leader"), &out);
	cr_assert_gt(read(out, ready, sizeof(ready)), 0);
	for (int i = 0; i < 1000 && process_state(pid) != 'Z'; i++)
		usleep(1000);
	debuggee_attach(&d, pid);
	cr_assert_eq(dbg_target_pid(d.target), pid);
	debuggee_end(&d);
	cr_assert_eq(kill(pid, SIGKILL), 0);
}

// ---- nothing is lost -------------------------------------------------------------------------------

Test(attach, a_thousand_times_and_nothing_is_lost, .timeout = 120)
{
	int out;
	char text[128];
	pid_t pid = spawn_free(fixture_c("process"), FIXTURE_ARGS("account"), &out);
	cr_assert_gt(read(out, text, sizeof(text)), 0);
	for (int round = 0; round < 1000; round++) {
		struct debuggee d = {0};
		debuggee_attach(&d, pid);
		debuggee_end(&d);
		cr_assert_neq(process_state(pid), 'Z', "round %d: it has ended", round);
	}
	kill(pid, SIGTERM);
	ssize_t n = read(out, text, sizeof(text) - 1);
	cr_assert_gt(n, 0);
	text[n] = 0;
	cr_assert(strstr(text, "all is there"), "%s", text);
	waitpid(pid, NULL, 0);
}
