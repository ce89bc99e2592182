// Futures that were begun and that nothing polls any more are told as such; others that look so are not.
#include "tests/tokio/run.h"
#include "tokio/waits.h"

#define SOURCE "tests/fixtures/kept/src/main.rs"

static const struct {
	struct expected expected; // what is kept comes behind what is awaited
	const char *label;        // NULL: nothing is kept
	size_t n;                 // rows with that label
} tasks[] = {
    {{"::pinned", {"sleeps", "tries", "pinned"}, "not polled: sleeps: "}, "── kept in `fut`, not polled here ──", 1},
    {{"::pinned_by_macro", {"sleeps", "tries", "pinned_by_macro"}, NULL}, "── kept in `fut`, not polled here ──", 1},
    {{"::boxed", {"sleeps", "tries", "boxed"}, NULL}, "── kept in `fut`, not polled here ──", 1},
    {{"::lends", {"sleeps", "tries", "helps", "lends"}, NULL}, "── kept in `fut`, not polled here ──", 1},
    {{"::optional", {"sleeps", "tries", "optional"}, NULL}, "── kept in `fut`, not polled here ──", 1},
    {{"::many", {"sleeps", "tries", "tries", "tries", "many"}, NULL}, "── kept in `all`, not polled here ──", 3},
    {{"::wrapped", {"sleeps", "tries", "wrapped"}, NULL}, "── kept in `fut`, not polled here ──", 1},
    {{"::disabled", {"tries", "disabled"}, NULL}, "── branch 1 of 3, select!: disabled, not polled here ──", 1},
    {{"::still_polled", {"tries", "still_polled"}, NULL}, NULL, 0},
    {{"::not_begun", {"sleeps", "not_begun"}, NULL}, NULL, 0},
    {{"::finished", {"sleeps", "finished"}, NULL}, NULL, 0},
    {{"::awaited_later", {"tries", "awaited_later"}, NULL}, NULL, 0},
    {{"::dropped", {"sleeps", "dropped"}, NULL}, NULL, 0},
    {{"::dropped_dyn", {"sleeps", "dropped_dyn"}, NULL}, NULL, 0},
    {{"::dropped_large", {"sleeps", "dropped_large"}, NULL}, NULL, 0},
    {{"::kept_large", {"sleeps", "large", "kept_large"}, NULL}, "── kept in `fut`, not polled here ──", 1},
    {{"::dropped_small", {"sleeps", "dropped_small"}, NULL}, NULL, 0},
    {{"::kept_small", {"sleeps", "pends", "kept_small"}, NULL}, "── kept in `fut`, not polled here ──", 1},
    {{"::given_away", {"sleeps", "given_away"}, NULL}, NULL, 0},
    {{"::reused", {"sleeps", "reused"}, NULL}, NULL, 0},
    {{"::cut_up", {"sleeps", "cut_up"}, NULL}, NULL, 0},
    {{"::futurelock", {"locks", "locks", "futurelock"}, "waits for a Mutex, its turn has come"},
     "── kept in `first`, not polled here ──",
     1},
};

static bool at_rest(const struct tk_snapshot *snapshot)
{
	size_t idle = 0;
	bool over = true; // it waits for all others
	for (size_t i = 0; i < snapshot->n_tasks; i++) {
		idle += snapshot->tasks[i].state == TK_IDLE;
		over &= !str_ends(snapshot->tasks[i].name, STR("::holds_for_a_while"));
	}
	return over && idle == 24 && snapshot->n_tasks == 24;
}

static size_t index_of(struct run *run, const char *root)
{
	return (size_t)(run_task(run, root) - run->snapshot->tasks);
}

static size_t count_rows(struct run *run, const char *root, const char *text)
{
	struct dbg_row *rows;
	size_t n = tk_task_rows(run->snapshot, index_of(run, root), &run->d.arena, &rows), found = 0;
	for (size_t i = 0; i < n; i++)
		found += str_find(rows[i].text, str_of(text)) >= 0;
	return found;
}

