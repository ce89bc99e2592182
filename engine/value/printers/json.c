// serde_json::Value as JSON: scalars as they are, arrays and objects as lists and maps (serde_json 1 src/value, map,
// number). What a map is made of, and a number, is a choice of the crate's features.
#include "engine/value/printer.h"

static struct dbg_value inner(struct dbg_value value)
{
	struct dbg_value payload;
	dbg_value_variant(value, &payload, NULL);
	struct dbg_value held = dbg_value_member(payload, "0");
	if (dbg_value_ok(held))
		return held;
	value.raw = true; // Null, or what is none of the variants
	return value;
}

// An Array or Object holds a Vec or Map.
static bool items(struct dbg_value value, struct items *out)
{
	return items_of(inner(value), out);
}

static size_t page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	return page_of(arena, inner(value), start, count, out);
}

const struct printer printer_json_value = {.inner = inner, .items = items, .page = page};

// Map {map: BTreeMap or IndexMap}.
static bool map_items(struct dbg_value value, struct items *out)
{
	return items_of(dbg_value_member(value, "map"), out);
}

static size_t map_page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	return page_of(arena, dbg_value_member(value, "map"), start, count, out);
}

const struct printer printer_json_map = {.items = map_items, .page = map_page};

// Number {n: PosInt | NegInt | Float}, or with arbitrary precision its digits as text.
static bool number_text(struct buf *buf, struct dbg_value value)
{
	struct dbg_value n = dbg_value_member(value, "n"), payload;
	struct str digits;
	u64 len;
	if (!dbg_value_ok(n))
		return false;
	if (n.type->kind == DBG_TYPE_VARIANTS) {
		if (!dbg_value_variant(n, &payload, NULL))
			return false;
		buf_put(buf, dbg_value_render(buf->arena, dbg_value_member(payload, "0"), (struct dbg_render){.depth = 1}));
		return true;
	}
	err_t error = dbg_value_text(n, buf->arena, 80, &digits, &len);
	if (error)
		return false;
	buf_put_utf8_lossy(buf, digits);
	buf_puts(buf, len > digits.len ? "…" : "");
	return true;
}

const struct printer printer_json_number = {.text = number_text};
