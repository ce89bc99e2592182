// Calls of functions by a stopped thread: it is put back as it was, whatever the function does.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <debuggee.h>

static u64 address_of(struct debuggee *d, const char *name)
{
	struct dbg_function *functions;
	size_t n = dbg_functions_find(dbg_target_space(d->target)->modules, &d->arena, str_of(name), &functions);
	cr_assert_eq(n, 1, "%zu functions `%s`", n, name);
	return functions[0].addr;
}

static struct dbg_call_result call(struct debuggee *d, pid_t tid, const struct dbg_call *call)
{
	struct dbg_call_result result;
	must(dbg_target_call(d->target, tid, call));
	debuggee_wait(d, DBG_EVENT_CALLED);
	dbg_target_call_result(d->target, &d->arena, &result);
	return result;
}

// The Rust fixture, stopped at its mark "here"; false if it is not built.
static bool stop_here(struct debuggee *d, pid_t *tid)
{
	const char *program = fixture_rust("calls");
	if (!program)
		cr_skip_test("the fixture is not built");
	debuggee_launch(d, program, NULL);
	break_mark(d, "tests/fixtures/calls/src/main.rs", "here");
	debuggee_continue(d);
	*tid = debuggee_wait_stop(d).tid;
	return true;
}

struct state {
	struct dbg_regs regs;
	size_t n_mappings;
};

static struct state state_of(struct debuggee *d, pid_t tid)
{
	struct state state;
	struct dbg_mapping *mappings;
	must(dbg_thread_regs(d->target, tid, &state.regs));
	state.n_mappings = dbg_target_mappings(d->target, &d->arena, &mappings);
	return state;
}

static void must_be_as_before(struct debuggee *d, pid_t tid, const struct state *before)
{
	struct state now = state_of(d, tid);
	cr_assert_eq(now.regs.known, before->regs.known);
	for (unsigned i = 0; i < DBG_REG_COUNT; i++)
		if (now.regs.known >> i & 1)
			cr_assert_eq(now.regs.value[i], before->regs.value[i], "register %u", i);
	cr_assert_eq(now.n_mappings, before->n_mappings);
	cr_assert_eq(dbg_target_state(d->target), DBG_STOPPED);
}

static struct dbg_event end_of(struct debuggee *d)
{
	debuggee_continue(d);
	return debuggee_wait_stop(d);
}

Test(calls, give_a_result_and_leave_nothing)
{
	struct debuggee d = {0};
	pid_t tid;
	stop_here(&d, &tid);
	struct state before = state_of(&d, tid);
	struct dbg_call add = {.function = address_of(&d, "calls::add"), .args = {40, 2}};
	for (int i = 0; i < 100; i++) {
		struct dbg_call_result result = call(&d, tid, &add);
		cr_assert_eq(result.problem.len, 0, "%.*s", STRF(result.problem));
		cr_assert_eq((u32)result.rax, 42);
		must_be_as_before(&d, tid, &before);
	}
	struct dbg_call halve = {.function = address_of(&d, "calls::halve"), .n_floats = 2};
	double x = 3, gave;
	float y = 1.5f;
	memcpy(&halve.floats[0], &x, sizeof(x));
	memcpy(&halve.floats[1], &y, sizeof(y));
	struct dbg_call_result result = call(&d, tid, &halve);
	memcpy(&gave, &result.xmm0, sizeof(gave));
	cr_assert_eq(gave, 3.0);
	must_be_as_before(&d, tid, &before);
	cr_assert_eq(end_of(&d).exit_code, 0);
	debuggee_wait_output(&d, "7");
	debuggee_end(&d);
}

