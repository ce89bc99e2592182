// Steps that stay with a task: four workers, many tasks in the same async fns; each step is compared with the order
// of the lines in the source. CTest runs them on optimised code, too (STACKFUL_TEST_PROFILE=release): there a mark that
// begins with a question mark may be passed over, since the compiler has left no row of that line.

#include <stdio.h>
#include <sys/wait.h>

#include <debuggee.h>

#include "engine/coroutine.h"
#include "tokio/snapshot.h"

#define SOURCE "tests/fixtures/task-steps/src/main.rs"

struct walk {
	struct debuggee d;
	pid_t tid;  // where the task is
	u64 future; // that is stepped
	struct dbg_event last;
	struct dbg_follow follow;
	enum dbg_step last_kind;
	bool ahead; // the last step went past an optional mark: it is compared with the next one
};

static void look(struct walk *walk)
{
	struct dbg_regs regs;
	struct dbg_coroutine_body *bodies;
	struct dbg_frame *frames;
	struct str note;
	bool whole;
	must(dbg_thread_regs(walk->d.target, walk->tid, &regs));
	walk->future = 0;
	size_t n = dbg_coroutine_bodies_at(walk->d.modules, &walk->d.arena, dbg_regs_pc(&regs), &bodies);
	if (!n)
		return;
	cr_assert(dbg_unwind(walk->d.target, &walk->d.arena, walk->tid, 1, &frames, &whole, &note));
	walk->future = dbg_coroutine_polled(dbg_target_space(walk->d.target), bodies, n, &regs, frames[0].cfa);
}

static void begin(struct walk *walk, const char *part, const char *tasks, const char *mark)
{
	const char *other = getenv("STACKFUL_TEST_TOKIO"); // "1-40": with that release
	char name[32];
	snprintf(name, sizeof(name), "task-steps%s%s", other ? "-" : "", other ? other : "");
	const char *built = getenv("STACKFUL_PROGRAM"); // another build of the fixture: tests/matrix
	const char *program = built ? built : fixture_rust(name);
	if (!program)
		cr_skip_test("the fixture `task-steps` is not built: ./dev test does it");
	*walk = (struct walk){0};
	walk->follow.n_roots = tk_task_pollers(&walk->follow.roots);
	debuggee_launch(&walk->d, program, FIXTURE_ARGS(part, tasks));
	u32 id = break_mark(&walk->d, SOURCE, mark);
	debuggee_continue(&walk->d);
	struct dbg_event event = debuggee_wait_stop(&walk->d);
	cr_assert_eq(event.stop, DBG_STOP_BREAKPOINT);
	walk->tid = event.tid;
	cr_assert_eq(debuggee_line(&walk->d, walk->tid), mark_line(SOURCE, mark));
	dbg_breakpoint_remove(walk->d.target, id);
	look(walk);
	cr_assert_neq(walk->future, 0);
}

static void step(struct walk *walk, enum dbg_step kind)
{
	must(dbg_target_step_following(walk->d.target, walk->tid, kind, DBG_BY_LINE, &walk->follow));
	walk->last = debuggee_wait_stop(&walk->d);
	cr_assert_eq(walk->last.kind, DBG_EVENT_STOPPED, "the program has ended");
	cr_assert_eq(walk->last.stop, DBG_STOP_STEP, "stopped by %d: %.*s", walk->last.stop, STRF(walk->last.text));
	walk->tid = walk->last.tid;
}

static bool is_optimised(void)
{
	return getenv("STACKFUL_TEST_PROFILE") != NULL;
}

static void arrives(struct walk *walk, enum dbg_step kind, const char *mark)
{
	bool optional = *mark == '?' && is_optimised(), was_ahead = walk->ahead;
	mark += *mark == '?';
	u32 wanted = mark_line(SOURCE, mark);
	if (!was_ahead || (kind != walk->last_kind && debuggee_line(&walk->d, walk->tid) != wanted))
		step(walk, kind);
	walk->last_kind = kind;
	u32 line = debuggee_line(&walk->d, walk->tid);
	walk->ahead = optional && (line != wanted || walk->last.step_end != DBG_STEP_ARRIVED);
	if (walk->ahead)
		return;
	cr_assert_eq(walk->last.step_end, DBG_STEP_ARRIVED, "%s: the future is gone (%d)", mark, walk->last.step_end);
	struct dbg_regs regs;
	must(dbg_thread_regs(walk->d.target, walk->tid, &regs));
	cr_assert_eq(line, wanted, "%s is line %u; stopped at %u (0x%llx)", mark, wanted, line,
	             (unsigned long long)dbg_regs_pc(&regs));
}

