// The few instructions that statements begin with in nearly all code, done by us: a stop less than to step them.
//
// Of memory only the stack is touched (rsp or rbp and a distance): what another thread may look at meanwhile is left to
// the processor, whose accesses are whole.
#include "displace.h"

enum { CARRY = 1 << 0, PARITY = 1 << 2, ZERO = 1 << 6, SIGN = 1 << 7, OVERFLOW = 1 << 11 };

// Intel SDM 2, appendix B.1.4: the condition's last bit negates it.
static bool condition_holds(u8 condition, u64 flags)
{
	bool sign = flags & SIGN, overflow = flags & OVERFLOW, zero = flags & ZERO, holds = false;
	switch (condition >> 1) {
	case 0: holds = overflow; break;
	case 1: holds = flags & CARRY; break;
	case 2: holds = zero; break;
	case 3: holds = flags & CARRY || zero; break;
	case 4: holds = sign; break;
	case 5: holds = flags & PARITY; break;
	case 6: holds = sign != overflow; break;
	case 7: holds = zero || sign != overflow; break;
	}
	return holds != (condition & 1);
}

static u64 cut(u64 value, u8 size)
{
	return size >= 8 ? value : value & (((u64)1 << 8 * size) - 1);
}

static u64 extend(u64 value, u8 size, bool is_signed)
{
	u64 sign = (u64)1 << (8 * size - 1);
	value = cut(value, size);
	return is_signed && size < 8 ? (value ^ sign) - sign : value;
}

static bool get(struct dbg_target *target, const struct plan_operand *from, const struct dbg_regs *regs, u64 *out)
{
	*out = 0;
	switch (from->kind) {
	case OPERAND_REGISTER: *out = regs->value[from->reg]; return true;
	case OPERAND_NUMBER: *out = (u64)from->number; return true;
	case OPERAND_STACK:
		return os_memory_read(&target->os_memory, regs->value[from->reg] + (u64)from->number, out, from->size) == from->size;
	case OPERAND_NONE: break;
	}
	return false;
}

// A write of 4 bytes to a register clears the others, one of 1 or 2 leaves them.
static bool put(struct dbg_target *target, const struct plan_operand *to, struct dbg_regs *regs, u64 value)
{
	if (to->kind == OPERAND_STACK)
		return !os_memory_write(&target->os_memory, regs->value[to->reg] + (u64)to->number, &value, to->size);
	if (to->kind != OPERAND_REGISTER)
		return false;
	u64 kept = to->size >= 4 ? 0 : regs->value[to->reg] & ~cut(~(u64)0, to->size);
	regs->value[to->reg] = kept | cut(value, to->size);
	return true;
}

static bool push(struct dbg_target *target, struct dbg_regs *regs, u64 value)
{
	u64 sp = regs->value[DBG_REG_RSP] - sizeof(value);
	if (os_memory_write(&target->os_memory, sp, &value, sizeof(value)))
		return false;
	regs->value[DBG_REG_RSP] = sp;
	return true;
}

bool emulate(struct dbg_target *target, const struct displace_plan *plan, struct dbg_regs *regs)
{
	u64 value, next = dbg_regs_pc(regs) + plan->length;
	switch (plan->kind) {
	case PLAN_MOVE:
		if (!get(target, &plan->from, regs, &value))
			return false;
		if (plan->from.kind != OPERAND_NUMBER)
			value = extend(value, plan->from.size, plan->is_signed);
		if (!put(target, &plan->to, regs, value))
			return false;
		break;
	case PLAN_PUSH:
		if (!get(target, &plan->from, regs, &value) || !push(target, regs, value))
			return false;
		break;
	case PLAN_JUMP:
		if (plan->always || condition_holds(plan->condition, regs->value[DBG_REG_RFLAGS]))
			next = plan->target;
		break;
	case PLAN_CALL:
		if (!push(target, regs, next))
			return false;
		next = plan->target;
		break;
	case PLAN_LIFT:
	case PLAN_COPY: return false;
	}
	dbg_regs_set(regs, DBG_REG_RIP, next);
	return true;
}
