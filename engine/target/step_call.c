// What a step does at a call: over it, into it, or through code that is not to be stepped to what it may poll.
#include "step.h"

enum { CALL_LENGTH = 15 /* longest x86 instruction */, STUB_LENGTH = 6 };

enum step_verdict step_run_over(struct dbg_target *target, struct step *step, u64 return_addr, u64 sp)
{
	step_add_stop(target, step, STOP_BEHIND_CALL, return_addr, sp);
	return STEP_GOES_ON;
}

// Over code that is not to be stepped, but into the coroutines that it may poll.
static enum step_verdict run_past(struct dbg_target *target, struct step *step, u64 return_addr, u64 sp)
{
	step->in_stub = 0;
	step_future_watch_bodies(target, step);
	if (step->my_code)
		step_watch_closures(target, step, return_addr - 1);
	return step_run_over(target, step, return_addr, sp);
}

enum step_verdict step_enter(struct dbg_target *target, struct step *step, u64 pc, u64 start, u64 return_addr, u64 sp)
{
	step->in_stub = 0;
	if (start == pc && !step->future.follows)
		return STEP_DONE;
	step_add_stop(target, step, STOP_IN_CALLEE, start, 0);
	return step_run_over(target, step, return_addr, sp); // should it leave without passing there
}

static enum step_verdict at_function(struct dbg_target *target, struct step *step, u64 pc, u64 start, u64 return_addr, u64 sp)
{
	if (step_future_enters(target, step, pc))
		return step_enter(target, step, pc, start, return_addr, sp);
	if (!step->future.follows || !dbg_inlines_coroutine(target->space.modules, pc))
		return run_past(target, step, return_addr, sp);
	step->in_stub = 0;
	step->through_sp = step->through_sp ? step->through_sp : sp;
	return STEP_GOES_ON;
}

enum step_verdict step_called(struct dbg_target *target, struct step *step, u64 pc, u64 return_addr, u64 sp)
{
	if (step->kind != DBG_STEP_IN || step->future.coming || step->future.left)
		return step_run_over(target, step, return_addr, sp);
	if (step->into.name.len) {
		if (step->into.start && (!step->into.behind || step->into.behind == return_addr))
			step_add_stop(target, step, STOP_IN_CALLEE, step->into.start, 0);
		return step_run_over(target, step, return_addr, sp);
	}
	u64 start = step_function_start(target, pc);
	if (start)
		return at_function(target, step, pc, start, return_addr, sp);
	// Perhaps a linkage stub, which jumps on to a function that has lines.
	step->in_stub = STUB_LENGTH;
	step->stub_return = return_addr;
	step->stub_sp = sp;
	return STEP_GOES_ON;
}

enum step_verdict step_through_stub(struct dbg_target *target, struct step *step, u64 pc)
{
	u64 start = step_function_start(target, pc);
	if (start)
		return at_function(target, step, pc, start, step->stub_return, step->stub_sp);
	if (--step->in_stub)
		return STEP_GOES_ON;
	return step_run_over(target, step, step->stub_return, step->stub_sp);
}

// `call` pushes the address of the instruction behind it.
bool step_was_call(struct dbg_target *target, const struct thread *thread, u64 pc, u64 sp, u64 *return_addr)
{
	return sp == thread->step_sp - 8 && step_read_word(target, sp, return_addr) && *return_addr > thread->step_pc &&
	       *return_addr - thread->step_pc <= CALL_LENGTH && *return_addr != pc;
}
