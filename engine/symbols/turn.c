// Whether a local that no await keeps was given its value in this poll of the coroutine.
//
// In the frame of a poll such a local is rubbish until its `let` has run, and nothing behind the await looks at it before that:
// the first instruction that names its place, on a way from where the poll began, is of the `let`. Where ways with such an
// instruction and ways without one lead here, nothing tells which was taken. (Its block does not tell: that of a pattern's local
// begins before what is matched.)
#include <dwarf.h>

#include "engine/frame.h"
#include "engine/symbols/flow.h"

// How a way has come to an instruction.
enum { BEFORE = 1, BEHIND = 2 }; // its place was not named on it; was

static enum stack_base frame_base(struct dbg_module *module, struct unit *unit, const struct function_range *function)
{
	Dwarf_Die die;
	Dwarf_Attribute attribute;
	Dwarf_Op *ops;
	size_t n;
	if (!module_die(module, unit->start + unit->nodes[function->node].die, &die) ||
	    !dwarf_attr(&die, DW_AT_frame_base, &attribute) || dwarf_getlocation(&attribute, &ops, &n) || n != 1)
		return STACK_NONE;
	return ops[0].atom == DW_OP_reg7 ? STACK_RSP : ops[0].atom == DW_OP_reg6 ? STACK_RBP : STACK_NONE;
}

static bool names_it(const struct instruction *item, enum stack_base base, struct local_slot slot)
{
	i64 end;
	return item->stack.base == base && !__builtin_add_overflow(slot.offset, slot.size, &end) && item->stack.disp < end &&
	       item->stack.disp + item->stack.size > slot.offset;
}

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
	struct unit *unit = module_unit_at(module, here - module->bias);
	const struct function_range *function = unit ? unit_function_at(unit, here - module->bias) : NULL;
	enum stack_base base = function ? frame_base(module, unit, function) : STACK_NONE;
	if (base == STACK_NONE)
		return TURN_UNKNOWN;
	struct arena scratch = {0};
	struct flow flow = {0};
	flow_decode(&scratch, module, function, &flow);
	for (size_t i = 0; i < flow.tables.jumps.len; i++) // (the state switch, too: no way leads back to it)
		flow_add_match(&scratch, module, &flow, &flow.tables.jumps.items[i]);
	flow_sort_edges(&flow);
	i32 start = flow_index(&flow, resumed);
	size_t after = vec_first_above(flow.items, flow.len, addr, here);
	u8 ways = start != NO_TARGET && after ? follow(&scratch, &flow, (u32)start, base, slot)[after - 1] : 0;
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
