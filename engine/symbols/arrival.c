// Where the first arrival at a line is seen, and not each resume of an `.await` on it.
//
// A coroutine's body starts with a switch on its state. What can be reached over direct edges from the target
// of state Unresumed is the source's own control flow, as if every await completed at once: blocks of resumes
// and of unwinding drop out by themselves. Of the line's rows in that flow, those are taken that are entered
// from another line, and of those the ones that no other of them dominates. (169 of 171 lines of 38 bodies had
// exactly one such address; hits equalled the source's arrivals.) Functions that are no coroutines start at
// their first instruction; otherwise the same.
#include <capstone/capstone.h>
#include <dwarf.h>

#include "base/log.h"
#include "engine/symbols/private.h"

enum { MAX_CODE = 1 << 20, NO_TARGET = -1 };

struct instruction {
	u64 addr;
	u32 next;   // index of the instruction after it; flows: execution may go on there
	i32 target; // index of a direct jump's target in the function, or NO_TARGET
	bool flows;
	u32 line;       // 0: none, or another file's
	bool row_start; // a statement row of the wanted line begins here
};

struct flow {
	struct instruction *items;
	size_t len;
	u32 *stack;
	u8 *reached;
	u32 start;
};

static i32 index_of(const struct flow *flow, u64 addr)
{
	size_t after = vec_first_above(flow->items, flow->len, addr, addr);
	return after && flow->items[after - 1].addr == addr ? (i32)after - 1 : NO_TARGET;
}

// The table of the state switch: `lea table(%rip), reg` ... `jmp *reg` has i32 entries relative to itself; code that
// is not position-independent has addresses in it, and `jmp *table(,reg,8)` or `mov table(,reg,8), reg` ... `jmp *reg`.
struct state_switch {
	u64 last; // what may be the table
	bool last_absolute, absolute;
	u64 table; // 0 until the first indirect jump,
	u64 jump;  // which is this one
};

static void look_for_table(const cs_insn *insn, struct state_switch *sw)
{
	const cs_x86 *x86 = &insn->detail->x86;
	const cs_x86_op *op = &x86->operands[insn->id == X86_INS_JMP ? 0 : 1];
	if (sw->table || !x86->op_count || op->type != X86_OP_MEM)
		return;
	if (insn->id == X86_INS_LEA && op->mem.base == X86_REG_RIP) {
		sw->last = insn->address + insn->size + (u64)op->mem.disp;
		sw->last_absolute = false;
	} else if ((insn->id == X86_INS_JMP || insn->id == X86_INS_MOV) && op->mem.base == X86_REG_INVALID &&
	           op->mem.index != X86_REG_INVALID && op->mem.scale == sizeof(u64)) {
		sw->last = (u64)op->mem.disp;
		sw->last_absolute = true;
	}
}

static void decode(struct arena *arena, csh handle, const u8 *code, size_t size, u64 addr, struct flow *flow,
                   struct state_switch *sw)
{
	VEC(struct instruction) list = {0};
	VEC(u64) targets = {0};
	cs_insn *insn = cs_malloc(handle);
	while (size) {
		const u8 *before = code;
		if (!cs_disasm_iter(handle, &code, &size, &addr, insn)) {
			code = before + 1; // not an instruction: go on behind it, it leads nowhere
			size--;
			addr++;
			continue;
		}
		const cs_x86 *x86 = &insn->detail->x86;
		struct instruction item = {.addr = insn->address, .flows = true, .target = NO_TARGET};
		u64 target = 0;
		look_for_table(insn, sw);
		bool jump = cs_insn_group(handle, insn, CS_GRP_JUMP);
		if (jump && x86->op_count && x86->operands[0].type == X86_OP_IMM)
			target = (u64)x86->operands[0].imm;
		if (insn->id == X86_INS_JMP) {
			item.flows = false;
			if (!target && !sw->table) {
				sw->table = sw->last;
				sw->absolute = sw->last_absolute;
				sw->jump = insn->address;
			}
		}
		if (cs_insn_group(handle, insn, CS_GRP_RET) || insn->id == X86_INS_UD2 || insn->id == X86_INS_HLT)
			item.flows = false;
		vec_push(arena, &list, item);
		vec_push(arena, &targets, target);
	}
	cs_free(insn, 1);
	flow->items = list.items;
	flow->len = list.len;
	for (size_t i = 0; i < list.len; i++) {
		list.items[i].next = (u32)i + 1;
		if (targets.items[i])
			list.items[i].target = index_of(flow, targets.items[i]);
		if (i + 1 == list.len)
			list.items[i].flows = false;
	}
	flow->stack = NEW_N(arena, u32, flow->len * 2 + 2);
	flow->reached = NEW_N(arena, u8, flow->len + 1);
}

