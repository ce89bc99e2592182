// slab::Slab: `entries` is a Vec of Occupied(value) and Vacant(next); a value's index is its key (slab 0.4 lib.rs).
#include "engine/value/printer.h"
#include "engine/value/reason.h"
#include "engine/value/span.h"

static const u64 max_scan = 1 << 20; // entries looked at for one page: a slab may be large and nearly empty

static bool items(struct dbg_value value, struct items *out)
{
	struct span entries;
	u64 len;
	if (!span_of(dbg_value_member(value, "entries"), &entries) || !dbg_value_get(dbg_value_member(value, "len"), &len))
		return false;
	*out = (struct items){.shape = ITEMS_MAP, .len = len, .suspect = entries.suspect};
	if (!entries.suspect.len && len > entries.len)
		out->suspect = value_absent("suspect: more values than entries", "suspect: %llu values in %llu entries",
		                            (unsigned long long)len, (unsigned long long)entries.len)
		                   .absent;
	return true;
}

static struct dbg_value key_of(struct arena *arena, struct dbg_value value, u64 index)
{
	struct dbg_value len = dbg_value_member(value, "len");
	u64 *bytes = NEW(arena, u64);
	*bytes = index;
	return dbg_value_ok(len) && len.type->size == sizeof(*bytes) ? dbg_value_of_bytes(value.space, len.type, (const u8 *)bytes)
	                                                             : (struct dbg_value){.absent = STR("its index has no type")};
}

static size_t page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	struct items all;
	struct span entries;
	size_t n = 0;
	if (!items(value, &all) || all.suspect.len || !span_of(dbg_value_member(value, "entries"), &entries))
		return 0;
	// A slab without a gap, which most are for long, needs no scan.
	u64 seen = 0, i = all.len == entries.len ? start : 0;
	if (i)
		seen = i;
	for (u64 end = u64_min(entries.len, i + max_scan); i < end && seen < all.len && n < count; i++) {
		struct dbg_value occupied = dbg_value_variant_named(span_element(value.space, &entries, i), "Occupied");
		if (dbg_value_ok(occupied) && seen++ >= start)
			out[n++] = (struct item){.key = key_of(arena, value, i), .value = dbg_value_member(occupied, "0")};
	}
	return n;
}

const struct printer printer_slab = {.items = items, .page = page};
