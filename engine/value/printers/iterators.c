// What iterators over a slice or Vec have still to give: from `ptr` to `end` (core/src/slice/iter.rs, alloc/src/vec/
// into_iter.rs). Of elements without a size, `end` less `ptr` is their number, or `end_or_len` is.
#include "engine/value/printer.h"

struct left {
	u64 start, len;
	const struct dbg_type *element;
};

static bool left_of(struct dbg_value value, struct left *out)
{
	u64 end;
	struct dbg_value last = dbg_value_member(value, "end_or_len");
	last = dbg_value_ok(last) ? last : dbg_value_member(value, "end");
	*out = (struct left){.element = dbg_type_param(value.type, "T")};
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
	struct left left;
	if (!left_of(value, &left))
		return false;
	*out = (struct items){.len = left.len};
	return true;
}

static size_t page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	(void)arena;
	struct left left;
	size_t n = 0;
	if (!left_of(value, &left))
		return 0;
	for (u64 i = start; i < left.len && n < count; i++)
		out[n++] = (struct item){.value = dbg_value_at(value.space, left.element, left.start + i * left.element->size)};
	return n;
}

const struct printer printer_slice_iterator = {.items = items, .page = page};
