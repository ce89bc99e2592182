// Vec and slices: elements side by side.
#include "engine/value/span.h"
#include "engine/value/printer.h"

static bool items(struct dbg_value value, struct items *out)
{
	struct span span;
	if (!span_of(value, &span))
		return false;
	*out = (struct items){.len = span.len, .suspect = span.suspect};
	return true;
}

size_t page_of_span(const struct dbg_space *space, const struct span *span, u64 start, u64 count, struct item *out)
{
	size_t n = 0;
	for (u64 i = start; i < span->len && n < count && !span->suspect.len; i++)
		out[n++] = (struct item){.value = span_element(space, span, i)};
	return n;
}

static size_t page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	(void)arena;
	struct span span;
	return span_of(value, &span) ? page_of_span(value.space, &span, start, count, out) : 0;
}

const struct printer printer_span = {.items = items, .page = page};

// A heap's elements in the order of the Vec behind it.
static struct dbg_value heap_vec(struct dbg_value value)
{
	return dbg_value_find(value, "alloc::vec::Vec");
}

static bool heap_items(struct dbg_value value, struct items *out)
{
	return items(heap_vec(value), out);
}

static size_t heap_page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	return page(arena, heap_vec(value), start, count, out);
}

const struct printer printer_binary_heap = {.items = heap_items, .page = heap_page};
