// The graph of waits: what each leaf waits for, and who has such things.
#include "tokio/memo.h"
#include "tokio/waiting.h"

enum { MAX_PARTIES = 1 << 20, FEW_PARTIES = 1000 };

struct finder {
	struct tk_snapshot *snapshot;
	struct arena *arena, scratch; // scratch: of one party
	struct holdings holdings;
	VEC(struct tk_wait) waits;
	VEC(u64) before;      // of each wait the waiter that is served before it, by address; 0: none
	struct map by_waiter; // address of the waiter in line -> index in waits + 1
};

// ---- what is waited for ------------------------------------------------------------------------------------

// How a leaf's wait is put into the graph.
struct found {
	enum tk_wait_for what;
	u64 resource;
	u64 waiter, before; // addresses in the semaphore's line
	u64 n_senders;
	bool has_its_turn; // it has what it stood in line for
};

// batch_semaphore.rs: Acquire { node: Waiter { pointers, .. }, semaphore: &Semaphore, .. }.
static bool find_semaphore(struct tk_leaf *leaf, struct found *out)
{
	struct dbg_value waiter = dbg_value_member(leaf->value, "node");
	struct dbg_value pointers = dbg_value_find(dbg_value_member(waiter, "pointers"), "tokio::util::linked_list::PointersInner");
	out->what = leaf_acquires(leaf);
	out->has_its_turn = acquire_has_its_turn(leaf->value);
	out->waiter = dbg_value_ok(waiter) ? waiter.addr : 0;
	dbg_value_get(dbg_value_member(pointers, "next"), &out->before);
	return dbg_value_get(dbg_value_member(leaf->value, "semaphore"), &out->resource);
}

static bool find_oneshot(struct tk_leaf *leaf, struct found *out)
{
	struct dbg_value some = dbg_value_variant_named(dbg_value_member(leaf->value, "inner"), "Some");
	struct dbg_value inner = dbg_value_find(dbg_value_pointee(dbg_value_member(some, "0")), "tokio::sync::oneshot::Inner");
	out->what = TK_WAITS_FOR_MESSAGE;
	out->n_senders = 1;
	out->resource = dbg_value_ok(inner) ? inner.addr : 0;
	return out->resource;
}

// chan.rs: Chan { semaphore: bounded::Semaphore { semaphore, .. } or unbounded::Semaphore, tx_count, .. }.
static bool find_channel(struct tk_leaf *leaf, struct found *out)
{
	if (!leaf_ancestor_named(leaf, "Receiver::recv") && !leaf_ancestor_named(leaf, "Receiver::recv_many"))
		return false;
	struct dbg_value receiver = dbg_value_pointee(leaf_ancestor_member(leaf, "self"));
	struct dbg_value chan = dbg_value_pointee(dbg_value_find(receiver, "alloc::sync::Arc"));
	struct dbg_value bounded = dbg_value_find(chan, "tokio::sync::batch_semaphore::Semaphore");
	struct dbg_value room = dbg_value_ok(bounded) ? bounded : dbg_value_find(chan, "tokio::sync::mpsc::unbounded::Semaphore");
	out->what = TK_WAITS_FOR_MESSAGE;
	out->resource = dbg_value_ok(room) ? room.addr : 0;
	dbg_value_get(dbg_value_member(chan, "tx_count"), &out->n_senders);
	return out->resource;
}

static bool find_task(struct tk_leaf *leaf, struct found *out)
{
	out->what = TK_WAITS_FOR_TASK;
	return dbg_value_get(leaf->value, &out->resource) && out->resource;
}

static const struct {
	const char *type;
	bool (*find)(struct tk_leaf *leaf, struct found *out);
} resources[] = {
    {"tokio::sync::batch_semaphore::Acquire", find_semaphore},
    {"tokio::sync::oneshot::Receiver", find_oneshot},
    {"tokio::runtime::task::join::JoinHandle", find_task},
    {"core::future::poll_fn::PollFn", find_channel},
};

// Can the party go on without this leaf? Only if a branch point above it is one that takes the first to be ready.
static bool must_have(const struct tk_tree *tree, u32 at)
{
	for (u32 i = tree->nodes[at].parent; i != UINT32_MAX; i = tree->nodes[i].parent)
		if (tree->nodes[i].n_children > 1 && !str_eqc(tree->nodes[i].construct, "join!") &&
		    !str_eqc(tree->nodes[i].construct, "try_join!"))
			return false;
	return true;
}

static struct dbg_place users_await(const struct tk_tree *tree, u32 at)
{
	for (u32 i = at; i != UINT32_MAX; i = tree->nodes[i].parent)
		if (tree->nodes[i].kind == TK_NODE_ASYNC && !tree->nodes[i].library)
			return tree->nodes[i].place;
	return (struct dbg_place){0};
}

