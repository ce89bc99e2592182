// Waits for other tasks and processes.
#include "tokio/private.h"

// runtime/task/join.rs: the first word of a JoinHandle is the header of the task it joins.
void leaf_join(struct tk_leaf *leaf)
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
	         "waits for task %llu to finish (%.*s, %s)", (unsigned long long)task->id, STRF(task->name),
	         tk_state_name(task->state));
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
