// Private to tokio/: tasks whose stacks are equal, together.
#pragma once
#include "tokio/snapshot.h"

struct task_group {
	u64 key;
	size_t first; // index of the task that stands for all
	size_t count;
	struct str ids; // "4-127, 130"; of many ranges the first and the last: "8, 16, 24, .. 4000"
};

// `indices` are tasks in order of their ids, `keys` tell which are equal. Largest group first, then by id. In `arena`.
size_t group_tasks(const struct tk_snapshot *snapshot, struct arena *arena, const size_t *indices, const u64 *keys, size_t n,
                   struct task_group **out);

// A hash of a task's text that is the same for tasks which differ in times, addresses and descriptors only: digits count
// in the rows (their lines), not in what a leaf waits for.
u64 group_key(struct str text);
