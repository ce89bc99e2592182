// HashMap and HashSet: a hashbrown table (hashbrown/src/raw/mod.rs).
//
// `ctrl` points to a byte for each bucket, whose top bit is clear when the bucket is full; the buckets lie
// before it, in reverse: bucket i ends at ctrl - i * size. `items` is how many are full.
#include "engine/value/printer.h"
#include "engine/value/reason.h"

enum { CTRL_CHUNK = 4096 };
static const u64 max_buckets = (u64)1 << 32;
static const u64 max_scan = (u64)1 << 26; // bytes of ctrl looked at for one page: a table may be large and nearly empty

struct table {
	u64 ctrl, buckets, len;
	const struct dbg_type *bucket;
};

static struct dbg_value raw_table(struct dbg_value value)
{
	struct dbg_value table = dbg_value_find(value, "hashbrown::raw::RawTable");
	return dbg_value_ok(table) ? table : dbg_value_find(value, "hashbrown::raw::inner::RawTable"); // 0.14, feature "raw"
}

static bool table_of(struct dbg_value value, struct table *out)
{
	struct dbg_value table = raw_table(value);
	if (!dbg_value_ok(table))
		return false;
	u64 mask;
	*out = (struct table){.bucket = dbg_type_param(table.type, "T")};
	if (!out->bucket || !dbg_value_get(walk_find_member(table, "bucket_mask"), &mask) ||
	    !dbg_value_get(walk_first_pointer(walk_find_member(table, "ctrl")), &out->ctrl) ||
	    !dbg_value_get(walk_find_member(table, "items"), &out->len))
		return false;
	out->buckets = mask + 1;
	return true;
}

static bool items(struct dbg_value value, struct items *out)
{
	struct table table;
	if (!table_of(value, &table))
		return false;
	*out = (struct items){.shape = ITEMS_MAP, .len = table.len};
	u64 bytes;
	if (table.len > table.buckets || table.buckets > max_buckets || (table.buckets & (table.buckets - 1)) ||
	    __builtin_mul_overflow(table.buckets, table.bucket->size, &bytes) || bytes > table.ctrl)
		out->suspect = value_absent("suspect: more items than buckets", "suspect: %llu items in %llu buckets",
		                            (unsigned long long)table.len, (unsigned long long)table.buckets)
		                   .absent;
	return true;
}

static struct item item_of(const struct dbg_space *space, const struct table *table, u64 bucket)
{
	struct dbg_value pair = dbg_value_at(space, table->bucket, table->ctrl - (bucket + 1) * table->bucket->size);
	return (struct item){.key = dbg_value_member(pair, "0"), .value = dbg_value_member(pair, "1")};
}

static size_t page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	(void)arena;
	struct table table;
	struct items all;
	u8 ctrl[CTRL_CHUNK];
	size_t n = 0;
	u64 seen = 0;
	if (!items(value, &all) || all.suspect.len || !table_of(value, &table) || !value.space || !value.space->mem)
		return 0;
	for (u64 at = 0; at < u64_min(table.buckets, max_scan) && seen < table.len && n < count; at += sizeof(ctrl)) {
		size_t size = (size_t)u64_min(sizeof(ctrl), table.buckets - at);
		size_t got = dbg_mem_read_some(value.space->mem, table.ctrl + at, ctrl, size);
		for (size_t i = 0; i < got && n < count; i++)
			if (!(ctrl[i] & 0x80) && seen++ >= start)
				out[n++] = item_of(value.space, &table, at + i);
		if (got < size)
			break;
	}
	return n;
}

const struct printer printer_hash_map = {.items = items, .page = page};

static bool set_items(struct dbg_value value, struct items *out)
{
	if (!items(value, out))
		return false;
	out->shape = ITEMS_SET;
	return true;
}

static size_t set_page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	size_t n = page(arena, value, start, count, out);
	for (size_t i = 0; i < n; i++) // a set is a map to ()
		out[i] = (struct item){.value = out[i].key};
	return n;
}

const struct printer printer_hash_set = {.items = set_items, .page = set_page};
