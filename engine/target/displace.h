// How the instruction under a trap byte is run without taking the trap out of memory: displace.c, emulate.c.
#pragma once
#include "target.h"

struct plan_operand {
	enum { OPERAND_NONE, OPERAND_REGISTER, OPERAND_STACK, OPERAND_NUMBER } kind;
	u8 reg, size; // REGISTER: DWARF number and bytes; STACK: the register that holds the address, and bytes there
	i64 number;   // NUMBER; STACK: the distance
};

// Made once for each place.
struct displace_plan {
	enum displace_kind {
		PLAN_LIFT, // neither: the trap has to be lifted, with all threads stopped
		PLAN_COPY, // runs anywhere, with `relative` adjusted
		PLAN_MOVE, // `to` = `from`, filled up by zeros or by the sign
		PLAN_JUMP, // to `target`, if the condition (as in 0x70 + condition) holds
		PLAN_CALL,
		PLAN_PUSH,
	} kind;
	u8 code[15];
	u8 length;
	u8 relative; // where in the code a distance from its end stands, 0: nowhere
	bool copies; // it may run anywhere, also where there is a cheaper kind
	u8 passed;   // how often, at most HOT
	bool always, is_signed;
	u8 condition;
	u64 target;
	struct plan_operand to, from;
};

// Runs a plan that is neither LIFT nor COPY on the thread's registers (pc included) and the stack; false if it can't.
bool emulate(struct dbg_target *target, const struct displace_plan *plan, struct dbg_regs *regs);
