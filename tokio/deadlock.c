// Deadlocks: waits that nothing which is seen can end.
//
// At first each wait that a party can't do without is taken for one that never ends; then those are struck out that may
// end by themselves or by a party that may go on, and what they kept up with them, until no more are (a greatest fixed
// point). What remains waits in a cycle, or for one; the cycles are told.
#include "tokio/waiting.h"

enum { MOST_NODES = 20000 }; // of a tree that is looked at

// A party as the search sees it. The task that a thread in block_on runs is one with the thread: it ends no sooner.
struct party {
	size_t first;               // of its waits: index + 1, 0: none
	const struct tk_tree *tree; // NULL: it has no waits
	bool *stuck;                // of each node of the tree
	bool known;                 // `stuck` is as the waits are
};

struct search {
	const struct tk_waits *waits;
	struct arena *arena;
	bool *stuck;           // of each wait
	size_t *next;          // of each wait the party's next: index + 1, 0: none
	struct party *parties; // of the index that same[] gives
	size_t *same;
};

// ---- may a party go on? --------------------------------------------------------------------------------------

// Futures that end only when the one that is inside of them has ended.
static const char *const ends_with_it[] = {
    "tracing::instrument::Instrumented",
    "tracing_futures::Instrumented",
    "futures_util::future::future::map::Map",
    "futures_util::future::future::Map",
    "futures_util::future::future::flatten::Flatten",
    "futures_util::future::future::Then",
    "futures_util::future::try_future::MapErr",
    "futures_util::future::try_future::MapOk",
    "futures_util::future::try_future::AndThen",
    "futures_util::future::try_future::OrElse",
    "futures_util::future::join_all::JoinAll",
    "futures_util::future::join::Join",
};

static bool ends_with_what_it_holds(const struct tk_node *node)
{
	if (node->kind != TK_NODE_FUTURE)
		return true;
	struct str base = dbg_value_ok(node->value) ? dbg_type_base_path(node->value.type) : STR("");
	for (size_t i = 0; i < ARRAY_LEN(ends_with_it); i++)
		if (str_eqc(base, ends_with_it[i]))
			return true;
	return false;
}

// Of several branches: can it not go on without each of them? Else any may do, as in `select!`; and `try_join!` ends when one
// of its branches fails.
static bool needs_all(const struct tk_node *node)
{
	static const char *const names[] = {"join!", "join", "join_all"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eqc(node->construct, names[i]))
			return true;
	return false;
}

static void judge_tree(struct search *search, struct party *party)
{
	const struct tk_tree *tree = party->tree;
	if (!party->stuck)
		party->stuck = NEW_N(search->arena, bool, tree->len + 1);
	u32 *stuck_below = NEW_N(search->arena, u32, tree->len + 1);
	memset(party->stuck, 0, tree->len);
	for (size_t i = party->first; i; i = search->next[i - 1])
		if (search->waits->items[i - 1].tree == tree)
			party->stuck[search->waits->items[i - 1].leaf] = search->stuck[i - 1];
	for (u32 i = (u32)tree->len; i-- > 0;) { // a parent stands before its children
		const struct tk_node *node = &tree->nodes[i];
		if (node->n_children == 1)
			party->stuck[i] = stuck_below[i] == 1 && ends_with_what_it_holds(node);
		else if (node->n_children)
			party->stuck[i] = needs_all(node) ? stuck_below[i] > 0 : stuck_below[i] >= node->n_children;
		if (node->parent != UINT32_MAX && !node->kept)
			stuck_below[node->parent] += party->stuck[i];
	}
	party->known = true;
}

static bool is_stuck(struct search *search, struct party *party, u32 node)
{
	if (!party->tree || party->tree->len > MOST_NODES || node >= party->tree->len)
		return false;
	if (!party->known)
		judge_tree(search, party);
	return party->stuck[node];
}

static bool is_above(const struct tk_tree *tree, u32 above, u32 node)
{
	for (u32 i = node; i != UINT32_MAX; i = tree->nodes[i].parent)
		if (i == above)
			return true;
	return false;
}

// The wait for which the holder does not let go: of the future that has it, or of one that this one awaits. Another branch of
// a join! may go on and let go; what nothing polls goes on with the whole task only.
static const struct tk_wait *held_up_by(struct search *search, const struct tk_holder *holder)
{
	struct party *party = &search->parties[search->same[holder->party]];
	u32 node = holder->kept || holder->part == TK_HAS_TASK ? 0 : holder->node;
	if (!is_stuck(search, party, node))
		return NULL;
	for (size_t i = party->first; i; i = search->next[i - 1]) {
		const struct tk_wait *wait = &search->waits->items[i - 1];
		if (search->stuck[i - 1] && is_above(wait->tree, node, wait->leaf))
			return wait;
	}
	return NULL;
}

// ---- does a wait never end? ----------------------------------------------------------------------------------

// Enough that one of them never lets go, or must it be all of them?
static bool one_is_enough(const struct tk_wait *wait)
{
	return wait->what != TK_WAITS_FOR_PERMITS && wait->what != TK_WAITS_FOR_MESSAGE;
}

static bool counts(const struct tk_wait *wait, const struct tk_holder *holder)
{
	return wait->what != TK_WAITS_FOR_SHARE || holder->part == TK_HAS_ALL; // readers don't keep a reader out
}

