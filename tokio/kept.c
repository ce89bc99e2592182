// Futures that an async fn keeps in its locals, begun, while it awaits something else: nothing polls them, whatever
// they hold or stand in line for (a lock whose turn came to such a future is lost to all others: Oxide, RFD 609
// "futurelock"). A future that a `select!` polled by `&mut` is one, as soon as the arm of another awaits.
#include "engine/frame.h"
#include "engine/heap.h"
#include "tokio/memo.h"
#include "tokio/private.h"

enum { TYPE_DEPTH = 10, SEARCH_DEPTH = 6, CHAIN_DEPTH = 1100, MAX_TASKS = 5000 };

// ---- which locals are looked into: told by their types, once for each --------------------------------------------

static bool may_hold(struct tk_reader *reader, const struct dbg_type *type, unsigned depth);

// What a `dyn` is behind its pointer is not in the type, but in its name: "Box<dyn core::future::future::Future<..>>".
static bool is_dyn_future(const struct dbg_type *type)
{
	return dbg_type_member(type, "vtable") &&
	       (str_find(type->name, STR("::Future<")) >= 0 || str_find(type->name, STR("::Stream<")) >= 0);
}

static bool parts_may_hold(struct tk_reader *reader, const struct dbg_type *type, unsigned depth)
{
	const struct dbg_member *members;
	const struct dbg_variant *variants;
	size_t n = dbg_type_members(type, &members);
	for (size_t i = 0; i < n; i++)
		if (may_hold(reader, members[i].type, depth + 1))
			return true;
	n = type->kind == DBG_TYPE_VARIANTS ? dbg_type_variants(type, &variants) : 0;
	for (size_t i = 0; i < n; i++)
		if (may_hold(reader, variants[i].member.type, depth + 1))
			return true;
	return false;
}

static bool look_at_type(struct tk_reader *reader, const struct dbg_type *type, unsigned depth)
{
	if (dbg_type_is_coroutine(type))
		return true;
	if (str_eqc(dbg_type_base_path(type), "alloc::vec::Vec"))
		return may_hold(reader, dbg_type_param(type, "T"), depth + 1);
	if (construct_holds_list(type))
		return true;
	// Not through `&T`: what is behind it can't be polled by the one who has it. Nor through raw pointers.
	if (type->kind == DBG_TYPE_POINTER)
		return (str_starts(type->name, STR("&mut ")) || construct_is_box(type)) && may_hold(reader, type->target, depth + 1);
	if (type->kind == DBG_TYPE_ARRAY)
		return may_hold(reader, type->target, depth + 1);
	if (is_dyn_future(type))
		return true;
	return children_leads_on(type) && parts_may_hold(reader, type, depth);
}

static bool may_hold(struct tk_reader *reader, const struct dbg_type *type, unsigned depth)
{
	if (!type || depth > TYPE_DEPTH)
		return false;
	u64 *known = map_get(&reader->holds, (uintptr_t)type);
	if (known)
		return *known;
	map_put(&reader->holds, &reader->arena, (uintptr_t)type, 0); // a type that holds itself holds nothing by that
	bool holds = look_at_type(reader, type, depth);
	map_put(&reader->holds, &reader->arena, (uintptr_t)type, holds);
	return holds;
}

bool kept_may_hold(struct tk_reader *reader, const struct dbg_type *type)
{
	return may_hold(reader, type, 0);
}

// ---- what has its place in the tree ------------------------------------------------------------------------------

// One async fn's first member may be another's future, at the same address: told apart by their sizes.
static u64 place_key(struct dbg_value coroutine)
{
	return coroutine.addr ^ coroutine.type->size << 48;
}

void kept_mark(struct map *placed, struct arena *arena, struct dbg_value coroutine)
{
	if (coroutine.where == DBG_VALUE_MEMORY)
		map_put(placed, arena, place_key(coroutine), 1);
}

// What the future awaits, and so on. Its own locals are not looked into.
static void mark_awaited(struct tk_reader *reader, struct map *placed, struct arena *arena, struct dbg_value future,
                         unsigned depth)
{
	for (int i = 0; i < CHAIN_DEPTH && dbg_value_ok(future) && depth <= SEARCH_DEPTH; i++) {
		struct dbg_value awaitee;
		if (!dbg_type_is_coroutine(future.type)) {
			if (!children_leads_on(future.type))
				return;
			struct arena scratch = {0};
			const struct children *children = children_collect(reader, &scratch, future);
			for (size_t k = 0; k < children->n; k++)
				mark_awaited(reader, placed, arena, future_behind(reader, children->items[k]), depth + 1);
			arena_deinit(&scratch);
			return;
		}
		kept_mark(placed, arena, future);
		if (!future_is_suspended(future, &awaitee) || !dbg_value_ok(awaitee))
			return;
		future = future_behind(reader, awaitee);
	}
}

void kept_mark_awaited(struct tk_reader *reader, struct map *placed, struct arena *arena, struct dbg_value future)
{
	mark_awaited(reader, placed, arena, future_behind(reader, future), 0);
}

// ---- which of them were begun ------------------------------------------------------------------------------------

struct search {
	struct tk_snapshot *snapshot;
	struct tk_reader *reader;
	struct arena *arena;
	const struct map *placed;
	struct str name;
	bool unsure; // of the last that was looked at: whether it is still there
	VEC(struct tk_kept) found;
};

