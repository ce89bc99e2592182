// The graph of waits: what each leaf waits for, who holds such things, and where that closes into cycles.
#include "tokio/waits.h"

#include "tokio/private.h"

enum { MAX_PARTIES = 1 << 20 };

struct holding {
	size_t party;
	u64 resource;
	struct str how;
	u32 next; // of the same bucket, 0: none
};

struct finder {
	struct tk_snapshot *snapshot;
	struct arena *arena;
	VEC(struct tk_wait) waits;
	VEC(struct holding) holdings; // [0] is unused
	struct map by_resource;       // resource -> newest holding
};

// ---- what is held ------------------------------------------------------------------------------------------

static const struct holder {
	const char *type, *member, *resource;
} holders[] = {
#define HOLDER(type, member, resource) {type, member, resource},
#include "tokio/holder.def"
#undef HOLDER
};

static void add_holding(struct finder *finder, size_t party, u64 resource, struct str how)
{
	u64 *newest = map_get(&finder->by_resource, resource);
	for (u32 i = newest ? (u32)*newest : 0; i; i = finder->holdings.items[i].next)
		if (finder->holdings.items[i].party == party)
			return; // a guard seen twice: in a variable and in the temporary that it was moved from
	struct holding holding = {.party = party, .resource = resource, .how = how, .next = newest ? (u32)*newest : 0};
	vec_push(finder->arena, &finder->holdings, holding);
	map_put(&finder->by_resource, finder->arena, resource, finder->holdings.len - 1);
}

// The address of what the guard holds, 0 if that can't be told.
static u64 held_by(const struct holder *holder, struct dbg_value guard)
{
	struct dbg_value member = dbg_value_member(guard, holder->member);
	struct dbg_value some = dbg_value_variant_named(member, "Some"); // a Sender's is an Option
	struct dbg_value to = dbg_value_pointee(dbg_value_ok(some) ? dbg_value_member(some, "0") : member);
	struct dbg_value found = dbg_value_find(to, holder->resource);
	return dbg_value_ok(found) && found.where == DBG_VALUE_MEMORY ? found.addr : 0;
}

static void look_in_variable(struct finder *finder, size_t party, const struct tk_node *node, const struct dbg_variable *variable)
{
	if (!dbg_value_ok(variable->value))
		return;
	// Told by the text of its type before anything is read: guards may be inside of tuples, options, structs.
	struct str type = variable->value.type->path;
	if (str_find(type, STR("Guard")) < 0 && str_find(type, STR("Permit")) < 0 && str_find(type, STR("oneshot::Sender")) < 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(holders); i++) {
		struct dbg_value guard = dbg_value_find(variable->value, holders[i].type);
		u64 resource = dbg_value_ok(guard) ? held_by(&holders[i], guard) : 0;
		if (resource)
			add_holding(finder, party, resource,
			            str_printf(finder->arena, "as `%.*s` in %.*s", STRF(variable->name), STRF(node->name)));
	}
}

// ---- what is waited for ------------------------------------------------------------------------------------

static u64 semaphore_of(struct dbg_value leaf)
{
	u64 address = 0;
	dbg_value_get(dbg_value_member(leaf, "semaphore"), &address);
	return address;
}

static u64 oneshot_of(struct dbg_value leaf)
{
	struct dbg_value some = dbg_value_variant_named(dbg_value_member(leaf, "inner"), "Some");
	struct dbg_value inner = dbg_value_find(dbg_value_pointee(dbg_value_member(some, "0")), "tokio::sync::oneshot::Inner");
	return dbg_value_ok(inner) ? inner.addr : 0;
}

static u64 task_of(struct dbg_value leaf)
{
	u64 header = 0;
	dbg_value_get(leaf, &header);
	return header;
}

static const struct {
	const char *type;
	u64 (*resource)(struct dbg_value leaf);
} resources[] = {
    {"tokio::sync::batch_semaphore::Acquire", semaphore_of},
    {"tokio::sync::oneshot::Receiver", oneshot_of},
    {"tokio::runtime::task::join::JoinHandle", task_of},
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
	return str_printf(finder->arena, "since its turn has come, in a future that is %.*s (%.*s)", STRF(tree->nodes[label].name),
	                  STRF(tree->nodes[tree->nodes[label].parent].name));
}

static void look_at_leaf(struct finder *finder, size_t party, const struct tk_tree *tree, u32 at)
{
	const struct tk_node *node = &tree->nodes[at];
	struct str base = dbg_value_ok(node->value) ? dbg_type_base_path(node->value.type) : STR("");
	for (size_t i = 0; i < ARRAY_LEN(resources); i++) {
		if (!str_eqc(base, resources[i].type))
			continue;
		struct tk_wait wait = {.waiter = party, .resource = resources[i].resource(node->value), .waits = node->waits};
		wait.at = users_await(tree, at);
		wait.kept = node->kept;
		wait.must = !node->kept && must_have(tree, at);
		// What stood in line and was given its permits has them, also where nothing polls it to take them.
		if (wait.resource && resources[i].resource == semaphore_of && acquire_has_its_turn(node->value))
			add_holding(finder, party, wait.resource, turn_text(finder, tree, at));
		else if (wait.resource)
			vec_push(finder->arena, &finder->waits, wait);
	}
}

