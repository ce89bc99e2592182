// Where a coroutine's body goes on in a state, where the compiler made a chain of comparisons of its switch (it does of
// few states: `loop { select! { .. } }` never returns and has but three). The body's beginning is followed with the
// state known, as far as that decides the way.
#include <capstone/capstone.h>

#include "engine/symbols/private.h"

enum { MAX_STEPS = 300, MAX_SLOTS = 32, N_REGS = 16 };

struct known {
	bool known, of_state; // of_state: it was made from the state
	u64 value;
};

struct follower {
	csh handle;
	cs_insn *insn;
	const u8 *code;
	u64 low, size, state;
	struct known regs[N_REGS];
	struct {
		i64 disp;
		struct known value;
	} slots[MAX_SLOTS]; // of the stack
	size_t n_slots;
	i64 state_disp; // where the state was first read from
	bool state_seen;
	struct known left, right; // what the flags compare
};

static u64 cut(u64 value, unsigned size)
{
	return size >= 8 ? value : value & ((1ull << 8 * size) - 1);
}

static struct known load(struct follower *follower, const cs_x86_op *op)
{
	if (op->mem.index != X86_REG_INVALID || op->mem.base == X86_REG_RIP || op->mem.base == X86_REG_INVALID)
		return (struct known){0};
	if (op->mem.base == X86_REG_RSP || op->mem.base == X86_REG_RBP) {
		for (size_t i = 0; i < follower->n_slots; i++)
			if (follower->slots[i].disp == op->mem.disp)
				return follower->slots[i].value;
		return (struct known){0};
	}
	// The first byte that is read of the future is its state, unless it has more than 256.
	if (op->size > 2 || (follower->state_seen && follower->state_disp != op->mem.disp))
		return (struct known){0};
	follower->state_seen = true;
	follower->state_disp = op->mem.disp;
	return (struct known){true, true, cut(follower->state, op->size)};
}

static struct known read_operand(struct follower *follower, const cs_x86_op *op)
{
	if (op->type == X86_OP_IMM)
		return (struct known){true, false, (u64)op->imm};
	if (op->type == X86_OP_MEM)
		return load(follower, op);
	int reg = x86_register_number(op->reg);
	return reg < 0 ? (struct known){0} : follower->regs[reg];
}

static void write_operand(struct follower *follower, const cs_x86_op *op, struct known value)
{
	value.value = cut(value.value, op->size);
	if (op->type == X86_OP_REG) {
		int reg = x86_register_number(op->reg);
		if (reg >= 0)
			follower->regs[reg] = value;
		return;
	}
	if (op->type != X86_OP_MEM || (op->mem.base != X86_REG_RSP && op->mem.base != X86_REG_RBP))
		return;
	for (size_t i = 0; i < follower->n_slots; i++)
		if (follower->slots[i].disp == op->mem.disp) {
			follower->slots[i].value = value;
			return;
		}
	if (follower->n_slots < MAX_SLOTS) {
		follower->slots[follower->n_slots].disp = op->mem.disp;
		follower->slots[follower->n_slots++].value = value;
	}
}

// Does the jump go, by what was compared last? False in *decided if that is not known.
static bool jumps(const struct follower *follower, unsigned id, bool *decided)
{
	u64 a = follower->left.value, b = follower->right.value;
	*decided = follower->left.known && follower->right.known && (follower->left.of_state || follower->right.of_state);
	switch (id) {
	case X86_INS_JE: return a == b;
	case X86_INS_JNE: return a != b;
	case X86_INS_JA: return a > b;
	case X86_INS_JAE: return a >= b;
	case X86_INS_JB: return a < b;
	case X86_INS_JBE: return a <= b;
	case X86_INS_JG: return (i64)a > (i64)b;
	case X86_INS_JGE: return (i64)a >= (i64)b;
	case X86_INS_JL: return (i64)a < (i64)b;
	case X86_INS_JLE: return (i64)a <= (i64)b;
	default: *decided = false; return false;
	}
}

static void forget_written(struct follower *follower)
{
	cs_regs read, written;
	u8 n_read, n_written;
	if (cs_regs_access(follower->handle, follower->insn, read, &n_read, written, &n_written) != CS_ERR_OK)
		return;
	for (u8 i = 0; i < n_written; i++) {
		int reg = x86_register_number(written[i]);
		if (reg >= 0)
			follower->regs[reg] = (struct known){0};
		if (written[i] == X86_REG_EFLAGS)
			follower->left = follower->right = (struct known){0};
	}
}

// An instruction that is no jump.
static void execute(struct follower *follower)
{
	const cs_x86_op *ops = follower->insn->detail->x86.operands;
	struct known a, b;
	switch (follower->insn->id) {
	case X86_INS_MOV:
	case X86_INS_MOVZX: write_operand(follower, &ops[0], read_operand(follower, &ops[1])); return;
	case X86_INS_CMP:
		follower->left = read_operand(follower, &ops[0]);
		follower->right = read_operand(follower, &ops[1]);
		follower->right.value = cut(follower->right.value, ops[0].size);
		return;
	case X86_INS_TEST:
		a = read_operand(follower, &ops[0]);
		b = read_operand(follower, &ops[1]);
		forget_written(follower);
		if (a.known && b.known) {
			follower->left = (struct known){true, a.of_state || b.of_state, a.value & b.value};
			follower->right = (struct known){true, false, 0};
		}
		return;
	case X86_INS_SUB:
		a = read_operand(follower, &ops[0]);
		b = read_operand(follower, &ops[1]);
		forget_written(follower);
		if (a.known && b.known) {
			write_operand(follower, &ops[0], (struct known){true, a.of_state || b.of_state, a.value - b.value});
			follower->left = a;
			follower->right = (struct known){true, b.of_state, cut(b.value, ops[0].size)};
		}
		return;
	default: forget_written(follower);
	}
}

u64 coroutine_chain_target(const u8 *code, u64 size, u64 low, u64 state)
{
	struct follower follower = {.code = code, .low = low, .size = size, .state = state};
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &follower.handle) != CS_ERR_OK)
		return 0;
	cs_option(follower.handle, CS_OPT_DETAIL, CS_OPT_ON);
	follower.insn = cs_malloc(follower.handle);
	u64 at = low, target = 0; // target: behind the last decision
	for (int i = 0; i < MAX_STEPS && at >= low && at < low + size; i++) {
		const u8 *bytes = code + (at - low);
		size_t left = (size_t)(low + size - at);
		u64 next = at;
		if (!cs_disasm_iter(follower.handle, &bytes, &left, &next, follower.insn))
			break;
		const cs_x86 *x86 = &follower.insn->detail->x86;
		bool direct = x86->op_count == 1 && x86->operands[0].type == X86_OP_IMM;
		if (cs_insn_group(follower.handle, follower.insn, CS_GRP_JUMP)) {
			bool decided = true, goes = follower.insn->id == X86_INS_JMP || jumps(&follower, follower.insn->id, &decided);
			if (!direct)
				target = 0; // a table after all, behind a check of its range
			if (!direct || !decided)
				break;
			bool by_state = follower.insn->id != X86_INS_JMP;
			bool follows = target == at; // nothing was done since the decision
			at = goes ? (u64)x86->operands[0].imm : next;
			if (by_state || follows)
				target = at;
			continue;
		}
		if (cs_insn_group(follower.handle, follower.insn, CS_GRP_CALL) ||
		    cs_insn_group(follower.handle, follower.insn, CS_GRP_RET))
			break;
		execute(&follower);
		at = next;
	}
	cs_free(follower.insn, 1);
	cs_close(&follower.handle);
	return target;
}
