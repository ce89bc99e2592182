// Taking a snapshot: its parts in order, then one pass that settles what they found.
#include <stdlib.h>

#include "base/log.h"
#include "tokio/private.h"

void complain(struct tk_taking *taking, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	struct str text = str_vprintf(taking->arena, fmt, args);
	va_end(args);
	LOG(LOG_TOKIO, "complaint: %.*s", STRF(text));
	vec_push(taking->arena, &taking->complaints, text);
}

static int compare_tasks(const void *a, const void *b)
{
	const struct tk_task *x = a, *y = b;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->header > y->header) - (x->header < y->header);
}

// Tells what only one of the two ways found. A completed task is in no list by design: a JoinHandle keeps it.
static void mark_differences(struct tk_taking *taking)
{
	if (!taking->reader->layout.has_lists)
		return; // there is nothing to compare with
	for (size_t i = 0; i < taking->tasks.len; i++) {
		struct tk_task *task = &taking->tasks.items[i];
		if (task->note.len || task->blocking || (task->listed && task->scanned))
			continue;
		if (!task->listed && task->state != TK_COMPLETE)
			task->note = STR("in no runtime's list of owned tasks; found by the scan of memory");
		else if (task->listed && !task->scanned && taking->was_scanned)
			task->note = STR("not found by the scan of memory; from its runtime's list of owned tasks");
	}
}

// Launch tasks of workers are tokio's own; a blocking closure that is done is nobody's.
static bool is_hidden(const struct tk_task *task)
{
	return task->type->worker_launch || (task->blocking && task->state == TK_COMPLETE);
}

// Freed memory may keep an old copy of a task: of those with one id, the ones in lists are real, else the first. Sorts.
static void drop_hidden(struct tk_taking *taking)
{
	struct tk_task *tasks = taking->tasks.items;
	size_t n = taking->tasks.len, kept = 0;
	vec_sort(tasks, n, sizeof(*tasks), compare_tasks);
	for (size_t i = 0, end; i < n; i = end) {
		bool listed = false;
		for (end = i; end < n && tasks[end].id == tasks[i].id; end++)
			listed |= tasks[end].listed;
		for (size_t k = i; k < end; k++)
			if ((listed ? tasks[k].listed : k == i) && !is_hidden(&tasks[k]))
				tasks[kept++] = tasks[k];
	}
	taking->tasks.len = kept;
}

err_t tk_snapshot_take(struct tk_reader *reader, struct arena *arena, struct tk_snapshot **out)
{
	*out = NULL;
	TRY(reader_bind(reader));
	struct tk_taking taking = {.reader = reader, .arena = arena};
	if (reader->layout.typeless)
		complain(&taking, "%.*s", STRF(reader->layout.problem));
	if (reader->layout.lacks.len && !reader->layout.typeless)
		complain(&taking, "%.*s: what is read by it is left out", STRF(reader->layout.lacks));
	take_threads(&taking);
	take_scanned(&taking);
	take_owned(&taking);
	take_by_tasks(&taking);
	take_blocking_pools(&taking);
	if (dbg_is_cancelled(reader->space))
		return err_new(ERR_CANCELLED, "cancelled");
	mark_differences(&taking);
	tell_merged(&taking);
	drop_hidden(&taking); // before indices are handed out
	take_workers(&taking);
	take_other_threads(&taking);
	struct tk_snapshot *snapshot = NEW(arena, struct tk_snapshot);
	*snapshot = (struct tk_snapshot){
	    .reader = reader,
	    .arena = arena,
	    .now = moment_of(reader->space),
	    .runtimes = taking.runtimes.items,
	    .n_runtimes = taking.runtimes.len,
	    .workers = taking.workers.items,
	    .n_workers = taking.workers.len,
	    .tasks = taking.tasks.items,
	    .n_tasks = taking.tasks.len,
	    .threads = taking.threads.items,
	    .n_threads = taking.threads.len,
	    .complaints = taking.complaints.items,
	    .n_complaints = taking.complaints.len,
	};
	*out = snapshot;
	return NULL;
}
