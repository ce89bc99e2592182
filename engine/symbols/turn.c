// Whether a local that lies in the frame has been given a value yet: in this poll of a coroutine, or in this call.
//
// What its `let` or its first assignment does is the first instruction that names its place, on a way from where the poll or the
// call began: in code that was not optimised a local has a place of its own, and nothing looks at it before. Where ways with such
// an instruction and ways without one lead here, nothing tells which was taken. (Its block does not tell: that of a pattern's
// local begins before what is matched, that of `let x;` before x is assigned.)
#include <dwarf.h>

#include "engine/frame.h"
#include "engine/symbols/flow.h"

enum { MAX_INSTRUCTIONS = 200000 };

// The function whose code was looked at last: who steps through it asks at each line.
struct looked_at {
	struct arena arena;
	u64 low;
	struct flow flow;
	enum stack_base base;
	u32 *from, *froms; // of the i-th instruction those that it may be executed behind: froms[from[i]] to froms[from[i + 1]]
};

// A register; or, of a large frame without a frame pointer, the canonical frame address less the frame's size, which is rsp
// behind the prologue (LLVM: X86FrameLowering::getDwarfFrameBase).
static enum stack_base frame_base(struct unit *unit, const struct function_range *function)
{
	Dwarf_Die die;
	Dwarf_Attribute attribute;
	Dwarf_Op *ops;
	size_t n;
	if (!unit_die(unit, function->node, &die) || !dwarf_attr(&die, DW_AT_frame_base, &attribute) ||
	    dwarf_getlocation(&attribute, &ops, &n))
		return STACK_NONE;
	if (n == 3 && ops[0].atom == DW_OP_call_frame_cfa && ops[1].atom == DW_OP_consts && ops[2].atom == DW_OP_plus)
		return STACK_RSP;
	if (n != 1)
		return STACK_NONE;
	return ops[0].atom == DW_OP_reg7 ? STACK_RSP : ops[0].atom == DW_OP_reg6 ? STACK_RBP : STACK_NONE;
}

static void turn_round(struct looked_at *at)
{
	const struct flow *flow = &at->flow;
	size_t way;
	at->from = NEW_N(&at->arena, u32, flow->len + 2);
	for (u32 i = 0, next; i < flow->len; i++)
		for (way = 0; flow_next(flow, i, &way, &next);)
			at->from[next + 1]++;
	for (size_t i = 0; i <= flow->len; i++)
		at->from[i + 1] += at->from[i];
	at->froms = NEW_N(&at->arena, u32, at->from[flow->len + 1] + 1);
	u32 *filled = NEW_N(&at->arena, u32, flow->len + 1);
	for (u32 i = 0, next; i < flow->len; i++)
		for (way = 0; flow_next(flow, i, &way, &next);)
			at->froms[at->from[next] + filled[next]++] = i;
}

// NULL: nothing can be told of it.
static struct looked_at *look_at(struct dbg_module *module, u64 here)
{
	struct unit *unit = module_unit_at(module, here - module->bias);
	const struct function_range *function = unit ? unit_function_at(unit, here - module->bias) : NULL;
	if (!function)
		return NULL;
	if (!module->looked_at) {
		module->looked_at = NEW(&module->arena, struct looked_at);
		*module->looked_at = (struct looked_at){0};
	}
	struct looked_at *at = module->looked_at;
	if (at->low != function->low) {
		arena_clear(&at->arena);
		*at = (struct looked_at){.arena = at->arena, .low = function->low, .base = frame_base(unit, function)};
		flow_decode(&at->arena, module, function, &at->flow);
		for (size_t i = 0; i < at->flow.tables.jumps.len; i++) // (a coroutine's state switch, too)
			flow_add_match(&at->arena, module, &at->flow, &at->flow.tables.jumps.items[i]);
		flow_sort_edges(&at->flow);
		turn_round(at);
	}
	return at->base == STACK_NONE || !at->flow.len || at->flow.len > MAX_INSTRUCTIONS ? NULL : at;
}

void turn_forget(struct dbg_module *module)
{
	if (module->looked_at)
		arena_deinit(&module->looked_at->arena);
}

static bool names_it(const struct instruction *item, enum stack_base base, struct local_slot slot)
{
	i64 end;
	return item->stack.base == base && !__builtin_add_overflow(slot.offset, slot.size, &end) && item->stack.disp < end &&
	       item->stack.disp + item->stack.size > slot.offset;
}

// In code that aligns its stack the frame base is one register, and places are named by another.
static bool is_named_anywhere(const struct looked_at *at, struct local_slot slot)
{
	for (size_t i = 0; i < at->flow.len; i++)
		if (names_it(&at->flow.items[i], at->base, slot))
			return true;
	return false;
}

// ---- in this poll ------------------------------------------------------------------------------------

// How a way has come to an instruction.
enum { BEFORE = 1, BEHIND = 2 }; // its place was not named on it; was

