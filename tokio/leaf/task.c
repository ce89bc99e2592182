// Waits for other tasks.
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