Test(calls, that_end_otherwise_leave_the_thread_where_it_was)
{
	static const struct {
		const char *function;
		u64 argument;
		const char *problem;
	} rows[] = {
	    {"calls::panics", 3, "it panicked in `calls::panics` at"},
	    {"calls::faults", 0, " in `calls::faults` at"}, // a panic, or SIGSEGV
	    {"calls::faults", 16, "SIGSEGV: segmentation fault at 0x10 in `calls::faults` at"},
	    {"calls::stops", 1, "it came to a breakpoint in `calls::stops` at"},
	};
	struct debuggee d = {0};
	pid_t tid;
	stop_here(&d, &tid);
	break_mark(&d, "tests/fixtures/calls/src/main.rs", "inside");
	struct state before = state_of(&d, tid);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dbg_call what = {.function = address_of(&d, rows[i].function), .args = {rows[i].argument}};
		struct dbg_call_result result = call(&d, tid, &what);
		cr_assert(str_find(result.problem, str_of(rows[i].problem)) >= 0, "%s: %.*s", rows[i].function, STRF(result.problem));
		cr_assert(result.put_back);
		must_be_as_before(&d, tid, &before);
	}
	cr_assert_eq(end_of(&d).exit_code, 0); // nothing panicked, as far as the program knows
	debuggee_end(&d);
}

Test(calls, without_an_end_are_ended)
{
	struct debuggee d = {0};
	struct dbg_call_result result;
	pid_t tid;
	stop_here(&d, &tid);
	struct state before = state_of(&d, tid);
	struct dbg_call never = {.function = address_of(&d, "calls::never")};
	for (int i = 0; i < 20; i++) {
		must(dbg_target_call(d.target, tid, &never));
		cr_assert_neq(dbg_target_state(d.target), DBG_STOPPED);
		if (i % 2)
			debuggee_pump(&d, i);
		if (i % 4 < 2)
			dbg_target_end_call(d.target, "enough");
		else
			must(dbg_target_interrupt(d.target)); // a pause
		debuggee_wait(&d, DBG_EVENT_CALLED);
		dbg_target_call_result(d.target, &d.arena, &result);
		cr_assert(result.problem.len);
		must_be_as_before(&d, tid, &before);
	}
	must(dbg_target_call(d.target, tid, &never));
	debuggee_end(&d); // in the middle of one
}

Test(calls, end_with_the_process)
{
	struct debuggee d = {0};
	struct dbg_call_result result;
	pid_t tid;
	stop_here(&d, &tid);
	struct dbg_call ends = {.function = address_of(&d, "calls::ends")};
	must(dbg_target_call(d.target, tid, &ends));
	debuggee_wait(&d, DBG_EVENT_CALLED);
	dbg_target_call_result(d.target, &d.arena, &result);
	cr_assert(result.problem.len && !result.put_back);
	cr_assert_eq(debuggee_wait(&d, DBG_EVENT_EXITED).exit_code, 3);
	debuggee_end(&d);
}

// A process that is let go in the middle of a call goes on as if there had been none.
Test(calls, are_undone_by_a_detach)
{
	int out;
	pid_t pid = spawn_free(fixture_c("process"), FIXTURE_ARGS("account"), &out);
	struct debuggee d = {0};
	struct dbg_function *functions;
	for (int i = 0; i < 20; i++) {
		d = (struct debuggee){0};
		debuggee_attach(&d, pid);
		struct dbg_thread_info *threads;
		size_t n = dbg_target_threads(d.target, &d.arena, &threads);
		cr_assert_geq(dbg_functions_find(dbg_target_space(d.target)->modules, &d.arena, STR("forever"), &functions), 1);
		struct dbg_call forever = {.function = functions[0].addr};
		bool called = false;
		for (size_t k = 0; k < n && !called; k++) {
			err_t error = dbg_target_call(d.target, threads[(k + (size_t)i) % n].tid, &forever);
			called = !error;
		}
		cr_assert(called);
		if (i % 3)
			debuggee_pump(&d, i % 3);
		must(dbg_target_detach(d.target, false));
		debuggee_end(&d);
	}
	cr_assert_eq(kill(pid, SIGTERM), 0);
	FILE *lines = fdopen(out, "r");
	cr_assert(lines);
	char line[256], last[256] = "";
	while (fgets(line, sizeof(line), lines))
		memcpy(last, line, sizeof(last));
	cr_assert(!strncmp(last, "all is there", 12), "%s", last);
	fclose(lines);
}

