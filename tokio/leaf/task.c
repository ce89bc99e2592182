// Waits for other tasks and processes.
#include "tokio/groups.h"
#include "tokio/memo.h"
#include "tokio/private.h"

// " on worker 1", " on thread 4711" of one that is polled or a closure; " at src/main.rs:12" of one that is suspended.
static struct str whereabouts(const struct tk_leaf *leaf, const struct tk_task *task)
{
	if (task->pool_queued)
		return STR(" for the blocking pool");
	if (task->state == TK_RUNNING && task->worker != TK_NONE)
		return str_printf(leaf->arena, " on worker %zu", leaf->snapshot->workers[task->worker].index);
	if (task->state == TK_RUNNING && task->tid)
		return str_printf(leaf->arena, " on thread %d", task->tid);
	if (task->state == TK_RUNNING || !dbg_value_ok(task->future))
		return STR("");
	struct dbg_place place = future_place(leaf->snapshot->reader, task->future);
	if (!place.line)
		return STR("");
	return str_printf(leaf->arena, " at %.*s:%u", STRF(dbg_place_short_path(leaf->arena, place)), place.line);
}

// runtime/task/join.rs: the first word of a JoinHandle is the header of the task it joins.
static void tell_join(struct tk_leaf *leaf)
{
	u64 header;
	if (!dbg_value_get(dbg_value_cast(leaf->value, leaf->value.type), &header) || !header) {
		leaf_say(leaf, "a task", "waits for a task to finish (which one can't be read)");
		return;
	}
	size_t index = task_by_header(leaf->snapshot, header);
	if (index == TK_NONE) {
		leaf_say(leaf, "a task", "waits for a task to finish (header 0x%llx, in no list)", (unsigned long long)header);
		return;
	}
	const struct tk_task *task = &leaf->snapshot->tasks[index];
	leaf_say(leaf, str_printf(leaf->arena, "task %llu", (unsigned long long)task->id).ptr,
	         "waits for task %llu to finish (%.*s, %s%.*s)", (unsigned long long)task->id, STRF(task->name),
	         tk_state_name(task->state), STRF(whereabouts(leaf, task)));
}

static u64 which_task(struct tk_leaf *leaf)
{
	tell_join(leaf);
	return group_key(leaf->waits);
}

void leaf_join(struct tk_leaf *leaf)
{
	leaf_by_itself(leaf, tell_join, which_task);
}

// process/mod.rs: Child::wait polls FusedChild::Child(ChildDropGuard { inner: imp::Child .. }), around std's Child.
void leaf_child(struct tk_leaf *leaf)
{
	struct dbg_value child = dbg_value_find(leaf->value, "std::process::Child");
	u64 pid;
	if (dbg_value_get(dbg_value_path(child, "handle.pid"), &pid) && pid)
		leaf_say(leaf, str_printf(leaf->arena, "process %d", (int)pid).ptr, "waits for process %d to end", (int)pid);
	else
		leaf_say(leaf, "a process", "waits for a child process to end");
}

// tokio-util 0.7 task/task_tracker.rs: TaskTrackerInner { state, .. }, bit 0 is "closed", above it how many are tracked.
void leaf_tracker(struct tk_leaf *leaf)
{
	u64 state;
	struct dbg_value some = dbg_value_variant_named(dbg_value_member(leaf->value, "inner"), "Some");
	struct dbg_value inner = dbg_value_pointee(dbg_value_member(some, "0"));
	if (!dbg_value_get(dbg_value_member(inner, "state"), &state)) {
		leaf_say(leaf, "TaskTracker", "waits for the tasks of a TaskTracker to end");
		return;
	}
	struct str count = str_printf(leaf->arena, "%llu task%s", (unsigned long long)(state >> 1), state >> 1 == 1 ? "" : "s");
	leaf_say(leaf, str_printf(leaf->arena, "TaskTracker, %.*s", STRF(count)).ptr, "waits for %.*s of a TaskTracker to end%s",
	         STRF(count), state & 1 ? "" : ", and for it to be closed");
}

void leaf_cancellation(struct tk_leaf *leaf)
{
	leaf_say(leaf, "CancellationToken", "waits for a CancellationToken to be cancelled");
}

// task/local.rs: LocalSet { context: Rc<Context { shared: Arc<Shared> .. }> }; a LocalSet of the snapshot is known by its
// Shared.
void leaf_local_set(struct tk_leaf *leaf)
{
	memo_spoil(leaf->snapshot); // other tasks are looked at; a program has few
	struct dbg_value shared =
	    dbg_value_pointee(dbg_value_find(dbg_value_pointee(dbg_value_member(leaf->value, "context")), "alloc::sync::Arc"));
	const struct tk_snapshot *snapshot = leaf->snapshot;
	u64 count = 0;
	bool known = false;
	for (size_t i = 0; dbg_value_ok(shared) && i < snapshot->n_tasks; i++) {
		size_t runtime = snapshot->tasks[i].runtime;
		bool its = runtime != TK_NONE && snapshot->runtimes[runtime].flavour == TK_LOCAL_SET &&
		           snapshot->runtimes[runtime].handle == shared.addr;
		known |= its;
		count += its && snapshot->tasks[i].state != TK_COMPLETE;
	}
	struct str text =
	    known ? str_printf(leaf->arena, "%llu task%s", (unsigned long long)count, count == 1 ? "" : "s") : STR("tasks");
	leaf_say(leaf, "LocalSet", "polls a LocalSet's %.*s, when one is woken", STRF(text));
}
