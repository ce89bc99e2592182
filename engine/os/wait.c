// Turns what waitpid and SIGCHLD say into plain records. The only file that calls waitpid.
//
// SIGCHLD must be blocked before any thread starts: a later block let 21 of 300 stops go unreported. It also
// coalesces, so os_wait_any is to be called until it has no more.
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/os.h"
#include "engine/target.h"

static sigset_t sigchld(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return set;
}

void dbg_block_signals(void)
{
	sigset_t set = sigchld();
	sigprocmask(SIG_BLOCK, &set, NULL);
}

err_t dbg_signal_fd(int *out)
{
	sigset_t set = sigchld();
	*out = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return *out == -1 ? err_os(errno, "opening a signal fd") : NULL;
}

void dbg_forget_signals(void)
{
	os_wait_clear();
}

static const struct {
	int event;
	enum os_stop stop;
} EVENTS[] = {
    {PTRACE_EVENT_CLONE, OS_STOPPED_CLONE}, {PTRACE_EVENT_FORK, OS_STOPPED_FORK},
    {PTRACE_EVENT_VFORK, OS_STOPPED_VFORK}, {PTRACE_EVENT_VFORK_DONE, OS_STOPPED_VFORK_DONE},
    {PTRACE_EVENT_EXEC, OS_STOPPED_EXEC},   {PTRACE_EVENT_EXIT, OS_STOPPED_EXIT},
};

static bool stops_a_group(int signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

static struct os_wait decode(pid_t tid, int status)
{
	if (WIFEXITED(status))
		return (struct os_wait){.tid = tid, .stop = OS_EXITED, .code = WEXITSTATUS(status)};
	if (WIFSIGNALED(status))
		return (struct os_wait){.tid = tid, .stop = OS_KILLED, .signal = WTERMSIG(status)};
	int signal = WSTOPSIG(status), event = status >> 16;
	if (!event)
		return (struct os_wait){.tid = tid, .stop = OS_STOPPED_SIGNAL, .signal = signal};
	for (size_t i = 0; i < ARRAY_LEN(EVENTS); i++)
		if (EVENTS[i].event == event)
			return (struct os_wait){.tid = tid, .stop = EVENTS[i].stop};
	// ptrace(2), "Group-stop": under PTRACE_SEIZE a stop of job control is a PTRACE_EVENT_STOP with its signal.
	if (stops_a_group(signal))
		return (struct os_wait){.tid = tid, .stop = OS_STOPPED_GROUP, .signal = signal};
	return (struct os_wait){.tid = tid, .stop = OS_STOPPED_EVENT};
}

bool os_wait_any(struct os_wait *out)
{
	int status;
	pid_t tid;
	do
		tid = waitpid(-1, &status, __WALL | WNOHANG);
	while (tid == -1 && errno == EINTR);
	if (tid <= 0)
		return false;
	*out = decode(tid, status);
	return true;
}

err_t os_wait_pid(pid_t pid, struct os_wait *out)
{
	int status;
	while (waitpid(pid, &status, __WALL) == -1)
		if (errno != EINTR)
			return err_os(errno, "waiting for process %d", (int)pid);
	*out = decode(pid, status);
	return NULL;
}

void os_wait_pause(unsigned max_ms)
{
	sigset_t set = sigchld();
	struct timespec timeout = {.tv_sec = max_ms / 1000, .tv_nsec = (long)(max_ms % 1000) * 1000000};
	sigtimedwait(&set, NULL, &timeout);
}

void os_wait_clear(void)
{
	sigset_t set = sigchld();
	struct timespec now = {0};
	while (sigtimedwait(&set, NULL, &now) > 0 || errno == EINTR)
		;
}

void os_wait_nudge(void)
{
	kill(getpid(), SIGCHLD);
}
