// A coroutine whose body was inlined into the function that polls it, as optimised code has them: another coroutine's
// body, or the library's own code.
//
// The end of its poll is no return, so it is told by where the thread is and by the state in memory, which a poll
// writes when it ends. The compiler may leave that out where nobody reads it (a future that is made anew in a loop), so
// a state that is as it was when the poll began proves nothing, unless the poll was seen to write it: then it is told by
// where the function goes on, at another line of the awaiter's, or by its return. (Code that all suspensions end by is
// merged, and has the line of one of them.)
#include "step.h"

// The first user's coroutine around pc is the one that goes on.
static enum step_verdict up(struct dbg_target *target, struct step *step, struct thread *thread, u64 pc)
{
	struct dbg_line_row row;
	switch (step_judge(target, step, pc)) {
	case OUTER_ROOT: step->future.end = DBG_STEP_COMPLETED; return STEP_DONE;
	case OUTER_CODE: return STEP_DONE;
	case OUTER_PASSED: return STEP_GOES_ON; // glue between, or the function is about to return
	case OUTER_AWAITER: break;
	}
	err_t error = step_frame_here(target, thread, &step->frame);
	if (error || !step->frame.callers_pc)
		return STEP_DONE;
	step_future_here(target, step, thread, true);
	step->kind = DBG_STEP_OVER;
	step->frame.from = (struct dbg_place){0};
	bool has_row = dbg_line_at(target->space.modules, pc, &row) && row.place.line;
	if (!step->future.addr || (has_row && str_eq(row.place.file, step->future.body.scope.decl.file)))
		return STEP_DONE; // mid-line as a rule
	return STEP_GOES_ON;
}

// A place that is passed only when the poll had a result: another line of who awaits it.
static bool is_beyond(struct dbg_target *target, const struct step *step, u64 pc)
{
	struct dbg_line_row row;
	struct dbg_coroutine_body body;
	const struct dbg_scope *scope = &step->future.body.scope;
	return dbg_line_at(target->space.modules, pc, &row) && row.is_stmt && row.addr == pc && row.place.line &&
	       dbg_coroutine_body_at(target->space.modules, pc, &body) && str_eq(row.place.file, body.scope.decl.file) &&
	       row.place.line != body.scope.decl.line && row.place.line != scope->call.line;
}

enum step_verdict step_inlined_at(struct dbg_target *target, struct step *step, struct thread *thread, u64 pc)
{
	u64 state;
	enum dbg_coroutine_state what;
	struct step_future *future = &step->future;
	if (step_frame_is_inside(target, &step->frame, pc)) {
		future->left = false;
		return step->kind != DBG_STEP_OUT && !future->stored && step_ends_at(target, step, pc) ? STEP_DONE : STEP_GOES_ON;
	}
	if (!dbg_coroutine_state(&target->space, &future->body, future->addr, &state, &what))
		return STEP_DONE;
	future->left = true;
	future->at_root = step_judge(target, step, pc) == OUTER_ROOT;
	if (what == DBG_COROUTINE_SUSPENDED && (future->stored || state != future->state)) {
		step_future_wait(target, step, thread);
		return STEP_GOES_ON;
	}
	if (what == DBG_COROUTINE_RETURNED || what == DBG_COROUTINE_PANICKED || is_beyond(target, step, pc))
		return up(target, step, thread, pc);
	return STEP_GOES_ON;
}
