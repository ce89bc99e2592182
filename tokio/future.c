// The tree of futures under a root: through async fns by their `__awaitee`, through everything else by looking for
// futures among the fields. A child stands behind its parent; several children are branches, each under a label.
#include "tokio/private.h"

enum { MAX_NODES = 20000, MAX_DEPTH = 1100 };

struct walk {
	struct tk_snapshot *snapshot;
	struct tk_reader *reader;
	struct arena *arena;
	struct tk_tree *tree;
	VEC(struct tk_node) nodes;
	struct map seen;   // address and type of what is on the way: a cycle check
	struct map placed; // coroutines that have their place in the tree (kept.c)
	bool kept;         // below a future that is polled no longer
	bool unsure;       // or that is no more
};

static void visit(struct walk *walk, struct dbg_value value, u32 parent, u32 depth);

// ---- names ---------------------------------------------------------------------------------------------

// "flavours::main::{closure_env#0}" is the closure that people see as "flavours::main::{closure#0}".
static struct str closure_name(struct arena *arena, struct str path)
{
	struct buf text = buf_on(arena);
	static const char env[] = "{closure_env#";
	for (ptrdiff_t at; (at = str_find(path, str_of(env))) >= 0; path = str_from(path, (size_t)at + sizeof(env) - 1))
		buf_printf(&text, "%.*s{closure#", STRF(str_slice(path, 0, (size_t)at)));
	buf_put(&text, path);
	return buf_str(&text);
}

// The same of a path alone, where there is no type.
struct str future_path_name(struct arena *arena, struct str path)
{
	static const char fn[] = "::{async_fn_env#0}", block[] = "{async_block_env#";
	path = dbg_path_without_generics(arena, path);
	if (str_ends(path, str_of(fn)))
		return str_dup(arena, str_slice(path, 0, path.len - sizeof(fn) + 1));
	ptrdiff_t at = str_rfind(path, str_of(block));
	if (at >= 0)
		return str_printf(arena, "%.*s{async_block#%.*s", STRF(str_slice(path, 0, (size_t)at)),
		                  STRF(str_from(path, (size_t)at + sizeof(block) - 1)));
	return closure_name(arena, path);
}

// "Timeout<Sleep>"; of services built from layers, whose arguments take a page, only "Dispatcher<...>".
static struct str library_name(struct tk_reader *reader, const struct dbg_type *type)
{
	enum { MOST_COLUMNS = 64 };
	struct str name = dbg_type_render(&reader->arena, type);
	ptrdiff_t arguments = str_find(name, STR("<"));
	if (str_columns(name) <= MOST_COLUMNS || arguments <= 0)
		return name;
	return str_printf(&reader->arena, "%.*s<\xe2\x80\xa6>", (int)arguments, name.ptr);
}

struct str future_name(struct tk_reader *reader, const struct dbg_type *type)
{
	type = construct_bare_type(type);
	u64 *known = map_get(&reader->names, (uintptr_t)type);
	if (known)
		return *(struct str *)(uintptr_t)*known;
	struct str *name = NEW(&reader->arena, struct str);
	if (dbg_type_is_coroutine(type))
		*name = dbg_coroutine_name(&reader->arena, type);
	else if (dbg_type_is_library(type))
		*name = library_name(reader, type);
	else
		*name = closure_name(&reader->arena, dbg_path_without_generics(&reader->arena, type->path));
	map_put(&reader->names, &reader->arena, (uintptr_t)type, (uintptr_t)name);
	return *name;
}

// ---- the walk --------------------------------------------------------------------------------------------

static u32 add(struct walk *walk, struct tk_node node)
{
	node.kept = walk->kept;
	node.unsure = walk->unsure;
	vec_push(walk->arena, &walk->nodes, node);
	if (node.parent != UINT32_MAX)
		walk->nodes.items[node.parent].n_children++;
	return (u32)walk->nodes.len - 1;
}

// select! keeps in its caller a bit for each branch that is finished or whose pattern did not match
// (tokio 1.24 to 1.54 macros/select.rs: `disabled`).
static u64 disabled_branches(const struct tk_node *node)
{
	u64 disabled = 0;
	struct dbg_value payload;
	if (str_eqc(node->construct, "select!") && dbg_value_variant(node->value, &payload, NULL))
		dbg_value_get(dbg_value_member(payload, "disabled"), &disabled);
	return disabled;
}