static struct str turn_text(struct finder *finder, const struct tk_tree *tree, u32 at)
{
	u32 label = UINT32_MAX; // the outermost
	for (u32 i = at; i != UINT32_MAX && tree->nodes[i].kept; i = tree->nodes[i].parent)
		label = i;
	if (label == UINT32_MAX || tree->nodes[label].parent == UINT32_MAX)
		return STR("since its turn has come");
	struct str text = str_printf(finder->arena, "since its turn has come, in a future that is %.*s (%.*s)",
	                             STRF(tree->nodes[label].name), STRF(tree->nodes[tree->nodes[label].parent].name));
	struct dbg_place place = users_await(tree, at); // of the future that is kept
	if (!place.line)
		return text;
	return str_printf(finder->arena, "%.*s, suspended at %.*s:%u", STRF(text), STRF(dbg_place_short_path(finder->arena, place)),
	                  place.line);
}

static void look_at_leaf(struct finder *finder, size_t party, const struct tk_tree *tree, u32 at)
{
	const struct tk_node *node = &tree->nodes[at];
	struct str base = dbg_value_ok(node->value) ? dbg_type_base_path(node->value.type) : STR("");
	for (size_t i = 0; i < ARRAY_LEN(resources); i++) {
		struct found found = {0};
		struct tk_leaf leaf = {
		    .snapshot = finder->snapshot, .arena = &finder->scratch, .tree = tree, .at = at, .value = node->value};
		if (!str_eqc(base, resources[i].type) || !resources[i].find(&leaf, &found))
			continue;
		// What stood in line and was given its permits has them, also where nothing polls it to take them.
		if (found.has_its_turn) {
			enum tk_part part = found.what == TK_WAITS_FOR_ALL ? TK_HAS_ALL : TK_HAS_SHARE;
			holdings_add(&finder->holdings, found.resource,
			             (struct tk_holder){
			                 .party = party, .part = part, .how = turn_text(finder, tree, at), .node = at, .kept = node->kept});
			continue;
		}
		vec_push(finder->arena, &finder->waits,
		         ((struct tk_wait){.waiter = party,
		                           .what = found.what,
		                           .resource = found.resource,
		                           .waits = str_dup(finder->arena, node->waits),
		                           .at = users_await(tree, at),
		                           .n_senders = found.n_senders,
		                           .tree = tree,
		                           .leaf = at,
		                           .kept = node->kept,
		                           .must = !node->kept && must_have(tree, at)}));
		vec_push(finder->arena, &finder->before, found.before);
		if (found.waiter)
			map_put(&finder->by_waiter, finder->arena, found.waiter, finder->waits.len);
	}
}

// What is kept of a tree as long as the graph lives: its form.
static const struct tk_tree *bare(struct arena *arena, const struct tk_tree *tree)
{
	struct tk_tree *copy = NEW(arena, struct tk_tree);
	*copy = (struct tk_tree){.nodes = NEW_N(arena, struct tk_node, tree->len), .len = tree->len, .cut = tree->cut};
	for (size_t i = 0; i < tree->len; i++) {
		copy->nodes[i] = tree->nodes[i];
		copy->nodes[i].name = copy->nodes[i].state = copy->nodes[i].waits = copy->nodes[i].brief = (struct str){0};
		copy->nodes[i].construct = str_dup(arena, tree->nodes[i].construct);
	}
	return copy;
}

static void look_at_party(struct finder *finder, size_t party, struct dbg_value future)
{
	if (!dbg_value_ok(future))
		return;
	size_t known = finder->waits.len;
	struct tk_tree *tree = future_tree(finder->snapshot, future, &finder->scratch);
	for (u32 i = 0; i < tree->len; i++) {
		const struct tk_node *node = &tree->nodes[i];
		struct dbg_variable *variables;
		if (node->unsure) // holds nothing for certain
			continue;
		size_t n = node->kind == TK_NODE_ASYNC && !node->state.len
		               ? dbg_coroutine_variables(&finder->scratch, node->value, &variables)
		               : 0;
		for (size_t k = 0; k < n; k++)
			holdings_look(&finder->holdings, party, tree, i, &variables[k]);
		if (!node->n_children)
			look_at_leaf(finder, party, tree, i);
	}
	const struct tk_tree *kept = finder->waits.len > known ? bare(finder->arena, tree) : NULL;
	for (size_t i = known; i < finder->waits.len; i++)
		finder->waits.items[i].tree = kept;
	arena_clear(&finder->scratch);
}

// ---- most tasks wait for what nobody in the program has ------------------------------------------------------

struct sieve {
	struct tk_snapshot *snapshot;
	bool *empty; // of each task: it waits for nothing that has a place in the graph, and has nothing
};

static void sift(void *context, size_t task)
{
	struct sieve *sieve = context;
	u64 key, cell = sieve->snapshot->tasks[task].header;
	struct memo *memo = memo_of(sieve->snapshot, MEMO_WAITS, task);
	if (!memo)
		return;
	if (!memo_find(memo, cell, &key)) {
		struct arena arena = {0};
		struct finder finder = {.snapshot = sieve->snapshot, .arena = &arena};
		holdings_init(&finder.holdings, sieve->snapshot, &arena);
		struct memo_recording *recording = memo_record(memo, cell);
		look_at_party(&finder, task, sieve->snapshot->tasks[task].future);
		key = finder.waits.len || holdings_any(&finder.holdings);
		memo_done(recording, key);
		arena_deinit(&finder.scratch);
		arena_deinit(&arena);
	}
	sieve->empty[task] = !key;
}

