// Futures that hold several others: all that are still to be done are shown, under labels that name the construct.
#include "tests/tokio/run.h"

#define SOURCE "tests/fixtures/trees/src/main.rs"

static const struct {
	struct expected expected;
	const char *label; // of the last branch, NULL: there is but one
} trees[] = {
    {{"::joins_futures", {"sleeps", "tries", "joins_futures"}, "sleeps: "}, "branch 2 of 2, join! "},
    {{"::tries_to_join", {"tries", "tries", "tries_to_join"}, "sleeps: "}, "branch 2 of 2, join! or try_join!"},
    {{"::selects_futures", {"sleeps", "tries", "selects_futures"}, "sleeps: "}, "branch 2 of 2, select"},
    {{"::joins_few", {"sleeps", "sleeps", "sleeps", "joins_few"}, "sleeps: "}, "branch 3 of 3, join_all"},
    {{"::unordered", {"sleeps", "sleeps", "sleeps", "unordered"}, "sleeps: "}, "branch 3 of 3, FuturesUnordered"},
    {{"::ordered", {"sleeps", "sleeps", "sleeps", "ordered"}, "sleeps: "}, "branch 3 of 3, FuturesOrdered"},
    {{"::buffers", {"sleeps", "sleeps", "buffers"}, "sleeps: "}, "branch 2 of 2, buffered"},
    {{"::buffers_unordered", {"sleeps", "sleeps", "buffers_unordered"}, "sleeps: "}, "branch 2 of 2, buffer_unordered"},
    {{"::joins_set", {"joins_set"}, "(trees::sleeps, idle at src/main.rs:"}, "branch 2 of 2, JoinSet"},
    {{"::shares", {"sleeps", "shares"}, "sleeps: "}, NULL},
    {{"::shares_twice", {"sleeps", "shares_twice"}, "sleeps: "}, "branch 2 of 2, join!"},
    {{"::maps", {"sleeps", "maps"}, "sleeps: "}, NULL},
    {{"::chains", {"sleeps", "chains"}, "sleeps: "}, NULL},
    {{"::second_of_chain", {"tries", "second_of_chain"}, "sleeps: "}, NULL},
    {{"::fuses", {"sleeps", "fuses"}, "sleeps: "}, NULL},
    {{"::optional", {"sleeps", "optional"}, "sleeps: "}, NULL},
    {{"::one_is_done", {"sleeps", "one_is_done"}, "sleeps: "}, "branch 2 of 2, join!"},
    {{"::calls_service", {"sleeps", "Server::call=service", "calls_service"}, "sleeps: "}, NULL},
    {{"::by_mut", {"sleeps", "by_mut"}, "sleeps: "}, NULL},
    {{"::by_pin_mut", {"sleeps", "by_pin_mut"}, "sleeps: "}, NULL},
    {{"::instrumented", {"sleeps", "instrumented"}, "sleeps: "}, NULL},
    {{"::tracked", {"tracked"}, "waits for 3 tasks of a TaskTracker to end"}, NULL},
    {{"::tracks", {"sleeps", "tracks"}, "sleeps: "}, NULL},
    {{"::tries_many", {"tries", "tries", "tries", "tries_many"}, "sleeps: "}, "branch 3 of 3, try_join_all"},
    {{"::tokio_try_join", {"tries", "tries", "tokio_try_join"}, "sleeps: "}, "branch 2 of 2, try_join! "},
    {{"::tokio_join", {"sleeps", "tries", "sleeps", "tokio_join"}, "sleeps: "}, "branch 3 of 3, join! "},
    {{"::tokio_select", {"sleeps", "tries", "tokio_select"}, "sleeps: "}, "branch 2 of 2, select! "},
    {{"::futures_select", {"sleeps", "tries", "futures_select"}, "sleeps: "}, "branch 2 of 2, select! or poll_fn"},
    {{"::selects_all", {"sleeps", "sleeps", "sleeps", "selects_all"}, "sleeps: "}, "branch 3 of 3, select_all"},
    {{"::either", {"sleeps", "either"}, "sleeps: "}, NULL},
    {{"::async_closure", {"sleeps", "{async_closure#0}=closure", "async_closure"}, "sleeps: "}, NULL},
    {{"::box_dyn", {"sleeps", "box_dyn"}, "sleeps: "}, NULL},
    {{"::boxed_future", {"sleeps", "boxed_future"}, "sleeps: "}, NULL},
    {{"::poll_fn_of", {"sleeps", "poll_fn_of"}, "sleeps: "}, NULL},
    {{"::by_hand", {"sleeps", "tries", "by_hand"}, "sleeps: "}, "branch 2 of 2, Both"},
    {{"::by_hand_in_vec", {"sleeps", "sleeps", "sleeps", "by_hand_in_vec"}, "sleeps: "}, "branch 3 of 3, All"},
    {{"::for_each", {"sleeps", "{async_block#0}=each", "for_each"}, "sleeps: "}, NULL},
    {{"::for_each_concurrent",
      {"sleeps", "{async_block#0}=each_concurrent", "sleeps", "{async_block#0}=each_concurrent", "for_each_concurrent"},
      "sleeps: "},
     "branch 2 of 2, for_each_concurrent"},
    {{"::tokio_stream", {"sleeps", "{async_block#0}=numbers", "tokio_stream"}, "sleeps: "}, NULL},
    {{"::reads_stream", {"sleeps", "{async_block#0}=numbers", "reads_stream"}, "sleeps: "}, NULL},
};

