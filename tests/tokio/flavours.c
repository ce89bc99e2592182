// Runtimes of every flavour in one process: each task under its own, each block_on with its root, the blocking pool
// with what runs on it and what waits.
#include "tests/tokio/run.h"
#include "tokio/private.h"

#define SOURCE "tests/fixtures/flavours/src/main.rs"

static const struct expected tasks[] = {
    {"::task_of_multi", {"task_of_multi"}, "sleeps: "},
    {"::task_of_current", {"task_of_current"}, "sleeps: "},
    {"::task_of_set", {"task_of_set"}, "sleeps: "},
    {"::send_task_beside_set", {"send_task_beside_set"}, "sleeps: "},
    {"::task_of_local_runtime", {"task_of_local_runtime"}, "sleeps: "},
};

static const struct expected roots[] = {
    {"main::{async_block#1}", {"{async_block#1}=root"}, NULL},
    {"::root_of_current", {"root_of_current"}, NULL},
    {"::second_root_of_current", {"second_root_of_current"}, NULL},
    {"LocalSet::run_until", {"root_of_set", "{async_block#0}=block_of_set"}, NULL},
    {"local_runtime::{async_block#0}", {"root_of_local_runtime", "{async_block#0}=block_of_local_runtime"}, NULL},
    {"::root_by_handle", {"root_by_handle"}, NULL},
};

static size_t count(const struct tk_snapshot *snapshot, enum tk_state state, bool blocking)
{
	size_t n = 0;
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		n += snapshot->tasks[i].state == state && snapshot->tasks[i].blocking == blocking;
	return n;
}

static bool at_rest(const struct tk_snapshot *snapshot)
{
	size_t blocked = 0, idle = 0;
	for (size_t i = 0; i < snapshot->n_threads; i++) {
		struct dbg_value payload;
		blocked += snapshot->threads[i].blocks_on && dbg_value_variant(snapshot->threads[i].future, &payload, NULL) &&
		           str_starts(payload.type->name, STR("Suspend"));
		idle += snapshot->threads[i].pool && snapshot->threads[i].task == TK_NONE;
	}
	size_t parked = 0;
	for (size_t i = 0; i < snapshot->n_runtimes; i++)
		parked += snapshot->runtimes[i].flavour == TK_CURRENT_THREAD &&
		          str_eqc(snapshot->runtimes[i].doing, "parked on the I/O driver");
	size_t local = run_has("local-runtime"); // has a root and a task of its own
	return parked == 2 + local && snapshot->n_tasks == 9 + local && blocked == 5 + local && idle == 1 &&
	       count(snapshot, TK_IDLE, false) == 4 + local && count(snapshot, TK_RUNNING, true) == 2 &&
	       count(snapshot, TK_QUEUED, true) == 2;
}

static void check_roots(struct run *run)
{
	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		bool found = !run_has_task(roots[i].root);
		for (size_t k = 0; k < run->snapshot->n_threads && !found; k++) {
			const struct tk_thread *thread = &run->snapshot->threads[k];
			found = thread->blocks_on && str_ends(thread->future_name, str_of(roots[i].root));
			if (!found || i == 0) // the first one polls: it is stopped in `tick`
				continue;
			struct dbg_row *rows;
			size_t n = tk_thread_rows(run->snapshot, k, &run->d.arena, &rows);
			run_check_rows(run, &roots[i], rows, n);
		}
		cr_assert(found, "no thread blocks on %s", roots[i].root);
	}
}

// The runtime of the task whose root ends so.
static const struct tk_runtime *runtime_of(struct run *run, const char *root)
{
	const struct tk_task *task = run_task(run, root);
	cr_assert_neq(task->runtime, TK_NONE, "%s is in no runtime", root);
	return &run->snapshot->runtimes[task->runtime];
}

static void check_runtimes(struct run *run)
{
	struct tk_snapshot *snapshot = run->snapshot;
	bool has_local = run_has("local-runtime");
	cr_assert_eq(snapshot->n_runtimes, has_local ? 5 : 4);
	const struct tk_runtime *multi = runtime_of(run, "::task_of_multi"), *current = runtime_of(run, "::task_of_current"),
	                        *set = runtime_of(run, "::task_of_set"), *beside = runtime_of(run, "::send_task_beside_set");
	cr_assert_eq(multi->flavour, TK_MULTI_THREAD);
	cr_assert(str_eqc(multi->name, run_has("names") ? "first" : ""), "%.*s", STRF(multi->name));
	cr_assert_eq(multi->pool_queued, 2);
	cr_assert_eq(current->flavour, TK_CURRENT_THREAD);
	cr_assert_neq(current->tid, 0);
	cr_assert(current->queue_known && current->local_queue == 0);
	cr_assert(str_eqc(current->doing, "parked on the I/O driver"), "%.*s", STRF(current->doing));
	cr_assert_eq(current->pool_idle, 1);
	cr_assert_eq(set->flavour, TK_LOCAL_SET);
	cr_assert_eq(beside->flavour, TK_CURRENT_THREAD);
	cr_assert(current != beside);
	if (!has_local)
		return;
	const struct tk_runtime *local = runtime_of(run, "::task_of_local_runtime");
	cr_assert_eq(local->flavour, TK_CURRENT_THREAD);
	cr_assert(beside != local && current != local);
}