// ---- bringing them together --------------------------------------------------------------------------------

// Of whom is it to be had? A channel's end is of use to the other end only.
static bool concerns(const struct tk_wait *wait, enum tk_part part)
{
	switch (wait->what) {
	case TK_WAITS_FOR_ALL:
	case TK_WAITS_FOR_SHARE:
	case TK_WAITS_FOR_PERMITS: return part == TK_HAS_ALL || part == TK_HAS_SHARE;
	case TK_WAITS_FOR_ROOM: return part == TK_HAS_RECEIVER;
	case TK_WAITS_FOR_MESSAGE: return part == TK_HAS_SENDER;
	case TK_WAITS_FOR_TASK: break;
	}
	return false;
}

static void put_holders(struct finder *finder, struct tk_wait *wait)
{
	VEC(struct tk_holder) found = {0};
	const struct holding *newest = wait->what == TK_WAITS_FOR_TASK ? NULL : holdings_of(&finder->holdings, wait->resource);
	for (const struct holding *it = newest; it; it = holdings_next(&finder->holdings, it))
		if (concerns(wait, it->holder.part))
			vec_push(finder->arena, &found, it->holder);
	size_t joined = wait->what == TK_WAITS_FOR_TASK ? task_by_header(finder->snapshot, wait->resource) : TK_NONE;
	if (joined != TK_NONE)
		vec_push(finder->arena, &found, ((struct tk_holder){.party = joined, .part = TK_HAS_TASK, .how = STR("")}));
	wait->holders = found.items;
	wait->n_holders = found.len;
}

static void put_ahead(struct finder *finder)
{
	for (size_t i = 0; i < finder->waits.len; i++) {
		u64 *index = finder->before.items[i] ? map_get(&finder->by_waiter, finder->before.items[i]) : NULL;
		if (index)
			finder->waits.items[i].ahead = &finder->waits.items[*index - 1];
	}
}

const struct tk_waits *waits_find(struct tk_snapshot *snapshot, bool sifted)
{
	struct arena *arena = snapshot->arena, scratch = {0};
	const struct dbg_space *space = snapshot->reader->space;
	struct finder finder = {.snapshot = snapshot, .arena = arena};
	struct sieve sieve = {snapshot, NEW_N(&scratch, bool, snapshot->n_tasks + 1)};
	if (sifted)
		snapshot_each_by_address(snapshot, sift, &sieve);
	holdings_init(&finder.holdings, snapshot, arena);
	for (size_t i = 0; i < snapshot->n_tasks && i < MAX_PARTIES && !dbg_is_cancelled(space); i++)
		if (snapshot->tasks[i].state != TK_RUNNING && !sieve.empty[i])
			look_at_party(&finder, i, snapshot->tasks[i].future);
	for (size_t i = 0; i < snapshot->n_threads; i++)
		if (snapshot->threads[i].blocks_on)
			look_at_party(&finder, snapshot->n_tasks + i, snapshot->threads[i].future);
	for (size_t i = 0; i < finder.waits.len; i++)
		put_holders(&finder, &finder.waits.items[i]);
	put_ahead(&finder);
	struct tk_waits *waits = NEW(arena, struct tk_waits);
	*waits = (struct tk_waits){snapshot, finder.waits.items, finder.waits.len};
	arena_deinit(&finder.scratch);
	arena_deinit(&scratch);
	return waits;
}

const struct tk_waits *tk_waits_find(struct tk_snapshot *snapshot)
{
	if (snapshot->waits)
		return snapshot->waits;
	const struct tk_waits *waits = waits_find(snapshot, snapshot->n_tasks > FEW_PARTIES);
	if (!dbg_is_cancelled(snapshot->reader->space))
		snapshot->waits = waits;
	return waits;
}

const struct tk_holder *tk_wait_holder(const struct tk_wait *wait)
{
	return wait->n_holders == 1 ? &wait->holders[0] : NULL;
}

size_t *tk_waits_counts(const struct tk_waits *waits, struct arena *arena)
{
	size_t parties = waits->snapshot->n_tasks + waits->snapshot->n_threads;
	size_t *counts = NEW_N(arena, size_t, parties + 1);
	size_t *newest = NEW_N(arena, size_t, parties + 1); // waiter + 1: one that waits twice is one
	for (size_t i = 0; i < waits->n; i++) {
		const struct tk_wait *wait = &waits->items[i];
		const struct tk_holder *holder = tk_wait_holder(wait);
		if (!holder || holder->party == wait->waiter || newest[holder->party] == wait->waiter + 1)
			continue;
		newest[holder->party] = wait->waiter + 1;
		counts[holder->party]++;
	}
	return counts;
}
