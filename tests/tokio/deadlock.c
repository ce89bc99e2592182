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
	cr_assert_eq(wait->holders[0].party, (size_t)(run_task(run, holder) - run->snapshot->tasks), "%s waits for another than %s",
	             waiter, holder);
}

Test(deadlock, is_told_step_by_step)
{
	struct run run = {.source = SOURCE, .at_rest = at_rest};
	run_start(&run, "debug/hung");
	for (size_t i = 0; i < ARRAY_LEN(expectations); i++)
		run_check(&run, &expectations[i]);
	const struct tk_waits *waits = tk_waits_find(run.snapshot);
	check_holder(&run, waits, "::first", "::second");
	check_holder(&run, waits, "::second", "::first");
	check_holder(&run, waits, "::behind", "::first");
	check_holder(&run, waits, "::waits_for", "::behind");
	struct str all = tk_text_backtrace(run.snapshot, &run.d.arena, true, (struct tk_text){0});
	cr_assert(str_find(all, STR("idle  hung::second  4 tasks wait for it\n")) > 0, "%.*s", STRF(all));
	cr_assert(str_find(all, STR("idle  hung::behind  1 task waits for it\n")) > 0, "%.*s", STRF(all));
	struct tk_deadlock *deadlocks;
	cr_assert_eq(tk_deadlocks_find(waits, &run.d.arena, &deadlocks), 1);
	cr_assert_eq(deadlocks[0].n, 2);
	size_t found;
	struct str text = tk_text_deadlocks(run.snapshot, &run.d.arena, (struct tk_text){0}, &found);
	cr_assert_eq(found, 1);
	cr_assert(str_starts(text, STR("Deadlock of 2:\n")), "%.*s", STRF(text));
	cr_assert(str_find(text, STR("has as `from` in hung::second")) > 0, "%.*s", STRF(text));
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

// ---- programs that hang, and programs that only look like it -----------------------------------------------

// Each task is where it stays: none is on its way (deadlocks::a_while) or is polled, but those that keep a thread.
static bool parts_at_rest(const struct tk_snapshot *snapshot)
{
	struct arena scratch = {0};
	bool rest = snapshot->n_tasks > 0;
	for (size_t i = 0; i < snapshot->n_tasks && rest; i++) {
		struct tk_await *awaits;
		const struct tk_task *task = &snapshot->tasks[i];
		if (task->state == TK_RUNNING && (task->blocking || str_ends(task->name, STR("::works"))))
			continue;
		rest = task->state == TK_IDLE;
		size_t n = rest ? tk_task_awaits((struct tk_snapshot *)snapshot, i, &scratch, &awaits) : 0;
		for (size_t k = 0; k < n && rest; k++)
			rest = !str_ends(awaits[k].name, STR("::a_while"));
	}
	arena_deinit(&scratch);
	return rest;
}

static struct str deadlocks_of(struct run *run, const char *program, const char *part, size_t *found)
{
	*run = (struct run){.source = "tests/fixtures/deadlocks/src/main.rs", .at_rest = parts_at_rest, .args = FIXTURE_ARGS(part)};
	run_start(run, program);
	return tk_text_deadlocks(run->snapshot, &run->d.arena, (struct tk_text){0}, found);
}

static const struct {
	const char *part, *head;
	const char *words[3];
} hangs[] = {
    {"two", "Deadlock of 2:", {"waits for a Mutex", "has as `_one` in deadlocks::hangs::takes_two"}},
    {"ring", "Deadlock of 3:", {"waits for a Mutex", "has as `_one` in deadlocks::hangs::takes_two"}},
    {"upgrade", "A task waits for itself:", {"to write", "it itself has a part as `read` in deadlocks::hangs::upgrades"}},
    {"readers", "Deadlock of 2:", {"to read", "behind task", "has a part as `once` in deadlocks::hangs::reads_twice"}},
    {"semaphores", "Deadlock of 2:", {"1 permit of a Semaphore", "has a part as `_one` in deadlocks::hangs::crosses"}},
    {"permits", "Deadlock of 2:", {"1 permit of a Semaphore", "has a part as `_one` in deadlocks::hangs::crosses"}},
    {"either", "Deadlock of 2:", {"has as `_mine` in deadlocks::hangs::either"}},
    {"channels", "Deadlock of 2:", {"room in an mpsc channel", "receives as `from` in deadlocks::hangs::sends_on"}},
    {"actors", "Deadlock of 2:", {"a message on an mpsc channel", "could send as `self` in deadlocks::hangs::Actor::run"}},
    {"own-sender", "A task waits for itself:", {"it itself could send as `own` in deadlocks::hangs::keeps_a_sender"}},
    {"replies", "Deadlock of 2:", {"oneshot message", "could send as `to` in deadlocks::hangs::replies"}},
    {"joins", "Deadlock of 2:", {"to finish (deadlocks::hangs::joins"}},
    {"thread", "Deadlock of 2:", {"in block_on", "has as `_mine` in deadlocks::hangs::waits_for_a_thread"}},
    {"unordered", "Futurelock:", {"waits for a Mutex", "since its turn has come, in a future that is kept in `all`"}},
};

static void check_hang(const char *program, size_t i)
{
	struct run run;
	size_t found;
	struct str text = deadlocks_of(&run, program, hangs[i].part, &found);
	if (found != 1) {
		struct str waits = tk_text_waits(run.snapshot, &run.d.arena, (struct tk_text){0});
		struct str tasks = tk_text_backtrace(run.snapshot, &run.d.arena, true, (struct tk_text){0});
		cr_assert_fail("%s: %zu deadlocks:\n%.*s\n%.*s\n%.*s", hangs[i].part, found, STRF(text), STRF(waits), STRF(tasks));
	}
	cr_assert(str_starts(text, str_of(hangs[i].head)), "%s: %.*s", hangs[i].part, STRF(text));
	for (size_t k = 0; k < ARRAY_LEN(hangs[i].words) && hangs[i].words[k]; k++)
		cr_assert(str_find(text, str_of(hangs[i].words[k])) > 0, "%s: no `%s` in\n%.*s", hangs[i].part, hangs[i].words[k],
		          STRF(text));
	run_end(&run);
}

Test(deadlock, of_each_kind_is_told)
{
	for (size_t i = 0; i < ARRAY_LEN(hangs); i++)
		check_hang("debug/deadlocks", i);
}

Test(deadlock, of_each_kind_is_told_in_release)
{
	for (size_t i = 0; i < ARRAY_LEN(hangs); i++)
		check_hang("release/deadlocks", i);
}

static const char *const alike[] = {
    "slow",        "same-order", "timeout",      "select",          "try-join",
    "join",        "let-go",     "reader",       "behind-a-writer", "permits-elsewhere",
    "forgotten",   "full",       "third-sender", "hidden-sender",   "notified",
    "reply-later", "chain",      "barrier",      "works",           "reads-again",
};

Test(deadlock, that_is_none_is_told_of_none)
{
	for (size_t i = 0; i < ARRAY_LEN(alike); i++) {
		struct run run;
		size_t found;
		struct str text = deadlocks_of(&run, "debug/deadlocks", alike[i], &found);
		cr_assert_eq(found, 0, "%s: %.*s", alike[i], STRF(text));
		cr_assert(run.snapshot->n_tasks > 0);
		run_end(&run);
	}
}
