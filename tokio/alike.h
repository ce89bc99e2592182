// Equal tasks, and those that changed.
#pragma once
#include "tokio/snapshot.h"

enum likeness {
	ALIKE_IN_TEXT,   // state, root, stack and what leaves wait for, but for digits in that ("5.0 s left" and "12.1 s left")
	ALIKE_IN_AWAITS, // state, root and stack
};

// A key for each of these tasks (NULL: for the first n); equal keys, equal tasks. 0 for those that were not come to before
// the work was cancelled. In `arena`.
u64 *tasks_alike(struct tk_snapshot *snapshot, struct arena *arena, enum likeness likeness, const size_t *tasks, size_t n);
// The key of one, told by itself.
u64 task_likeness(struct tk_snapshot *snapshot, enum likeness likeness, size_t task);