// A disabled arm is done, unless its condition (`, if ..`) is false: then its future stays as it is.
enum arm { ARM_POLLED, ARM_DONE, ARM_NEW, ARM_KEPT };
static const char *const arm_texts[] = {[ARM_POLLED] = "",
                                        [ARM_DONE] = ": done",
                                        [ARM_NEW] = ": disabled, not yet polled",
                                        [ARM_KEPT] = ": disabled, not polled here"};

static enum arm state_of_disabled(struct walk *walk, struct dbg_value future)
{
	struct dbg_value payload;
	future = future_behind(walk->reader, future);
	if (!kept_is_placed(walk->snapshot, walk->arena, &walk->placed, future))
		return ARM_KEPT;
	bool is_new = dbg_value_ok(future) && dbg_type_is_coroutine(future.type) && dbg_value_variant(future, &payload, NULL) &&
	              str_eqc(payload.type->name, "Unresumed");
	return is_new ? ARM_NEW : ARM_DONE;
}

static void visit_branches(struct walk *walk, const struct children *children, u32 parent, u32 depth)
{
	struct tk_node above = walk->nodes.items[parent];
	u64 disabled = disabled_branches(&above);
	struct str construct = children->name.len && !construct_is_macro(above.construct) ? children->name : above.construct;
	// join_all of many is a Collect of FuturesOrdered: named by the outermost of them.
	for (u32 i = parent; i != UINT32_MAX && walk->nodes.items[i].kind == TK_NODE_FUTURE; i = walk->nodes.items[i].parent) {
		struct str name = construct_name(walk->nodes.items[i].value.type);
		construct = name.len ? name : construct;
	}
	if (children->n > 1)
		walk->nodes.items[parent].construct = construct;
	for (size_t i = 0; i < children->n; i++) {
		u32 below = parent;
		bool outer = walk->kept;
		enum arm arm = i < 64 && disabled >> i & 1 ? state_of_disabled(walk, children->items[i]) : ARM_POLLED;
		walk->kept |= arm == ARM_KEPT;
		if (children->n > 1) {
			below = add(walk, (struct tk_node){.kind = TK_NODE_BRANCH,
			                                   .parent = parent,
			                                   .depth = depth,
			                                   .name = str_printf(walk->arena, "branch %zu of %zu, %.*s%s", i + 1, children->n,
			                                                      STRF(construct), arm_texts[arm])});
		}
		if (arm == ARM_POLLED || arm == ARM_KEPT)
			visit(walk, children->items[i], below, depth + 1);
		walk->kept = outer;
	}
	struct tk_node *at = &walk->nodes.items[parent];
	if (children->n == 1 && !at->n_children && at->kind == TK_NODE_FUTURE) // a clone of a Shared beside another
		at->state = STR("what it waits for is shown above");
}

// Asks the leaf's row; true if it told something. *inner: the future that it limits; *otherwise: what it says if there is
// none inside.
static bool tell_leaf(struct walk *walk, u32 at, struct dbg_value *inner, struct str *otherwise)
{
	struct tk_tree so_far = {walk->nodes.items, walk->nodes.len, false};
	struct tk_leaf leaf = {
	    .snapshot = walk->snapshot, .arena = walk->arena, .tree = &so_far, .at = at, .value = walk->nodes.items[at].value};
	bool told = leaf_tell(&leaf);
	walk->nodes.items[at].waits = leaf.waits;
	walk->nodes.items[at].brief = leaf.brief;
	*inner = leaf.inner;
	*otherwise = leaf.otherwise;
	return told;
}