static void check_pool(struct run *run)
{
	size_t closures = 0, in_place = 0;
	for (size_t i = 0; i < run->snapshot->n_threads; i++) {
		const struct tk_thread *thread = &run->snapshot->threads[i];
		if (thread->task == TK_NONE)
			continue;
		const struct tk_task *task = &run->snapshot->tasks[thread->task];
		cr_assert_eq(task->tid, thread->tid);
		in_place += thread->gave_up != TK_NONE && str_ends(task->name, STR("::blocks_in_place"));
		closures += thread->gave_up == TK_NONE && str_ends(task->name, STR("::blocked_closure::{closure#0}"));
	}
	cr_assert_eq(closures, 2);
	cr_assert_eq(in_place, 1);
	cr_assert_eq(run->snapshot->n_workers, 2);
	for (size_t i = 0; i < run->snapshot->n_workers; i++)
		cr_assert_neq(run->snapshot->workers[i].tid, 0, "nobody carries worker %zu", i);
	// What a closure of the pool does is told by its thread's own frames.
	for (size_t i = 0; i < run->snapshot->n_tasks; i++) {
		const struct tk_task *task = &run->snapshot->tasks[i];
		if (!task->blocking || task->state != TK_RUNNING)
			continue;
		struct dbg_row *rows;
		size_t n = tk_task_rows(run->snapshot, i, &run->d.arena, &rows);
		bool found = false;
		for (size_t k = 0; k < n; k++)
			found |= str_ends(rows[k].text, STR("::blocked_closure::{closure#0}")) &&
			         rows[k].place.line == mark_line(SOURCE, "blocked_closure");
		cr_assert(found, "task %llu has no frame of its closure", (unsigned long long)task->id);
	}
}

static void check_all(const char *program)
{
	struct run run = {.source = SOURCE, .at_rest = at_rest};
	run_start(&run, program);
	for (size_t i = 0; i < ARRAY_LEN(tasks); i++)
		run_check(&run, &tasks[i]);
	check_roots(&run);
	check_runtimes(&run);
	check_pool(&run);
	cr_assert_eq(run.snapshot->n_complaints, 0, "%.*s", STRF(run.snapshot->complaints[0]));
	for (size_t i = 0; i < run.snapshot->n_tasks; i++) {
		const struct tk_task *task = &run.snapshot->tasks[i];
		cr_assert_eq(task->note.len, 0, "task %llu: %.*s", (unsigned long long)task->id, STRF(task->note));
	}
	run_end(&run);
}

Test(flavours, every_runtime_with_its_tasks_roots_and_pool)
{
	check_all("debug/flavours");
}
Test(flavours, in_release_roots_are_found_in_the_frames)
{
	check_all("release/flavours");
}

// A tokio newer than any seen may lack a row of layout.def: what is read by it is left out, and told; the rest stays.
static void check_lack(struct run *run, const char *what)
{
	struct tk_snapshot *snapshot;
	struct str text = tk_text_layout(run->reader, &run->d.arena);
	run->reader->layout.lacks = str_of(what);
	must(tk_snapshot_take(run->reader, &run->d.arena, &snapshot));
	cr_assert_eq(snapshot->n_tasks, run->snapshot->n_tasks, "%s: %zu tasks", what, snapshot->n_tasks);
	cr_assert_eq(snapshot->n_complaints, 1);
	cr_assert(str_starts(snapshot->complaints[0], str_of(what)), "%.*s", STRF(snapshot->complaints[0]));
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		cr_assert_eq(snapshot->tasks[i].note.len, 0, "%s: %.*s", what, STRF(snapshot->tasks[i].note));
	// And a row that is not in every tokio is told with the members that are there.
	cr_assert(str_find(text, STR("has no member `spawn_location_offset`; its members are poll, schedule, ")) > 0, "%.*s",
	          STRF(text));
}

Test(flavours, a_row_that_does_not_bind_costs_its_part_alone)
{
	struct run run = {.source = SOURCE, .at_rest = at_rest};
	run_start(&run, "debug/flavours");
	struct tk_layout *layout = &run.reader->layout;
	cr_assert(layout->has_lists && !layout->lacks.len);
	layout->has_lists = layout->has_trailer_owned = false;
	check_lack(&run, "no list of tasks");
	layout->has_header_queue_next = false;
	check_lack(&run, "no queue");
	layout->has_vtable_scheduler = false;
	check_lack(&run, "no scheduler");
	run_end(&run);
}
