// smallvec::SmallVec<[T; N]>: elements in place, or on the heap (smallvec 1 lib.rs).
//
// `capacity` up to N is the length of elements in place; above, the heap's pointer and length are in `data`, which
// is an enum {Inline, Heap {ptr, len}} or, with the feature "union", a union {inline, heap: (ptr, len)}.
#include "engine/value/printer.h"
#include "engine/value/reason.h"
#include "engine/value/span.h"

struct small {
	const struct dbg_type *array;
	struct dbg_value place; // of elements in place: as an array
	struct span heap;       // of others; of those in place the length alone
};

static bool heap_of(struct dbg_value heap, u64 capacity, struct small *out)
{
	struct dbg_value len = dbg_value_member(heap, "len");
	u64 bytes;
	if (!dbg_value_get(walk_first_pointer(heap), &out->heap.start) ||
	    !dbg_value_get(dbg_value_ok(len) ? len : dbg_value_member(heap, "1"), &out->heap.len))
		return false;
	if (out->heap.len > capacity || __builtin_mul_overflow(out->heap.len, out->array->target->size, &bytes) ||
	    bytes > INT64_MAX || out->heap.start > UINT64_MAX - bytes)
		out->heap.suspect =
		    value_absent("suspect: its length is above its capacity", "suspect: length %llu is above the capacity %llu",
		                 (unsigned long long)out->heap.len, (unsigned long long)capacity)
		        .absent;
	return true;
}

static bool small_of(struct dbg_value value, struct small *out)
{
	u64 capacity;
	struct dbg_value data = dbg_value_member(value, "data"), in_place = data, heap = data;
	*out = (struct small){.array = dbg_type_param(value.type, "A")};
	if (!out->array || out->array->kind != DBG_TYPE_ARRAY || !out->array->target || !dbg_value_ok(data) ||
	    !dbg_value_get(dbg_value_member(value, "capacity"), &capacity))
		return false;
	out->heap.element = out->array->target;
	bool is_in_place = capacity <= out->array->count;
	if (data.type->kind == DBG_TYPE_VARIANTS) {
		in_place = dbg_value_member(dbg_value_variant_named(data, "Inline"), "0");
		heap = dbg_value_variant_named(data, "Heap");
	} else {
		in_place = dbg_value_member(data, "inline");
		heap = dbg_value_member(data, "heap");
	}
	if (!is_in_place)
		return dbg_value_ok(heap) && heap_of(heap, capacity, out);
	if (!dbg_value_ok(in_place) || in_place.type->size < out->array->size)
		return false;
	out->place = dbg_value_cast(in_place, out->array);
	out->heap.len = capacity;
	return true;
}

static bool items(struct dbg_value value, struct items *out)
{
	struct small small;
	if (!small_of(value, &small))
		return false;
	*out = (struct items){.len = small.heap.len, .suspect = small.heap.suspect};
	return true;
}

static size_t page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	(void)arena;
	struct small small;
	size_t n = 0;
	if (!small_of(value, &small))
		return 0;
	if (!dbg_value_ok(small.place))
		return page_of_span(value.space, &small.heap, start, count, out);
	for (u64 i = start; i < small.heap.len && n < count; i++)
		out[n++].value = dbg_value_element(small.place, i);
	return n;
}

const struct printer printer_small_vec = {.items = items, .page = page};
