// A process in which runtimes start and shut down all the time, stopped at any moment: what stays is always told whole,
// and nothing of the rest breaks a snapshot.
#include "tests/tokio/run.h"

#include <stdio.h>

#define SOURCE "tests/fixtures/lives/src/main.rs"

static const struct tk_task *find(const struct tk_snapshot *snapshot, const char *root)
{
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		if (str_ends(snapshot->tasks[i].name, str_of(root)))
			return &snapshot->tasks[i];
	cr_assert_fail("no task %s among %zu", root, snapshot->n_tasks);
	return NULL;
}

static void check_task(const struct tk_snapshot *snapshot, const char *root, enum tk_flavour flavour, enum tk_state state)
{
	const struct tk_task *task = find(snapshot, root);
	cr_assert_eq(task->note.len, 0, "%s: %.*s", root, STRF(task->note));
	cr_assert_eq(task->state, state, "%s is %s", root, tk_state_name(task->state));
	cr_assert_neq(task->runtime, TK_NONE, "%s is in no runtime", root);
	cr_assert_eq(snapshot->runtimes[task->runtime].flavour, flavour);
}

// `stays` has been polled and the main thread is parked in block_on: both for good.
static bool has_begun(const struct tk_snapshot *snapshot)
{
	bool polled = false, blocks = false;
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		polled |= str_ends(snapshot->tasks[i].name, STR("::stays")) && snapshot->tasks[i].state == TK_IDLE;
	for (size_t i = 0; i < snapshot->n_threads; i++) {
		struct dbg_value payload;
		blocks |= snapshot->threads[i].blocks_on && str_ends(snapshot->threads[i].future_name, STR("::root_stays")) &&
		          dbg_value_variant(snapshot->threads[i].future, &payload, NULL) &&
		          str_starts(payload.type->name, STR("Suspend"));
	}
	return polled && blocks;
}

static void check_all(const char *program)
{
	enum { WANTED = 40, AT_MOST = 400 };
	static char path[4096];
	struct debuggee d = {0};
	struct tk_snapshot *snapshot;
	snprintf(path, sizeof(path), "%s/%s", STACKFUL_FIXTURES, program);
	debuggee_launch(&d, path, NULL);
	struct tk_reader *reader = tk_reader_new(d.target);
	int begun = 0;
	for (int i = 0; i < AT_MOST && begun < WANTED; i++) {
		debuggee_continue(&d);
		debuggee_pump(&d, i % 7); // any moment will do
		must(dbg_target_interrupt(d.target));
		debuggee_wait_stop(&d);
		must(tk_snapshot_take(reader, &d.arena, &snapshot));
		tk_text_backtrace(snapshot, &d.arena, true, (struct tk_text){0});
		if (!begun && !has_begun(snapshot))
			continue;
		begun++;
		cr_assert(has_begun(snapshot));
		check_task(snapshot, "::stays", TK_MULTI_THREAD, TK_IDLE);
		check_task(snapshot, "::waits_for_a_thread", TK_CURRENT_THREAD, TK_QUEUED);
	}
	cr_assert_eq(begun, WANTED);
	tk_reader_free(reader);
	debuggee_end(&d);
}

Test(lives, of_runtimes_that_start_and_shut_down)
{
	check_all("debug/lives");
}

static bool stays(const struct tk_snapshot *snapshot)
{
	return snapshot->n_tasks && find(snapshot, "::stays")->state == TK_IDLE;
}

Test(lives, ghosts_are_no_tasks)
{
	static const struct expected task = {"::stays", {"stays"}, "sleeps: "};
	struct run run = {.source = SOURCE, .at_rest = stays, .args = (const char *const[]){"ghosts", NULL}};
	run_start(&run, "debug/lives");
	run_check(&run, &task);
	cr_assert_eq(run.snapshot->n_tasks, 1, "%zu tasks", run.snapshot->n_tasks);
	cr_assert_eq(run.snapshot->n_complaints, 0, "%.*s", STRF(run.snapshot->complaints[0]));
	run_end(&run);
}
