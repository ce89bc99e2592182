// Which processor the debugger and a thread that stops again and again run on.
//
// A stop and a resume each wake a thread. On the same processor that takes 13 us in all; on another one, which sleeps
// or has to be interrupted, 90 to 120 us (measured on a virtual machine of two). The kernel puts a woken thread
// on a processor that is free rather than on the waker's, so the two move apart at every stop. Therefore, while stops
// follow each other closely, we stay on one processor, and a thread is resumed as if it could run on no other: where it
// runs is chosen as it wakes, and what it may use is as before when it is awake.
#include "engine/os.h"

#include <time.h>
#include <unistd.h>

enum {
	CLOSE_US = 300, // stops that are not further from each other are one series
	SERIES = 4,     // stops of one, before which we don't bother
	HOLD_US = 20000 // then the kernel may choose another processor for us: this one may have other work
};

static struct {
	bool held, used; // used: there were threads that woke on `number`
	int number, previous;
	cpu_set_t before; // what we may use otherwise
	u64 since, last;  // held, the last stop: in microseconds
	unsigned series;  // stops behind the first one
} here;

static u64 now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000 + (u64)now.tv_nsec / 1000;
}

static void only(cpu_set_t *set, int number)
{
	CPU_ZERO(set);
	CPU_SET((size_t)number, set);
}

static bool is_only(const cpu_set_t *set, int number)
{
	return CPU_COUNT(set) == 1 && CPU_ISSET((size_t)number, set);
}

void os_cpu_stopped(void)
{
	cpu_set_t one;
	u64 now = now_us();
	here.series = now - here.last <= CLOSE_US ? here.series + 1 : 0;
	here.last = now;
	if (here.held && now - here.since > HOLD_US) {
		os_cpu_leave(); // held again at the next stop, where that has woken us
		return;
	}
	if (here.held || here.series < SERIES || sched_getaffinity(0, sizeof(here.before), &here.before))
		return;
	int number = sched_getcpu();
	if (number < 0 || number >= CPU_SETSIZE || CPU_COUNT(&here.before) < 2)
		return;
	here.previous = here.used ? here.number : number;
	here.number = number;
	only(&one, here.number);
	here.held = sched_setaffinity(0, sizeof(one), &one) == 0;
	here.used = here.used || here.held;
	here.since = now;
}

void os_cpu_leave(void)
{
	if (here.held)
		sched_setaffinity(0, sizeof(here.before), &here.before);
	here.held = false;
}

void os_cpu_leave_unless_used(void)
{
	if (here.held && now_us() - here.last > CLOSE_US)
		os_cpu_leave();
}

bool os_cpu_invite(pid_t tid, cpu_set_t *before)
{
	cpu_set_t one;
	if (!here.held || sched_getaffinity(tid, sizeof(*before), before) || CPU_COUNT(before) < 2 ||
	    !CPU_ISSET((size_t)here.number, before))
		return false;
	only(&one, here.number);
	return sched_setaffinity(tid, sizeof(one), &one) == 0;
}

void os_cpu_release(pid_t tid, const cpu_set_t *before)
{
	cpu_set_t now;
	if (sched_getaffinity(tid, sizeof(now), &now) == 0 && is_only(&now, here.number)) // it has not chosen for itself meanwhile
		sched_setaffinity(tid, sizeof(*before), before);
}

void os_cpu_born(pid_t parent, pid_t child)
{
	cpu_set_t now, parents;
	if (here.used && sched_getaffinity(child, sizeof(now), &now) == 0 &&
	    (is_only(&now, here.number) || is_only(&now, here.previous)) && sched_getaffinity(parent, sizeof(parents), &parents) == 0)
		sched_setaffinity(child, sizeof(parents), &parents);
}