#define OVER(mark) arrives(&walk, DBG_STEP_OVER, mark)
#define IN(mark)   arrives(&walk, DBG_STEP_IN, mark)
#define OUT(mark)  arrives(&walk, DBG_STEP_OUT, mark)

static void ends(struct walk *walk, enum dbg_step kind, enum dbg_step_end end)
{
	if (!walk->ahead)
		step(walk, kind);
	walk->ahead = false;
	cr_assert_eq(walk->last.step_end, end, "ended by %d at line %u", walk->last.step_end, debuggee_line(&walk->d, walk->tid));
}

// ---- over ------------------------------------------------------------------------------------------

static const char *const one_round[] = {"?loop", "price",  "sum",  "yield",   "sleep",  "ready",    "for",  "boxed",
                                        "?for",  "?boxed", "?for", "timeout", "unwrap", "question", "join", "round-end"};

static void goes_round(const char *tasks, unsigned rounds, bool watch)
{
	struct walk walk;
	begin(&walk, "rounds", tasks, "start");
	dbg_target_allow_watch(walk.d.target, watch);
	u64 future = walk.future;
	for (unsigned round = 0; round < rounds; round++) {
		for (size_t i = 0; i < ARRAY_LEN(one_round); i++) {
			OVER(one_round[i]);
			look(&walk);
			cr_assert_eq(walk.future, future, "round %u, %s: another task", round, one_round[i]);
		}
	}
	debuggee_end(&walk.d);
}

Test(task_step, over_every_await_stays_with_the_task)
{
	goes_round("1", 4, true);
}

Test(task_step, over_every_await_stays_with_the_task_among_forty)
{
	goes_round("40", 25, true); // 400 steps
}

Test(task_step, over_every_await_stays_with_the_task_among_a_thousand)
{
	goes_round("1000", 63, true);
}

Test(task_step, over_every_await_stays_with_the_task_without_a_watch)
{
	goes_round("20", 15, false); // 240 steps
}

Test(task_step, over_the_end_goes_to_who_awaits)
{
	struct walk walk;
	begin(&walk, "short", "8", "price-1");
	OVER("price-2");
	OVER("price-3");
	OVER("?price-end");
	OVER("short-1"); // in the middle of its await
	OVER("?short-2");
	OVER("?short-end");
	ends(&walk, DBG_STEP_OVER, DBG_STEP_COMPLETED);
	debuggee_end(&walk.d);
}

Test(task_step, over_two_awaits_on_a_line_and_code_that_gives_up_its_worker)
{
	struct walk walk;
	begin(&walk, "blocks", "12", "blocks-1");
	OVER("blocks-2");
	OVER("blocks-3");
	OVER("two-awaits");
	OVER("blocks-for");
	OVER("blocks-question");
	OVER("?blocks-for");
	OVER("?blocks-question");
	OVER("?blocks-for");
	OVER("blocks-end");
	debuggee_end(&walk.d);
}

Test(task_step, into_the_second_await_of_a_line)
{
	struct walk walk;
	begin(&walk, "blocks", "12", "two-awaits");
	IN("price-1");
	OUT("two-awaits");
	IN("price-1");
	OVER("price-2");
	OUT("two-awaits");
	OVER("blocks-for");
	debuggee_end(&walk.d);
}

Test(task_step, on_one_thread_and_in_a_local_set)
{
	struct walk walk;
	begin(&walk, "local", "8", "price-1");
	u64 future = walk.future;
	OVER("price-2");
	look(&walk);
	cr_assert_eq(walk.future, future);
	OVER("price-3");
	OVER("?price-end");
	OVER("short-1");
	OVER("?short-2");
	OVER("?short-end");
	ends(&walk, DBG_STEP_OVER, DBG_STEP_COMPLETED);
	debuggee_end(&walk.d);
}

Test(task_step, over_a_question_mark_that_leaves)
{
	struct walk walk;
	begin(&walk, "fails", "1", "question-1");
	OVER("question-2");
	debuggee_end(&walk.d);
}

Test(task_step, over_an_await_of_several_lines_does_not_go_back)
{
	struct walk walk;
	begin(&walk, "lines", "5", "lines-1");
	OVER("lines-2");
	OVER("lines-3");
	OVER("?lines-4");
	OVER("?lines-2"); // the binding
	OVER("lines-5");
	OVER("lines-6");
	OVER("lines-7");
	for (int turn = 0; turn < 2; turn++) {
		OVER("?lines-8");
		OVER("lines-9");
		OVER("lines-10");
		OVER("lines-7");
	}
	OVER("?lines-8");
	OVER("lines-9");
	OVER("lines-11");
	debuggee_end(&walk.d);
}

