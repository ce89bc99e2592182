// Two tasks that hold what the other waits for: found from the guards that their futures keep, and told.
#include "tests/tokio/run.h"
#include "tokio/waits.h"

#define SOURCE "tests/fixtures/hung/src/main.rs"

static const struct expected expectations[] = {
    {"::first", {"first"}, "waits for a Mutex"},
    {"::second", {"second"}, "waits for a Mutex"},
    {"::behind", {"behind"}, "waits for a Mutex"},
    {"::waits_for", {"waits_for"}, "to finish (hung::behind, idle at src/main.rs:"},
};

static bool at_rest(const struct tk_snapshot *snapshot)
{
	bool rest = snapshot->n_tasks == 7;
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		rest &= snapshot->tasks[i].state == TK_IDLE;
	return rest;
}

static bool many_at_rest(const struct tk_snapshot *snapshot)
{
	size_t idle = 0;
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		idle += snapshot->tasks[i].state == TK_IDLE;
	return idle == 19;
}

static const struct tk_wait *wait_of(struct run *run, const struct tk_waits *waits, const char *root)
{
	const struct tk_task *task = run_task(run, root);
	for (size_t i = 0; i < waits->n; i++)
		if (waits->items[i].waiter == (size_t)(task - run->snapshot->tasks))
			return &waits->items[i];
	cr_assert_fail("%s waits for nothing", root);
	return NULL;
}

static void check_holder(struct run *run, const struct tk_waits *waits, const char *waiter, const char *holder)
{
	const struct tk_wait *wait = wait_of(run, waits, waiter);
	cr_assert_eq(wait->n_holders, 1, "%s: %zu holders", waiter, wait->n_holders);
	cr_assert_eq(wait->holders[0], (size_t)(run_task(run, holder) - run->snapshot->tasks), "%s waits for another than %s", waiter,
	             holder);
}

Test(deadlock, is_told_step_by_step)
{
	struct run run = {.source = SOURCE, .at_rest = at_rest};
	run_start(&run, "debug/hung");
	for (size_t i = 0; i < ARRAY_LEN(expectations); i++)
		run_check(&run, &expectations[i]);
	struct tk_waits *waits = tk_waits_find(run.snapshot, &run.d.arena);
	check_holder(&run, waits, "::first", "::second");
	check_holder(&run, waits, "::second", "::first");
	check_holder(&run, waits, "::behind", "::first");
	check_holder(&run, waits, "::waits_for", "::behind");
	struct tk_deadlock *deadlocks;
	cr_assert_eq(tk_deadlocks_find(waits, &run.d.arena, &deadlocks), 1);
	cr_assert_eq(deadlocks[0].n, 2);
	size_t found;
	struct str text = tk_text_deadlocks(run.snapshot, &run.d.arena, (struct tk_text){0}, &found);
	cr_assert_eq(found, 1);
	cr_assert(str_starts(text, STR("Deadlock of 2:\n")), "%.*s", STRF(text));
	cr_assert(str_find(text, STR("holds as `from` in hung::second")) > 0, "%.*s", STRF(text));
	run_end(&run);
}

// Locks that nobody holds for ever, and a lock whose holder is no suspended task's: no cycle is made up.
Test(deadlock, is_not_seen_where_there_is_none)
{
	struct run run = {.source = "tests/fixtures/waits/src/main.rs", .at_rest = many_at_rest};
	run_start(&run, "debug/waits");
	size_t found;
	struct str text = tk_text_deadlocks(run.snapshot, &run.d.arena, (struct tk_text){0}, &found);
	cr_assert_eq(found, 0, "%.*s", STRF(text));
	cr_assert(str_starts(text, STR("no deadlock is seen")), "%.*s", STRF(text));
	run_end(&run);
}
