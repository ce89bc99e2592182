// HashMap and HashSet: a hashbrown table (hashbrown/src/raw/mod.rs).
//
// `ctrl` points to a byte for each bucket, whose top bit is clear when the bucket is full; the buckets lie
// before it, in reverse: bucket i ends at ctrl - i * size. `items` is how many are full.
#include "engine/value/printer.h"
#include "engine/value/reason.h"
#include "engine/value/siphash.h"

enum { CTRL_CHUNK = 1 << 16 };
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

// How many buckets are full among these bytes, eight at a time.
static u64 count_full(const u8 *ctrl, size_t n)
{
	u64 count = 0, word;
	for (; n >= sizeof(word); ctrl += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, ctrl, sizeof(word));
		count += (u64)__builtin_popcountll(~word & 0x8080808080808080u);
	}
	for (; n; ctrl++, n--)
		count += !(*ctrl & 0x80);
	return count;
}

static size_t page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	struct table table;
	struct items all;
	size_t n = 0, chunk = 256; // the first page of a table with room is in its first bytes
	u64 seen = 0;
	if (!items(value, &all) || all.suspect.len || !table_of(value, &table) || !value.space || !value.space->mem)
		return 0;
	u8 *ctrl = NEW_N(arena, u8, (size_t)u64_min(CTRL_CHUNK, table.buckets));
	for (u64 at = 0, size; at < u64_min(table.buckets, max_scan) && seen < table.len && n < count; at += size) {
		size = u64_min(chunk, table.buckets - at);
		size_t got = dbg_mem_read_bulk(value.space->mem, table.ctrl + at, ctrl, (size_t)size);
		u64 full = count_full(ctrl, got);
		bool is_before = seen + full <= start; // the page begins behind them
		for (size_t i = 0; i < got && n < count && !is_before; i++)
			if (!(ctrl[i] & 0x80) && seen++ >= start)
				out[n++] = item_of(value.space, &table, at + i);
		seen += is_before ? full : 0;
		chunk = CTRL_CHUNK;
		if (got < size)
			break;
	}
	return n;
}

// ---- by key ----------------------------------------------------------------------------------------

enum { GROUP = 16, MAX_PROBES = 4096 };

// std's hasher; others are not known here.
static bool hash_of(struct dbg_value map, const u8 *bytes, size_t len, u64 *out)
{
	static const char *const builders[] = {"std::hash::random::RandomState", "std::collections::hash::map::RandomState"};
	u64 k0, k1;
	struct dbg_value builder = walk_find_member(map, "hash_builder");
	bool is_std = false;
	for (size_t i = 0; dbg_value_ok(builder) && i < ARRAY_LEN(builders); i++)
		is_std = is_std || str_eqc(dbg_type_base_path(builder.type), builders[i]);
	if (!is_std || !dbg_value_get(dbg_value_member(builder, "k0"), &k0) || !dbg_value_get(dbg_value_member(builder, "k1"), &k1))
		return false;
	*out = siphash13(k0, k1, bytes, len);
	return true;
}

// Groups of 16 buckets from the hash's low bits on, at growing distances, up to one with a bucket that was never full; its
// high bits are in the bucket's ctrl byte (hashbrown src/raw/mod.rs: ProbeSeq, find_inner). The first group's bytes stand
// once more behind the last.
static bool find(struct dbg_value value, const u8 *bytes, size_t len, struct item *out, size_t max, size_t *n)
{
	struct table table;
	struct items all;
	u64 hash, stride = 0;
	u8 ctrl[GROUP];
	*n = 0;
	if (!items(value, &all) || all.suspect.len || !table_of(value, &table) || !hash_of(value, bytes, len, &hash) ||
	    !value.space || !value.space->mem)
		return false;
	u64 mask = table.buckets - 1, at = hash & mask;
	for (unsigned probes = 0; probes < MAX_PROBES && stride <= table.buckets + GROUP; probes++) {
		bool has_empty = false;
		if (dbg_mem_read_some(value.space->mem, table.ctrl + at, ctrl, GROUP) != GROUP)
			return false;
		for (unsigned i = 0; i < GROUP; i++) {
			has_empty = has_empty || ctrl[i] == 0xff;
			if (ctrl[i] == hash >> 57 && *n < max)
				out[(*n)++] = item_of(value.space, &table, (at + i) & mask);
		}
		if (has_empty)
			return true;
		stride += GROUP;
		at = (at + stride) & mask;
	}
	return true;
}

const struct printer printer_hash_map = {.items = items, .page = page, .find = find};

static bool set_items(struct dbg_value value, struct items *out)
{
	return items_of_set(items(value, out), out);
}

static size_t set_page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	return keys_alone(out, page(arena, value, start, count, out));
}

static bool set_find(struct dbg_value value, const u8 *bytes, size_t len, struct item *out, size_t max, size_t *n)
{
	bool known = find(value, bytes, len, out, max, n);
	keys_alone(out, *n);
	return known;
}

const struct printer printer_hash_set = {.items = set_items, .page = set_page, .find = set_find};
