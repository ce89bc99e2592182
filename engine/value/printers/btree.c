// BTreeMap and BTreeSet (alloc/src/collections/btree/node.rs).
//
// A leaf has `len` keys and values; an internal node is a leaf (`data`) with len + 1 edges, one between each
// two keys and one at either end. `root` tells the height: 0 is a leaf. Walked in order with a stack,
// from the end that is nearer.
#include "engine/value/printer.h"

enum { MAX_HEIGHT = 24, MAX_KEYS = 64, MAX_VISITS = 4000000, ASK_EVERY = 4096 }; // visits: nodes

struct tree {
	struct dbg_value root; // LeafNode
	u64 height, len;
	const struct dbg_type *internal; // InternalNode; NULL if the tree never had one
	bool empty;
};

static const struct dbg_type *pointer_target_in(const struct dbg_type *type, unsigned depth)
{
	if (!type || depth > 8)
		return NULL;
	if (type->kind == DBG_TYPE_POINTER)
		return type->target;
	const struct dbg_member *members;
	const struct dbg_variant *variants;
	size_t n = dbg_type_members(type, &members);
	for (size_t i = 0; i < n; i++) {
		const struct dbg_type *found = pointer_target_in(members[i].type, depth + 1);
		if (found)
			return found;
	}
	n = dbg_type_variants(type, &variants);
	for (size_t i = 0; i < n; i++) {
		const struct dbg_type *found = pointer_target_in(variants[i].member.type, depth + 1);
		if (found)
			return found;
	}
	return NULL;
}

static bool tree_of(struct dbg_value value, struct tree *out)
{
	struct dbg_value root = dbg_value_member(value, "root");
	*out = (struct tree){0};
	if (!dbg_value_get(dbg_value_member(value, "length"), &out->len))
		return false;
	struct dbg_value some = dbg_value_variant_named(root, "Some");
	if (!dbg_value_ok(some)) {
		out->empty = true;
		return true;
	}
	if (!dbg_value_get(walk_find_member(some, "height"), &out->height))
		return false;
	out->root = dbg_value_deref(walk_first_pointer(walk_find_member(some, "node")));
	if (dbg_value_ok(out->root)) {
		const struct dbg_member *parent = walk_member(out->root.type, STR("parent"));
		out->internal = parent ? pointer_target_in(parent->type, 0) : NULL;
	}
	return true;
}

static bool items(struct dbg_value value, struct items *out)
{
	struct tree tree;
	if (!tree_of(value, &tree))
		return false;
	*out = (struct items){.shape = ITEMS_MAP, .len = tree.len};
	if (tree.empty ? tree.len != 0 : tree.height > MAX_HEIGHT)
		out->suspect = STR("suspect: the tree's height and length don't go together");
	return true;
}

static struct dbg_value edge(const struct tree *tree, struct dbg_value node, u64 index)
{
	u64 addr;
	struct dbg_value edges = dbg_value_member(dbg_value_cast(node, tree->internal), "edges");
	if (!dbg_value_get(dbg_value_element(edges, index), &addr) || addr == 0) // a MaybeUninit of a pointer
		return (struct dbg_value){.absent = STR("suspect: an edge of the tree can't be read")};
	return dbg_value_at(node.space, node.type, addr);
}

// MaybeUninit<T> is a union {uninit, value: ManuallyDrop<T>}.
static struct dbg_value slot(struct dbg_value node, const char *name, u64 index, const struct dbg_type *type)
{
	return dbg_value_cast(dbg_value_element(dbg_value_member(node, name), index), type);
}

struct cursor {
	struct dbg_value node;
	u64 len, next; // the next key; its left edge has been walked
};

// What is skipped on the way to a page far in: the leaves below an internal node, whose lengths alone are read. How many keys a
// subtree has stands nowhere, so that each leaf has to be looked at.
struct leaves {
	bool known;
	u64 edges_at, len_at, len_size; // in the node
};

static struct leaves leaves_of(const struct tree *tree)
{
	const struct dbg_member *len = dbg_value_ok(tree->root) ? walk_member(tree->root.type, STR("len")) : NULL;
	const struct dbg_member *edges = tree->internal ? walk_member(tree->internal, STR("edges")) : NULL;
	if (!len || !edges || len->type->size > sizeof(u64))
		return (struct leaves){0};
	return (struct leaves){.known = true, .edges_at = edges->offset, .len_at = len->offset, .len_size = len->type->size};
}

// Passes over keys of the internal node whose children are leaves, as long as all of a leaf and the key behind it come before
// `start`. The leaf left of its next key has been walked.
static void skip_leaves(const struct leaves *leaves, struct cursor *node, u64 *at, u64 start, size_t *visits)
{
	u64 edges[MAX_KEYS + 1];
	struct dbg_mem *mem = node->node.space->mem;
	if (dbg_mem_read(mem, node->node.addr + leaves->edges_at, edges, (node->len + 1) * sizeof(edges[0])))
		return;
	while (node->next < node->len) {
		u64 len;
		if (dbg_mem_read_uint(mem, edges[node->next + 1] + leaves->len_at, leaves->len_size, &len) || len > MAX_KEYS ||
		    *at + 1 + len > start)
			return;
		*at += 1 + len;
		node->next++;
		++*visits;
	}
}

