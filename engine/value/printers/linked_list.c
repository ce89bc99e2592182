// LinkedList: nodes {next, prev, element} from `head`.
#include "engine/value/printer.h"

enum { MAX_HOPS = 100000 };

static bool items(struct dbg_value value, struct items *out)
{
	*out = (struct items){0};
	return dbg_value_get(dbg_value_member(value, "len"), &out->len);
}

// The node behind an Option<NonNull<Node>>.
static struct dbg_value node_behind(struct dbg_value link)
{
	return dbg_value_deref(walk_first_pointer(dbg_value_variant_named(link, "Some")));
}

static size_t page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	(void)arena;
	u64 len = 0;
	size_t n = 0;
	struct dbg_value node = node_behind(dbg_value_member(value, "head"));
	if (!dbg_value_get(dbg_value_member(value, "len"), &len))
		return 0;
	for (u64 i = 0; i < len && i < MAX_HOPS && n < count && dbg_value_ok(node); i++) {
		if (i >= start)
			out[n++] = (struct item){.value = dbg_value_member(node, "element")};
		node = node_behind(dbg_value_member(node, "next"));
	}
	return n;
}

const struct printer printer_linked_list = {.items = items, .page = page};
