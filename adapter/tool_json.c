// A snapshot as JSON. Trees are flat lists of rows, each with the number of its parent: a chain of a thousand awaits is
// nothing rare, and readers of JSON refuse values nested as deep (Python's json at its recursion limit, cJSON at 1000).
#include "adapter/tool_json.h"

#include "adapter/waits_json.h"

static void set_or_null(struct cJSON *object, const char *key, bool known, u64 number)
{
	if (known)
		json_set_number(object, key, (i64)number);
	else
		json_set_null(object, key);
}

static void set_text_or_null(struct cJSON *object, const char *key, struct str text)
{
	if (text.len)
		json_set_text(object, key, text);
	else
		json_set_null(object, key);
}

static void set_address(struct cJSON *object, const char *key, u64 address, struct arena *arena)
{
	json_set_text(object, key, str_printf(arena, "0x%llx", (unsigned long long)address));
}

static void set_place(struct cJSON *object, struct dbg_place place)
{
	set_text_or_null(object, "file", place.line ? place.file : STR(""));
	set_or_null(object, "line", place.line != 0, place.line);
}

static void set_runtimes(struct cJSON *report, const struct tk_snapshot *snapshot, struct arena *arena)
{
	static const char *const flavours[] = {"multi_thread", "current_thread", "local_set", "unknown"};
	struct cJSON *list = json_set_array(report, "runtimes");
	for (size_t i = 0; i < snapshot->n_runtimes; i++) {
		const struct tk_runtime *runtime = &snapshot->runtimes[i];
		struct cJSON *row = json_add_object(list);
		json_set_number(row, "index", (i64)i);
		json_set_text(row, "flavour", str_of(flavours[runtime->flavour]));
		set_text_or_null(row, "name", runtime->name);
		set_address(row, "address", runtime->handle, arena);
		set_or_null(row, "thread", runtime->tid != 0, (u64)runtime->tid);
		set_text_or_null(row, "doing", runtime->doing);
		set_or_null(row, "localQueue", runtime->queue_known, runtime->local_queue);
		set_or_null(row, "injectionQueue", runtime->injected_known, runtime->injected);
		set_or_null(row, "poolThreads", runtime->pool_known, runtime->pool_threads);
		set_or_null(row, "poolIdle", runtime->pool_known, runtime->pool_idle);
		set_or_null(row, "poolQueued", runtime->pool_known, runtime->pool_queued);
	}
}

static void set_workers(struct cJSON *report, const struct tk_snapshot *snapshot)
{
	struct cJSON *list = json_set_array(report, "workers");
	for (size_t i = 0; i < snapshot->n_workers; i++) {
		const struct tk_worker *worker = &snapshot->workers[i];
		struct cJSON *row = json_add_object(list);
		json_set_number(row, "runtime", (i64)worker->runtime);
		json_set_number(row, "index", (i64)worker->index);
		set_or_null(row, "thread", worker->tid != 0, (u64)worker->tid);
		set_text_or_null(row, "doing", worker->doing);
		set_or_null(row, "task", worker->task != TK_NONE, worker->task != TK_NONE ? snapshot->tasks[worker->task].id : 0);
		set_or_null(row, "localQueue", worker->queue_known, worker->local_queue);
	}
}

static const char *kind_of(const struct tk_await *await)
{
	return await->cut      ? "cut"
	       : await->kept   ? "kept"
	       : await->branch ? "branch"
	       : await->frame  ? "frame"
	       : await->async  ? "async"
	                       : "future";
}

static void set_futures(struct cJSON *object, const struct tk_await *awaits, size_t n)
{
	struct cJSON *list = json_set_array(object, "futures");
	for (size_t i = 0; i < n; i++) {
		const struct tk_await *await = &awaits[i];
		struct cJSON *row = json_add_object(list);
		set_or_null(row, "parent", await->parent < i, await->parent);
		json_set_text(row, "name", await->name);
		json_set_text(row, "kind", str_of(kind_of(await)));
		json_set_flag(row, "library", await->library);
		set_place(row, await->place);
		set_text_or_null(row, "waits", await->waits);
	}
}

