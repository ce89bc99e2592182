// Launch, output, ends, fork, exec, signals.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <debuggee.h>

#define PROCESS_C "tests/fixtures/process/process.c"

static bool printed(struct debuggee *d, const char *text)
{
	debuggee_read_output(d);
	return str_find(buf_str(&d->out), str_of(text)) >= 0;
}

Test(process, ends_with_its_exit_code)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("exit", "42"));
	cr_assert_eq(dbg_target_state(d.target), DBG_STOPPED);
	cr_assert(dbg_target_was_launched(d.target));
	debuggee_continue(&d);
	struct dbg_event event = debuggee_wait_stop(&d);
	cr_assert_eq(event.kind, DBG_EVENT_EXITED);
	cr_assert_eq(event.exit_code, 42);
	cr_assert_eq(event.signal, 0);
	cr_assert_eq(dbg_target_state(d.target), DBG_EXITED);
	debuggee_end(&d);
}

// The kernel puts the vdso below it.
Test(process, that_is_static_and_position_independent_is_the_first_module)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("static_pie"), FIXTURE_ARGS("lines"));
	struct str name = dbg_module_name(dbg_modules_get(d.modules, 0));
	cr_assert(str_eqc(name, "static_pie"), "%.*s", STRF(name));
	debuggee_end(&d);
}

Test(process, gets_arguments_environment_folder_and_pipes)
{
	struct debuggee d = {0};
	setenv("STACKFUL_KEPT", "as it was", 1);
	struct str args[] = {STR("describe"), STR("one two"), STR("")};
	struct dbg_env env[] = {{STR("STACKFUL_SET"), STR("a=b"), false}, {STR("PATH"), STR(""), true}};
	debuggee_launch_as(
	    &d, &(struct dbg_launch){
	            .program = str_of(fixture_c("process")), .args = args, .n_args = 3, .cwd = STR("/usr"), .env = env, .n_env = 2});
	debuggee_continue(&d);
	cr_assert_eq(debuggee_wait_stop(&d).exit_code, 3);
	const char *wanted[] = {"argument one two\n", "argument \n", "cwd /usr\n", "kept as it was\n", "set a=b\n", "SIGCHLD open\n"};
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		cr_assert(printed(&d, wanted[i]), "%s not in %.*s", wanted[i], STRF(buf_str(&d.out)));
	cr_assert(str_eqc(buf_str(&d.err), "to stderr\n"));
	debuggee_end(&d);
}

Test(process, that_can_t_start_says_why)
{
	struct dbg_modules *modules = dbg_modules_new();
	struct dbg_target *target;
	dbg_block_signals();
	err_t error = dbg_target_launch(&(struct dbg_launch){.program = STR("/no/such/program")}, modules, &target);
	cr_assert(error && str_find(error->what, STR("/no/such/program")) >= 0);
	error = dbg_target_launch(&(struct dbg_launch){.program = str_of(fixture_c("process")), .cwd = STR("/no/folder")}, modules,
	                          &target);
	cr_assert(error && str_find(error->what, STR("/no/folder")) >= 0);
	cr_assert_null(target);
	dbg_modules_free(modules);
}

static u64 pc_at_start(bool keep_aslr)
{
	struct debuggee d = {0};
	struct dbg_regs regs;
	debuggee_launch_as(&d, &(struct dbg_launch){.program = str_of(fixture_c("process")), .keep_aslr = keep_aslr});
	must(dbg_thread_regs(d.target, dbg_target_pid(d.target), &regs));
	debuggee_end(&d);
	return dbg_regs_pc(&regs);
}

Test(process, lies_at_the_same_addresses_unless_told_otherwise)
{
	cr_assert_eq(pc_at_start(false), pc_at_start(false));
	cr_assert_neq(pc_at_start(true), pc_at_start(true));
}

Test(process, killed_from_outside_has_ended)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("idle", "3"));
	debuggee_continue(&d);
	debuggee_wait_output(&d, "idle");
	kill(dbg_target_pid(d.target), SIGKILL);
	struct dbg_event event = debuggee_wait_stop(&d);
	cr_assert_eq(event.kind, DBG_EVENT_EXITED);
	cr_assert_eq(event.signal, SIGKILL);
	debuggee_end(&d);
}

