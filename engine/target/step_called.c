// Steps that begin nowhere: where they go on is known by a function that somebody will call with a certain argument.
//
// The library asks there for what has ended. The call leads out to the coroutine that polls; when it is back there, the
// step is one over its line, as if it had been suspended there before.
#include "step.h"

err_t step_begin_called(struct dbg_target *target, const struct dbg_awaited_call *call, const struct dbg_follow *follow)
{
	step_discard(target);
	struct step *step = target->step = step_make(DBG_STEP_OVER, DBG_BY_LINE, follow);
	step->call = *call;
	step->future.suspended = true;
	step_add_stop(target, step, STOP_CALLED, call->function, 0);
	if (call->given_up)
		step_add_stop(target, step, STOP_GIVEN_UP, call->given_up, 0);
	step_watch_leaving(target, step);
	return NULL;
}

enum step_verdict step_called_with(struct dbg_target *target, struct step *step, struct thread *thread,
                                   const struct dbg_regs *regs, bool given_up)
{
	if (regs->value[DBG_REG_RDI] != step->call.argument)
		return STEP_NOT_MINE;
	step->tid = thread->tid;
	step->future.suspended = false;
	if (!given_up)
		return step_future_outwards(target, step, thread, DBG_STEP_COMPLETED);
	step->future.end = DBG_STEP_COMPLETED;
	return STEP_DONE;
}

enum step_verdict step_back_in_awaiter(struct dbg_target *target, struct step *step, struct thread *thread, u64 pc)
{
	if (!step->call.function)
		return STEP_DONE; // in the middle of its line
	step_clear_stops(target, step);
	err_t error = step_frame_here(target, thread, &step->frame);
	if (error || !step->frame.callers_pc)
		return STEP_DONE;
	struct dbg_place from = step->frame.from;
	step_future_here(target, step, thread, true);
	step->frame.from = from;
	return step_in_function(target, step, thread, pc);
}
