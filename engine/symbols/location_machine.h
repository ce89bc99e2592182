// The machine that runs a DWARF expression. Private to location.c and location_stack.c.
#pragma once
#include "location.h"

enum { MAX_STACK = 64 };

enum place_kind { IN_MEMORY, IN_REGISTER, IS_NUMBER, IS_BLOCK, IS_NOTHING };

struct machine {
	struct arena *arena;
	const struct location_context *context;
	u64 stack[MAX_STACK];
	size_t depth;
	enum place_kind kind; // of the simple location being built
	unsigned reg;
	const u8 *block;
	size_t block_len;
	struct str why; // set: it failed
	// The composite location.
	bool composite;
	u8 *bytes, *known;
	size_t size, filled;
};

// ---- location_stack.c ------------------------------------------------------------------------------
// All answer false with `why` set when it can't be done.
bool machine_fail(struct machine *m, const char *fmt, ...) PRINTF_LIKE(2, 3); // always false
bool machine_push(struct machine *m, u64 value);
bool machine_need(struct machine *m, size_t n); // entries on the stack
bool machine_read_register(struct machine *m, unsigned number, u64 *out);
bool machine_arithmetic(struct machine *m, unsigned atom);         // two operands
bool machine_unary(struct machine *m, unsigned atom, u64 operand); // one, and DW_OP_deref
bool machine_shuffle(struct machine *m, unsigned atom, u64 operand);