Test(process, killed_while_stopped_has_ended)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("idle", "20"));
	debuggee_continue(&d);
	debuggee_wait_output(&d, "idle");
	must(dbg_target_interrupt(d.target));
	cr_assert_eq(debuggee_wait_stop(&d).stop, DBG_STOP_PAUSE);
	kill(dbg_target_pid(d.target), SIGKILL);
	struct dbg_event event = debuggee_wait_stop(&d);
	cr_assert_eq(event.kind, DBG_EVENT_EXITED);
	cr_assert_eq(event.signal, SIGKILL);
	debuggee_end(&d);
}

Test(process, with_hundreds_of_threads_is_paused_and_resumed)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("idle", "300"));
	debuggee_continue(&d);
	debuggee_wait_output(&d, "idle");
	for (int i = 0; i < 20; i++) {
		must(dbg_target_interrupt(d.target));
		cr_assert_eq(debuggee_wait_stop(&d).stop, DBG_STOP_PAUSE);
		cr_assert_eq(dbg_target_state(d.target), DBG_STOPPED);
		struct dbg_thread_info *threads;
		size_t n = dbg_target_threads(d.target, &d.arena, &threads);
		cr_assert_eq(n, 301);
		cr_assert_eq(threads[0].tid, dbg_target_pid(d.target));
		cr_assert(str_eqc(threads[300].name, "process"));
		for (size_t k = 0; k < n; k++) {
			struct dbg_regs regs;
			must(dbg_thread_regs(d.target, threads[k].tid, &regs));
			cr_assert_neq(dbg_regs_pc(&regs), 0);
		}
		debuggee_continue(&d);
	}
	cr_assert_eq(d.seen[DBG_EVENT_THREAD_NEW], 300);
	debuggee_end(&d);
}

Test(process, terminates_even_when_stopped)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("idle", "2"));
	must(dbg_target_terminate(d.target));
	struct dbg_event event = debuggee_wait_stop(&d);
	cr_assert_eq(event.kind, DBG_EVENT_EXITED);
	cr_assert_eq(event.signal, SIGTERM);
	debuggee_end(&d);
}

Test(process, whose_leader_ends_first_goes_on)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("leader"));
	break_function(&d, "pass");
	debuggee_continue(&d);
	struct dbg_event event = debuggee_wait_stop(&d);
	cr_assert_eq(event.stop, DBG_STOP_BREAKPOINT);
	cr_assert_neq(event.tid, dbg_target_pid(d.target));
	debuggee_continue(&d);
	cr_assert_eq(debuggee_wait_stop(&d).exit_code, 4);
	debuggee_end(&d);
}

// ---- signals ---------------------------------------------------------------------------------------

Test(process, gets_its_signals)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("signal"));
	debuggee_continue(&d);
	debuggee_wait_output(&d, "ready");
	kill(dbg_target_pid(d.target), SIGUSR1);
	cr_assert_eq(debuggee_wait_stop(&d).kind, DBG_EVENT_EXITED);
	cr_assert(printed(&d, "got USR1"));
	debuggee_end(&d);
}

Test(process, is_stopped_by_an_interrupt_that_it_does_not_get)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("signal"));
	debuggee_continue(&d);
	debuggee_wait_output(&d, "ready");
	kill(dbg_target_pid(d.target), SIGINT);
	struct dbg_event event = debuggee_wait_stop(&d);
	cr_assert_eq(event.stop, DBG_STOP_SIGNAL);
	cr_assert_eq(event.signal, SIGINT);
	debuggee_continue(&d);
	kill(dbg_target_pid(d.target), SIGUSR1);
	cr_assert_eq(debuggee_wait_stop(&d).kind, DBG_EVENT_EXITED);
	cr_assert(printed(&d, "got USR1"));
	debuggee_end(&d);
}

Test(process, stops_at_a_crash_and_then_dies_of_it)
{
	static const struct {
		const char *how;
		int signal;
		const char *mark;
		u64 fault;
	} CRASHES[] = {{"segv", SIGSEGV, "segv", 0x1230}, {"fpe", SIGFPE, "fpe", 0}, {"abort", SIGABRT, NULL, 0}};
	for (size_t i = 0; i < ARRAY_LEN(CRASHES); i++) {
		struct debuggee d = {0};
		debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("crash", CRASHES[i].how));
		debuggee_continue(&d);
		struct dbg_event event = debuggee_wait_stop(&d);
		cr_assert_eq(event.kind, DBG_EVENT_STOPPED);
		cr_assert_eq(event.stop, DBG_STOP_SIGNAL);
		cr_assert_eq(event.signal, CRASHES[i].signal);
		if (CRASHES[i].fault) {
			cr_assert_eq(event.fault_addr, CRASHES[i].fault);
			cr_assert(str_eqc(event.text, "SIGSEGV: segmentation fault at 0x1230"), "%.*s", STRF(event.text));
		}
		if (CRASHES[i].mark)
			cr_assert_eq(debuggee_line(&d, event.tid), mark_line(PROCESS_C, CRASHES[i].mark));
		debuggee_continue(&d);
		event = debuggee_wait_stop(&d);
		cr_assert_eq(event.kind, DBG_EVENT_EXITED);
		cr_assert_eq(event.signal, CRASHES[i].signal);
		debuggee_end(&d);
	}
}

