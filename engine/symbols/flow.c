// A function's machine code as a graph: what each instruction may be followed by.
//
// Direct jumps and what falls through; where calls return to; jumps by tables as far as the tables are known. Unwinding is no way
// on.
#include "engine/symbols/flow.h"

i32 flow_index(const struct flow *flow, u64 addr)
{
	size_t after = vec_first_above(flow->items, flow->len, addr, addr);
	return after && flow->items[after - 1].addr == addr ? (i32)after - 1 : NO_TARGET;
}

static void put_stack(struct instruction *item, const cs_insn *insn)
{
	const cs_x86 *x86 = &insn->detail->x86;
	for (u8 i = 0; i < x86->op_count; i++) {
		const cs_x86_op *op = &x86->operands[i];
		if (op->type == X86_OP_REG && i && insn->id == X86_INS_MOV && (op->reg == X86_REG_RSP || op->reg == X86_REG_RBP)) {
			item->stack.base = op->reg == X86_REG_RSP ? STACK_RSP : STACK_RBP; // the address of what lies there
			item->stack.size = 1;
		}
		if (op->type != X86_OP_MEM || (op->mem.base != X86_REG_RSP && op->mem.base != X86_REG_RBP))
			continue;
		item->stack.base = op->mem.base == X86_REG_RSP ? STACK_RSP : STACK_RBP;
		item->stack.disp = op->mem.disp;
		item->stack.size = insn->id == X86_INS_LEA ? 1 : op->size;
	}
}

static void decode(struct arena *arena, csh handle, const u8 *code, size_t size, u64 addr, struct flow *flow)
{
	flow->tables.arena = arena;
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
		put_stack(&item, insn);
		jump_tables_look(&flow->tables, (u32)list.len, insn);
		bool jump = cs_insn_group(handle, insn, CS_GRP_JUMP);
		if (jump && x86->op_count && x86->operands[0].type == X86_OP_IMM)
			target = (u64)x86->operands[0].imm;
		if (insn->id == X86_INS_JMP)
			item.flows = false;
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
			list.items[i].target = flow_index(flow, targets.items[i]);
		if (i + 1 == list.len)
			list.items[i].flows = false;
	}
	flow->reached = NEW_N(arena, u8, flow->len + 1);
}

void flow_decode(struct arena *arena, struct dbg_module *module, const struct function_range *function, struct flow *flow)
{
	u64 low = function->low + module->bias, size = function->high - function->low;
	csh handle;
	if (size > FLOW_MAX_CODE || cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
		return;
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	u8 *code = NEW_N(arena, u8, size);
	decode(arena, handle, code, dbg_module_file_bytes(module, low, code, size), low, flow);
	cs_close(&handle);
}

const struct table_jump *flow_state_switch(const struct flow *flow)
{
	return flow->tables.jumps.len && flow->tables.jumps.items[0].table ? &flow->tables.jumps.items[0] : NULL;
}

// ---- ways on that no instruction names ---------------------------------------------------------------

size_t flow_first_edge(const struct flow *flow, u32 from)
{
	size_t low = 0, high = flow->edges.len;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (flow->edges.items[middle].from < from)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void flow_add_edge(struct arena *arena, struct flow *flow, u32 from, u64 addr)
{
	i32 to = addr ? flow_index(flow, addr) : NO_TARGET;
	if (to != NO_TARGET)
		vec_push(arena, &flow->edges, ((struct edge){from, (u32)to}));
}

void flow_add_match(struct arena *arena, struct dbg_module *module, struct flow *flow, const struct table_jump *jump)
{
	u64 n = jump->entries && jump->entries < FLOW_MAX_ENTRIES ? jump->entries : FLOW_MAX_ENTRIES;
	for (u64 entry = 0; entry < n; entry++) {
		u64 target = jump_table_target(module, jump, entry);
		if (!target || flow_index(flow, target) == NO_TARGET)
			break; // behind its end
		flow_add_edge(arena, flow, jump->index, target);
	}
}

static int compare_edges(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;
	return x->from != y->from ? (x->from > y->from) - (x->from < y->from) : (x->to > y->to) - (x->to < y->to);
}

void flow_sort_edges(struct flow *flow)
{
	vec_sort(flow->edges.items, flow->edges.len, sizeof(struct edge), compare_edges);
}

bool flow_next(const struct flow *flow, u32 i, size_t *way, u32 *next)
{
	enum { NEXT, TARGET, EDGES };
	const struct instruction *item = &flow->items[i];
	if (*way == NEXT) {
		*way = TARGET;
		*next = item->next;
		if (item->flows)
			return true;
	}
	if (*way == TARGET) {
		*way = EDGES + flow_first_edge(flow, i);
		*next = (u32)item->target;
		if (item->target != NO_TARGET)
			return true;
	}
	size_t edge = (*way)++ - EDGES;
	if (edge >= flow->edges.len || flow->edges.items[edge].from != i)
		return false;
	*next = flow->edges.items[edge].to;
	return true;
}
