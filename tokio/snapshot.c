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
	return (x->id > y->id) - (x->id < y->id);
}

// Tells what only one of the two ways found. A completed task is in no list by design: a JoinHandle keeps it.
static void mark_differences(struct tk_taking *taking)
{
	for (size_t i = 0; i < taking->tasks.len; i++) {
		struct tk_task *task = &taking->tasks.items[i];
		if (task->note.len || task->blocking || (task->listed && task->scanned))
			continue;
		if (taking->reader->layout.typeless)
			continue; // there are no lists to compare with
		if (!task->listed && task->state != TK_COMPLETE)
			task->note = STR("in no runtime's list of owned tasks; found by the scan of memory");
		else if (task->listed && !task->scanned)
			task->note = STR("not found by the scan of memory; from its runtime's list of owned tasks");
	}
}

// Launch tasks of workers are tokio's own; a blocking closure that is done is nobody's.
static bool is_hidden(struct tk_taking *taking, const struct tk_task *task)
{
	const struct tk_task_type *type = task_type_at(taking->reader, task->header);
	return type && (type->worker_launch || (type->blocking && task->state == TK_COMPLETE));
}

// Freed memory may keep an old copy of a task: of two with one id, the one in a list is real, else the first. By id.
static struct map real_ones(const struct tk_taking *taking)
{
	struct map real = {0};
	for (size_t i = 0; i < taking->tasks.len; i++) {
		const struct tk_task *task = &taking->tasks.items[i];
		u64 *known = map_get(&real, task->id);
		if (!known || (task->listed && !taking->tasks.items[*known].listed))
			map_put(&real, taking->arena, task->id, i);
	}
	return real;
}

static void drop_hidden(struct tk_taking *taking)
{
	struct map real = real_ones(taking);
	size_t kept = 0;
	for (size_t i = 0; i < taking->tasks.len; i++) {
		const struct tk_task *task = &taking->tasks.items[i];
		if (!is_hidden(taking, task) && (task->listed || *map_get(&real, task->id) == i))
			taking->tasks.items[kept++] = *task;
	}
	taking->tasks.len = kept;
	vec_sort(taking->tasks.items, kept, sizeof(struct tk_task), compare_tasks);
}

err_t tk_snapshot_take(struct tk_reader *reader, struct arena *arena, struct tk_snapshot **out)
{
	*out = NULL;
	TRY(reader_bind(reader));
	struct tk_taking taking = {.reader = reader, .arena = arena};
	if (reader->layout.typeless)
		complain(&taking, "%.*s", STRF(reader->layout.problem));
	take_threads(&taking);
	take_owned(&taking);
	take_scanned(&taking);
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