Test(task_step, over_a_select_visits_its_branches_and_the_handler)
{
	struct walk walk;
	begin(&walk, "selects", "20", "select-start");
	OVER("select");
	OVER("?select-price");
	OVER("?select-gone");
	OVER("?select"); // where the branches are polled
	OVER("?select-price");
	OVER("select-handler");
	OVER("?select");
	OVER("select-behind");
	debuggee_end(&walk.d);
}

Test(task_step, of_a_branch_that_select_drops_tells_so)
{
	struct walk walk;
	begin(&walk, "selects", "40", "gone-2");
	ends(&walk, DBG_STEP_OVER, DBG_STEP_CANCELLED);
	debuggee_end(&walk.d);
}

Test(task_step, over_the_root_of_block_on)
{
	struct walk walk;
	begin(&walk, "root", "1", "root-1");
	OVER("root-2");
	debuggee_end(&walk.d);
}

// ---- in and out ------------------------------------------------------------------------------------

Test(task_step, in_enters_the_body_of_what_is_awaited)
{
	struct walk walk;
	begin(&walk, "rounds", "12", "price");
	IN("price-1");
	IN("price-2"); // yield_now is library code
	OUT("price");
	OVER("sum");
	OVER("yield");
	OVER("sleep");
	IN("ready"); // as is sleep
	IN("at-once");
	OUT("?ready");
	OVER("for");
	debuggee_end(&walk.d);
}

Test(task_step, in_goes_through_boxes_and_library_futures)
{
	struct walk walk;
	begin(&walk, "rounds", "12", "boxed");
	if (!is_optimised()) { // the fn that makes it is inlined there
		IN("boxed-fn");
		OUT("boxed");
	}
	IN("boxed-1");
	OVER("?boxed-2");
	OUT("boxed");
	debuggee_end(&walk.d);
	begin(&walk, "rounds", "12", "timeout");
	IN("price-1");
	OVER("price-2");
	OUT("timeout");
	OVER("unwrap");
	debuggee_end(&walk.d);
}

Test(task_step, in_stops_in_library_code_where_that_is_wanted)
{
	struct walk walk;
	struct dbg_regs regs;
	struct dbg_line_row row;
	begin(&walk, "rounds", "12", "sleep");
	walk.follow.into_libraries = true;
	step(&walk, DBG_STEP_IN);
	must(dbg_thread_regs(walk.d.target, walk.tid, &regs));
	cr_assert(dbg_line_at(walk.d.modules, dbg_regs_pc(&regs), &row) && dbg_place_is_library(row.place));
	for (int i = 0; i < 4 && debuggee_line(&walk.d, walk.tid) != mark_line(SOURCE, "sleep"); i++)
		step(&walk, DBG_STEP_OUT); // inlined functions are left one by one
	cr_assert_eq(debuggee_line(&walk.d, walk.tid), mark_line(SOURCE, "sleep"));
	debuggee_end(&walk.d);
}

Test(task_step, out_waits_over_suspensions)
{
	struct walk walk;
	begin(&walk, "rounds", "40", "price-1");
	step(&walk, DBG_STEP_OUT);
	look(&walk);
	debuggee_end(&walk.d);
	begin(&walk, "short", "40", "short-1");
	ends(&walk, DBG_STEP_OUT, DBG_STEP_COMPLETED);
	debuggee_end(&walk.d);
}

Test(task_step, of_a_recursion_stays_in_its_future)
{
	struct walk walk;
	if (is_optimised())
		cr_skip_test("the only rows of `boxed-deeper` are those that each resume passes, too");
	begin(&walk, "rounds", "12", "boxed-deeper");
	u64 future = walk.future;
	IN("boxed-fn");
	OUT("boxed-deeper");
	IN("boxed-1");
	look(&walk);
	cr_assert_neq(walk.future, future);
	OVER("boxed-2");
	OVER("boxed-bottom");
	OUT("boxed-deeper");
	look(&walk);
	cr_assert_eq(walk.future, future);
	OVER("boxed-end");
	OVER("boxed");
	debuggee_end(&walk.d);
}

// ---- other ends ------------------------------------------------------------------------------------

Test(task_step, of_a_cancelled_task_tells_so)
{
	struct walk walk;
	begin(&walk, "cancelled", "1", "cancelled-1");
	OVER("cancelled-2");
	ends(&walk, DBG_STEP_OVER, DBG_STEP_CANCELLED);
	cr_assert_eq(walk.last.future, walk.future);
	debuggee_end(&walk.d);
}

Test(task_step, of_a_cancelled_task_tells_so_without_a_watch)
{
	struct walk walk;
	if (is_optimised())
		cr_skip_test("what drops the future is inlined: only a watch sees it");
	begin(&walk, "cancelled", "1", "cancelled-1");
	dbg_target_allow_watch(walk.d.target, false);
	OVER("cancelled-2");
	ends(&walk, DBG_STEP_OVER, DBG_STEP_CANCELLED);
	debuggee_end(&walk.d);
}

