// Who waits for whom: for each thing that a task waits for, who holds it, as far as memory tells.
//
// Who holds a lock of tokio's is stored nowhere. It is found by the guards and permits among the locals that suspended
// futures keep; a guard on the stack of a task that is being polled is not seen. What is not found is told as not known.
#pragma once
#include "tokio/snapshot.h"

// A task, or a thread in block_on: index below n_tasks is a task, above it a thread.
struct tk_wait {
	size_t waiter;       // party
	u64 resource;        // address of what is waited for
	struct str waits;    // "waits for a Mutex, next in line"
	struct dbg_place at; // the user's innermost await
	size_t *holders;     // parties that may hold it; exactly one: it does
	struct str *holds;   // how, one for each: "as `guard` in hung::first"; "" for a task that has to finish
	size_t n_holders;
	bool kept; // by a future that nothing polls now (tk_await.kept): it stands in line, and could not go on
	bool must; // the waiter can't go on without it (no other branch could)
};

struct tk_waits {
	struct tk_snapshot *snapshot;
	struct tk_wait *items; // in order of their waiters
	size_t n;
};
struct tk_waits *tk_waits_find(struct tk_snapshot *snapshot, struct arena *arena);
// For each party: how many others wait for what it alone holds, or for its end. In `arena`.
size_t *tk_waits_counts(const struct tk_waits *waits, struct arena *arena);

// A cycle: each waits for what the next one holds, the last for what the first one holds.
struct tk_deadlock {
	const struct tk_wait **waits;
	size_t n;
};
size_t tk_deadlocks_find(const struct tk_waits *waits, struct arena *arena, struct tk_deadlock **out);

// `async waits` and `async deadlocks`. In `arena`.
struct str tk_text_waits(struct tk_snapshot *snapshot, struct arena *arena, struct tk_text style);
struct str tk_text_deadlocks(struct tk_snapshot *snapshot, struct arena *arena, struct tk_text style, size_t *found);
