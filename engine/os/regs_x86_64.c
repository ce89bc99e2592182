// Between the kernel's register sets and ours, which are ordered by DWARF number.
#include "regs_x86_64.h"

#include <string.h>

// System V ABI AMD64, figure 3.36.
static const struct {
	unsigned char number;
	unsigned short offset;
} GENERAL[] = {
#define ROW(number, field)                                                                                                       \
	{                                                                                                                            \
		number, offsetof(struct user_regs_struct, field)                                                                         \
	}
    ROW(DBG_REG_RAX, rax),
    ROW(DBG_REG_RDX, rdx),
    ROW(DBG_REG_RCX, rcx),
    ROW(DBG_REG_RBX, rbx),
    ROW(DBG_REG_RSI, rsi),
    ROW(DBG_REG_RDI, rdi),
    ROW(DBG_REG_RBP, rbp),
    ROW(DBG_REG_RSP, rsp),
    ROW(8, r8),
    ROW(9, r9),
    ROW(10, r10),
    ROW(11, r11),
    ROW(12, r12),
    ROW(13, r13),
    ROW(14, r14),
    ROW(15, r15),
    ROW(DBG_REG_RIP, rip),
    ROW(DBG_REG_RFLAGS, eflags),
    ROW(DBG_REG_FS_BASE, fs_base),
    ROW(DBG_REG_GS_BASE, gs_base),
#undef ROW
};

static unsigned long long *field(struct user_regs_struct *user, size_t i)
{
	return (unsigned long long *)((char *)user + GENERAL[i].offset);
}

void regs_from_user(const struct user_regs_struct *user, struct dbg_regs *out)
{
	*out = (struct dbg_regs){0};
	for (size_t i = 0; i < ARRAY_LEN(GENERAL); i++)
		dbg_regs_set(out, GENERAL[i].number, *field((struct user_regs_struct *)user, i));
}

void regs_from_float(const struct user_fpregs_struct *user, struct dbg_regs *out)
{
	for (unsigned i = 0; i < 16; i++) {
		u64 low;
		memcpy(&low, &user->xmm_space[i * 4], sizeof(low));
		dbg_regs_set(out, DBG_REG_XMM0 + i, low);
	}
}

err_t os_regs(pid_t tid, struct dbg_regs *out)
{
	struct user_regs_struct user;
	TRY(os_user_regs(tid, &user));
	regs_from_user(&user, out);
	return NULL;
}

err_t os_float_regs(pid_t tid, struct dbg_regs *out)
{
	struct user_fpregs_struct user;
	TRY(os_user_fpregs(tid, &user));
	regs_from_float(&user, out);
	return NULL;
}

// A thread that was stopped inside a system call would have its pc moved back to restart the call, unless
// orig_rax says that there is none (Linux arch/x86/kernel/signal.c, arch_do_signal_or_restart).
static void forget_syscall(struct user_regs_struct *user)
{
	user->orig_rax = (unsigned long long)-1;
}

err_t os_set_regs(pid_t tid, const struct dbg_regs *regs)
{
	struct user_regs_struct user;
	TRY(os_user_regs(tid, &user));
	u64 old_pc = user.rip;
	for (size_t i = 0; i < ARRAY_LEN(GENERAL); i++) {
		u64 value;
		if (dbg_regs_get(regs, GENERAL[i].number, &value))
			*field(&user, i) = value;
	}
	if (user.rip != old_pc)
		forget_syscall(&user);
	return os_set_user_regs(tid, &user);
}

err_t os_set_pc(pid_t tid, u64 pc)
{
	struct user_regs_struct user;
	TRY(os_user_regs(tid, &user));
	user.rip = pc;
	forget_syscall(&user);
	return os_set_user_regs(tid, &user);
}

err_t os_put_reg(pid_t tid, unsigned number, u64 value)
{
	for (size_t i = 0; i < ARRAY_LEN(GENERAL); i++)
		if (GENERAL[i].number == number)
			return os_put_user_reg(tid, GENERAL[i].offset, value);
	return err_new(ERR_UNSUPPORTED, "register %u can't be written", number);
}

err_t os_syscall_number(pid_t tid, long *out)
{
	struct user_regs_struct user;
	TRY(os_user_regs(tid, &user));
	*out = (long)user.orig_rax;
	return NULL;
}

// ---- everything ------------------------------------------------------------------------------------

enum { MOST_XSTATE = 16 << 10 }; // with AMX's tiles it is 11,008 bytes

struct os_kept {
	struct user_regs_struct user;
	u64 mask;
	size_t size;
	u8 extended[MOST_XSTATE]; // arenas align to 16, which the kernel does not mind
};

err_t os_keep(pid_t tid, struct arena *arena, const struct os_kept **out)
{
	struct os_kept *kept = NEW(arena, struct os_kept);
	kept->size = sizeof(kept->extended);
	TRY(os_user_regs(tid, &kept->user));
	TRY(os_signal_mask(tid, &kept->mask));
	TRY(os_user_xstate(tid, kept->extended, &kept->size));
	if (kept->size == sizeof(kept->extended))
		return err_new(ERR_UNSUPPORTED, "thread %d has more vector registers than could be put back", (int)tid);
	*out = kept;
	return NULL;
}

// With the system call's number: if the kernel had begun to leave one for us, it begins it again when the thread goes on.
err_t os_put_back(pid_t tid, const struct os_kept *kept)
{
	err_t user = os_set_user_regs(tid, &kept->user);
	err_t extended = os_set_user_xstate(tid, kept->extended, kept->size);
	err_t mask = os_set_signal_mask(tid, kept->mask);
	return user ? user : extended ? extended : mask;
}

err_t os_set_regs_afresh(pid_t tid, const struct dbg_regs *regs, const u64 *floats, size_t n_floats)
{
	enum { FLAGS = 0x202 }; // interrupts, and the bit that is always set
	struct user_fpregs_struct vectors;
	struct user_regs_struct user;
	TRY(os_set_regs(tid, regs));
	TRY(os_user_regs(tid, &user));
	user.eflags = FLAGS;
	forget_syscall(&user);
	TRY(os_set_user_regs(tid, &user));
	TRY(os_user_fpregs(tid, &vectors));
	memset(vectors.st_space, 0, sizeof(vectors.st_space));
	vectors.ftw = 0; // none is in use
	memset(vectors.xmm_space, 0, sizeof(vectors.xmm_space));
	for (size_t i = 0; i < n_floats && i < 8; i++)
		memcpy(&vectors.xmm_space[i * 4], &floats[i], sizeof(floats[i]));
	return os_set_user_fpregs(tid, &vectors);
}
