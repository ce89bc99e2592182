// Steps from mark to mark: over, in, out; recursion; other threads; longjmp, the thread's end, panics.
#include <signal.h>

#include <debuggee.h>

#define STEPS_C  "tests/fixtures/steps/steps.c"
#define STEPS_RS "tests/fixtures/steps-rs/src/main.rs"

static pid_t run_to(struct debuggee *d, const char *program, const char *part, const char *file, const char *mark)
{
	debuggee_launch(d, program, FIXTURE_ARGS(part));
	u32 id = break_mark(d, file, mark);
	debuggee_continue(d);
	struct dbg_event event = debuggee_wait_stop(d);
	cr_assert_eq(event.stop, DBG_STOP_BREAKPOINT);
	cr_assert_eq(debuggee_line(d, event.tid), mark_line(file, mark));
	dbg_breakpoint_remove(d->target, id);
	return event.tid;
}

static void step_to(struct debuggee *d, const char *file, pid_t tid, enum dbg_step kind, const char *mark)
{
	must(dbg_target_step(d->target, tid, kind, DBG_BY_LINE));
	struct dbg_event event = debuggee_wait_stop(d);
	cr_assert_eq(event.kind, DBG_EVENT_STOPPED, "%s: it has ended", mark);
	cr_assert_eq(event.stop, DBG_STOP_STEP, "%s: stopped by %d: %.*s", mark, event.stop, STRF(event.text));
	cr_assert_eq(event.tid, tid);
	cr_assert_eq(debuggee_line(d, tid), mark_line(file, mark), "%s is line %u; stopped at %u", mark, mark_line(file, mark),
	             debuggee_line(d, tid));
}

#define OVER(mark) step_to(&d, STEPS_C, tid, DBG_STEP_OVER, mark)
#define IN(mark)   step_to(&d, STEPS_C, tid, DBG_STEP_IN, mark)
#define OUT(mark)  step_to(&d, STEPS_C, tid, DBG_STEP_OUT, mark)

Test(step, over_goes_from_line_to_line)
{
	struct debuggee d = {0};
	pid_t tid = run_to(&d, fixture_c("steps"), "lines", STEPS_C, "lines-1");
	OVER("lines-2");
	OVER("lines-3");
	OVER("loop");
	OVER("loop-body");
	OVER("loop");
	OVER("loop-body");
	OVER("loop");
	OVER("library");
	OVER("bottom-call");
	OVER("lines-end");
	OVER("lines-brace");
	OVER("recursion-if");
	debuggee_continue(&d);
	cr_assert_eq(debuggee_wait_stop(&d).exit_code, 0);
	debuggee_end(&d);
}

Test(step, in_enters_functions_with_lines_and_no_others)
{
	struct debuggee d = {0};
	pid_t tid = run_to(&d, fixture_c("steps"), "lines", STEPS_C, "lines-2");
	IN("add-1");
	IN("add-2");
	IN("add-end");
	IN("lines-2"); // mid-line: the result is still to be kept
	IN("lines-3");
	IN("add-1"); // the inner call comes first
	OUT("lines-3");
	IN("add-1");
	OUT("lines-3");
	IN("loop");
	OVER("loop-body");
	OVER("loop");
	OVER("loop-body");
	OVER("loop");
	IN("library");
	IN("bottom-call"); // strlen has no lines
	IN("bottom");
	OUT("lines-end"); // the call was the last instruction of its line
	OUT("recursion-if");
	debuggee_end(&d);
}

Test(step, over_a_recursion_stays_in_its_frame)
{
	struct debuggee d = {0};
	struct dbg_frame *frames;
	struct str note;
	bool whole;
	pid_t tid = run_to(&d, fixture_c("steps"), "recursion", STEPS_C, "factorial-if");
	size_t depth = dbg_unwind(d.target, &d.arena, tid, 0, &frames, &whole, &note);
	OVER("factorial-call");
	OVER("factorial-return");
	cr_assert_eq(dbg_unwind(d.target, &d.arena, tid, 0, &frames, &whole, &note), depth);
	debuggee_end(&d);
}

