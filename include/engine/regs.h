// A register set: plain values with a mask of what is known. The top frame's come from engine/os, the frames
// above from the unwinder; so symbols and values never need a thread or ptrace.
#pragma once
#include "base/types.h"

// Indexed by DWARF register number (System V ABI AMD64, figure 3.36).
enum {
	DBG_REG_RAX = 0,
	DBG_REG_RDX = 1,
	DBG_REG_RCX = 2,
	DBG_REG_RBX = 3,
	DBG_REG_RSI = 4,
	DBG_REG_RDI = 5,
	DBG_REG_RBP = 6,
	DBG_REG_RSP = 7,
	DBG_REG_R8 = 8,
	DBG_REG_R15 = 15,
	DBG_REG_RIP = 16,
	DBG_REG_XMM0 = 17, // low 64 bits
	DBG_REG_RFLAGS = 49,
	DBG_REG_FS_BASE = 58,
	DBG_REG_GS_BASE = 59,
	DBG_REG_COUNT = 64,
};

struct dbg_regs {
	u64 value[DBG_REG_COUNT];
	u64 known; // bit n: value[n] is known
};

static inline bool dbg_regs_get(const struct dbg_regs *regs, unsigned number, u64 *out)
{
	if (number >= DBG_REG_COUNT || !(regs->known >> number & 1))
		return false;
	*out = regs->value[number];
	return true;
}
static inline void dbg_regs_set(struct dbg_regs *regs, unsigned number, u64 value)
{
	regs->value[number] = value;
	regs->known |= (u64)1 << number;
}
static inline u64 dbg_regs_pc(const struct dbg_regs *regs)
{
	return regs->value[DBG_REG_RIP];
}