static void add_task(struct cJSON *list, struct tk_snapshot *snapshot, size_t index, size_t waiters, struct arena *arena)
{
	const struct tk_task *task = &snapshot->tasks[index];
	struct cJSON *row = json_add_object(list);
	json_set_number(row, "id", (i64)task->id);
	set_address(row, "address", task->header, arena);
	json_set_text(row, "state", str_of(tk_state_name(task->state)));
	set_text_or_null(row, "root", task->name);
	json_set_text(row, "brief", tk_task_brief(snapshot, index, arena));
	set_or_null(row, "runtime", task->runtime != TK_NONE, task->runtime);
	set_or_null(row, "worker", task->worker != TK_NONE, task->worker != TK_NONE ? snapshot->workers[task->worker].index : 0);
	set_or_null(row, "thread", task->tid != 0, (u64)task->tid);
	json_set_flag(row, "blocking", task->blocking);
	json_set_number(row, "waitedForBy", (i64)waiters);
	json_set_flag(row, "moving", task->moving);
	set_text_or_null(row, "note", task->note);
	struct dbg_place spawned = tk_task_spawned(snapshot, index, arena);
	struct cJSON *at = spawned.line ? json_set_object(row, "spawned") : NULL;
	if (at)
		set_place(at, spawned);
	struct tk_await *awaits;
	size_t n = tk_task_awaits(snapshot, index, arena, &awaits);
	set_futures(row, awaits, n);
}

static void set_threads(struct cJSON *report, struct tk_snapshot *snapshot)
{
	struct cJSON *list = json_set_array(report, "threads");
	for (size_t i = 0; i < snapshot->n_threads; i++) {
		const struct tk_thread *thread = &snapshot->threads[i];
		struct cJSON *row = json_add_object(list);
		json_set_number(row, "id", thread->tid);
		set_text_or_null(row, "name", thread->name);
		json_set_flag(row, "blockOn", thread->blocks_on);
		set_text_or_null(row, "root", thread->blocks_on ? thread->future_name : STR(""));
		json_set_flag(row, "pool", thread->pool);
		set_or_null(row, "task", thread->task != TK_NONE, thread->task != TK_NONE ? snapshot->tasks[thread->task].id : 0);
	}
}

// ---- who waits for whom

// {"task": 4} or {"thread": 4711}
static void set_party(struct cJSON *object, const struct tk_snapshot *snapshot, size_t party)
{
	bool task = party < snapshot->n_tasks;
	set_or_null(object, "task", task, task ? snapshot->tasks[party].id : 0);
	set_or_null(object, "thread", !task, task ? 0 : (u64)snapshot->threads[party - snapshot->n_tasks].tid);
}

static void set_waits(struct cJSON *report, const struct tk_waits *waits, struct arena *arena)
{
	struct cJSON *list = json_set_array(report, "waits");
	for (size_t i = 0; i < waits->n; i++) {
		const struct tk_wait *wait = &waits->items[i];
		struct cJSON *row = json_add_object(list);
		set_party(json_set_object(row, "waiter"), waits->snapshot, wait->waiter);
		waits_json_put(row, wait, arena);
		set_place(row, wait->at);
		struct cJSON *holders = json_set_array(row, "holders");
		for (size_t k = 0; k < wait->n_holders; k++) {
			struct cJSON *holder = json_add_object(holders);
			set_party(holder, waits->snapshot, wait->holders[k].party);
			set_text_or_null(holder, "how", wait->holders[k].how);
		}
	}
}

static size_t set_deadlocks(struct cJSON *report, const struct tk_waits *waits, struct arena *arena)
{
	struct tk_deadlock *deadlocks;
	size_t n = tk_deadlocks_find(waits, arena, &deadlocks);
	waits_json_put_cycles(report, "deadlocks", waits, deadlocks, n, NULL);
	return n;
}

struct cJSON *tool_json(struct tk_snapshot *snapshot, struct arena *arena, const bool *chosen, bool with_waits, size_t *deadlocks)
{
	struct cJSON *report = json_new_object();
	json_set_number(report, "format", TOOL_JSON_FORMAT);
	json_set_number(report, "total", (i64)snapshot->n_tasks);
	const struct tk_waits *waits = tk_waits_find(snapshot);
	const size_t *waiters = tk_waits_counts(waits, arena);
	struct cJSON *tasks = json_set_array(report, "tasks");
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		if (!chosen || chosen[i])
			add_task(tasks, snapshot, i, waiters[i], arena);
	set_runtimes(report, snapshot, arena);
	set_workers(report, snapshot);
	set_threads(report, snapshot);
	if (with_waits) {
		set_waits(report, waits, arena);
		*deadlocks = set_deadlocks(report, waits, arena);
	}
	struct cJSON *complaints = json_set_array(report, "complaints");
	for (size_t i = 0; i < snapshot->n_complaints; i++)
		json_add_text(complaints, snapshot->complaints[i]);
	return report;
}

void tool_json_set_stopped(struct cJSON *report, double milliseconds)
{
	if (milliseconds < 0)
		json_set_null(report, "stoppedMs");
	else
		json_set_real(report, "stoppedMs", milliseconds);
}
