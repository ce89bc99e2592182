// The stepped frame is gone: who goes on? Whoever awaits the future, as the frames above tell; or nobody.
#include "step.h"

enum { MOST_FRAMES = 512 };

static bool is_root(const struct step_future *future, struct str name)
{
	for (size_t i = 0; i < future->n_roots; i++)
		if (str_starts(name, str_of(future->roots[i])))
			return true;
	return false;
}

// Of functions that were inlined into each other the innermost that is anything tells.
enum step_outer step_judge(struct dbg_target *target, const struct step *step, u64 lookup)
{
	struct arena scratch = {0};
	struct dbg_scope *scopes;
	struct dbg_coroutine_body *bodies;
	struct dbg_line_row row;
	enum step_outer result = OUTER_PASSED;
	size_t n = dbg_scopes_at(target->space.modules, &scratch, lookup, &scopes);
	size_t n_bodies = dbg_coroutine_bodies_at(target->space.modules, &scratch, lookup, &bodies);
	for (size_t i = 0; i < n && result == OUTER_PASSED; i++) {
		for (size_t b = 0; b < n_bodies; b++)
			if (bodies[b].scope.die == scopes[i].die && !(step->my_code && dbg_place_is_library(bodies[b].scope.decl)))
				result = OUTER_AWAITER;
		if (result == OUTER_PASSED && is_root(&step->future, scopes[i].name))
			result = OUTER_ROOT;
	}
	bool skips = !dbg_line_at(target->space.modules, lookup, &row) || !row.place.line;
	if (result == OUTER_PASSED && !skips && !dbg_place_is_library(row.place))
		result = OUTER_CODE;
	arena_deinit(&scratch);
	return result;
}

enum step_verdict step_future_outwards(struct dbg_target *target, struct step *step, struct thread *thread, enum dbg_step_end end)
{
	struct arena arena = {0};
	struct machine_frame *frames;
	struct str note;
	bool whole;
	size_t n = unwind_machine(target, thread, &arena, MOST_FRAMES, &frames, &whole, &note), chosen = SIZE_MAX;
	step_clear_stops(target, step);
	// At a caught panic the newest frame is the function that catches.
	for (size_t i = end == DBG_STEP_PANICKED; i < n; i++) {
		// The newest frame is behind a call, too: what it was called from is the instruction before.
		enum step_outer outer = step_judge(target, step, dbg_regs_pc(&frames[i].regs) - !(frames[i].exact_pc && i > 0));
		if (outer == OUTER_ROOT)
			break;
		if (outer == OUTER_CODE && chosen == SIZE_MAX)
			chosen = i; // should nobody await it: who called
		if (outer == OUTER_AWAITER || (outer == OUTER_CODE && end == DBG_STEP_ARRIVED)) {
			chosen = i;
			break;
		}
	}
	enum step_verdict verdict = STEP_DONE;
	if (chosen == SIZE_MAX) {
		step->future.end = end;
	} else if (chosen > 0) {
		u64 pc = dbg_regs_pc(&frames[chosen].regs);
		step_add_stop(target, step, STOP_IN_AWAITER, pc, frames[chosen].regs.value[DBG_REG_RSP]);
		if (end == DBG_STEP_ARRIVED) // what library code calls for each item
			step_watch_callbacks(target, step, pc - 1);
		verdict = STEP_GOES_ON;
	}
	arena_deinit(&arena);
	return verdict;
}

enum step_verdict step_future_returned(struct dbg_target *target, struct step *step, struct thread *thread)
{
	u64 state;
	enum dbg_coroutine_state what;
	if (!dbg_coroutine_state(&target->space, &step->future.body, step->future.addr, &state, &what))
		return STEP_DONE;
	if (what == DBG_COROUTINE_SUSPENDED) {
		step_future_wait(target, step, thread);
		return STEP_GOES_ON;
	}
	if (step->future.at_root) {
		step->future.end = DBG_STEP_COMPLETED;
		return STEP_DONE;
	}
	return step_future_outwards(target, step, thread, DBG_STEP_COMPLETED);
}

enum dbg_step_end step_end(const struct dbg_target *target, u64 *future, const struct dbg_type **type)
{
	const struct step *step = target->step;
	*future = step ? step->future.addr : 0;
	*type = *future ? step->future.body.env : NULL;
	return step ? step->future.end : DBG_STEP_ARRIVED;
}
