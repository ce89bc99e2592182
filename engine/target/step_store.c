// Is a byte about to be written, and what? Of `mov` alone: that is what stores the state of a coroutine.
#include "step.h"

// Intel SDM 2, appendix B.2.1: registers as instructions number them, as numbers of DWARF.
static u64 value_of(const struct dbg_regs *regs, unsigned number)
{
	static const u8 low[] = {DBG_REG_RAX, DBG_REG_RCX, DBG_REG_RDX, DBG_REG_RBX,
	                         DBG_REG_RSP, DBG_REG_RBP, DBG_REG_RSI, DBG_REG_RDI};
	return regs->value[number < ARRAY_LEN(low) ? low[number] : number]; // from r8 on they are the same
}

enum { REX_B = 1, REX_X = 2, REX_R = 4 };

// What the bytes behind the opcode mean (Intel SDM 2, 2.1.5).
struct place {
	u64 addr;        // 0: a register, or a place beside rip
	size_t len;      // of those bytes
	unsigned number; // the other operand, if that is a register
};

static struct place place_of(const struct dbg_regs *regs, const u8 *code, u8 rex)
{
	enum { HAS_SIB = 4, NO_INDEX = 4, NO_BASE = 5 };
	unsigned mode = code[0] >> 6, low = code[0] & 7;
	struct place place = {.len = 1, .number = (code[0] >> 3 & 7) | (rex & REX_R ? 8 : 0)};
	if (mode == 3 || (mode == 0 && low == NO_BASE))
		return place;
	if (low == HAS_SIB) {
		unsigned index = (code[1] >> 3 & 7) | (rex & REX_X ? 8 : 0);
		place.len = 2;
		if (mode == 0 && (code[1] & 7) == NO_BASE)
			return place;
		low = code[1] & 7;
		if (index != NO_INDEX)
			place.addr = value_of(regs, index) << (code[1] >> 6);
	}
	place.addr += value_of(regs, low | (rex & REX_B ? 8 : 0));
	i32 displacement = 0;
	if (mode == 1)
		displacement = (signed char)code[place.len];
	else if (mode == 2)
		memcpy(&displacement, code + place.len, sizeof(displacement));
	place.len += mode == 1 ? 1 : mode == 2 ? 4 : 0;
	place.addr += (u64)(i64)displacement;
	return place;
}

bool step_stores_to(struct dbg_target *target, const struct dbg_regs *regs, u64 addr, u8 *value)
{
	enum { MOV_REGISTER = 0x88, MOV_NUMBER = 0xc6, HIGH_BYTES = 4 };
	u8 code[16] = {0}, rex = 0;
	size_t at = 0;
	u64 pc = dbg_regs_pc(regs);
	struct dbg_module *module = dbg_module_at(target->space.modules, pc);
	if (!module || dbg_module_file_bytes(module, pc, code, sizeof(code)) < sizeof(code) / 2)
		return false;
	if ((code[0] & 0xf0) == 0x40)
		rex = code[at++];
	if (code[at] != MOV_REGISTER && code[at] != MOV_NUMBER)
		return false;
	struct place place = place_of(regs, code + at + 1, rex);
	bool is_high = code[at] == MOV_REGISTER && !rex && place.number >= HIGH_BYTES; // ah, ch, dh, bh
	*value = code[at] == MOV_NUMBER ? code[at + 1 + place.len] : (u8)value_of(regs, place.number);
	return place.addr == addr && !is_high;
}
