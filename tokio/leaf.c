// Finds the row of leaf.def for a future, and what the rows' functions share.
#include "tokio/memo.h"
#include "tokio/private.h"

static const struct {
	const char *path;
	void (*tell)(struct tk_leaf *leaf); // or what it says
	const char *brief, *text;
} leaves[] = {
#define LEAF(path, function)    {path, leaf_##function, NULL, NULL},
#define WAIT(path, brief, text) {path, NULL, brief, text},
#include "tokio/leaf.def"
};

bool leaf_tell(struct tk_leaf *leaf)
{
	struct str base = dbg_type_base_path(leaf->value.type);
	for (size_t i = 0; i < ARRAY_LEN(leaves); i++)
		if (str_eqc(base, leaves[i].path)) {
			if (leaves[i].tell)
				leaves[i].tell(leaf);
			else
				leaf_say(leaf, leaves[i].brief, "%s", leaves[i].text);
			return leaf->waits.len != 0;
		}
	return false;
}

void leaf_say(struct tk_leaf *leaf, const char *brief, const char *waits_fmt, ...)
{
	va_list args;
	va_start(args, waits_fmt);
	leaf->waits = str_vprintf(leaf->arena, waits_fmt, args);
	va_end(args);
	leaf->brief = str_dup(leaf->arena, str_of(brief));
}

void leaf_by_itself(struct tk_leaf *leaf, void (*tell)(struct tk_leaf *leaf), u64 (*question)(struct tk_leaf *leaf))
{
	memo_ask(leaf->snapshot, question, leaf->value);
	tell(leaf);
	memo_asked(leaf->snapshot);
}

struct dbg_value leaf_ancestor_member(const struct tk_leaf *leaf, const char *name)
{
	for (u32 i = leaf->tree->nodes[leaf->at].parent; i != UINT32_MAX; i = leaf->tree->nodes[i].parent) {
		struct dbg_value payload;
		const struct tk_node *node = &leaf->tree->nodes[i];
		if (node->kind != TK_NODE_ASYNC || !dbg_value_variant(node->value, &payload, NULL))
			continue;
		struct dbg_value member = dbg_value_member(payload, name);
		if (dbg_value_ok(member))
			return member;
	}
	return dbg_value_none(leaf->arena, "no async fn around it has `%s`", name);
}

const struct tk_node *leaf_ancestor_named(const struct tk_leaf *leaf, const char *ending)
{
	for (u32 i = leaf->tree->nodes[leaf->at].parent; i != UINT32_MAX; i = leaf->tree->nodes[i].parent)
		if (str_ends(leaf->tree->nodes[i].name, str_of(ending)))
			return &leaf->tree->nodes[i];
	return NULL;
}