static bool at_rest(const struct tk_snapshot *snapshot)
{
	size_t idle = 0;
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		idle += snapshot->tasks[i].state == TK_IDLE;
	size_t all = 47u - (run_has("tracker") ? 0 : 4) - (run_has("async-closures") ? 0 : 1) - (run_has("poll-fn") ? 0 : 1);
	return idle == all && snapshot->n_tasks == all;
}

static size_t rows_of(struct run *run, const char *root, struct dbg_row **rows)
{
	return tk_task_rows(run->snapshot, (size_t)(run_task(run, root) - run->snapshot->tasks), &run->d.arena, rows);
}

static size_t count_rows(struct run *run, const char *root, const char *text)
{
	struct dbg_row *rows;
	size_t n = rows_of(run, root, &rows), found = 0;
	for (size_t i = 0; i < n; i++)
		found += str_find(rows[i].text, str_of(text)) >= 0;
	return found;
}

static void check_all(const char *program)
{
	struct run run = {.source = SOURCE, .at_rest = at_rest};
	run_start(&run, program);
	for (size_t i = 0; i < ARRAY_LEN(trees); i++) {
		if (!run_has_task(trees[i].expected.root))
			continue;
		run_check(&run, &trees[i].expected);
		size_t labels = count_rows(&run, trees[i].expected.root, "branch ");
		if (trees[i].label)
			cr_assert_eq(count_rows(&run, trees[i].expected.root, trees[i].label), 1, "%s: no label `%s`", trees[i].expected.root,
			             trees[i].label);
		else
			cr_assert_eq(labels, 0, "%s has %zu labels", trees[i].expected.root, labels);
	}
	cr_assert_eq(count_rows(&run, "::one_is_done", "done"), 3); // the fn's own name, and the branch that is
	cr_assert_eq(count_rows(&run, "::shares_twice", "what it waits for is shown above"), 1);
	cr_assert_eq(count_rows(&run, "::joins_many", "trees::sleeps"), 40);
	cr_assert_eq(count_rows(&run, "::joins_many", " of 40, join_all"), 40);
	cr_assert_eq(count_rows(&run, "::tries_very_many", " of 40, try_join_all"), 40);
	cr_assert_eq(count_rows(&run, "::deep::{async_block#0}", "::deep::{async_block#0}"), 1001);
	// tokio-stream as it is used here is generic, so that the program has no unit of that crate.
	struct dbg_row *rows;
	size_t n = rows_of(&run, "::tokio_stream", &rows), nexts = 0;
	for (size_t i = 0; i < n; i++)
		if (str_starts(rows[i].text, STR("Next<"))) {
			cr_assert(rows[i].subtle, "%.*s is told as the user's own", STRF(rows[i].text));
			nexts++;
		}
	cr_assert_eq(nexts, 1);
	run_check_none_kept(&run);
	run_end(&run);
}

Test(trees, every_branch_under_its_construct)
{
	check_all("debug/trees");
}
Test(trees, in_release)
{
	check_all("release/trees");
}

static size_t count_frames(const struct dbg_row *rows, size_t n)
{
	size_t found = 0;
	for (size_t i = 0; i < n; i++)
		found += str_ends(rows[i].text, STR("::deep_and_running::{async_block#0}")) && rows[i].place.line != 0;
	return found;
}

// Futures that are being polled 1,000 deep, by a worker and by a thread in block_on: their machine stacks are whole.
Test(trees, that_run_1000_deep)
{
	struct debuggee d = {0};
	struct tk_snapshot *snapshot;
	struct dbg_row *rows;
	debuggee_launch(&d, fixture_rust("trees"), FIXTURE_ARGS("running"));
	break_function(&d, "trees::tick"); // tokio has a tick of its own
	struct tk_reader *reader = tk_reader_new(d.target);
	bool found = false;
	for (int i = 0; i < 100 && !found; i++) { // until both have come to the bottom
		debuggee_continue(&d);
		cr_assert_eq(debuggee_wait_stop(&d).stop, DBG_STOP_BREAKPOINT);
		must(tk_snapshot_take(reader, &d.arena, &snapshot));
		cr_assert_eq(snapshot->n_tasks, 1);
		size_t n = tk_task_rows(snapshot, 0, &d.arena, &rows);
		if (snapshot->tasks[0].state != TK_RUNNING || count_frames(rows, n) != 1001)
			continue;
		for (size_t k = 0; k < snapshot->n_threads; k++) {
			n = tk_thread_rows(snapshot, k, &d.arena, &rows);
			found |= snapshot->threads[k].blocks_on && count_frames(rows, n) == 1001;
		}
	}
	cr_assert(found);
	tk_reader_free(reader);
	debuggee_end(&d);
}