static void visit_other(struct walk *walk, struct dbg_value value, u32 parent, u32 depth)
{
	struct tk_node node = {.kind = TK_NODE_FUTURE, .value = value, .parent = parent, .depth = depth};
	node.name = future_name(walk->reader, value.type);
	node.construct = dbg_type_base_path(value.type);
	node.construct = str_from(node.construct, (size_t)(str_rfind(node.construct, STR("::")) + 2));
	node.library = dbg_type_is_library(value.type);
	u32 at = add(walk, node);
	struct dbg_value inner = {0};
	struct str otherwise = STR("");
	if (tell_leaf(walk, at, &inner, &otherwise)) {
		if (dbg_value_ok(inner))
			visit(walk, inner, at, depth + 1);
		return;
	}
	struct children *children = children_collect(walk->reader, walk->arena, value);
	// A type of the same name around it (futures' Map in Map) is one row with it.
	bool same = parent != UINT32_MAX && walk->nodes.items[parent].kind == TK_NODE_FUTURE &&
	            str_eq(walk->nodes.items[parent].name, node.name);
	if (children->n && parent != UINT32_MAX && (same || construct_is_passed(value.type))) {
		walk->nodes.len--; // only what is inside of it is shown
		walk->nodes.items[parent].n_children--;
		if (!children->name.len && !walk->nodes.items[parent].construct.len)
			children->name = construct_otherwise(value.type);
		visit_branches(walk, children, parent, depth);
		return;
	}
	if (!children->n && same) { // likewise
		walk->nodes.len--;
		walk->nodes.items[parent].n_children--;
		walk->nodes.items[parent].value = value;
		at = parent;
	}
	visit_branches(walk, children, at, depth + 1);
	if (!children->n)
		childless_tell(walk->snapshot, walk->arena, &walk->nodes.items[at], otherwise);
}

// A leaf that is told in words may hold futures that are no rows (the one of a signal's stream): they have their place.
static void mark_below_leaves(struct walk *walk, u32 from)
{
	for (size_t i = from; i < walk->nodes.len; i++) {
		const struct tk_node *node = &walk->nodes.items[i];
		if (node->kind != TK_NODE_FUTURE || node->n_children || !node->waits.len || !dbg_value_ok(node->value))
			continue;
		const struct children *children = children_collect(walk->reader, walk->arena, node->value);
		for (size_t k = 0; k < children->n; k++)
			kept_mark_awaited(walk->reader, &walk->placed, walk->arena, children->items[k]);
	}
}

// What the async fn keeps in its locals and does not poll, as branches that are no children: whoever follows the
// awaits does not come to them.
static void visit_kept(struct walk *walk, u32 at, u32 depth)
{
	struct tk_kept *kept;
	bool outer = walk->kept, outer_unsure = walk->unsure;
	size_t n = walk->tree->cut ? 0 : kept_find(walk->snapshot, walk->arena, &walk->placed, walk->nodes.items[at].value, &kept);
	if (n)
		mark_below_leaves(walk, at + 1);
	for (size_t i = 0; i < n; i++) {
		if (kept_is_placed(walk->snapshot, walk->arena, &walk->placed, kept[i].future))
			continue; // below one that came before
		walk->kept = true;
		walk->unsure |= kept[i].unsure;
		struct tk_node label = {.kind = TK_NODE_BRANCH, .parent = at, .depth = depth + 1};
		label.name = str_printf(walk->arena,
		                        kept[i].unsure ? "kept in `%.*s` unless its Box was dropped, which is not known, not polled here"
		                                       : "kept in `%.*s`, not polled here",
		                        STRF(kept[i].name));
		u32 below = add(walk, label);
		walk->nodes.items[at].n_children--;
		walk->nodes.items[at].n_kept++;
		visit(walk, kept[i].future, below, depth + 2);
		walk->kept = outer;
		walk->unsure = outer_unsure;
	}
}

// Where the source awaits: of a macro's await the line of its use. Where that can't be told (optimised code whose body
// has become part of its task's poll) the line of the async fn, which its first state has: the macro's own file is not
// the user's.
static struct dbg_place await_place(const struct dbg_type *coroutine, const struct dbg_variant *variant)
{
	const struct dbg_variant *variants;
	struct dbg_place declared = variant->member.decl;
	if (!dbg_place_is_library(declared))
		return declared;
	struct dbg_place user = dbg_coroutine_await_place(coroutine, variant->value);
	if (!user.line && construct_of_macro(declared).len && dbg_type_variants(coroutine, &variants))
		user = variants[0].member.decl;
	return user.line ? user : declared;
}