// Marks what can be reached from the start without entering `avoid`.
static void reach(struct flow *flow, u32 avoid)
{
	memset(flow->reached, 0, flow->len);
	size_t depth = 0;
	if (flow->start != avoid && flow->start < flow->len)
		flow->stack[depth++] = flow->start;
	while (depth) {
		u32 i = flow->stack[--depth];
		if (flow->reached[i])
			continue;
		flow->reached[i] = 1;
		const struct instruction *item = &flow->items[i];
		if (item->flows && item->next != avoid && !flow->reached[item->next])
			flow->stack[depth++] = item->next;
		if (item->target != NO_TARGET && (u32)item->target != avoid && !flow->reached[item->target])
			flow->stack[depth++] = (u32)item->target;
	}
}

// Gives each instruction its line in the wanted file, and marks where rows of the wanted line begin.
static void put_lines(struct flow *flow, const struct arrival_input *input)
{
	size_t row = 0;
	for (size_t i = 0; i < flow->len; i++) {
		struct instruction *item = &flow->items[i];
		while (row + 1 < input->n_rows && input->rows[row + 1].addr <= item->addr)
			row++;
		const struct dbg_line_row *r = &input->rows[row];
		if (item->addr < r->addr || item->addr >= r->end || !str_eq(r->place.file, input->file))
			continue;
		item->line = r->place.line;
		item->row_start = r->is_stmt && r->addr == item->addr && r->place.line == input->line;
	}
}

// The switch's target for a state; 0 if there is no switch.
static u64 switch_target(struct dbg_module *module, const struct state_switch *sw, u64 state)
{
	i32 relative;
	u64 address;
	if (sw->absolute)
		return dbg_module_file_bytes(module, sw->table + sizeof(address) * state, &address, sizeof(address)) == sizeof(address)
		           ? address
		           : 0;
	if (!sw->table ||
	    dbg_module_file_bytes(module, sw->table + sizeof(relative) * state, &relative, sizeof(relative)) != sizeof(relative))
		return 0;
	return sw->table + (u64)(i64)relative;
}

// The target of state 0, Unresumed.
static u32 start_of(const struct arrival_input *input, const struct flow *flow, const struct state_switch *sw)
{
	i32 index = index_of(flow, switch_target(input->module, sw, 0));
	return index == NO_TARGET ? 0 : (u32)index;
}

