// Private to waits.c, holdings.c and deadlock.c: what parties have, and what each wait needs of them.
#pragma once
#include "tokio/private.h"
#include "tokio/waits.h"

struct holding {
	u64 resource;
	struct tk_holder holder;
	u32 next; // of the same resource, 0: none
};

struct holdings {
	struct tk_snapshot *snapshot;
	struct arena *arena;
	VEC(struct holding) list; // [0] is unused
	struct map by_resource;   // resource -> newest of `list`
	struct map rows;          // struct dbg_type * -> which rows of holder.def may be in it, one bit each
};

// ---- waits.c: tk_waits_find, each time anew; `sifted`: tasks like one that has no place in the graph are left out
const struct tk_waits *waits_find(struct tk_snapshot *snapshot, bool sifted);

// ---- leaf/sync.c
enum tk_wait_for leaf_acquires(const struct tk_leaf *leaf); // what a wait for a semaphore is for

// ---- holdings.c
void holdings_init(struct holdings *holdings, struct tk_snapshot *snapshot, struct arena *arena);
void holdings_add(struct holdings *holdings, u64 resource, struct tk_holder holder); // once a party
// What this local of the node has.
void holdings_look(struct holdings *holdings, size_t party, const struct tk_tree *tree, u32 at,
                   const struct dbg_variable *variable);
bool holdings_any(const struct holdings *holdings);
const struct holding *holdings_of(const struct holdings *holdings, u64 resource);
const struct holding *holdings_next(const struct holdings *holdings, const struct holding *holding); // NULL: no more