Test(process, with_a_trap_of_its_own_goes_on_behind_it)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("crash", "trap"));
	debuggee_continue(&d);
	struct dbg_event event = debuggee_wait_stop(&d);
	cr_assert_eq(event.stop, DBG_STOP_SIGNAL);
	cr_assert_eq(event.signal, SIGTRAP);
	debuggee_continue(&d);
	cr_assert_eq(debuggee_wait_stop(&d).exit_code, 9);
	debuggee_end(&d);
}

// ---- fork and exec ---------------------------------------------------------------------------------

Test(process, forks_a_child_that_does_not_meet_our_traps)
{
	struct debuggee d = {0};
	unsigned hits = 0;
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("fork"));
	break_function(&d, "pass");
	cr_assert_eq(debuggee_count_hits(&d, &hits).exit_code, 0);
	cr_assert_eq(hits, 1);
	cr_assert_eq(d.seen[DBG_EVENT_FORKED], 1);
	cr_assert(printed(&d, "child 7\n"), "%.*s", STRF(buf_str(&d.out)));
	debuggee_end(&d);
}

Test(process, spawns_a_program)
{
	struct debuggee d = {0};
	unsigned hits = 0;
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("spawn"));
	break_function(&d, "pass");
	cr_assert_eq(debuggee_count_hits(&d, &hits).exit_code, 0);
	cr_assert_eq(hits, 2);
	cr_assert(printed(&d, "child 5\n"), "%.*s", STRF(buf_str(&d.out)));
	debuggee_end(&d);
}

Test(process, keeps_its_breakpoints_over_exec)
{
	struct debuggee d = {0};
	unsigned hits = 0;
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("exec"));
	break_function(&d, "pass");
	cr_assert_eq(debuggee_count_hits(&d, &hits).exit_code, 0);
	cr_assert_eq(hits, 2);
	cr_assert_eq(d.seen[DBG_EVENT_EXEC], 1);
	cr_assert(printed(&d, "1 passes\n"));
	debuggee_end(&d);
}

Test(process, whose_thread_runs_exec_is_followed)
{
	struct debuggee d = {0};
	unsigned hits = 0;
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("exec-in-thread"));
	break_function(&d, "pass");
	cr_assert_eq(debuggee_count_hits(&d, &hits).exit_code, 0);
	cr_assert_eq(hits, 3);
	cr_assert(printed(&d, "2 passes\n"), "%.*s", STRF(buf_str(&d.out)));
	debuggee_end(&d);
}

Test(process, whose_threads_fork_while_breakpoints_are_hit)
{
	struct debuggee d = {0};
	unsigned hits = 0;
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("threads-fork", "25"));
	break_function(&d, "pass");
	cr_assert_eq(debuggee_count_hits(&d, &hits).exit_code, 0);
	cr_assert_eq(hits, 100);
	cr_assert_eq(d.seen[DBG_EVENT_FORKED], 100);
	cr_assert_not(printed(&d, "1000"));
	debuggee_end(&d);
}

Test(process, stopped_by_job_control_goes_on_when_told)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("signal"));
	debuggee_continue(&d);
	debuggee_wait_output(&d, "ready");
	pid_t pid = dbg_target_pid(d.target);
	kill(pid, SIGSTOP);
	for (int i = 0; i < 1000 && process_state(pid) != 'T' && process_state(pid) != 't'; i++)
		debuggee_pump(&d, 1);
	debuggee_pump(&d, 20);
	must(dbg_target_interrupt(d.target)); // is answered while it is stopped
	cr_assert_eq(debuggee_wait_stop(&d).stop, DBG_STOP_PAUSE);
	debuggee_continue(&d); // means it
	kill(pid, SIGUSR1);
	cr_assert_eq(debuggee_wait_stop(&d).kind, DBG_EVENT_EXITED);
	cr_assert(printed(&d, "got USR1"));
	debuggee_end(&d);
}
