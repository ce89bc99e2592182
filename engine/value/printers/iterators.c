// What iterators over a slice or Vec have still to give: from `ptr` to `end` (core/src/slice/iter.rs, alloc/src/vec/
// into_iter.rs). Of elements without a size, `end` less `ptr` is their number, or `end_or_len` is.
#include "engine/value/printer.h"
#include "engine/value/span.h"

static bool left_of(struct dbg_value value, struct span *out)
{
	u64 end;
	struct dbg_value last = dbg_value_member(value, "end_or_len");
	last = dbg_value_ok(last) ? last : dbg_value_member(value, "end");
	*out = (struct span){.element = dbg_type_param(value.type, "T")};
	if (!out->element || !dbg_value_get(walk_first_pointer(dbg_value_member(value, "ptr")), &out->start) ||
	    !dbg_value_get(walk_peel(last), &end))
		return false;
	if (out->element->size == 0)
		return false;
	out->len = (end - out->start) / out->element->size;
	return end >= out->start && (end - out->start) % out->element->size == 0 && end - out->start <= INT64_MAX;
}

static bool items(struct dbg_value value, struct items *out)
{
	struct span left;
	if (!left_of(value, &left))
		return false;
	*out = (struct items){.len = left.len};
	return true;
}

static size_t page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	(void)arena;
	struct span left;
	return left_of(value, &left) ? page_of_span(value.space, &left, start, count, out) : 0;
}

const struct printer printer_slice_iterator = {.items = items, .page = page};

// What an iterator over chars has yet to give: its bytes as a &str (core/src/str/iter.rs).
static bool chars_text(struct buf *buf, struct dbg_value value)
{
	struct span left;
	const struct dbg_type *text = value.space && value.space->modules ? dbg_type_find(value.space->modules, STR("&str")) : NULL;
	struct dbg_value bytes = dbg_value_find(value, "core::slice::iter::Iter");
	if (!text || text->size != 2 * sizeof(u64) || !dbg_value_ok(bytes) || !left_of(bytes, &left) || left.element->size != 1)
		return false;
	u64 *words = NEW_N(buf->arena, u64, 2);
	words[0] = left.start;
	words[1] = left.len;
	struct dbg_value shown = dbg_value_of_bytes(value.space, text, (const u8 *)words);
	buf_printf(buf, "%.*s(%.*s)", STRF(value.type->name),
	           STRF(dbg_value_render(buf->arena, shown, (struct dbg_render){.max_len = 100})));
	return true;
}

const struct printer printer_chars = {.text = chars_text};