Test(step, over_a_recursion_stops_at_a_breakpoint_in_it)
{
	struct debuggee d = {0};
	pid_t tid = run_to(&d, fixture_c("steps"), "recursion", STEPS_C, "factorial-call");
	u32 id = break_mark(&d, STEPS_C, "factorial-base");
	must(dbg_target_step(d.target, tid, DBG_STEP_OVER, DBG_BY_LINE));
	struct dbg_event event = debuggee_wait_stop(&d);
	cr_assert_eq(event.stop, DBG_STOP_BREAKPOINT);
	cr_assert_eq(event.breakpoints[0], id);
	// As a condition that is false would: the step goes on.
	must(dbg_target_pass_over(d.target));
	event = debuggee_wait_stop(&d);
	cr_assert_eq(event.stop, DBG_STOP_STEP);
	cr_assert_eq(debuggee_line(&d, tid), mark_line(STEPS_C, "factorial-return"));
	debuggee_end(&d);
}

Test(step, that_ends_on_a_breakpoint_has_hit_it)
{
	struct debuggee d = {0};
	pid_t tid = run_to(&d, fixture_c("steps"), "lines", STEPS_C, "lines-1");
	u32 id = break_mark(&d, STEPS_C, "lines-2");
	must(dbg_target_step(d.target, tid, DBG_STEP_OVER, DBG_BY_LINE));
	struct dbg_event event = debuggee_wait_stop(&d);
	cr_assert_eq(event.stop, DBG_STOP_STEP);
	cr_assert_eq(event.n_breakpoints, 1);
	cr_assert_eq(event.breakpoints[0], id);
	OVER("lines-3"); // and is not hit again
	debuggee_end(&d);
}

Test(step, over_a_longjmp_ends_where_it_lands)
{
	struct debuggee d = {0};
	pid_t tid = run_to(&d, fixture_c("steps"), "jump", STEPS_C, "jumps");
	OVER("setjmp"); // it returns once more
	OVER("landed");
	debuggee_end(&d);
}

Test(step, out_of_a_frame_that_longjmp_leaves_ends_where_it_lands)
{
	struct debuggee d = {0};
	pid_t tid = run_to(&d, fixture_c("steps"), "jump", STEPS_C, "longjmp");
	OUT("setjmp");
	debuggee_end(&d);
}

Test(step, ends_with_its_thread)
{
	struct debuggee d = {0};
	pid_t tid = run_to(&d, fixture_c("steps"), "thread", STEPS_C, "ends-1");
	OVER("ends-2");
	must(dbg_target_step(d.target, tid, DBG_STEP_OVER, DBG_BY_LINE));
	struct dbg_event event = debuggee_wait_stop(&d);
	cr_assert_eq(event.stop, DBG_STOP_STEP);
	cr_assert_eq(event.tid, tid);
	debuggee_continue(&d);
	debuggee_wait(&d, DBG_EVENT_THREAD_GONE);
	debuggee_end(&d);
}

Test(step, over_the_end_of_the_program_ends_it)
{
	struct debuggee d = {0};
	pid_t tid = run_to(&d, fixture_c("steps"), "none", STEPS_C, "main-end");
	for (int i = 0; i < 4 && dbg_target_state(d.target) == DBG_STOPPED; i++) {
		err_t error = dbg_target_step(d.target, tid, DBG_STEP_OVER, DBG_BY_LINE);
		if (error)
			must(dbg_target_continue(d.target));
		if (debuggee_wait_stop(&d).kind == DBG_EVENT_EXITED)
			break;
	}
	cr_assert_eq(dbg_target_state(d.target), DBG_EXITED);
	debuggee_end(&d);
}

Test(step, is_not_disturbed_by_threads_in_the_same_function)
{
	struct debuggee d = {0};
	pid_t tid = run_to(&d, fixture_c("steps"), "race", STEPS_C, "raced-1");
	OVER("raced-2");
	IN("add-1");
	OVER("add-2");
	OUT("raced-2");
	OVER("raced-3");
	OVER("raced-4");
	debuggee_continue(&d);
	cr_assert_eq(debuggee_wait_stop(&d).exit_code, 0);
	debuggee_end(&d);
}

