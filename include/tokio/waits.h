// Who waits for whom: for each thing that a task waits for, who has it, as far as memory tells.
//
// Who has a lock of tokio's is stored nowhere. It is found by the guards, permits and ends of channels among the locals that
// suspended futures keep; a guard on the stack of a task that is being polled is not seen. What is not found is told as not
// known.
#pragma once
#include "tokio/snapshot.h"

struct tk_tree; // of tokio/private.h

enum tk_part {
	TK_HAS_ALL,      // nobody else can have any of it: a Mutex, an RwLock to write
	TK_HAS_SHARE,    // others may have more of it: an RwLock to read, permits
	TK_HAS_SENDER,   // of a channel
	TK_HAS_RECEIVER, // of a channel
	TK_HAS_TASK,     // it is the task that has to finish
};

// A party that has what is waited for, or a part of it. A party is a task, or a thread in block_on: an index below n_tasks is a
// task, above it a thread.
struct tk_holder {
	size_t party;
	enum tk_part part;
	struct str how; // "as `guard` in hung::first"; "" for a task that has to finish
	u32 node;       // of the party's tree: the future that has it
	bool kept;      // a future that nothing polls now
};

enum tk_wait_for {
	TK_WAITS_FOR_ALL,     // a Mutex, an RwLock to write: all that have any of it must let go
	TK_WAITS_FOR_SHARE,   // an RwLock to read: who has all of it must let go
	TK_WAITS_FOR_PERMITS, // of a semaphore: some of those who have any must let go
	TK_WAITS_FOR_ROOM,    // in a channel: the receiver must receive
	TK_WAITS_FOR_MESSAGE, // on a channel: one of the senders must send
	TK_WAITS_FOR_TASK,    // to finish
};

struct tk_wait {
	size_t waiter; // party
	enum tk_wait_for what;
	u64 resource;                    // address of what is waited for
	struct str waits;                // "waits for a Mutex, next in line"
	struct dbg_place at;             // the user's innermost await
	const struct tk_holder *holders; // those that are known
	size_t n_holders;
	u64 n_senders;               // FOR_MESSAGE: how many there are, known or not; 0: not known
	const struct tk_wait *ahead; // who is served just before it, if known
	const struct tk_tree *tree;  // of the waiter, and where in it; its nodes have no texts
	u32 leaf;
	bool kept; // by a future that nothing polls now (tk_await.kept): it stands in line, and could not go on
	bool must; // the waiter can't go on without it (no other branch could)
};

struct tk_waits {
	const struct tk_snapshot *snapshot;
	struct tk_wait *items; // in order of their waiters
	size_t n;
};
// Found once, and kept with the snapshot unless that was cancelled half way.
const struct tk_waits *tk_waits_find(struct tk_snapshot *snapshot);
// The one that alone has it, or has to finish; NULL if there are several, or it is not known.
const struct tk_holder *tk_wait_holder(const struct tk_wait *wait);
// For each party: how many others wait for what it alone has, or for its end. In `arena`.
size_t *tk_waits_counts(const struct tk_waits *waits, struct arena *arena);

// A cycle: each waits for what the next one has, or behind the next one in line; the last for the first one.
struct tk_deadlock {
	const struct tk_wait **waits;
	const struct tk_holder **by; // of each the holder that leads to the next; NULL: the next one is ahead of it in line
	size_t n;
};
// Those that can't end by anything that is seen: whoever could let go waits in such a cycle, or for one. In `arena`.
size_t tk_deadlocks_find(const struct tk_waits *waits, struct arena *arena, struct tk_deadlock **out);

// `async waits` and `async deadlocks`. In `arena`.
struct str tk_text_waits(struct tk_snapshot *snapshot, struct arena *arena, struct tk_text style);
struct str tk_text_deadlocks(struct tk_snapshot *snapshot, struct arena *arena, struct tk_text style, size_t *found);