// Decodes a whole function from the file's bytes (no trap of ours in them); an empty flow if that can't be done.
static void decode_function(struct arena *arena, struct dbg_module *module, const struct function_range *function,
                            struct flow *flow, struct state_switch *sw)
{
	u64 low = function->low + module->bias, size = function->high - function->low;
	csh handle;
	if (size > MAX_CODE || cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
		return;
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	u8 *code = NEW_N(arena, u8, size);
	decode(arena, handle, code, dbg_module_file_bytes(module, low, code, size), low, flow, sw);
	cs_close(&handle);
}

u64 coroutine_switch(struct dbg_module *module, const struct function_range *body)
{
	u64 *known = map_get(&module->switches, body->low);
	if (known)
		return *known ? *known + module->bias : 0;
	struct arena scratch = {0};
	struct flow flow = {0};
	struct state_switch sw = {0};
	decode_function(&scratch, module, body, &flow, &sw);
	arena_deinit(&scratch);
	map_put(&module->switches, &module->arena, body->low, sw.table ? sw.jump - module->bias : 0);
	return sw.table ? sw.jump : 0;
}

u64 coroutine_resume_address(struct dbg_module *module, const struct function_range *body, u64 state)
{
	struct arena scratch = {0};
	struct flow flow = {0};
	struct state_switch sw = {0};
	u64 low = body->low + module->bias, size = body->high - body->low, target = 0;
	if (size <= MAX_CODE) {
		u8 *code = NEW_N(&scratch, u8, size);
		target = coroutine_chain_target(code, dbg_module_file_bytes(module, low, code, size), low, state);
	}
	if (!target) {
		decode_function(&scratch, module, body, &flow, &sw);
		target = state < 10000 ? switch_target(module, &sw, state) : 0;
	}
	arena_deinit(&scratch);
	return target >= body->low + module->bias && target < body->high + module->bias ? target : 0;
}

// Is the row entered from another line? Predecessors without a line (line 0, other files) are looked through.
static void mark_entries(struct arena *arena, struct flow *flow, u32 line, u8 *entry)
{
	// Lines known at the end of each instruction: propagated forward over instructions without one, until
	// nothing changes. Bit 0: may come from the wanted line, bit 1: may come from another one.
	u8 *from = NEW_N(arena, u8, flow->len + 1);
	if (flow->start < flow->len)
		from[flow->start] |= 2;
	for (bool changed = true; changed;) {
		changed = false;
		for (size_t i = 0; i < flow->len; i++) {
			if (!flow->reached[i])
				continue;
			const struct instruction *item = &flow->items[i];
			u8 out = item->line == 0 ? from[i] : item->line == line ? 1 : 2;
			u32 next[2] = {item->flows ? item->next : UINT32_MAX, item->target == NO_TARGET ? UINT32_MAX : (u32)item->target};
			for (int k = 0; k < 2; k++)
				if (next[k] < flow->len && (from[next[k]] | out) != from[next[k]]) {
					from[next[k]] |= out;
					changed = true;
				}
		}
	}
	for (size_t i = 0; i < flow->len; i++)
		entry[i] = flow->reached[i] && flow->items[i].row_start && (from[i] & 2);
}

static size_t choose(struct arena *arena, struct flow *flow, u32 line, u64 **out)
{
	u8 *entry = NEW_N(arena, u8, flow->len + 1);
	reach(flow, UINT32_MAX);
	mark_entries(arena, flow, line, entry);
	VEC(u32) entries = {0};
	for (size_t i = 0; i < flow->len; i++)
		if (entry[i])
			vec_push(arena, &entries, (u32)i);
	for (size_t i = 0; i < entries.len && entries.len > 1; i++) {
		if (!entry[entries.items[i]])
			continue;
		reach(flow, entries.items[i]);
		for (size_t k = 0; k < entries.len; k++)
			if (k != i && !flow->reached[entries.items[k]])
				entry[entries.items[k]] = 0;
	}
	VEC(u64) addresses = {0};
	for (size_t i = 0; i < entries.len; i++)
		if (entry[entries.items[i]])
			vec_push(arena, &addresses, flow->items[entries.items[i]].addr);
	*out = addresses.items;
	return addresses.len;
}

// A stop inside the prologue shows no locals: move to its end.
static void leave_prologue(const struct arrival_input *input, u64 *addresses, size_t n)
{
	u64 low = input->function->low + input->module->bias, body = 0;
	for (size_t i = 0; i < input->n_rows && !body; i++)
		if (input->rows[i].prologue_end && input->rows[i].addr >= low)
			body = input->rows[i].addr;
	for (size_t i = 0; i < n; i++)
		if (addresses[i] >= low && addresses[i] < body)
			addresses[i] = body;
}

size_t arrival_addresses(struct arena *arena, const struct arrival_input *input, u64 **out)
{
	*out = NULL;
	if (!input->n_rows)
		return 0;
	struct arena scratch = {0};
	struct flow flow = {0};
	struct state_switch sw = {0};
	decode_function(&scratch, input->module, input->function, &flow, &sw);
	if (is_coroutine_body(input->unit, input->function->node))
		flow.start = start_of(input, &flow, &sw);
	put_lines(&flow, input);
	u64 *chosen;
	size_t n = flow.len ? choose(&scratch, &flow, input->line, &chosen) : 0;
	*out = NEW_N(arena, u64, n + 1);
	if (n)
		memcpy(*out, chosen, n * sizeof(u64));
	arena_deinit(&scratch);
	leave_prologue(input, *out, n);
	return n;
}