Test(step, is_not_led_astray_by_signals)
{
	struct debuggee d = {0};
	pid_t tid = run_to(&d, fixture_c("steps"), "signalled", STEPS_C, "signalled-1");
	OVER("signalled-2");
	OVER("signalled-3");
	OVER("signalled-4");
	debuggee_continue(&d);
	cr_assert_eq(debuggee_wait_stop(&d).exit_code, 0);
	debuggee_end(&d);
}

Test(step, by_instruction_moves_by_one)
{
	struct debuggee d = {0};
	struct dbg_regs before, after;
	pid_t tid = run_to(&d, fixture_c("steps"), "lines", STEPS_C, "lines-2");
	u32 line = mark_line(STEPS_C, "lines-2");
	unsigned n = 0;
	for (; debuggee_line(&d, tid) == line; n++) {
		must(dbg_thread_regs(d.target, tid, &before));
		must(dbg_target_step(d.target, tid, DBG_STEP_OVER, DBG_BY_INSTRUCTION));
		cr_assert_eq(debuggee_wait_stop(&d).stop, DBG_STOP_STEP);
		must(dbg_thread_regs(d.target, tid, &after));
		cr_assert_gt(dbg_regs_pc(&after), dbg_regs_pc(&before));
		cr_assert_lt(dbg_regs_pc(&after) - dbg_regs_pc(&before), 16);
	}
	cr_assert_gt(n, 2);
	cr_assert_eq(debuggee_line(&d, tid), mark_line(STEPS_C, "lines-3"));
	debuggee_end(&d);
}

Test(step, can_be_paused)
{
	struct debuggee d = {0};
	pid_t tid = run_to(&d, fixture_c("steps"), "thread", STEPS_C, "joined");
	must(dbg_target_step(d.target, tid, DBG_STEP_OVER, DBG_BY_LINE));
	debuggee_pump(&d, 20);
	must(dbg_target_interrupt(d.target));
	cr_assert_eq(debuggee_wait_stop(&d).stop, DBG_STOP_PAUSE);
	cr_assert_eq(dbg_target_state(d.target), DBG_STOPPED);
	debuggee_end(&d);
}

Test(step, survives_being_killed)
{
	struct debuggee d = {0};
	pid_t tid = run_to(&d, fixture_c("steps"), "thread", STEPS_C, "joined");
	must(dbg_target_step(d.target, tid, DBG_STEP_OVER, DBG_BY_LINE));
	kill(dbg_target_pid(d.target), SIGKILL);
	cr_assert_eq(debuggee_wait_stop(&d).signal, SIGKILL);
	debuggee_end(&d);
}

// ---- Rust ------------------------------------------------------------------------------------------

#define RUST_OVER(mark) step_to(&d, STEPS_RS, tid, DBG_STEP_OVER, mark)
#define RUST_IN(mark)   step_to(&d, STEPS_RS, tid, DBG_STEP_IN, mark)
#define RUST_OUT(mark)  step_to(&d, STEPS_RS, tid, DBG_STEP_OUT, mark)

static const char *rust_steps(void)
{
	const char *program = fixture_rust("steps-rs");
	if (!program)
		cr_skip_test("the fixture `steps-rs` is not built: ./dev test does it");
	return program;
}

Test(step, in_rust_goes_from_line_to_line)
{
	struct debuggee d = {0};
	pid_t tid = run_to(&d, rust_steps(), "lines", STEPS_RS, "lines-1");
	RUST_OVER("lines-2");
	RUST_OVER("lines-3");
	RUST_IN("scale-1");
	RUST_OVER("scale-2");
	RUST_OUT("lines-3");
	RUST_OVER("lines-4");
	RUST_OVER("lines-5");
	debuggee_end(&d);
}

Test(step, over_a_call_that_panics_ends_where_it_is_caught)
{
	struct debuggee d = {0};
	pid_t tid = run_to(&d, rust_steps(), "panic", STEPS_RS, "panics");
	RUST_OVER("catch");
	RUST_OVER("caught");
	debuggee_end(&d);
}

Test(step, over_a_panic_that_a_callee_catches_goes_on)
{
	struct debuggee d = {0};
	pid_t tid = run_to(&d, rust_steps(), "panic", STEPS_RS, "catches");
	RUST_OVER("behind");
	debuggee_end(&d);
}
