// Jumps by tables: the state switch of a coroutine, and what `match` is compiled to.
#include "engine/symbols/jump_tables.h"

static struct named_place place_of(const cs_x86_op *op)
{
	bool plain = op->type == X86_OP_MEM && op->mem.base != X86_REG_RIP && op->mem.base != X86_REG_INVALID &&
	             op->mem.index == X86_REG_INVALID;
	return plain ? (struct named_place){op->mem.disp, op->size} : (struct named_place){0};
}

static void look_at_move(struct jump_tables *tables, u32 index, const cs_insn *insn)
{
	const cs_x86_op *to = &insn->detail->x86.operands[0], *from = &insn->detail->x86.operands[1];
	struct named_place read = place_of(from), written = place_of(to);
	if (read.size && to->type == X86_OP_REG)
		tables->next.from = read;
	if (written.size && from->type == X86_OP_IMM)
		vec_push(tables->arena, &tables->stores, ((struct stored){index, from->imm, written}));
}

static void look_for_table(struct jump_tables *tables, const cs_insn *insn, const cs_x86_op *op)
{
	if (op->type != X86_OP_MEM)
		return;
	if (insn->id == X86_INS_LEA && op->mem.base == X86_REG_RIP) {
		tables->next.table = insn->address + insn->size + (u64)op->mem.disp;
		tables->next.absolute = false;
	} else if ((insn->id == X86_INS_JMP || insn->id == X86_INS_MOV) && op->mem.base == X86_REG_INVALID &&
	           op->mem.index != X86_REG_INVALID && op->mem.scale == sizeof(u64)) {
		tables->next.table = (u64)op->mem.disp;
		tables->next.absolute = true;
	}
}

void jump_tables_look(struct jump_tables *tables, u32 index, const cs_insn *insn)
{
	const cs_x86 *x86 = &insn->detail->x86;
	bool is_jump = insn->id == X86_INS_JMP;
	if (!x86->op_count)
		return;
	if (!is_jump && x86->op_count == 2) {
		look_for_table(tables, insn, &x86->operands[1]);
		if (insn->id == X86_INS_MOV || insn->id == X86_INS_MOVZX)
			look_at_move(tables, index, insn);
		else if ((insn->id == X86_INS_CMP || insn->id == X86_INS_SUB) && x86->operands[1].type == X86_OP_IMM)
			tables->next.entries = (u64)x86->operands[1].imm + 1;
	}
	if (!is_jump || x86->operands[0].type == X86_OP_IMM)
		return;
	look_for_table(tables, insn, &x86->operands[0]);
	tables->next.index = index;
	tables->next.addr = insn->address;
	vec_push(tables->arena, &tables->jumps, tables->next);
	tables->next = (struct table_jump){0};
}

u64 jump_table_target(struct dbg_module *module, const struct table_jump *jump, u64 entry)
{
	i32 relative;
	u64 address;
	if (!jump->table)
		return 0;
	if (jump->absolute)
		return dbg_module_file_bytes(module, jump->table + sizeof(address) * entry, &address, sizeof(address)) == sizeof(address)
		           ? address
		           : 0;
	return dbg_module_file_bytes(module, jump->table + sizeof(relative) * entry, &relative, sizeof(relative)) == sizeof(relative)
	           ? jump->table + (u64)(i64)relative
	           : 0;
}
