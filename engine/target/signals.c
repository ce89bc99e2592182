// Which signals stop the debuggee, and how they are told.
#include <stdio.h>
#include <string.h>

#include "target.h"

enum policy { PASSES, STOPS, STOPS_AND_IS_DROPPED };

// All that are not named here pass. Those of a crash stop before they kill; SIGINT is how people stop programs
// in a terminal; SIGTRAP that is not ours would end the program, as nobody handles it without a debugger.
static const struct {
	int signal;
	enum policy policy;
	bool has_address; // siginfo tells the address
	bool synchronous; // raised by an instruction: must not be blocked while that one is stepped
	const char *text;
} SIGNALS[] = {
    {SIGINT, STOPS_AND_IS_DROPPED, false, true, "interrupt"}, // not blocked in steps: a step is left by it
    {SIGTRAP, STOPS_AND_IS_DROPPED, false, true, "trace trap"},
    {SIGSEGV, STOPS, true, true, "segmentation fault"},
    {SIGBUS, STOPS, true, true, "bus error"},
    {SIGILL, STOPS, true, true, "illegal instruction"},
    {SIGFPE, STOPS, true, true, "arithmetic exception"},
    {SIGABRT, STOPS, false, true, "aborted"},
    {SIGSYS, STOPS, false, true, "bad system call"},
};

static size_t row_of(int signal)
{
	size_t i = 0;
	while (i < ARRAY_LEN(SIGNALS) && SIGNALS[i].signal != signal)
		i++;
	return i;
}

bool signal_stops(int signal)
{
	return row_of(signal) < ARRAY_LEN(SIGNALS);
}

bool signal_is_delivered(int signal)
{
	size_t i = row_of(signal);
	return i == ARRAY_LEN(SIGNALS) || SIGNALS[i].policy == STOPS;
}

struct str signal_text(struct arena *arena, int signal, bool fault_known, u64 fault_addr)
{
	size_t i = row_of(signal);
	const char *abbreviation = sigabbrev_np(signal);
	char number[24];
	if (!abbreviation) {
		snprintf(number, sizeof(number), "%d", signal);
		abbreviation = number;
	}
	if (i == ARRAY_LEN(SIGNALS))
		return str_printf(arena, "SIG%s", abbreviation);
	if (SIGNALS[i].has_address && fault_known)
		return str_printf(arena, "SIG%s: %s at 0x%llx", abbreviation, SIGNALS[i].text, (unsigned long long)fault_addr);
	return str_printf(arena, "SIG%s: %s", abbreviation, SIGNALS[i].text);
}

// Without those that the kernel leaves out itself: the mask is compared with what it says later.
u64 signal_step_mask(void)
{
	u64 mask = ~((u64)1 << (SIGKILL - 1) | (u64)1 << (SIGSTOP - 1));
	for (size_t i = 0; i < ARRAY_LEN(SIGNALS); i++)
		if (SIGNALS[i].synchronous)
			mask &= ~((u64)1 << (SIGNALS[i].signal - 1));
	return mask;
}
