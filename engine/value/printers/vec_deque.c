// VecDeque: a ring of `cap` places in which `len` elements begin at `head`.
#include "engine/value/printer.h"
#include "engine/value/reason.h"

struct ring {
	u64 start, head, len, cap;
	const struct dbg_type *element;
};

// Before 1.67 it was {tail, head} over a power of two; then {head, len}.
static bool ring_of(struct dbg_value value, struct ring *out)
{
	struct dbg_value buf = dbg_value_member(value, "buf");
	*out = (struct ring){.element = dbg_type_param(value.type, "T")};
	if (!out->element || !dbg_value_get(walk_first_pointer(buf), &out->start) ||
	    !dbg_value_get(walk_find_member(buf, "cap"), &out->cap) || !dbg_value_get(dbg_value_member(value, "head"), &out->head))
		return false;
	if (dbg_value_get(dbg_value_member(value, "len"), &out->len))
		return true;
	u64 tail, end = out->head;
	if (!dbg_value_get(dbg_value_member(value, "tail"), &tail))
		return false;
	out->head = tail;
	out->len = end >= tail ? end - tail : end + out->cap - tail;
	return true;
}

static bool items(struct dbg_value value, struct items *out)
{
	struct ring ring;
	if (!ring_of(value, &ring))
		return false;
	*out = (struct items){.len = ring.len};
	u64 bytes;
	if (ring.element->size == 0)
		return true;
	if (ring.len > ring.cap || ring.head > ring.cap || __builtin_mul_overflow(ring.cap, ring.element->size, &bytes) ||
	    bytes > INT64_MAX)
		out->suspect = value_absent("suspect: its length is above its capacity", "suspect: %llu elements from place %llu of %llu",
		                            (unsigned long long)ring.len, (unsigned long long)ring.head, (unsigned long long)ring.cap)
		                   .absent;
	return true;
}

static size_t page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	(void)arena;
	struct ring ring;
	struct items all;
	size_t n = 0;
	if (!items(value, &all) || all.suspect.len || !ring_of(value, &ring))
		return 0;
	for (u64 i = start; i < ring.len && n < count; i++) {
		u64 place = ring.head + i;
		place -= place >= ring.cap ? ring.cap : 0;
		out[n++] = (struct item){.value = dbg_value_at(value.space, ring.element, ring.start + place * ring.element->size)};
	}
	return n;
}

const struct printer printer_vec_deque = {.items = items, .page = page};
