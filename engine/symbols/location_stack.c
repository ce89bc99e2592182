// The operations of DWARF expressions that work on the stack alone (DWARF 5, 2.5.1.3 and 2.5.1.4).
#include <dwarf.h>

#include "dwarf_op.h"
#include "location_machine.h"

bool machine_fail(struct machine *m, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	m->why = str_vprintf(m->arena, fmt, args);
	va_end(args);
	return false;
}

bool machine_push(struct machine *m, u64 value)
{
	if (m->depth == MAX_STACK)
		return machine_fail(m, "the DWARF expression needs more than %d stack entries", MAX_STACK);
	m->stack[m->depth++] = value;
	return true;
}

bool machine_need(struct machine *m, size_t n)
{
	return m->depth >= n || machine_fail(m, "the DWARF expression takes from an empty stack");
}

bool machine_read_register(struct machine *m, unsigned number, u64 *out)
{
	if (m->context->regs && dbg_regs_get(m->context->regs, number, out))
		return true;
	return machine_fail(m, "optimised out: register %s was not kept for this frame", dwarf_register_name(number));
}

static bool read_memory(struct machine *m, u64 addr, size_t size, u64 *out)
{
	u64 value = 0;
	const struct dbg_space *space = m->context->space;
	if (size == 0 || size > sizeof(value))
		return machine_fail(m, "DW_OP_deref_size of %zu bytes", size);
	if (!space || !space->mem || dbg_mem_read_some(space->mem, addr, &value, size) != size)
		return machine_fail(m, "memory at 0x%llx can't be read", (unsigned long long)addr);
	*out = value;
	return true;
}

bool machine_arithmetic(struct machine *m, unsigned atom)
{
	if (!machine_need(m, 2))
		return false;
	u64 b = m->stack[--m->depth], a = m->stack[--m->depth];
	i64 sa = (i64)a, sb = (i64)b;
	switch (atom) {
	case DW_OP_and: return machine_push(m, a & b);
	case DW_OP_or: return machine_push(m, a | b);
	case DW_OP_xor: return machine_push(m, a ^ b);
	case DW_OP_plus: return machine_push(m, a + b);
	case DW_OP_minus: return machine_push(m, a - b);
	case DW_OP_mul: return machine_push(m, a * b);
	case DW_OP_shl: return machine_push(m, b < 64 ? a << b : 0);
	case DW_OP_shr: return machine_push(m, b < 64 ? a >> b : 0);
	case DW_OP_shra: return machine_push(m, (u64)(sa >> (b < 64 ? b : 63)));
	case DW_OP_div:
		if (b == 0)
			return machine_fail(m, "the DWARF expression divides by zero");
		return machine_push(m, sb == -1 ? 0 - a : (u64)(sa / sb));
	case DW_OP_mod:
		if (b == 0)
			return machine_fail(m, "the DWARF expression divides by zero");
		return machine_push(m, a % b);
	case DW_OP_eq: return machine_push(m, sa == sb);
	case DW_OP_ne: return machine_push(m, sa != sb);
	case DW_OP_lt: return machine_push(m, sa < sb);
	case DW_OP_le: return machine_push(m, sa <= sb);
	case DW_OP_gt: return machine_push(m, sa > sb);
	default: return machine_push(m, sa >= sb); // DW_OP_ge
	}
}

bool machine_unary(struct machine *m, unsigned atom, u64 operand)
{
	if (!machine_need(m, 1))
		return false;
	u64 *top = &m->stack[m->depth - 1];
	switch (atom) {
	case DW_OP_abs: *top = (i64)*top < 0 ? 0 - *top : *top; return true;
	case DW_OP_neg: *top = 0 - *top; return true;
	case DW_OP_not: *top = ~*top; return true;
	case DW_OP_plus_uconst: *top += operand; return true;
	case DW_OP_deref: return read_memory(m, *top, 8, top);
	default: return read_memory(m, *top, (size_t)operand, top); // DW_OP_deref_size
	}
}

bool machine_shuffle(struct machine *m, unsigned atom, u64 operand)
{
	u64 *s = m->stack;
	switch (atom) {
	case DW_OP_dup: return machine_need(m, 1) && machine_push(m, s[m->depth - 1]);
	case DW_OP_over: return machine_need(m, 2) && machine_push(m, s[m->depth - 2]);
	case DW_OP_pick: return machine_need(m, (size_t)operand + 1) && machine_push(m, s[m->depth - 1 - operand]);
	case DW_OP_drop:
		if (!machine_need(m, 1))
			return false;
		m->depth--;
		return true;
	case DW_OP_swap: {
		if (!machine_need(m, 2))
			return false;
		u64 top = s[m->depth - 1];
		s[m->depth - 1] = s[m->depth - 2];
		s[m->depth - 2] = top;
		return true;
	}
	default: { // DW_OP_rot: the top becomes third
		if (!machine_need(m, 3))
			return false;
		u64 top = s[m->depth - 1];
		s[m->depth - 1] = s[m->depth - 2];
		s[m->depth - 2] = s[m->depth - 3];
		s[m->depth - 3] = top;
		return true;
	}
	}
}