// A holder for which it never ends, another than the waiter if there is one; NULL if there is none, or if one may help.
static const struct tk_holder *blocking_holder(struct search *search, const struct tk_wait *wait)
{
	const struct tk_holder *found = NULL;
	for (size_t i = 0; i < wait->n_holders; i++) {
		const struct tk_holder *holder = &wait->holders[i];
		if (!counts(wait, holder))
			continue;
		bool held_up = held_up_by(search, holder) != NULL;
		if (held_up && (!found || found->party == wait->waiter))
			found = holder;
		if (!held_up && !one_is_enough(wait))
			return NULL;
	}
	if (wait->what == TK_WAITS_FOR_MESSAGE && wait->n_holders != wait->n_senders)
		return NULL; // a sender that is not known may send
	return found;
}

// A line is served in order (batch_semaphore.rs): behind one that is never served nobody is.
static bool ahead_is_stuck(const struct search *search, const struct tk_wait *wait)
{
	return wait->ahead && search->stuck[wait->ahead - search->waits->items];
}

static void find_stuck(struct search *search)
{
	struct arena *arena = search->arena;
	const struct tk_waits *waits = search->waits;
	size_t parties = waits->snapshot->n_tasks + waits->snapshot->n_threads;
	// Who is looked at again when a party may go on: those that wait for it, as a list for each party.
	size_t n_links = 0;
	for (size_t i = 0; i < waits->n; i++)
		n_links += waits->items[i].n_holders;
	struct link {
		size_t wait, next;
	} *links = NEW_N(arena, struct link, n_links + 1);
	size_t *of_party = NEW_N(arena, size_t, parties + 1), *behind = NEW_N(arena, size_t, waits->n + 1), n = 0;
	VEC(size_t) queue = {0};
	for (size_t i = 0; i < waits->n; i++) {
		const struct tk_wait *wait = &waits->items[i];
		for (size_t k = 0; k < wait->n_holders; k++) {
			size_t party = search->same[wait->holders[k].party];
			links[++n] = (struct link){i, of_party[party]};
			of_party[party] = n;
		}
		if (wait->ahead)
			behind[wait->ahead - waits->items] = i + 1;
		search->stuck[i] = !wait->kept;
		vec_push(arena, &queue, i);
	}
	for (size_t at = 0; at < queue.len; at++) {
		size_t i = queue.items[at];
		const struct tk_wait *wait = &waits->items[i];
		bool was = search->stuck[i];
		search->stuck[i] = was && (ahead_is_stuck(search, wait) || blocking_holder(search, wait));
		if (search->stuck[i] || (!was && at >= waits->n))
			continue; // each wait ends up once in what follows
		search->parties[search->same[wait->waiter]].known = false;
		if (behind[i])
			vec_push(arena, &queue, behind[i] - 1);
		for (size_t link = of_party[search->same[wait->waiter]]; link; link = links[link].next)
			vec_push(arena, &queue, links[link].wait);
	}
}

// What the stuck wait leads to; `by` is the holder, NULL for the one ahead in line.
static const struct tk_wait *next_of(struct search *search, const struct tk_wait *wait, const struct tk_holder **by)
{
	*by = blocking_holder(search, wait);
	return *by ? held_up_by(search, *by) : wait->ahead;
}

static struct tk_deadlock cycle_from(struct search *search, const struct tk_wait *first)
{
	VEC(const struct tk_wait *) waits = {0};
	VEC(const struct tk_holder *) by = {0};
	const struct tk_wait *wait = first;
	do {
		const struct tk_holder *holder;
		vec_push(search->arena, &waits, wait);
		wait = next_of(search, wait, &holder);
		vec_push(search->arena, &by, holder);
	} while (wait != first && waits.len <= search->waits->n);
	return (struct tk_deadlock){.waits = waits.items, .by = by.items, .n = waits.len};
}

// A thread in block_on and the task that it runs meanwhile (a closure of the blocking pool, block_in_place).
static void join_threads(struct search *search, size_t n_parties)
{
	const struct tk_snapshot *snapshot = search->waits->snapshot;
	for (size_t i = 0; i < n_parties; i++)
		search->same[i] = i;
	for (size_t i = 0; i < snapshot->n_threads; i++)
		for (size_t k = 0; snapshot->threads[i].blocks_on && k < snapshot->n_tasks; k++)
			if (snapshot->tasks[k].tid && snapshot->tasks[k].tid == snapshot->threads[i].tid)
				search->same[k] = snapshot->n_tasks + i;
}

size_t tk_deadlocks_find(const struct tk_waits *waits, struct arena *arena, struct tk_deadlock **out)
{
	size_t parties = waits->snapshot->n_tasks + waits->snapshot->n_threads;
	struct search search = {.waits = waits,
	                        .arena = arena,
	                        .stuck = NEW_N(arena, bool, waits->n + 1),
	                        .parties = NEW_N(arena, struct party, parties + 1),
	                        .same = NEW_N(arena, size_t, parties + 1),
	                        .next = NEW_N(arena, size_t, waits->n + 1)};
	join_threads(&search, parties);
	for (size_t i = waits->n; i-- > 0;) {
		struct party *party = &search.parties[waits->items[i].waiter];
		party->tree = waits->items[i].tree;
		search.next[i] = party->first;
		party->first = i + 1;
	}
	find_stuck(&search);
	size_t *walk = NEW_N(arena, size_t, waits->n + 1); // the number of the walk that came by, 0: none
	VEC(struct tk_deadlock) found = {0};
	for (size_t start = 0; start < waits->n; start++) {
		const struct tk_wait *at = search.stuck[start] ? &waits->items[start] : NULL;
		const struct tk_holder *by;
		for (; at && !walk[at - waits->items]; at = next_of(&search, at, &by))
			walk[at - waits->items] = start + 1;
		if (at && walk[at - waits->items] == start + 1)
			vec_push(arena, &found, cycle_from(&search, at));
	}
	*out = found.items;
	return found.len;
}
