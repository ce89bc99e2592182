// Every kind of wait: the stack of futures, the line of each await, and what the leaf waits for; with the newest
// tokio and the oldest that is supported.
#include "tests/tokio/run.h"
#include "tokio/private.h"

#include <stdlib.h>

#define SOURCE "tests/fixtures/waits/src/main.rs"

static const struct expected expectations[] = {
    {"::joins", {"joins"}, "waits for task "},
    {"::chain", {"sleeps", "middle", "chain"}, "sleeps: "},
    {"::oneshot_alive", {"oneshot_alive"}, "waits for a oneshot message (sender alive)"},
    {"::mpsc_recv", {"mpsc_recv"}, "waits for a message on an mpsc channel (2 senders"},
    {"::mpsc_send", {"mpsc_send"}, "waits for room in an mpsc channel"},
    {"::locks", {"locks"}, "waits for a Mutex, next in line"},
    {"::reads_lock", {"reads_lock"}, "waits for an RwLock, to read"},
    {"::permits", {"permits"}, "waits for 2 permits of a Semaphore (0 available"},
    {"::notified", {"notified"}, "waits for a notification"},
    {"::accepts", {"accepts"}, "waits for a connection on fd "},
    {"::reads", {"reads"}, "waits to read from fd "},
    {"::writes", {"writes"}, "waits to write to fd "},
    {"::selects", {"sleeps", "selects"}, "waits for a oneshot message"},
    {"::join_two", {"sleeps", "sleeps", "middle", "join_two"}, "sleeps: "},
    {"::limited", {"sleeps", "limited"}, "gives up in "},
    {"::dynamic", {"sleeps", "{async_block#0}=boxed", "dynamic"}, "sleeps: "},
    {"::Handwritten", {"sleeps", "{async_block#0}=boxed"}, "sleeps: "},
};

static bool at_rest(const struct tk_snapshot *snapshot)
{
	bool rest = snapshot->n_tasks == 19;
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		rest &= snapshot->tasks[i].state == TK_IDLE;
	return rest;
}

// Where a task was spawned is told if tokio keeps that: the matrix's unstable builds since 1.46, no others.
static void check_spawned(struct run *run)
{
	bool kept = run->reader->layout.has_vtable_spawn_location;
	size_t index = (size_t)(run_task(run, "::sleeps") - run->snapshot->tasks);
	struct dbg_place place = tk_task_spawned(run->snapshot, index, &run->d.arena);
	struct str text = tk_text_backtrace(run->snapshot, &run->d.arena, true, (struct tk_text){0});
	unsigned line = mark_line(SOURCE, "spawns");
	cr_assert_eq(place.line, kept ? line : 0);
	cr_assert(!kept || str_ends(place.file, STR("/" SOURCE)), "%.*s", STRF(place.file));
	ptrdiff_t at = str_find(text, str_printf(&run->d.arena, "::sleeps  spawned at src/main.rs:%u", line));
	cr_assert_eq(at >= 0, kept, "%.*s", STRF(text));
}

static void check_all(const char *fixture)
{
	struct run run = {.source = SOURCE, .at_rest = at_rest};
	run_start(&run, fixture);
	for (size_t i = 0; i < ARRAY_LEN(expectations); i++)
		run_check(&run, &expectations[i]);
	for (size_t i = 0; i < run.snapshot->n_tasks; i++) {
		const struct tk_task *task = &run.snapshot->tasks[i];
		cr_assert(task->listed && task->scanned, "task %llu: %.*s", (unsigned long long)task->id, STRF(task->note));
	}
	cr_assert_eq(run.snapshot->n_complaints, 0, "%.*s", STRF(run.snapshot->complaints[0]));
	cr_assert_eq(run.snapshot->n_workers, 2);
	check_spawned(&run);
	run_end(&run);
}

Test(waits, every_wait)
{
	check_all("debug/waits");
}
Test(waits, tokio_1_40)
{
	check_all("debug/waits-1-40");
}

Test(waits, recursion_is_a_row_a_level)
{
	struct run run = {.source = SOURCE, .at_rest = at_rest};
	run_start(&run, "debug/waits");
	for (size_t i = 0; i < run.snapshot->n_tasks; i++) {
		struct dbg_row *rows;
		unsigned levels = 0;
		if (!str_ends(run.snapshot->tasks[i].name, STR("::recursive::{async_block#0}")))
			continue;
		size_t n = tk_task_rows(run.snapshot, i, &run.d.arena, &rows);
		for (size_t k = 0; k < n; k++)
			levels += str_ends(rows[k].text, STR("::recursive::{async_block#0}"));
		cr_assert_eq(levels, 4);
		run_end(&run);
		return;
	}
	cr_assert_fail("no task `recursive`");
}