// A thread that sleeps in a system call sleeps on behind the call.
Test(calls, in_a_system_call)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("signal"));
	debuggee_continue(&d);
	debuggee_wait_output(&d, "ready");
	pid_t tid = dbg_target_pid(d.target);
	for (int i = 0; i < 5; i++) {
		while (process_state(tid) != 'S')
			debuggee_pump(&d, 1);
		must(dbg_target_interrupt(d.target));
		debuggee_wait_stop(&d);
		struct state before = state_of(&d, tid);
		struct dbg_symbol symbol;
		cr_assert(dbg_symbol_find(dbg_target_space(d.target)->modules, STR("getpid"), &symbol) ||
		          dbg_symbol_find(dbg_target_space(d.target)->modules, STR("__getpid"), &symbol));
		struct dbg_call getpid_call = {.function = symbol.addr};
		struct dbg_call_result result = call(&d, tid, &getpid_call);
		cr_assert_eq(result.problem.len, 0, "%.*s", STRF(result.problem));
		cr_assert_eq((pid_t)result.rax, tid);
		must_be_as_before(&d, tid, &before);
		debuggee_continue(&d);
	}
	kill(tid, SIGUSR1);
	cr_assert_eq(debuggee_wait(&d, DBG_EVENT_EXITED).exit_code, 0);
	debuggee_end(&d);
}

Test(calls, are_refused_where_something_is_half_done)
{
	static const struct {
		const char *argument, *at, *why;
	} rows[] = {{"x", "malloc", "is inside the allocator (`"},
	            {"panics", "rust_panic", "is inside a panic (`"},
	            {"loads", "dlopen", "is inside the loader (`"}};
	const char *program = fixture_rust("calls");
	if (!program)
		cr_skip_test("the fixture is not built");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct debuggee d = {0};
		debuggee_launch(&d, program, FIXTURE_ARGS(rows[i].argument));
		break_mark(&d, "tests/fixtures/calls/src/main.rs", "here");
		debuggee_continue(&d);
		struct dbg_event stop = debuggee_wait_stop(&d);
		must(dbg_target_may_call(d.target, stop.tid));
		break_function(&d, rows[i].at);
		do {
			debuggee_continue(&d);
			stop = debuggee_wait_stop(&d);
		} while (stop.kind == DBG_EVENT_STOPPED && stop.stop == DBG_STOP_SIGNAL); // what the program sends itself
		cr_assert(stop.kind == DBG_EVENT_STOPPED && stop.stop == DBG_STOP_BREAKPOINT, "%s", rows[i].at);
		err_t error = dbg_target_may_call(d.target, stop.tid);
		cr_assert(error && str_find(error->what, str_of(rows[i].why)) >= 0, "%s: %s", rows[i].at, err_text(error));
		debuggee_end(&d);
	}
}

// What the kernel has put on the stack below a handler belongs to the signal; before its first instruction a program is not
// linked.
Test(calls, are_refused_in_a_handler_and_before_the_program)
{
	struct debuggee d = {0};
	const char *program = fixture_rust("calls");
	if (!program)
		cr_skip_test("the fixture is not built");
	debuggee_launch(&d, program, NULL);
	err_t error = dbg_target_may_call(d.target, dbg_target_pid(d.target));
	cr_assert(error && str_find(error->what, STR("has not left the loader")) >= 0, "%s", err_text(error));
	break_mark(&d, "tests/fixtures/calls/src/main.rs", "handles");
	debuggee_continue(&d);
	struct dbg_event stop = debuggee_wait_stop(&d);
	while (stop.stop == DBG_STOP_SIGNAL) { // SIGUSR1 itself
		debuggee_continue(&d);
		stop = debuggee_wait_stop(&d);
	}
	cr_assert_eq(stop.stop, DBG_STOP_BREAKPOINT);
	error = dbg_target_may_call(d.target, stop.tid);
	cr_assert(error && str_find(error->what, STR("handles a signal")) >= 0, "%s", err_text(error));
	debuggee_end(&d);
}
