// Steps that end in the user's code: not in the std that calls a closure for each item, nor in what is around `main`.
#include "step.h"

enum { MOST_FRAMES = 512 };

bool step_is_foreign(struct dbg_target *target, const struct step *step, u64 addr)
{
	struct dbg_line_row row;
	return step->my_code && (!dbg_line_at(target->space.modules, addr, &row) || dbg_place_is_library(row.place));
}

bool step_is_mine(struct dbg_target *target, u64 addr)
{
	struct arena scratch = {0};
	struct dbg_scope *scopes;
	bool is_mine = false;
	size_t n = dbg_scopes_at(target->space.modules, &scratch, addr, &scopes);
	for (size_t i = 0; i < n && !is_mine; i++)
		is_mine = scopes[i].decl.line && !dbg_place_is_library(scopes[i].decl);
	arena_deinit(&scratch);
	return is_mine;
}

static void watch(struct dbg_target *target, struct step *step, u64 entry)
{
	u64 start = step_is_foreign(target, step, entry) ? 0 : step_function_start(target, entry);
	if (start)
		step_add_stop(target, step, STOP_IN_CALLEE, start, 0);
}

void step_watch_closures(struct dbg_target *target, struct step *step, u64 addr)
{
	struct arena scratch = {0};
	u64 *entries;
	size_t n = dbg_closures_of(target->space.modules, &scratch, addr, &entries);
	for (size_t i = 0; i < n; i++)
		watch(target, step, entries[i]);
	arena_deinit(&scratch);
}

void step_watch_callbacks(struct dbg_target *target, struct step *step, u64 caller)
{
	if (step->kind == DBG_STEP_OUT)
		return;
	watch(target, step, step->frame.low);
	step_watch_closures(target, step, caller);
}

enum step_verdict step_to_my_code(struct dbg_target *target, struct step *step, struct thread *thread)
{
	struct arena arena = {0};
	struct machine_frame *frames;
	struct str note;
	bool whole;
	size_t n = unwind_machine(target, thread, &arena, MOST_FRAMES, &frames, &whole, &note), i = 1;
	step_clear_stops(target, step);
	while (i < n && !step_is_mine(target, dbg_regs_pc(&frames[i].regs) - !frames[i].exact_pc))
		i++;
	if (i < n) {
		u64 pc = dbg_regs_pc(&frames[i].regs);
		step_add_stop(target, step, STOP_IN_CALLER, pc, frames[i].regs.value[DBG_REG_RSP]);
		step_watch_callbacks(target, step, pc - 1);
	} else {
		step_discard(target); // main has returned, or what the thread was started with
	}
	arena_deinit(&arena);
	return STEP_GOES_ON;
}