// The machine's flag stands at the label and at all below it, and nowhere else.
static void check_flags(struct run *run, const char *root, size_t labels)
{
	struct tk_await *awaits;
	size_t n = tk_task_awaits(run->snapshot, index_of(run, root), &run->d.arena, &awaits), kept = 0;
	for (size_t i = 0; i < n; i++) {
		bool label = str_find(awaits[i].name, STR("not polled here")) >= 0;
		bool below = i > 0 && awaits[i - 1].kept && awaits[i].depth > awaits[i - 1].depth;
		cr_assert_eq(awaits[i].kept, label || below, "%s: row %zu, %.*s", root, i, STRF(awaits[i].name));
		kept += label;
	}
	cr_assert_eq(kept, labels, "%s: %zu labels", root, kept);
}

static void check_futurelock(struct run *run)
{
	struct tk_deadlock *deadlocks;
	size_t task = index_of(run, "::futurelock");
	const struct tk_waits *waits = tk_waits_find(run->snapshot);
	cr_assert_eq(tk_deadlocks_find(waits, &run->d.arena, &deadlocks), 1);
	cr_assert_eq(deadlocks[0].n, 1);
	const struct tk_wait *wait = deadlocks[0].waits[0];
	cr_assert(wait->waiter == task && wait->holders[0].party == task && !wait->kept);
	cr_assert_eq(wait->at.line, mark_line(run->source, "locks"));
	struct str how = wait->holders[0].how, line = str_printf(&run->d.arena, "main.rs:%u", mark_line(run->source, "locks"));
	cr_assert(str_find(how, STR("kept in `first`")) >= 0, "%.*s", STRF(how));
	cr_assert(str_ends(how, line), "%.*s", STRF(how)); // where the one that is kept is suspended
}

// Of what was in a Box only glibc's allocator tells whether it is still there: with another that is said (the matrix's
// musl builds, which lack the "heap").
static bool is_boxed(const char *root)
{
	static const char *const roots[] = {"::boxed",         "::lends",      "::optional",      "::dropped",    "::dropped_dyn",
	                                    "::dropped_large", "::kept_large", "::dropped_small", "::kept_small", "::given_away",
	                                    "::reused",        "::cut_up",     "::futurelock"};
	for (size_t i = 0; i < ARRAY_LEN(roots); i++)
		if (!strcmp(root, roots[i]))
			return true;
	return false;
}

static void check_without_heap(struct run *run)
{
	struct tk_deadlock *deadlocks;
	const char *label = "── kept in `fut` unless its Box was dropped, which is not known, not polled here ──";
	cr_assert_eq(count_rows(run, "::boxed", label), 1);
	cr_assert_eq(count_rows(run, "::kept_large", label), 1);
	const struct tk_waits *waits = tk_waits_find(run->snapshot);
	cr_assert_eq(tk_deadlocks_find(waits, &run->d.arena, &deadlocks), 0); // what may be gone holds nothing
}

static void check_all(const char *program)
{
	struct run run = {.source = SOURCE, .at_rest = at_rest};
	run_start(&run, program);
	for (size_t i = 0; i < ARRAY_LEN(tasks); i++) {
		if (!run_has("heap") && is_boxed(tasks[i].expected.root))
			continue;
		run_check(&run, &tasks[i].expected);
		const char *root = tasks[i].expected.root;
		cr_assert_eq(count_rows(&run, root, " not polled here "), tasks[i].n, "%s", root);
		cr_assert_eq(count_rows(&run, root, " awaited here "), count_rows(&run, root, " kept in ") > 0, "%s", root);
		if (tasks[i].label)
			cr_assert_eq(count_rows(&run, root, tasks[i].label), tasks[i].n, "%s: no `%s`", root, tasks[i].label);
		check_flags(&run, root, tasks[i].n);
	}
	cr_assert_eq(count_rows(&run, "::disabled", "branch 2 of 3, select!: disabled, not yet polled"), 1);
	if (run_has("heap"))
		check_futurelock(&run);
	else
		check_without_heap(&run);
	run_end(&run);
}

Test(kept, futures_that_nothing_polls)
{
	check_all("debug/kept");
}
Test(kept, in_release)
{
	check_all("release/kept");
}