// By which ways each instruction can be come to; 0 for those that can't.
static u8 *follow(struct arena *arena, const struct flow *flow, u32 start, enum stack_base base, struct local_slot slot)
{
	u8 *ways = NEW_N(arena, u8, flow->len);
	VEC(u32) open = {0};
	vec_push(arena, &open, start);
	ways[start] = BEFORE;
	while (open.len) {
		u32 i = open.items[--open.len];
		u8 behind = names_it(&flow->items[i], base, slot) ? BEHIND : ways[i];
		size_t way = 0;
		for (u32 next; flow_next(flow, i, &way, &next);) {
			if ((ways[next] | behind) != ways[next])
				vec_push(arena, &open, next);
			ways[next] |= behind;
		}
	}
	return ways;
}

static enum local_turn find(struct dbg_module *module, u64 here, struct local_slot slot, u64 resumed)
{
	struct looked_at *at = look_at(module, here);
	struct unit *unit = module_unit_at(module, here - module->bias);
	if (!at || !is_named_anywhere(at, slot))
		return TURN_UNKNOWN;
	struct arena scratch = {0};
	i32 start = flow_index(&at->flow, resumed);
	size_t after = vec_first_above(at->flow.items, at->flow.len, addr, here);
	u8 ways = start != NO_TARGET && after ? follow(&scratch, &at->flow, (u32)start, at->base, slot)[after - 1] : 0;
	arena_deinit(&scratch);
	bool either = ways == (BEFORE | BEHIND);
	return !ways ? TURN_UNKNOWN : ways == BEFORE ? TURN_EARLIER : either || unit_is_optimised(unit) ? TURN_EITHER : TURN_THIS;
}

enum local_turn coroutine_local_turn(struct dbg_module *module, u64 here, struct local_slot slot, u64 resumed)
{
	const u64 mix = 0x9e3779b97f4a7c15;
	u64 key = (((here - module->bias) * mix ^ (u64)slot.offset) * mix ^ (u64)slot.size) * mix ^ resumed;
	u64 *known = map_get(&module->local_turns, key);
	if (known)
		return (enum local_turn) * known;
	enum local_turn turn = find(module, here, slot, resumed);
	map_put(&module->local_turns, &module->arena, key, (u64)turn);
	return turn;
}

// ---- in this call ------------------------------------------------------------------------------------

// The places that instructions name which a way from the function's beginning to here may have come by; sorted, and apart from
// each other.
struct frame_place {
	i64 from, to;
};
struct named_places {
	bool known;
	size_t n;
	struct frame_place *items;
};

static struct frame_place frame_place_of(const struct instruction *item)
{
	return (struct frame_place){item->stack.disp, item->stack.disp + item->stack.size};
}

static int compare_places(const void *a, const void *b)
{
	const i64 *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static struct named_places *named_on_the_way(struct dbg_module *module, u64 here)
{
	struct named_places *out = NEW(&module->arena, struct named_places);
	*out = (struct named_places){0};
	struct looked_at *at = look_at(module, here);
	size_t after = at ? vec_first_above(at->flow.items, at->flow.len, addr, here) : 0;
	if (!after)
		return out;
	struct arena scratch = {0};
	u8 *seen = NEW_N(&scratch, u8, at->flow.len);
	VEC(u32) open = {0};
	VEC(struct frame_place) found = {0};
	vec_push(&scratch, &open, (u32)(after - 1)); // not executed yet, in the newest frame; a call that has not returned in others
	while (open.len) {
		u32 i = open.items[--open.len];
		for (u32 k = at->from[i]; k < at->from[i + 1]; k++) {
			u32 before = at->froms[k];
			const struct instruction *item = &at->flow.items[before];
			if (seen[before])
				continue;
			seen[before] = 1;
			vec_push(&scratch, &open, before);
			if (item->stack.base == at->base)
				vec_push(&scratch, &found, frame_place_of(item));
		}
	}
	// A call's own arguments: it may be what gives the value.
	const struct instruction *last = &at->flow.items[after - 1];
	if (last->stack.base == at->base)
		vec_push(&scratch, &found, frame_place_of(last));
	vec_sort(found.items, found.len, sizeof(*found.items), compare_places);
	out->items = NEW_N(&module->arena, struct frame_place, found.len + 1);
	for (size_t i = 0; i < found.len; i++) {
		struct frame_place *last_one = out->n ? &out->items[out->n - 1] : NULL;
		if (!last_one || found.items[i].from > last_one->to)
			out->items[out->n++] = found.items[i];
		else if (found.items[i].to > last_one->to)
			last_one->to = found.items[i].to;
	}
	out->known = seen[0]; // code that only unwinding leads to has no beginning
	arena_deinit(&scratch);
	return out;
}

bool local_has_no_value_yet(struct dbg_module *module, u64 here, struct local_slot slot)
{
	u64 key = here - module->bias, *known = map_get(&module->named_places, key);
	struct named_places *places = known ? (struct named_places *)(uintptr_t)*known : named_on_the_way(module, here);
	if (!known)
		map_put(&module->named_places, &module->arena, key, (uintptr_t)places);
	for (size_t i = 0; i < places->n; i++)
		if (places->items[i].from < slot.offset + slot.size && places->items[i].to > slot.offset)
			return false;
	struct looked_at *at = places->known ? look_at(module, here) : NULL;
	return at && is_named_anywhere(at, slot);
}