// What is watched is dropped later: a thread that still had a debug register set would be killed by its trap.
Test(task_step, under_way_leaves_nothing_behind_when_the_process_is_let_go)
{
	struct walk walk;
	int status;
	begin(&walk, "cancelled", "1", "cancelled-1");
	OVER("cancelled-2");
	must(dbg_target_step_following(walk.d.target, walk.tid, DBG_STEP_OVER, DBG_BY_LINE, &walk.follow));
	debuggee_pump(&walk.d, 10);
	pid_t pid = dbg_target_pid(walk.d.target);
	must(dbg_target_detach(walk.d.target, false));
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "ended with status 0x%x", status);
	debuggee_end(&walk.d);
}

Test(task_step, over_a_panic_tells_so)
{
	struct walk walk;
	begin(&walk, "panics", "1", "panics-1");
	OVER("?panics-2");
	OVER("panics-3");
	ends(&walk, DBG_STEP_OVER, DBG_STEP_PANICKED);
	debuggee_end(&walk.d);
}

// ---- tasks that no thread polls ----------------------------------------------------------------------

// A task that sleeps while another one is stopped elsewhere.
Test(task_step, of_an_idle_task_awaits_its_next_poll)
{
	struct walk walk;
	struct dbg_coroutine_body body;
	struct dbg_regs regs;
	begin(&walk, "rounds", "40", "sleep");
	must(dbg_thread_regs(walk.d.target, walk.tid, &regs));
	cr_assert(dbg_coroutine_body_at(walk.d.modules, dbg_regs_pc(&regs), &body));
	struct dbg_value future = dbg_value_at(dbg_target_space(walk.d.target), body.env, walk.future);
	u32 other = break_mark(&walk.d, SOURCE, "yield");
	u64 stopped;
	do { // until another task is there
		debuggee_continue(&walk.d);
		cr_assert_eq(debuggee_wait_stop(&walk.d).stop, DBG_STOP_BREAKPOINT);
		u64 state;
		enum dbg_coroutine_state what;
		cr_assert(dbg_coroutine_state(future.space, &body, future.addr, &state, &what));
		stopped =
		    what == DBG_COROUTINE_SUSPENDED && dbg_coroutine_await_place(body.env, state).line == mark_line(SOURCE, "sleep");
	} while (!stopped);
	dbg_breakpoint_remove(walk.d.target, other);
	must(dbg_target_step_suspended(walk.d.target, future, DBG_STEP_OVER, &walk.follow));
	walk.last = debuggee_wait_stop(&walk.d);
	walk.tid = walk.last.tid;
	cr_assert_eq(walk.last.stop, DBG_STOP_STEP);
	cr_assert_eq(walk.last.future, future.addr);
	cr_assert_eq(debuggee_line(&walk.d, walk.tid), mark_line(SOURCE, "ready"));
	OVER("for");
	debuggee_end(&walk.d);
}

Test(task_step, that_a_breakpoint_cuts_short_can_go_on)
{
	enum { TRIES = 100 };
	struct walk walk;
	u64 future;
	u32 other;
	// Another task has to come to its breakpoint while this one sleeps; where it does not, the step just ends.
	for (int i = 0;; i++) {
		cr_assert_lt(i, TRIES, "no other task came to its breakpoint during a step");
		begin(&walk, "rounds", "12", "sleep");
		future = walk.future;
		other = break_mark(&walk.d, SOURCE, "price-2");
		must(dbg_target_step_following(walk.d.target, walk.tid, DBG_STEP_OVER, DBG_BY_LINE, &walk.follow));
		walk.last = debuggee_wait_stop(&walk.d);
		if (walk.last.stop == DBG_STOP_BREAKPOINT)
			break;
		cr_assert_eq(walk.last.stop, DBG_STOP_STEP);
		cr_assert_eq(debuggee_line(&walk.d, walk.last.tid), mark_line(SOURCE, "ready"));
		debuggee_end(&walk.d);
	}
	cr_assert(dbg_target_has_step(walk.d.target));
	dbg_breakpoint_remove(walk.d.target, other);
	must(dbg_target_pass_over(walk.d.target));
	walk.last = debuggee_wait_stop(&walk.d);
	walk.tid = walk.last.tid;
	cr_assert_eq(walk.last.stop, DBG_STOP_STEP);
	cr_assert_eq(debuggee_line(&walk.d, walk.tid), mark_line(SOURCE, "ready"));
	look(&walk);
	cr_assert_eq(walk.future, future);
	debuggee_end(&walk.d);
}
