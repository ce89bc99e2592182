// See run.h.
#include "tests/tokio/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tokio/alike.h"
#include "tokio/waiting.h"

// The program's own, for tokio has functions of this name, too: "waits_bare::tick".
static const char *tick_of(const char *program)
{
	static char name[256];
	const char *base = strrchr(program, '/') + 1;
	snprintf(name, sizeof(name), "%s::tick", base);
	for (char *at = name; *at; at++)
		*at = *at == '-' ? '_' : *at;
	return name;
}

// The root of `tick`'s block_on is polled now, by the thread that stopped there: its stack says where block_on begins, also
// where the optimiser left nothing of the future.
static void check_polled_root(struct run *run, pid_t tid)
{
	for (size_t i = 0; i < run->snapshot->n_threads; i++) {
		struct dbg_row *rows;
		const struct tk_thread *thread = &run->snapshot->threads[i];
		if (thread->tid != tid || !thread->blocks_on || run->reader->layout.typeless)
			continue;
		for (size_t k = 0, n = tk_thread_rows(run->snapshot, i, &run->d.arena, &rows); k < n; k++)
			if (str_find(rows[k].text, STR(" block_on on thread ")) >= 0)
				return;
		cr_assert_fail("thread %d polls %.*s, and its rows don't tell", (int)tid, STRF(thread->future_name));
	}
}

void run_start(struct run *run, const char *program)
{
	static char path[4096];
	if (getenv("STACKFUL_PROGRAM")) // another build of the fixture: tests/matrix
		program = getenv("STACKFUL_PROGRAM");
	snprintf(path, sizeof(path), "%s%s%s", program[0] == '/' ? "" : STACKFUL_FIXTURES, program[0] == '/' ? "" : "/", program);
	cr_assert(access(path, X_OK) == 0, "the fixture %s is not built (./dev test builds it)", path);
	debuggee_launch(&run->d, path, run->args);
	break_function(&run->d, tick_of(path));
	run->reader = tk_reader_new(run->d.target);
	for (int i = 0; i < 500; i++) {
		debuggee_continue(&run->d);
		struct dbg_event event = debuggee_wait_stop(&run->d);
		cr_assert_eq(event.stop, DBG_STOP_BREAKPOINT);
		must(tk_snapshot_take(run->reader, &run->d.arena, &run->snapshot));
		if (run->at_rest(run->snapshot)) {
			check_polled_root(run, event.tid);
			run_check_alike(run);
			return;
		}
	}
	struct str text = tk_text_backtrace(run->snapshot, &run->d.arena, true, (struct tk_text){0});
	cr_assert_fail("%s: %zu tasks have not come to rest:\n%.*s", run->args ? run->args[0] : program, run->snapshot->n_tasks,
	               STRF(text));
}

void run_check_alike(struct run *run)
{
	struct arena arena = {0};
	for (int kind = 0; kind < 2; kind++)
		for (int round = 0; round < 5; round++) { // the first records, of the others some are samples
			const u64 *keys = tasks_alike(run->snapshot, &arena, kind, NULL, run->snapshot->n_tasks);
			for (size_t i = 0; i < run->snapshot->n_tasks; i++)
				cr_assert_eq(keys[i], task_likeness(run->snapshot, kind, i), "likeness %d, round %d: task %llu, %.*s", kind,
				             round, (unsigned long long)run->snapshot->tasks[i].id, STRF(run->snapshot->tasks[i].name));
		}
	arena_deinit(&arena);
	const struct tk_waits *waits = waits_find(run->snapshot, false);
	for (int round = 0; round < 5; round++) {
		const struct tk_waits *sifted = waits_find(run->snapshot, true);
		cr_assert_eq(sifted->n, waits->n, "round %d: %zu waits, %zu sifted", round, waits->n, sifted->n);
		for (size_t i = 0; i < waits->n; i++) {
			const struct tk_wait *a = &waits->items[i], *b = &sifted->items[i];
			cr_assert(a->waiter == b->waiter && a->what == b->what && a->resource == b->resource && a->n_holders == b->n_holders,
			          "round %d: wait %zu of party %zu", round, i, a->waiter);
		}
	}
}

bool run_has(const char *feature)
{
	const char *without = getenv("STACKFUL_WITHOUT");
	return !without || str_find(str_of(without), str_of(feature)) < 0;
}

