// The table of threads, and how one thread is resumed, stepped and stopped.
#include "base/log.h"
#include "target.h"

struct thread *thread_find(const struct dbg_target *target, pid_t tid)
{
	for (size_t i = 0; i < target->threads.len; i++)
		if (target->threads.items[i]->tid == tid)
			return target->threads.items[i];
	return NULL;
}

struct thread *thread_add(struct dbg_target *target, pid_t tid, enum thread_state state)
{
	struct thread *thread = target->spare.len ? target->spare.items[--target->spare.len] : NEW(&target->home, struct thread);
	*thread = (struct thread){.tid = tid, .state = state, .held = target->call != NULL};
	vec_push(&target->home, &target->threads, thread);
	return thread;
}

void thread_remove(struct dbg_target *target, struct thread *thread)
{
	size_t i = 0;
	while (target->threads.items[i] != thread)
		i++;
	target->threads.len--;
	memmove(&target->threads.items[i], &target->threads.items[i + 1], (target->threads.len - i) * sizeof(thread));
	vec_push(&target->home, &target->spare, thread);
}

err_t thread_regs(struct thread *thread, struct dbg_regs **out)
{
	if (thread->state != THREAD_STOPPED)
		return err_new(ERR_STATE, "thread %d is not stopped", (int)thread->tid);
	if (!thread->has_regs) {
		TRY(os_regs(thread->tid, &thread->regs));
		thread->has_regs = true;
		thread->has_float_regs = false;
	}
	*out = &thread->regs;
	return NULL;
}

err_t thread_set_pc(struct thread *thread, u64 pc)
{
	if (thread->owes_pc)
		return thread_owe_pc(thread, pc);
	TRY(os_set_pc(thread->tid, pc));
	if (thread->has_regs)
		dbg_regs_set(&thread->regs, DBG_REG_RIP, pc);
	return NULL;
}

// Of a thread in a trap, whose pc is set when it goes on: it may be set again before that.
err_t thread_owe_pc(struct thread *thread, u64 pc)
{
	struct dbg_regs *regs = NULL;
	TRY(thread_regs(thread, &regs));
	dbg_regs_set(regs, DBG_REG_RIP, pc);
	thread->owes_pc = true;
	return NULL;
}

void thread_pay_pc(struct thread *thread)
{
	if (!thread->owes_pc)
		return;
	thread->owes_pc = false;
	err_t error = os_put_reg(thread->tid, DBG_REG_RIP, dbg_regs_pc(&thread->regs));
	if (error)
		LOG(LOG_PTRACE, "%.*s", STRF(error->what));
}

// A handler that starts in the middle of a single step would be taken for the program's own way; so signals
// wait until the step is over. Those that the instruction itself raises can't wait: the kernel would kill.
static void block_signals(struct thread *thread)
{
	if (thread->masked)
		return;
	err_t error = os_signal_mask(thread->tid, &thread->mask);
	if (!error)
		error = os_set_signal_mask(thread->tid, thread->mask | signal_step_mask());
	thread->masked = !error;
}

void thread_restore_mask(struct thread *thread)
{
	u64 now;
	if (!thread->masked)
		return;
	thread->masked = false;
	// If the stepped instruction was a system call that changed the mask, then that is the mask now.
	err_t error = os_signal_mask(thread->tid, &now);
	if (!error && now == (thread->mask | signal_step_mask()))
		error = os_set_signal_mask(thread->tid, thread->mask);
	err_ignore(error);
}

void thread_resume(struct thread *thread, bool one_instruction)
{
	struct dbg_regs *regs;
	thread->stepping = false;
	if (one_instruction && !thread->exiting) {
		err_t error = thread_regs(thread, &regs);
		if (!error) {
			thread->step_pc = dbg_regs_pc(regs);
			thread->step_sp = regs->value[DBG_REG_RSP];
			thread->step_signal = thread->signal;
			block_signals(thread);
			thread->stepping = true;
		}
	}
	if (!thread->stepping)
		thread_restore_mask(thread);
	thread_pay_pc(thread);
	err_t error;
	if (thread->group_stop)
		error = os_listen(thread->tid);
	else if (thread->stepping)
		error = os_step(thread->tid, thread->signal);
	else
		error = os_cont(thread->tid, thread->signal);
	// ERR_GONE: it was killed while it was stopped; its exit event is on the way.
	if (error)
		LOG(LOG_PTRACE, "%.*s", STRF(error->what));
	thread->state = THREAD_RUNNING;
	thread->has_hit = thread->passing; // the next arrival there is another hit
	thread->signal = 0;
	thread->asked = thread->has_regs = thread->fault_known = false;
	thread->report = REPORT_NONE;
	thread->n_watch_hits = 0;
	thread->answered = false;
}

void thread_interrupt(struct thread *thread)
{
	if (thread->state != THREAD_RUNNING || thread->asked || thread->exiting)
		return;
	err_t error = os_interrupt(thread->tid);
	if (error)
		LOG(LOG_PTRACE, "%.*s", STRF(error->what));
	thread->asked = true;
}
