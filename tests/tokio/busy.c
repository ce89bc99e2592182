// A worker in the middle of a task, with a full local queue and an injection queue behind it: no task is lost, the
// queues are counted, and the machine stack of the task agrees with its async fns.
#include "tests/tokio/run.h"

enum { JOBS = 300 };

#define SOURCE "tests/fixtures/busy/src/main.rs"

static void start(struct run *run)
{
	const char *program = fixture_rust("busy");
	cr_assert(program, "the fixture busy is not built (./dev test builds it)");
	debuggee_launch(&run->d, program, NULL);
	break_mark(&run->d, SOURCE, "inside");
	debuggee_continue(&run->d);
	cr_assert_eq(debuggee_wait_stop(&run->d).stop, DBG_STOP_BREAKPOINT);
	run->reader = tk_reader_new(run->d.target);
	must(tk_snapshot_take(run->reader, &run->d.arena, &run->snapshot));
}

Test(busy, no_task_is_lost)
{
	struct run run = {.source = SOURCE};
	start(&run);
	size_t jobs = 0;
	for (size_t i = 0; i < run.snapshot->n_tasks; i++) {
		const struct tk_task *task = &run.snapshot->tasks[i];
		jobs += str_ends(task->name, STR("::job")) && task->state == TK_QUEUED;
		cr_assert(task->listed && task->scanned, "task %llu: %.*s", (unsigned long long)task->id, STRF(task->note));
	}
	cr_assert_eq(jobs, JOBS);
	cr_assert_eq(run.snapshot->n_tasks, JOBS + 1);
	cr_assert_eq(run.snapshot->n_complaints, 0, "%.*s", STRF(run.snapshot->complaints[0]));
	cr_assert_eq(run.snapshot->n_workers, 1);
	const struct tk_worker *worker = &run.snapshot->workers[0];
	cr_assert_eq(worker->activity, TK_WORKER_POLLING);
	cr_assert(str_ends(run.snapshot->tasks[worker->task].name, STR("::spawner")));
	cr_assert(worker->queue_known && run.snapshot->runtimes[0].injected_known);
	cr_assert_gt(run.snapshot->runtimes[0].injected, 0, "nothing overflowed");
	cr_assert_eq(worker->local_queue + run.snapshot->runtimes[0].injected, JOBS);
	run_end(&run);
}

Test(busy, a_running_task_is_shown_by_its_machine_stack)
{
	static const char *const names[] = {"busy::inside", "busy::leaf", "busy::middle", "busy::spawner"};
	static const char *const marks[] = {"inside", "leaf", "middle", "spawner"};
	struct run run = {.source = SOURCE};
	start(&run);
	struct dbg_row *rows;
	size_t n = tk_task_rows(run.snapshot, run.snapshot->workers[0].task, &run.d.arena, &rows), next = 0, label = n;
	for (size_t i = 0; i < n && label == n; i++) {
		if (rows[i].kind == DBG_ROW_LABEL)
			label = i;
		else if (!rows[i].subtle) {
			cr_assert_lt(next, ARRAY_LEN(names));
			cr_assert(str_eqc(rows[i].text, names[next]), "row %zu is %.*s", i, STRF(rows[i].text));
			cr_assert_eq(rows[i].place.line, mark_line(SOURCE, marks[next]), "%s is at line %u", names[next], rows[i].place.line);
			next++;
		}
	}
	cr_assert_eq(next, ARRAY_LEN(names));
	cr_assert_lt(label, n, "no label between the task and its worker");
	cr_assert(str_find(rows[label].text, STR("tokio worker 0")) > 0, "%.*s", STRF(rows[label].text));
	for (size_t i = label + 1; i < n; i++)
		cr_assert(rows[i].subtle, "%.*s is not dimmed", STRF(rows[i].text));
	run_end(&run);
}

Test(busy, equal_tasks_are_printed_together)
{
	struct run run = {.source = SOURCE};
	start(&run);
	struct str text = tk_text_backtrace(run.snapshot, &run.d.arena, true, (struct tk_text){0});
	u64 first = run.snapshot->tasks[1].id; // after the spawner's
	struct str head = str_printf(&run.d.arena, "Tasks %llu-%llu  \xc3\x97 %d  queued  busy::job\n", (unsigned long long)first,
	                             (unsigned long long)first + JOBS - 1, JOBS);
	cr_assert(str_find(text, head) > 0, "no `%.*s` in:\n%.*s", STRF(head), STRF(text));
	cr_assert_lt(text.len, 2000, "%zu bytes", text.len);
	text = tk_text_backtrace(run.snapshot, &run.d.arena, true, (struct tk_text){.each = true});
	cr_assert(str_find(text, STR("\xc3\x97")) < 0);
	cr_assert_gt(text.len, 300 * 40);
	run_end(&run);
}