bool run_has_task(const char *root)
{
	static const struct {
		const char *root, *feature;
	} tasks[] = {
	    {"::task_of_local_runtime", "local-runtime"},
	    {"local_runtime::{async_block#0}", "local-runtime"},
	    {"::tracked", "tracker"},
	    {"::tracks", "tracker"},
	    {"::async_closure", "async-closures"},
	    {"::poll_fn_of", "poll-fn"},
	    {"::polls_socket", "poll-fn"},
	    {"::polls_signal", "poll-fn"},
	    {"::async_channel", "channels"},
	    {"::unnamed_pipe", "pipes"},
	    {"::pipe_is_readable", "pipes"},
	    {"::receives_many", "newest"},
	    {"::waits_for_value", "newest"},
	    {"::waits_for_set", "newest"},
	    {"::broadcast_closes", "newest"},
	    {"::notified_by_owned", "newest"},
	    {"::sends_by_poll", "util"},
	    {"::cancelled", "util"},
	    {"::reads_frames", "util"},
	};
	for (size_t i = 0; i < ARRAY_LEN(tasks); i++)
		if (!strcmp(tasks[i].root, root))
			return run_has(tasks[i].feature);
	return true;
}

// For the matrix: which forms of tokio's memory this build has.
static void write_layout(struct run *run)
{
	const char *path = getenv("STACKFUL_LAYOUT");
	FILE *file = path ? fopen(path, "w") : NULL;
	if (!file)
		return;
	struct str text = tk_text_layout(run->reader, &run->d.arena);
	fwrite(text.ptr, 1, text.len, file);
	fclose(file);
}

void run_end(struct run *run)
{
	write_layout(run);
	tk_reader_free(run->reader);
	debuggee_end(&run->d);
}

void run_check_rows(struct run *run, const struct expected *expected, const struct dbg_row *rows, size_t n)
{
	size_t next = 0;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].kind != DBG_ROW_ASYNC || rows[i].subtle)
			continue;
		cr_assert(next < ARRAY_LEN(expected->rows) && expected->rows[next], "%s: too many rows: %.*s", expected->root,
		          STRF(rows[i].text));
		struct str name = str_of(expected->rows[next]);
		ptrdiff_t equals = str_find(name, STR("="));
		const char *mark = equals < 0 ? name.ptr : name.ptr + equals + 1;
		if (equals >= 0)
			name.len = (size_t)equals;
		cr_assert(str_ends(rows[i].text, name), "%s: row %zu is %.*s", expected->root, next, STRF(rows[i].text));
		cr_assert_eq(rows[i].place.line, mark_line(run->source, mark), "%s: %.*s is at line %u", expected->root,
		             STRF(rows[i].text), rows[i].place.line);
		cr_assert(str_ends(rows[i].place.file, str_printf(&run->d.arena, "/%s", run->source)), "%.*s", STRF(rows[i].place.file));
		next++;
	}
	cr_assert(next == ARRAY_LEN(expected->rows) || !expected->rows[next], "%s: too few rows", expected->root);
}

static size_t find_task(struct run *run, const char *root)
{
	for (size_t i = 0; i < run->snapshot->n_tasks; i++)
		if (str_ends(run->snapshot->tasks[i].name, str_of(root)))
			return i;
	// The optimiser may have merged its type with another's: then the note names it as what it may be.
	for (size_t i = run->snapshot->n_tasks; i-- > 0;)
		if (str_find(run->snapshot->tasks[i].note, STR("or an identical instantiation")) == 0 &&
		    str_ends(run->snapshot->tasks[i].note, str_of(root)))
			return i;
	cr_assert_fail("no task %s", root);
	return 0;
}

const struct tk_task *run_task(struct run *run, const char *root)
{
	return &run->snapshot->tasks[find_task(run, root)];
}

void run_check(struct run *run, const struct expected *expected)
{
	struct dbg_row *rows;
	struct str *waits;
	if (!run_has_task(expected->root))
		return;
	size_t task = find_task(run, expected->root);
	size_t n = tk_task_rows(run->snapshot, task, &run->d.arena, &rows);
	run_check_rows(run, expected, rows, n);
	if (!expected->waits)
		return;
	n = tk_task_waits(run->snapshot, task, &run->d.arena, &waits);
	for (size_t k = 0; k < n; k++)
		if (str_find(waits[k], str_of(expected->waits)) >= 0)
			return;
	cr_assert_fail("%s: none of %zu waits says `%s`; the first: %.*s", expected->root, n, expected->waits,
	               n ? (int)waits[0].len : 0, n ? waits[0].ptr : "");
}

void run_check_none_kept(struct run *run)
{
	for (size_t i = 0; i < run->snapshot->n_tasks; i++) {
		struct tk_await *awaits;
		size_t n = tk_task_awaits(run->snapshot, i, &run->d.arena, &awaits);
		for (size_t k = 0; k < n; k++)
			cr_assert(!awaits[k].kept, "%.*s: %.*s", STRF(run->snapshot->tasks[i].name), STRF(awaits[k].name));
	}
}