static bool descend(const struct tree *tree, struct cursor *stack, size_t *depth, struct dbg_value node)
{
	for (u64 height = tree->height - *depth;; height--) {
		struct cursor *cursor = &stack[*depth];
		*cursor = (struct cursor){.node = node};
		if (!dbg_value_get(dbg_value_member(node, "len"), &cursor->len) || cursor->len > MAX_KEYS)
			return false;
		++*depth;
		if (height == 0)
			return true;
		node = edge(tree, node, 0);
		if (!dbg_value_ok(node))
			return false;
	}
}

// ---- from the end ------------------------------------------------------------------------------------

// The position behind the last key: of each node on the way all is walked.
static bool descend_last(const struct tree *tree, struct cursor *stack, size_t *depth, struct dbg_value node)
{
	for (u64 height = tree->height - *depth;; height--) {
		struct cursor *cursor = &stack[*depth];
		*cursor = (struct cursor){.node = node};
		if (!dbg_value_get(dbg_value_member(node, "len"), &cursor->len) || cursor->len > MAX_KEYS)
			return false;
		cursor->next = cursor->len;
		++*depth;
		if (height == 0)
			return true;
		node = edge(tree, node, cursor->next);
		if (!dbg_value_ok(node))
			return false;
	}
}

// As skip_leaves, towards the front: all of the leaf left of the next key is behind the position, and stays behind `start`.
static void skip_leaves_back(const struct leaves *leaves, struct cursor *node, u64 *at, u64 start, size_t *visits)
{
	u64 edges[MAX_KEYS + 1];
	struct dbg_mem *mem = node->node.space->mem;
	if (dbg_mem_read(mem, node->node.addr + leaves->edges_at, edges, (node->len + 1) * sizeof(edges[0])))
		return;
	while (node->next > 0) {
		u64 len;
		if (dbg_mem_read_uint(mem, edges[node->next] + leaves->len_at, leaves->len_size, &len) || len > MAX_KEYS ||
		    *at < start + len + 1)
			return;
		*at -= 1 + len;
		node->next--;
		++*visits;
	}
}

// From behind the last key to before the key `start`; false for a tree that does not hold what its length says.
static bool walk_back(const struct tree *tree, const struct leaves *leaves, struct cursor *stack, size_t *depth, u64 start,
                      u64 *at)
{
	size_t visits = 0, asked = 0;
	*at = tree->len;
	if (!descend_last(tree, stack, depth, tree->root))
		return false;
	while (*at > start && *depth && visits++ < MAX_VISITS) {
		struct cursor *top = &stack[*depth - 1];
		if (visits / ASK_EVERY != asked && dbg_is_cancelled(tree->root.space))
			return false;
		asked = visits / ASK_EVERY;
		if (*depth == tree->height + 1) {
			u64 step = u64_min(top->next, *at - start);
			top->next -= step;
			*at -= step;
		}
		if (*at == start)
			return true;
		if (*depth == tree->height + 1 || top->next == 0) { // all of it lies behind: to the key that its parent has before it
			--*depth;
			continue;
		}
		--*at;
		top->next--;
		if (leaves->known && *depth == tree->height)
			skip_leaves_back(leaves, top, at, start, &visits);
		struct dbg_value left = edge(tree, top->node, top->next);
		if (*at > start && (!dbg_value_ok(left) || !descend_last(tree, stack, depth, left)))
			return false;
	}
	return *at == start;
}

// ---- a page ------------------------------------------------------------------------------------------

static size_t page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	(void)arena;
	struct tree tree;
	struct items all;
	struct cursor stack[MAX_HEIGHT + 2];
	size_t depth = 0, n = 0;
	const struct dbg_type *key = dbg_type_param(value.type, "K"), *val = dbg_type_param(value.type, "V");
	if (!items(value, &all) || all.suspect.len || !tree_of(value, &tree) || tree.empty || !key || !val)
		return 0;
	struct leaves leaves = leaves_of(&tree);
	size_t visits = 0, asked = 0;
	u64 at = 0;
	bool ok =
	    start > tree.len / 2 ? walk_back(&tree, &leaves, stack, &depth, start, &at) : descend(&tree, stack, &depth, tree.root);
	while (ok && depth && at < tree.len && visits < MAX_VISITS && n < count) {
		struct cursor *top = &stack[depth - 1];
		bool is_leaf = depth == tree.height + 1;
		if (visits / ASK_EVERY != asked && dbg_is_cancelled(value.space))
			break;
		asked = visits / ASK_EVERY;
		if (is_leaf && top->next == 0 && at + top->len <= start) {
			at += top->len;
			top->next = top->len;
			visits++;
		}
		if (!is_leaf && leaves.known && depth == tree.height)
			skip_leaves(&leaves, top, &at, start, &visits);
		if (top->next == top->len) {
			depth--;
			continue;
		}
		if (at++ >= start)
			out[n++] =
			    (struct item){.key = slot(top->node, "keys", top->next, key), .value = slot(top->node, "vals", top->next, val)};
		top->next++;
		if (depth <= tree.height) { // an internal node: everything right of this key comes next
			struct dbg_value right = edge(&tree, top->node, top->next);
			ok = dbg_value_ok(right) && descend(&tree, stack, &depth, right);
		}
	}
	return n;
}

const struct printer printer_btree_map = {.items = items, .page = page};

static struct dbg_value set_map(struct dbg_value value)
{
	return dbg_value_member(value, "map");
}

static bool set_items(struct dbg_value value, struct items *out)
{
	struct dbg_value map = set_map(value);
	return items_of_set(dbg_value_ok(map) && items(map, out), out);
}

static size_t set_page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	return keys_alone(out, page(arena, set_map(value), start, count, out));
}

const struct printer printer_btree_set = {.items = set_items, .page = set_page};