// What a suspended async fn awaits was polled, so that it is suspended as well if it is an async fn: otherwise these
// bytes are no future any more (a Box that was dropped keeps its address in its local).
static bool chain_is_sound(struct tk_reader *reader, struct dbg_value coroutine)
{
	for (int i = 0; i < CHAIN_DEPTH; i++) {
		struct dbg_value awaitee;
		if (!future_is_suspended(coroutine, &awaitee))
			return false;
		coroutine = dbg_value_ok(awaitee) ? future_behind(reader, awaitee) : awaitee;
		if (!dbg_value_ok(coroutine) || !dbg_type_is_coroutine(coroutine.type))
			return true;
	}
	return false;
}

// Async fns only: of other futures one can't tell whether they were begun, unless there is one in them.
static bool was_begun(struct search *search, struct dbg_value future, unsigned depth)
{
	if (!dbg_value_ok(future) || future.where != DBG_VALUE_MEMORY || depth > SEARCH_DEPTH)
		return false;
	if (dbg_type_is_coroutine(future.type))
		return !map_get(search->placed, place_key(future)) && chain_is_sound(search->reader, future);
	if (!children_leads_on(future.type))
		return false;
	const struct children *children = children_collect(search->reader, search->arena, future);
	for (size_t i = 0; i < children->n; i++)
		if (was_begun(search, future_behind(search->reader, children->items[i]), depth + 1))
			return true;
	return false;
}

// ---- a Box that was moved or dropped leaves its address in its local, of which nothing else tells ------------------

static bool is_box(const struct dbg_type *type)
{
	return str_eqc(dbg_type_base_path(type), "alloc::boxed::Box") ||
	       str_starts(type->path, STR("core::pin::Pin<alloc::boxed::Box<"));
}

// Futures that were given to `spawn` in their boxes: tasks have them now.
static bool is_a_tasks_root(struct tk_snapshot *snapshot, u64 addr)
{
	if (!snapshot->boxed_roots) {
		snapshot->boxed_roots = NEW(snapshot->arena, struct map);
		for (size_t i = 0; i < snapshot->n_tasks; i++) {
			struct dbg_value root = snapshot->tasks[i].future;
			if (!dbg_value_ok(root) || !is_box(root.type))
				continue;
			root = dbg_value_pointee(root);
			if (dbg_value_ok(root))
				map_put(snapshot->boxed_roots, snapshot->arena, root.addr, 1);
		}
	}
	return map_get(snapshot->boxed_roots, addr);
}

// Memory that was given back may be given to a future of the same type, which another task awaits now.
static bool is_anothers(struct search *search, struct dbg_value future)
{
	struct tk_snapshot *snapshot = search->snapshot;
	if (!snapshot->placed && snapshot->n_tasks <= MAX_TASKS) {
		snapshot->placed = NEW(snapshot->arena, struct map);
		for (size_t i = 0; i < snapshot->n_tasks; i++)
			if (snapshot->tasks[i].state != TK_RUNNING && dbg_value_ok(snapshot->tasks[i].future))
				kept_mark_awaited(search->reader, snapshot->placed, snapshot->arena, snapshot->tasks[i].future);
	}
	search->unsure |= !snapshot->placed;
	return snapshot->placed && map_get(snapshot->placed, place_key(future));
}

static bool is_gone(struct search *search, struct dbg_value box, struct dbg_value future)
{
	search->unsure = false;
	if (!is_box(box.type))
		return false;
	memo_spoil(search->snapshot); // the allocator, and other tasks, are asked
	enum dbg_block block = dbg_target_block(search->reader->target, future.addr, future.type->size);
	search->unsure = block == DBG_BLOCK_NOT_KNOWN;
	return block == DBG_BLOCK_FREED || is_a_tasks_root(search->snapshot, future.addr) || is_anothers(search, future);
}

static void add_if_begun(struct search *search, struct dbg_value value)
{
	struct dbg_value future = future_behind(search->reader, value);
	if (was_begun(search, future, 0) && !is_gone(search, value, future))
		vec_push(search->arena, &search->found, ((struct tk_kept){search->name, future, search->unsure}));
}

static void look_in_local(struct search *search, struct dbg_value local)
{
	struct dbg_value future = future_behind(search->reader, local);
	if (dbg_value_ok(future) && is_future_type(search->reader, future.type)) {
		add_if_begun(search, local);
		return;
	}
	const struct children *children = children_collect(search->reader, search->arena, local);
	for (size_t i = 0; i < children->n; i++)
		add_if_begun(search, children->items[i]);
}

bool kept_is_placed(struct tk_snapshot *snapshot, struct arena *arena, const struct map *placed, struct dbg_value future)
{
	struct search search = {.snapshot = snapshot, .reader = snapshot->reader, .arena = arena, .placed = placed};
	return !was_begun(&search, future, 0);
}

size_t kept_find(struct tk_snapshot *snapshot, struct arena *arena, const struct map *placed, struct dbg_value coroutine,
                 struct tk_kept **out)
{
	struct tk_reader *reader = snapshot->reader;
	struct search search = {.snapshot = snapshot, .reader = reader, .arena = arena, .placed = placed};
	struct dbg_value state;
	struct dbg_variable *variables;
	if (!dbg_value_variant(coroutine, &state, NULL) || !parts_may_hold(reader, state.type, 0))
		return 0;
	size_t n = dbg_coroutine_variables(arena, coroutine, &variables);
	for (size_t i = 0; i < n; i++) {
		search.name = variables[i].name;
		if (dbg_value_ok(variables[i].value) && may_hold(reader, variables[i].value.type, 0))
			look_in_local(&search, variables[i].value);
	}
	*out = search.found.items;
	return search.found.len;
}
