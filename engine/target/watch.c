// The debug registers: one place in memory that is watched by all threads but the one that is stepped.
//
// Registers can be set only while their thread is stopped. So a watch is wanted first (watch_begin), and each thread
// takes it over when it is resumed; threads that run have to be halted for it, which run.c does. Threads that still
// watch a place of no interest are cleared at their next resume: at worst they trap once for nothing.
#include "base/log.h"
#include "target.h"

static bool set(struct thread *thread, u64 addr, u64 size)
{
	if (thread->watched == addr)
		return true;
	err_t error = os_watch(thread->tid, addr, size);
	if (error)
		LOG(LOG_PTRACE, "%.*s", STRF(error->what));
	thread->watched = error ? 0 : addr;
	return !error || error->code == ERR_GONE;
}

bool watch_begin(struct dbg_target *target, struct thread *thread, u64 addr, u64 size)
{
	if (target->no_watch || !set(thread, addr, size))
		return false;
	target->watch = addr;
	target->watch_size = size;
	return true;
}

void watch_end(struct dbg_target *target)
{
	target->watch = 0;
}

void watch_arm(struct dbg_target *target, struct thread *thread)
{
	if (!set(thread, step_is_of(target, thread) ? 0 : target->watch, target->watch_size))
		target->no_watch = true;
}

void watch_disarm(struct thread *thread)
{
	set(thread, 0, 0);
}

bool watch_lacks(const struct dbg_target *target)
{
	if (!target->watch || target->no_watch || !step_is_suspended(target))
		return false;
	for (size_t i = 0; i < target->threads.len; i++) {
		const struct thread *thread = target->threads.items[i];
		if (thread->state == THREAD_RUNNING && !thread->exiting && !thread->in_vfork && thread->watched != target->watch)
			return true;
	}
	return false;
}

bool watch_trapped(struct thread *thread)
{
	return thread->watched && os_watch_trapped(thread->tid);
}
