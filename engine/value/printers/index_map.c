// indexmap::IndexMap and IndexSet: `entries` is a Vec of {hash, key, value} in the order of insertion (indexmap 1, 2).
#include "engine/value/printer.h"
#include "engine/value/span.h"

static bool entries_of(struct dbg_value value, struct span *out)
{
	return span_of(walk_find_member(value, "entries"), out) && dbg_type_member(out->element, "key");
}

static bool map_items(struct dbg_value value, struct items *out)
{
	struct span entries;
	if (!entries_of(value, &entries))
		return false;
	*out = (struct items){.shape = ITEMS_MAP, .len = entries.len, .suspect = entries.suspect};
	return true;
}

static bool set_items(struct dbg_value value, struct items *out)
{
	return items_of_set(map_items(value, out), out);
}

static size_t map_page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	(void)arena;
	struct span entries;
	size_t n = 0;
	if (!entries_of(value, &entries) || entries.suspect.len)
		return 0;
	for (u64 i = start; i < entries.len && n < count; i++) {
		struct dbg_value entry = span_element(value.space, &entries, i);
		out[n++] = (struct item){.key = dbg_value_member(entry, "key"), .value = dbg_value_member(entry, "value")};
	}
	return n;
}

static size_t set_page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	return keys_alone(out, map_page(arena, value, start, count, out));
}

const struct printer printer_index_map = {.items = map_items, .page = map_page};
const struct printer printer_index_set = {.items = set_items, .page = set_page};
