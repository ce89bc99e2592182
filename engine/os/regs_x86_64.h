// The kernel's register sets as ptrace gives them; between ptrace.c and regs_x86_64.c.
#pragma once
#include <sys/user.h>

#include "engine/os.h"

err_t os_user_regs(pid_t tid, struct user_regs_struct *out) MUST_USE;
err_t os_set_user_regs(pid_t tid, const struct user_regs_struct *regs) MUST_USE;
err_t os_put_user_reg(pid_t tid, unsigned long offset, unsigned long value) MUST_USE;
err_t os_user_fpregs(pid_t tid, struct user_fpregs_struct *out) MUST_USE;
err_t os_set_user_fpregs(pid_t tid, const struct user_fpregs_struct *regs) MUST_USE;
// The whole extended state (XSAVE), up to `*size` bytes; sets that.
err_t os_user_xstate(pid_t tid, void *out, size_t *size) MUST_USE;
err_t os_set_user_xstate(pid_t tid, const void *state, size_t size) MUST_USE;
// All general registers and segment bases; adds xmm0 to xmm15.
void regs_from_user(const struct user_regs_struct *user, struct dbg_regs *out);
void regs_from_float(const struct user_fpregs_struct *user, struct dbg_regs *out);
