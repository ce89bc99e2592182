// The frame pointer of a frame whose registers are not known: of threads that sleep, and are not traced.
#include "target.h"

static bool word_at(struct dbg_target *target, u64 addr, u64 *out)
{
	return dbg_mem_read_some(target->space.mem, addr, out, sizeof(*out)) == sizeof(*out);
}

// Does the call before the return address lead to the function at `entry`? One through a register may, and does if that was
// just loaded with it (unoptimised code calls other crates' functions so).
enum calls { CALLS_NOT, CALLS_PERHAPS, CALLS };

static enum calls calls(struct dbg_target *target, u64 return_addr, u64 entry)
{
	enum { BEFORE = 32, DIRECT = 5, LOAD = 6 };
	u8 code[BEFORE];
	u64 start = return_addr - BEFORE, slot;
	i32 distance;
	if (!dbg_module_at(target->space.modules, return_addr) || dbg_mem_read_some(target->space.mem, start, code, BEFORE) != BEFORE)
		return CALLS_NOT;
	memcpy(&distance, code + BEFORE - 4, sizeof(distance));
	if (code[BEFORE - DIRECT] == 0xe8)
		return return_addr + (u64)(i64)distance == entry ? CALLS : CALLS_NOT;
	bool by_slot = code[BEFORE - 6] == 0xff && code[BEFORE - 5] == 0x15; // call *x(%rip)
	if (by_slot)
		return word_at(target, return_addr + (u64)(i64)distance, &slot) && slot == entry ? CALLS : CALLS_NOT;
	if (code[BEFORE - 2] != 0xff || (code[BEFORE - 1] & 0xf8) != 0xd0) // call *%reg
		return CALLS_NOT;
	for (size_t at = 0; at + LOAD <= BEFORE - 2; at++) { // mov x(%rip), %reg
		memcpy(&distance, code + at + 2, sizeof(distance));
		if (code[at] == 0x8b && (code[at + 1] & 0xc7) == 0x05 && word_at(target, start + at + LOAD + (u64)(i64)distance, &slot) &&
		    slot == entry)
			return CALLS;
	}
	return CALLS_PERHAPS;
}

// A thread that is not traced has told its stack pointer alone. Where a frame hangs on rbp (std's do), its caller's rbp, which
// may be anything, was pushed behind the return address: the first behind a call of this very function.
bool unwind_find_frame_pointer(struct dbg_target *target, struct dbg_regs *regs)
{
	enum { MOST_BYTES = 64 << 10 };
	struct arena scratch = {0};
	struct dbg_scope *scopes;
	u64 sp, unused, return_addr;
	if (!dbg_regs_get(regs, DBG_REG_RSP, &sp) || dbg_regs_get(regs, DBG_REG_RBP, &unused))
		return false;
	size_t n = dbg_scopes_at(target->space.modules, &scratch, dbg_regs_pc(regs) - 1, &scopes);
	u64 entry = n ? scopes[n - 1].low : 0;
	arena_deinit(&scratch);
	u64 perhaps = 0, found = 0;
	for (u64 at = sp; entry && !found && at < sp + MOST_BYTES; at += sizeof(u64)) {
		if (!word_at(target, at + sizeof(u64), &return_addr))
			break;
		enum calls it = calls(target, return_addr, entry);
		found = it == CALLS ? at : 0;
		perhaps = it == CALLS_PERHAPS && !perhaps ? at : perhaps;
	}
	if (!found && !perhaps)
		return false;
	dbg_regs_set(regs, DBG_REG_RBP, found ? found : perhaps);
	return true;
}
