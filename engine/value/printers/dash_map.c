// dashmap::DashMap and DashSet: a boxed slice of shards, each a lock around a hash table, shown as one map
// (dashmap 5, 6). The locks are not taken: a shard that a thread is changing right now may read as suspect.
#include "engine/value/printer.h"
#include "engine/value/span.h"

enum { MAX_SHARDS = 4096 }; // the crate makes 4 for each processor

extern const struct printer printer_hash_map;

static bool shards_of(struct dbg_value value, struct span *out)
{
	return span_within(walk_find_member(value, "shards"), out);
}

static bool items(struct dbg_value value, struct items *out)
{
	struct span shards;
	if (!shards_of(value, &shards))
		return false;
	*out = (struct items){.shape = ITEMS_MAP, .suspect = shards.suspect};
	if (!shards.suspect.len && shards.len > MAX_SHARDS)
		out->suspect = STR("suspect: too many shards");
	for (u64 i = 0; i < shards.len && !out->suspect.len; i++) {
		struct items shard;
		if (!printer_hash_map.items(span_element(value.space, &shards, i), &shard))
			return false;
		out->suspect = shard.suspect;
		if (__builtin_add_overflow(out->len, shard.len, &out->len))
			out->suspect = STR("suspect: its length is too large");
	}
	return true;
}

static size_t page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	struct items all;
	struct span shards;
	size_t n = 0;
	if (!items(value, &all) || all.suspect.len || !shards_of(value, &shards))
		return 0;
	for (u64 i = 0; i < shards.len && n < count; i++) {
		struct items shard;
		struct dbg_value table = span_element(value.space, &shards, i);
		if (!printer_hash_map.items(table, &shard) || shard.suspect.len)
			break;
		if (start < shard.len)
			n += printer_hash_map.page(arena, table, start, count - n, out + n);
		start = start < shard.len ? 0 : start - shard.len;
	}
	return n;
}

static bool set_items(struct dbg_value value, struct items *out)
{
	return items_of_set(items(value, out), out);
}

static size_t set_page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	return keys_alone(out, page(arena, value, start, count, out));
}

const struct printer printer_dash_map = {.items = items, .page = page};
const struct printer printer_dash_set = {.items = set_items, .page = set_page};
