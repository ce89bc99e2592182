// Every ptrace request, named by what it is for. The only file that calls ptrace.
// Everything is seized, never attached: no SIGSTOP is made up, and group-stops can be told apart (ptrace(2)).
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "regs_x86_64.h"

static err_t request(int number, pid_t tid, unsigned long addr, void *data, const char *doing)
{
	if (ptrace(number, tid, (void *)addr, data) == -1)
		return err_os(errno, "%s thread %d", doing, (int)tid);
	return NULL;
}

static void *as_data(long value)
{
	return (void *)value;
}

err_t os_seize(pid_t tid, enum os_seize_mode mode)
{
	long options = PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE |
	               PTRACE_O_TRACEEXIT;
	if (mode == OS_SEIZE_LAUNCHED)
		options |= PTRACE_O_EXITKILL;
	return request(PTRACE_SEIZE, tid, 0, as_data(options), "tracing");
}

err_t os_interrupt(pid_t tid)
{
	return request(PTRACE_INTERRUPT, tid, 0, NULL, "stopping");
}

static err_t resume(int number, pid_t tid, int signal, const char *doing)
{
	cpu_set_t before;
	bool invited = os_cpu_invite(tid, &before);
	err_t error = request(number, tid, 0, as_data(signal), doing);
	if (invited)
		os_cpu_release(tid, &before);
	return error;
}

err_t os_cont(pid_t tid, int signal)
{
	return resume(PTRACE_CONT, tid, signal, "resuming");
}
err_t os_step(pid_t tid, int signal)
{
	return resume(PTRACE_SINGLESTEP, tid, signal, "stepping");
}
err_t os_listen(pid_t tid)
{
	return request(PTRACE_LISTEN, tid, 0, NULL, "listening to");
}
err_t os_detach(pid_t tid, int signal)
{
	return request(PTRACE_DETACH, tid, 0, as_data(signal), "letting go");
}
err_t os_event_message(pid_t tid, unsigned long *out)
{
	return request(PTRACE_GETEVENTMSG, tid, 0, out, "asking");
}
err_t os_signal_info(pid_t tid, siginfo_t *out)
{
	return request(PTRACE_GETSIGINFO, tid, 0, out, "asking the signal of");
}
err_t os_set_signal_info(pid_t tid, const siginfo_t *info)
{
	return request(PTRACE_SETSIGINFO, tid, 0, (void *)info, "setting the signal of");
}

// Intel SDM 3B, 18.2: DR0 to DR3 hold addresses. In DR7, for DR0, bit 0 enables it, bits 16-17 tell what traps (1: writes,
// 3: reads, too), bits 18-19 the length; for the next register the first lies two bits further, the others four. Bit i
// of DR6 tells that DRi has trapped. The kernel checks what is written.
static err_t poke_debug_register(pid_t tid, unsigned number, unsigned long value)
{
	unsigned long offset = offsetof(struct user, u_debugreg) + number * sizeof(value);
	return request(PTRACE_POKEUSER, tid, offset, (void *)value, "setting a debug register of");
}

err_t os_watch(pid_t tid, const struct os_watch watches[OS_WATCHES])
{
	enum { ENABLED = 1, WRITES = 1, ACCESS = 3, KIND_AT = 16, LENGTH_AT = 18 };
	static const u8 lengths[] = {[1] = 0, [2] = 1, [4] = 3, [8] = 2};
	unsigned long control = 0;
	for (unsigned i = 0; i < OS_WATCHES; i++) {
		u64 addr = watches[i].addr, size = watches[i].size;
		if (!addr)
			continue;
		if (size >= ARRAY_LEN(lengths) || !size || (size & (size - 1)) || addr % size)
			return err_new(ERR_UNSUPPORTED, "%llu bytes at 0x%llx can't be watched", (unsigned long long)size,
			               (unsigned long long)addr);
		control |= (unsigned long)ENABLED << 2 * i | (unsigned long)(watches[i].reads ? ACCESS : WRITES) << (KIND_AT + 4 * i) |
		           (unsigned long)lengths[size] << (LENGTH_AT + 4 * i);
	}
	TRY(poke_debug_register(tid, 7, 0)); // an address in use can't be changed to one that does not fit the length
	for (unsigned i = 0; i < OS_WATCHES; i++)
		if (watches[i].addr)
			TRY(poke_debug_register(tid, i, watches[i].addr));
	return control ? poke_debug_register(tid, 7, control) : NULL;
}

unsigned os_watch_trapped(pid_t tid)
{
	enum { TRAPPED = (1 << OS_WATCHES) - 1 };
	errno = 0;
	unsigned long offset = offsetof(struct user, u_debugreg) + 6 * sizeof(offset);
	long status = ptrace(PTRACE_PEEKUSER, tid, (void *)offset, NULL);
	if (errno || !(status & TRAPPED))
		return 0;
	err_ignore(poke_debug_register(tid, 6, 0));
	return (unsigned)status & TRAPPED;
}

bool os_has_fault_pending(pid_t tid)
{
	enum { MOST = 16 };
	siginfo_t queue[MOST];
	struct __ptrace_peeksiginfo_args args = {.nr = MOST};
	long n = ptrace(PTRACE_PEEKSIGINFO, tid, &args, queue);
	for (long i = 0; i < n; i++)
		if (queue[i].si_code > 0 && (queue[i].si_signo == SIGTRAP || queue[i].si_signo == SIGSEGV ||
		                             queue[i].si_signo == SIGBUS || queue[i].si_signo == SIGILL || queue[i].si_signo == SIGFPE))
			return true;
	return false;
}

err_t os_signal_mask(pid_t tid, u64 *out)
{
	return request(PTRACE_GETSIGMASK, tid, sizeof(*out), out, "asking the signal mask of");
}
err_t os_set_signal_mask(pid_t tid, u64 mask)
{
	return request(PTRACE_SETSIGMASK, tid, sizeof(mask), &mask, "setting the signal mask of");
}

err_t os_user_regs(pid_t tid, struct user_regs_struct *out)
{
	return request(PTRACE_GETREGS, tid, 0, out, "reading registers of");
}
err_t os_set_user_regs(pid_t tid, const struct user_regs_struct *regs)
{
	return request(PTRACE_SETREGS, tid, 0, (void *)regs, "writing registers of");
}
err_t os_put_user_reg(pid_t tid, unsigned long offset, unsigned long value)
{
	return request(PTRACE_POKEUSER, tid, offsetof(struct user, regs) + offset, (void *)value, "writing a register of");
}
err_t os_user_fpregs(pid_t tid, struct user_fpregs_struct *out)
{
	return request(PTRACE_GETFPREGS, tid, 0, out, "reading vector registers of");
}
err_t os_set_user_fpregs(pid_t tid, const struct user_fpregs_struct *regs)
{
	return request(PTRACE_SETFPREGS, tid, 0, (void *)regs, "writing vector registers of");
}
err_t os_user_xstate(pid_t tid, void *out, size_t *size)
{
	struct iovec place = {out, *size};
	TRY(request(PTRACE_GETREGSET, tid, NT_X86_XSTATE, &place, "reading the extended state of"));
	*size = place.iov_len;
	return NULL;
}
err_t os_set_user_xstate(pid_t tid, const void *state, size_t size)
{
	struct iovec place = {(void *)state, size};
	return request(PTRACE_SETREGSET, tid, NT_X86_XSTATE, &place, "writing the extended state of");
}