// A list of tasks that leads into the void: the rest is found by the scan, marked, and told.
Test(waits, a_broken_list_is_told_and_the_scan_finds_the_rest)
{
	struct run run = {.source = SOURCE, .at_rest = at_rest};
	run_start(&run, "debug/waits");
	const struct dbg_space *space = dbg_target_space(run.d.target);
	// The newest task of some shard: its `next` is in its trailer, whose place the vtable tells.
	const struct dbg_type *header = dbg_type_find(space->modules, STR("tokio::runtime::task::core::Header"));
	size_t broken = 0;
	for (size_t i = 0; i < run.snapshot->n_tasks; i++) {
		struct dbg_value task = dbg_value_at(space, header, run.snapshot->tasks[i].header);
		u64 trailer_offset, next;
		cr_assert(dbg_value_get(dbg_value_path(task, "vtable"), &next));
		cr_assert(dbg_value_get(dbg_value_member(dbg_value_deref(dbg_value_member(task, "vtable")), "trailer_offset"),
		                        &trailer_offset));
		u64 at = run.snapshot->tasks[i].header + trailer_offset + 8;
		must(dbg_mem_read_uint(space->mem, at, 8, &next));
		if (!next)
			continue;
		u64 nowhere = 0x1000;
		must(dbg_mem_write(space->mem, at, &nowhere, sizeof(nowhere)));
		broken++;
	}
	cr_assert_gt(broken, 0);
	must(tk_snapshot_take(run.reader, &run.d.arena, &run.snapshot));
	cr_assert_eq(run.snapshot->n_tasks, 19);
	cr_assert_gt(run.snapshot->n_complaints, 0);
	size_t only_scanned = 0;
	for (size_t i = 0; i < run.snapshot->n_tasks; i++)
		if (!run.snapshot->tasks[i].listed) {
			only_scanned++;
			cr_assert(str_find(run.snapshot->tasks[i].note, STR("found by the scan")) >= 0);
		}
	cr_assert_gt(only_scanned, 0);
	run_end(&run);
}

Test(waits, a_regex_chooses_by_the_root_and_a_bad_one_is_told)
{
	struct run run = {.source = SOURCE, .at_rest = at_rest};
	run_start(&run, "debug/waits");
	struct str text;
	must(tk_text_tasks(run.snapshot, &run.d.arena, STR("::(locks|permits)$"), (struct tk_text){0}, &text));
	cr_assert(str_find(text, STR("2 of 19 tasks match")) >= 0, "%.*s", STRF(text));
	cr_assert(str_find(text, STR("waits for a Mutex")) >= 0);
	err_t error = tk_text_tasks(run.snapshot, &run.d.arena, STR("a["), (struct tk_text){0}, &text);
	cr_assert(error && error->code == ERR_SYNTAX);
	cr_assert(str_find(error->what, STR("missing terminating ] for character class at column 3")) >= 0, "%.*s",
	          STRF(error->what));
	run_end(&run);
}

// Without types all tasks are still there, with their states and what their poll functions' names tell; and what to
// build with. A stripped program of legacy symbols tells no names, nor which tasks are the two workers' own.
static bool nineteen_idle(const struct tk_snapshot *snapshot)
{
	size_t idle = 0;
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		idle += snapshot->tasks[i].state == TK_IDLE;
	return idle == 19;
}

Test(waits, without_types)
{
	const char *program = getenv("STACKFUL_PROGRAM");
	struct run run = {.source = SOURCE, .at_rest = nineteen_idle};
	run_start(&run, "release/waits-bare");
	bool stripped = program && strstr(program, "-strip");
	cr_assert_eq(run.snapshot->n_tasks, stripped ? 21 : 19);
	for (size_t i = 0; i < ARRAY_LEN(expectations) && !stripped; i++)
		if (!str_eqc(str_of(expectations[i].root), "::Handwritten"))
			cr_assert(run_task(&run, expectations[i].root)->state == TK_IDLE);
	cr_assert_eq(run.snapshot->n_complaints, 1);
	cr_assert(str_find(run.snapshot->complaints[0], STR("build with debug = 2")) >= 0);
	run_end(&run);
}