struct dbg_place future_place(struct tk_reader *reader, struct dbg_value root)
{
	struct dbg_place found = {0};
	struct dbg_value awaitee = root;
	for (int i = 0; i < MAX_DEPTH && dbg_value_ok(awaitee); i++) {
		struct dbg_value future = future_behind(reader, awaitee);
		if (!dbg_value_ok(future) || !dbg_type_is_coroutine(future.type) || !future_is_suspended(future, &awaitee))
			break;
		struct dbg_place place = await_place(future.type, dbg_value_variant(future, NULL, NULL));
		if (!dbg_place_is_library(place))
			found = place;
	}
	return found;
}

static void visit_coroutine(struct walk *walk, struct dbg_value value, u32 parent, u32 depth)
{
	struct tk_node node = {.kind = TK_NODE_ASYNC, .value = value, .parent = parent, .depth = depth};
	node.name = future_name(walk->reader, value.type);
	struct dbg_value payload;
	struct str why = STR("");
	const struct dbg_variant *variant = dbg_value_variant(value, &payload, &why);
	if (variant)
		node.place = variant->member.decl;
	node.library = dbg_place_is_library(node.place);
	bool suspended = variant && str_starts(payload.type->name, STR("Suspend"));
	if (!variant)
		node.state = str_printf(walk->arena, "its state can't be read: %.*s", STRF(why));
	else if (!suspended)
		node.state = str_eqc(payload.type->name, "Unresumed")  ? STR("not yet polled")
		             : str_eqc(payload.type->name, "Returned") ? STR("completed")
		             : str_eqc(payload.type->name, "Panicked") ? STR("panicked")
		                                                       : payload.type->name;
	if (suspended) {
		node.construct = construct_of_macro(node.place);
		node.place = await_place(value.type, variant);
		node.library = dbg_place_is_library(node.place);
	}
	u32 at = add(walk, node);
	kept_mark(&walk->placed, walk->arena, value);
	if (!suspended)
		return;
	struct dbg_value awaitee = dbg_value_member(payload, "__awaitee");
	if (dbg_value_ok(awaitee))
		visit(walk, awaitee, at, depth + 1);
	visit_kept(walk, at, depth);
}

bool future_is_suspended(struct dbg_value coroutine, struct dbg_value *awaitee)
{
	struct dbg_value payload;
	bool suspended = dbg_value_variant(coroutine, &payload, NULL) && str_starts(payload.type->name, STR("Suspend"));
	*awaitee = suspended ? dbg_value_member(payload, "__awaitee") : coroutine;
	return suspended;
}

struct dbg_value future_behind(struct tk_reader *reader, struct dbg_value value)
{
	value = construct_bare(value);
	bool itself = is_future_type(reader, value.type) && value.type->kind != DBG_TYPE_POINTER && !construct_is_box(value.type);
	struct dbg_value inner = itself ? value : dbg_value_pointee(value);
	return dbg_value_ok(inner) ? construct_bare(inner) : value;
}

static void visit(struct walk *walk, struct dbg_value value, u32 parent, u32 depth)
{
	if (walk->nodes.len >= MAX_NODES || depth > MAX_DEPTH) {
		walk->tree->cut = true;
		return;
	}
	if (!dbg_value_ok(value)) {
		add(walk, (struct tk_node){.kind = TK_NODE_FUTURE,
		                           .value = value,
		                           .parent = parent,
		                           .depth = depth,
		                           .library = true,
		                           .name = STR("not known"),
		                           .waits = value.absent,
		                           .brief = STR("not known")});
		return;
	}
	value = future_behind(walk->reader, value);
	u64 key = value.addr ^ ((u64)(uintptr_t)value.type << 16);
	if (value.where == DBG_VALUE_MEMORY && value.type->size) {
		if (map_get(&walk->seen, key))
			return;
		map_put(&walk->seen, walk->arena, key, 1);
	}
	if (dbg_type_is_coroutine(value.type))
		visit_coroutine(walk, value, parent, depth);
	else
		visit_other(walk, value, parent, depth);
}

struct tk_tree *future_tree(struct tk_snapshot *snapshot, struct dbg_value root, struct arena *arena)
{
	struct tk_tree *tree = NEW(arena, struct tk_tree);
	struct walk walk = {.snapshot = snapshot, .reader = snapshot->reader, .arena = arena, .tree = tree};
	visit(&walk, root, UINT32_MAX, 0);
	tree->nodes = walk.nodes.items;
	tree->len = walk.nodes.len;
	return tree;
}
