// http::HeaderMap: `entries` has each name with its first value; the further values of a name lie in
// `extra_values`, linked from it and back to it (http/src/header/map.rs).
#include "engine/value/printer.h"
#include "engine/value/span.h"

enum { MAX_HOPS = 256 }; // values of one name that are told under it

static bool spans(struct dbg_value value, struct span *entries, struct span *extra)
{
	return span_of(dbg_value_member(value, "entries"), entries) && span_of(dbg_value_member(value, "extra_values"), extra);
}

static bool items(struct dbg_value value, struct items *out)
{
	struct span entries, extra;
	if (!spans(value, &entries, &extra))
		return false;
	*out = (struct items){.shape = ITEMS_MAP, .suspect = entries.suspect.len ? entries.suspect : extra.suspect};
	if (!out->suspect.len && __builtin_add_overflow(entries.len, extra.len, &out->len))
		out->suspect = STR("suspect: its lengths are too large");
	return true;
}

// The name that an extra value belongs to: back along its links, Extra(index) to the value before it, Entry(index).
static struct dbg_value name_of_extra(const struct dbg_space *space, const struct span *entries, const struct span *extra,
                                      struct dbg_value value)
{
	u64 index;
	for (unsigned hops = 0; hops < MAX_HOPS; hops++) {
		struct dbg_value prev = dbg_value_member(value, "prev");
		if (dbg_value_get(dbg_value_member(dbg_value_variant_named(prev, "Entry"), "0"), &index) && index < entries->len)
			return dbg_value_member(span_element(space, entries, index), "key");
		if (!dbg_value_get(dbg_value_member(dbg_value_variant_named(prev, "Extra"), "0"), &index) || index >= extra->len)
			return (struct dbg_value){.absent = STR("suspect: its link leads nowhere")};
		value = span_element(space, extra, index);
	}
	return (struct dbg_value){.absent = STR("too many values of one name")};
}

static size_t page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	(void)arena;
	struct items all;
	struct span entries, extra;
	size_t n = 0;
	if (!items(value, &all) || all.suspect.len || !spans(value, &entries, &extra))
		return 0;
	for (u64 i = start; i < all.len && n < count; i++) {
		if (i < entries.len) {
			struct dbg_value entry = span_element(value.space, &entries, i);
			out[n++] = (struct item){.key = dbg_value_member(entry, "key"), .value = dbg_value_member(entry, "value")};
		} else {
			struct dbg_value further = span_element(value.space, &extra, i - entries.len);
			out[n++] = (struct item){.key = name_of_extra(value.space, &entries, &extra, further),
			                         .value = dbg_value_member(further, "value")};
		}
	}
	return n;
}

const struct printer printer_http_header_map = {.items = items, .page = page};
