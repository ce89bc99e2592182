// Where optimised code keeps a parameter that debug info does not tell: in a register that calls leave alone, or in a place
// of its frame. Its first instructions put it there, before any jump or call; a register counts only if nothing else in the
// function writes it, a place only if nothing else is stored there.
#include <capstone/capstone.h>

#include "engine/symbols/private.h"

enum { MAX_CODE = 1 << 20, RSP = 7, WORD = 8, NEAR = 16, MOST_BYTES = 15 };

struct reader {
	csh handle;
	cs_insn *insn;
	u8 *code;
	u64 low, size, at;
};

static bool reader_init(struct reader *reader, struct arena *arena, struct dbg_module *module, u64 low, u64 high)
{
	*reader = (struct reader){.low = low, .size = high - low, .at = low};
	if (high <= low || reader->size > MAX_CODE || cs_open(CS_ARCH_X86, CS_MODE_64, &reader->handle) != CS_ERR_OK)
		return false;
	cs_option(reader->handle, CS_OPT_DETAIL, CS_OPT_ON);
	reader->insn = cs_malloc(reader->handle);
	reader->code = NEW_N(arena, u8, reader->size);
	reader->size = dbg_module_file_bytes(module, low, reader->code, reader->size);
	return true;
}

static void reader_deinit(struct reader *reader)
{
	cs_free(reader->insn, 1);
	cs_close(&reader->handle);
}

static bool next(struct reader *reader)
{
	if (reader->at >= reader->low + reader->size)
		return false;
	const u8 *bytes = reader->code + (reader->at - reader->low);
	size_t left = (size_t)(reader->low + reader->size - reader->at);
	return cs_disasm_iter(reader->handle, &bytes, &left, &reader->at, reader->insn);
}

static bool in_group(const struct reader *reader, unsigned group)
{
	return cs_insn_group(reader->handle, reader->insn, group);
}

static bool writes(const struct reader *reader, unsigned number)
{
	cs_regs read, written;
	u8 n_read, n_written;
	if (cs_regs_access(reader->handle, reader->insn, read, &n_read, written, &n_written) != CS_ERR_OK)
		return true;
	for (u8 i = 0; i < n_written; i++)
		if (x86_register_number(written[i]) == (int)number)
			return true;
	return false;
}

static bool is_kept_by_calls(int number) // System V ABI AMD64, figure 3.4: rbx, rbp, r12 to r15
{
	return number == 3 || number == 6 || (number >= 12 && number <= 15);
}

// An operand [rsp + disp] of eight bytes: its place below the CFA, by how far rsp is from that.
static bool is_slot(const cs_x86_op *op, i64 depth, i64 *from_cfa)
{
	if (op->type != X86_OP_MEM || x86_register_number(op->mem.base) != RSP || op->mem.index != X86_REG_INVALID)
		return false;
	*from_cfa = op->mem.disp - depth;
	return true;
}

// ---- where it is put -----------------------------------------------------------------------------------

struct found {
	struct kept_parameter in_register, in_frame;
	i64 depth; // of rsp below the CFA, behind the prologue
};

static void look_at_beginning(struct reader *reader, unsigned number, struct found *out)
{
	out->depth = WORD;
	while (next(reader) && !in_group(reader, CS_GRP_JUMP) && !in_group(reader, CS_GRP_CALL) && !in_group(reader, CS_GRP_RET)) {
		const cs_x86_op *ops = reader->insn->detail->x86.operands;
		bool moves = reader->insn->id == X86_INS_MOV && ops[1].type == X86_OP_REG && ops[1].size == WORD &&
		             x86_register_number(ops[1].reg) == (int)number;
		int to = moves && ops[0].type == X86_OP_REG ? x86_register_number(ops[0].reg) : -1;
		if (reader->insn->id == X86_INS_PUSH)
			out->depth += WORD;
		else if (reader->insn->id == X86_INS_SUB && ops[0].type == X86_OP_REG && x86_register_number(ops[0].reg) == RSP &&
		         ops[1].type == X86_OP_IMM)
			out->depth += ops[1].imm;
		else if (writes(reader, RSP))
			return;
		if (is_kept_by_calls(to) && !out->in_register.where)
			out->in_register = (struct kept_parameter){.where = KEPT_IN_REGISTER, .number = (u8)to, .from = reader->at};
		else if (moves && !out->in_frame.where && is_slot(&ops[0], out->depth, &out->in_frame.from_cfa))
			out->in_frame =
			    (struct kept_parameter){.where = KEPT_IN_FRAME, .from_cfa = out->in_frame.from_cfa, .from = reader->at};
		if (writes(reader, number))
			return;
	}
}

// ---- whether it stays there ----------------------------------------------------------------------------

static void look_at_rest(struct reader *reader, struct found *found)
{
	for (reader->at = reader->low; next(reader);) {
		const cs_x86 *x86 = &reader->insn->detail->x86;
		i64 from_cfa;
		bool by_its_move = reader->at == found->in_register.from || reader->insn->id == X86_INS_POP;
		if (found->in_register.where && !by_its_move && writes(reader, found->in_register.number))
			found->in_register.where = NOT_KEPT;
		if (found->in_frame.where && reader->at != found->in_frame.from && x86->op_count &&
		    (x86->operands[0].access & CS_AC_WRITE) && is_slot(&x86->operands[0], found->depth, &from_cfa) &&
		    from_cfa > found->in_frame.from_cfa - WORD && from_cfa < found->in_frame.from_cfa + WORD)
			found->in_frame.where = NOT_KEPT;
	}
	if (reader->at < reader->low + reader->size) // what can't be read may write anything
		*found = (struct found){0};
}

struct kept_parameter parameter_kept(struct dbg_module *module, u64 low, u64 high, unsigned number)
{
	struct arena scratch = {0};
	struct found found = {0};
	struct reader reader;
	if (reader_init(&reader, &scratch, module, low, high)) {
		look_at_beginning(&reader, number, &found);
		look_at_rest(&reader, &found);
		reader_deinit(&reader);
	}
	arena_deinit(&scratch);
	return found.in_register.where ? found.in_register : found.in_frame;
}

bool register_given_back(struct dbg_module *module, u64 low, u64 high, unsigned number, u64 pc)
{
	struct arena scratch = {0};
	struct reader reader;
	bool back = true, decided = false;
	if (pc < low || !reader_init(&reader, &scratch, module, pc, u64_min(high, pc + NEAR * MOST_BYTES)))
		return true;
	for (int i = 0; i < NEAR && !decided && next(&reader); i++) {
		const cs_x86 *x86 = &reader.insn->detail->x86;
		bool pops = reader.insn->id == X86_INS_POP && x86_register_number(x86->operands[0].reg) == (int)number;
		bool leaves = in_group(&reader, CS_GRP_RET) ||
		              (reader.insn->id == X86_INS_JMP && (x86->operands[0].type != X86_OP_IMM ||
		                                                  (u64)x86->operands[0].imm < low || (u64)x86->operands[0].imm >= high));
		decided = pops || leaves || in_group(&reader, CS_GRP_JUMP) || in_group(&reader, CS_GRP_CALL);
		back = leaves;
	}
	reader_deinit(&reader);
	arena_deinit(&scratch);
	return decided && back;
}
