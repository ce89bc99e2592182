// std::sync::mpsc: the messages that wait in a channel, from either of its ends (std/src/sync/mpmc/{list,array}.rs, since
// 1.67; what was before has other members and is shown as they are).
//
// A channel without a bound is a list of blocks of 31 slots; an index counts slots twice over (its lowest bit is a mark) in
// laps of 32, of which the last is no slot. One with a bound is a ring of `cap` slots.
#include "engine/value/printer.h"
#include "engine/value/span.h"

enum { LAP = 32, BLOCK_SLOTS = LAP - 1, MAX_BLOCKS = 100000 };

struct channel {
	u64 len;
	u64 first;              // list: of the slots of all laps; ring: the slot
	struct dbg_value block; // list: a pointer
	struct span slots;      // ring
	bool is_ring;
};

// head and tail of a list as numbers of messages since it was made.
static u64 messages(u64 index)
{
	u64 slot = index >> 1;
	slot += slot % LAP == BLOCK_SLOTS; // a block was just filled: the next begins
	return slot - slot / LAP;
}

static bool list_of(struct dbg_value chan, struct channel *out)
{
	u64 head, tail;
	struct dbg_value first = walk_find_member(chan, "head");
	if (!dbg_value_get(walk_find_member(first, "index"), &head) ||
	    !dbg_value_get(walk_find_member(walk_find_member(chan, "tail"), "index"), &tail))
		return false;
	u64 slot = head >> 1;
	out->first = slot + (slot % LAP == BLOCK_SLOTS);
	out->block = walk_first_pointer(walk_find_member(first, "block"));
	if (__builtin_sub_overflow(messages(tail), messages(head), &out->len))
		return false;
	return out->len == 0 || dbg_value_ok(out->block);
}

static bool ring_of(struct dbg_value chan, struct channel *out)
{
	u64 head, tail, cap, mark;
	if (!dbg_value_get(walk_peel(walk_find_member(chan, "head")), &head) ||
	    !dbg_value_get(walk_peel(walk_find_member(chan, "tail")), &tail) || !dbg_value_get(dbg_value_member(chan, "cap"), &cap) ||
	    !dbg_value_get(dbg_value_member(chan, "mark_bit"), &mark) || mark == 0 || (mark & (mark - 1)) ||
	    !span_within(dbg_value_member(chan, "buffer"), &out->slots) || out->slots.suspect.len || out->slots.len != cap)
		return false;
	u64 from = head & (mark - 1), to = tail & (mark - 1);
	out->is_ring = true;
	out->first = from;
	out->len = from < to ? to - from : from > to ? cap - from + to : (tail & ~mark) == head ? 0 : cap;
	return from < cap && to < cap && out->len <= cap;
}

static bool channel_of(struct dbg_value value, struct channel *out)
{
	*out = (struct channel){0};
	struct dbg_value counter = dbg_value_deref(walk_first_pointer(value));
	struct dbg_value chan = dbg_value_member(counter, "chan");
	if (!dbg_value_ok(chan))
		return false;
	return walk_member(chan.type, STR("buffer")) ? ring_of(chan, out) : list_of(chan, out);
}

static bool items(struct dbg_value value, struct items *out)
{
	struct channel channel;
	if (!channel_of(value, &channel))
		return false;
	*out = (struct items){.len = channel.len};
	return true;
}

static struct dbg_value message_in(struct dbg_value slot)
{
	struct dbg_value maybe = walk_peel(dbg_value_member(slot, "msg")); // UnsafeCell<MaybeUninit<T>>
	return dbg_value_member(maybe, "value");
}

static size_t list_page(const struct channel *channel, u64 start, u64 count, struct item *out)
{
	u64 slot = channel->first % LAP, passed = 0;
	size_t n = 0;
	struct dbg_value block = dbg_value_deref(channel->block);
	for (unsigned blocks = 0; blocks < MAX_BLOCKS && passed < channel->len && n < count && dbg_value_ok(block); blocks++) {
		struct dbg_value slots = dbg_value_member(block, "slots");
		for (; slot < BLOCK_SLOTS && passed < channel->len && n < count; slot++)
			if (passed++ >= start)
				out[n++] = (struct item){.value = message_in(dbg_value_element(slots, slot))};
		block = dbg_value_deref(walk_first_pointer(dbg_value_member(block, "next")));
		slot = 0;
	}
	return n;
}

static size_t page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	(void)arena;
	struct channel channel;
	size_t n = 0;
	if (!channel_of(value, &channel))
		return 0;
	if (!channel.is_ring)
		return list_page(&channel, start, count, out);
	for (u64 i = start; i < channel.len && n < count; i++)
		out[n++].value = message_in(span_element(value.space, &channel.slots, (channel.first + i) % channel.slots.len));
	return n;
}

const struct printer printer_mpsc = {.items = items, .page = page};