static void look_at_party(struct finder *finder, size_t party, struct dbg_value future)
{
	if (!dbg_value_ok(future))
		return;
	struct tk_tree *tree = future_tree(finder->snapshot, future, finder->arena);
	for (u32 i = 0; i < tree->len; i++) {
		const struct tk_node *node = &tree->nodes[i];
		struct dbg_variable *variables;
		if (node->unsure) // holds nothing for certain
			continue;
		size_t n =
		    node->kind == TK_NODE_ASYNC && !node->state.len ? dbg_coroutine_variables(finder->arena, node->value, &variables) : 0;
		for (size_t k = 0; k < n; k++)
			look_in_variable(finder, party, node, &variables[k]);
		if (!node->n_children)
			look_at_leaf(finder, party, tree, i);
	}
}

// ---- bringing them together --------------------------------------------------------------------------------

static void add_holder(struct finder *finder, struct tk_wait *wait, size_t party, struct str how)
{
	size_t *parties = NEW_N(finder->arena, size_t, wait->n_holders + 1);
	struct str *hows = NEW_N(finder->arena, struct str, wait->n_holders + 1);
	for (size_t i = 0; i < wait->n_holders; i++) {
		parties[i] = wait->holders[i];
		hows[i] = wait->holds[i];
	}
	parties[wait->n_holders] = party;
	hows[wait->n_holders] = how;
	wait->holders = parties;
	wait->holds = hows;
	wait->n_holders++;
}

static void put_holders(struct finder *finder, struct tk_wait *wait)
{
	u64 *newest = map_get(&finder->by_resource, wait->resource);
	for (u32 i = newest ? (u32)*newest : 0; i; i = finder->holdings.items[i].next)
		add_holder(finder, wait, finder->holdings.items[i].party, finder->holdings.items[i].how);
	size_t joined = wait->n_holders ? TK_NONE : task_by_header(finder->snapshot, wait->resource);
	if (joined != TK_NONE)
		add_holder(finder, wait, joined, STR("")); // it has to finish
}

struct tk_waits *tk_waits_find(struct tk_snapshot *snapshot, struct arena *arena)
{
	struct finder finder = {.snapshot = snapshot, .arena = arena};
	vec_push(arena, &finder.holdings, (struct holding){0});
	for (size_t i = 0; i < snapshot->n_tasks && i < MAX_PARTIES; i++)
		if (snapshot->tasks[i].state != TK_RUNNING)
			look_at_party(&finder, i, snapshot->tasks[i].future);
	for (size_t i = 0; i < snapshot->n_threads; i++)
		if (snapshot->threads[i].blocks_on)
			look_at_party(&finder, snapshot->n_tasks + i, snapshot->threads[i].future);
	for (size_t i = 0; i < finder.waits.len; i++)
		put_holders(&finder, &finder.waits.items[i]);
	struct tk_waits *waits = NEW(arena, struct tk_waits);
	*waits = (struct tk_waits){snapshot, finder.waits.items, finder.waits.len};
	return waits;
}

size_t *tk_waits_counts(const struct tk_waits *waits, struct arena *arena)
{
	size_t parties = waits->snapshot->n_tasks + waits->snapshot->n_threads;
	size_t *counts = NEW_N(arena, size_t, parties + 1);
	size_t *newest = NEW_N(arena, size_t, parties + 1); // waiter + 1: one that waits twice is one
	for (size_t i = 0; i < waits->n; i++) {
		const struct tk_wait *wait = &waits->items[i];
		if (wait->n_holders != 1 || wait->holders[0] == wait->waiter || newest[wait->holders[0]] == wait->waiter + 1)
			continue;
		newest[wait->holders[0]] = wait->waiter + 1;
		counts[wait->holders[0]]++;
	}
	return counts;
}

// ---- cycles ------------------------------------------------------------------------------------------------

// The party's one wait that it can't do without and whose holder is known; NULL if there is none.
static const struct tk_wait **certain_waits(const struct tk_waits *waits, struct arena *arena, size_t parties)
{
	const struct tk_wait **by_party = NEW_N(arena, const struct tk_wait *, parties + 1);
	for (size_t i = 0; i < waits->n; i++) {
		const struct tk_wait *wait = &waits->items[i];
		if (wait->must && wait->n_holders == 1 && !by_party[wait->waiter])
			by_party[wait->waiter] = wait;
	}
	return by_party;
}

size_t tk_deadlocks_find(const struct tk_waits *waits, struct arena *arena, struct tk_deadlock **out)
{
	size_t parties = waits->snapshot->n_tasks + waits->snapshot->n_threads;
	const struct tk_wait **next = certain_waits(waits, arena, parties);
	size_t *walk = NEW_N(arena, size_t, parties + 1); // the number of the walk that came by, 0: none
	VEC(struct tk_deadlock) found = {0};
	for (size_t start = 0; start < parties; start++) {
		size_t at = start;
		while (next[at] && !walk[at]) {
			walk[at] = start + 1;
			at = next[at]->holders[0];
		}
		if (!next[at] || walk[at] != start + 1)
			continue; // it ends, or runs into a cycle that was found before
		struct tk_deadlock deadlock = {0};
		VEC(const struct tk_wait *) cycle = {0};
		size_t first = at;
		do {
			vec_push(arena, &cycle, next[at]);
			at = next[at]->holders[0];
		} while (at != first && cycle.len <= parties);
		deadlock.waits = cycle.items;
		deadlock.n = cycle.len;
		vec_push(arena, &found, deadlock);
	}
	*out = found.items;
	return found.len;
}
