// Where a step begins: at a thread that stands somewhere, or with a future that no thread polls.
#include "step.h"

static err_t begin(struct dbg_target *target, struct step *step, struct thread *thread)
{
	u64 pc, sp;
	struct dbg_regs *regs;
	struct dbg_line_row row;
	struct step_frame *frame = &step->frame;
	TRY(thread_regs(thread, &regs));
	TRY(step_frame_here(target, thread, frame));
	step->by_instruction = true;
	if (!step->future.follows && step_is_foreign(target, step, dbg_regs_pc(regs)))
		step->my_code = false; // who steps in a library means that
	if (step->future.follows)
		step_future_here(target, step, thread, false);
	if (step->kind == DBG_STEP_OUT && frame->n_chain < 2) {
		if (!frame->callers_pc)
			return err_new(ERR_NOT_FOUND, "thread %d is in its outermost frame: nothing to step out to", (int)thread->tid);
		step_add_stop(target, step, STOP_IN_CALLER, frame->callers_pc, frame->callers_sp);
		return NULL;
	}
	if (step->granularity == DBG_BY_INSTRUCTION || dbg_line_at(target->space.modules, dbg_regs_pc(regs), &row))
		return NULL;
	// In code without line numbers: to the nearest caller that has some.
	if (!step_outer_frame(target, thread, false, &pc, &sp))
		return err_new(ERR_NO_DEBUG_INFO,
		               "thread %d is in code without line numbers, and so are its callers: step by instruction, or continue",
		               (int)thread->tid);
	step_add_stop(target, step, STOP_IN_CALLER, pc, sp);
	return NULL;
}

struct step *step_make(enum dbg_step kind, enum dbg_granularity granularity, const struct dbg_follow *follow)
{
	struct arena arena = {0};
	struct step *step = NEW(&arena, struct step);
	*step = (struct step){.kind = kind, .granularity = granularity};
	if (follow && granularity != DBG_BY_INSTRUCTION)
		step->future = (struct step_future){.follows = !follow->thread_only, .roots = follow->roots, .n_roots = follow->n_roots};
	step->my_code = follow && granularity != DBG_BY_INSTRUCTION && !follow->into_libraries;
	step->arena = arena;
	return step;
}

err_t step_begin(struct dbg_target *target, struct thread *thread, enum dbg_step kind, enum dbg_granularity granularity,
                 const struct dbg_follow *follow)
{
	step_discard(target);
	if (thread->exiting)
		return err_new(ERR_GONE, "thread %d is ending", (int)thread->tid);
	struct step *step = target->step = step_make(kind, granularity, follow);
	step->tid = thread->tid;
	err_t error = begin(target, step, thread);
	if (error)
		step_discard(target);
	else
		step_watch_leaving(target, step);
	return error;
}

err_t step_begin_into(struct dbg_target *target, struct thread *thread, const struct dbg_step_target *into,
                      const struct dbg_follow *follow)
{
	TRY(step_begin(target, thread, DBG_STEP_IN, DBG_BY_LINE, follow));
	target->step->into = *into;
	target->step->into.name = str_dup(&target->step->arena, into->name);
	u32 *makers = NEW_N(&target->step->arena, u32, into->n_makers + 1);
	if (into->n_makers)
		memcpy(makers, into->makers, into->n_makers * sizeof(u32));
	target->step->into.makers = makers;
	return NULL;
}

// The code of a body that was inlined everywhere does not always tell; then the state's declaration does.
static struct dbg_place awaits_at(const struct dbg_type *type, u64 state)
{
	const struct dbg_variant *variants;
	struct dbg_place place = dbg_coroutine_await_place(type, state);
	size_t n = place.line ? 0 : dbg_type_variants(type, &variants);
	for (size_t i = 0; i < n; i++)
		if (variants[i].value == state && !dbg_place_is_library(variants[i].member.decl))
			place = variants[i].member.decl;
	return place;
}

err_t step_begin_suspended(struct dbg_target *target, const struct dbg_follow *follow, struct dbg_value future,
                           enum dbg_step kind)
{
	u64 state;
	enum dbg_coroutine_state what;
	struct dbg_coroutine_body body;
	step_discard(target);
	if (future.where != DBG_VALUE_MEMORY || !dbg_coroutine_body_of(target->space.modules, future.type, &body))
		return err_new(ERR_NO_DEBUG_INFO,
		               "the code of this future is not known, so its next poll can't be awaited: set a breakpoint "
		               "and continue");
	if (!dbg_coroutine_state(&target->space, &body, future.addr, &state, &what))
		return err_new(ERR_FAULT, "the future at 0x%llx can't be read", (unsigned long long)future.addr);
	if (what == DBG_COROUTINE_RETURNED || what == DBG_COROUTINE_PANICKED)
		return err_new(ERR_STATE, "the future at 0x%llx is %s: it will not be polled again", (unsigned long long)future.addr,
		               what == DBG_COROUTINE_RETURNED ? "completed" : "left by a panic");
	struct thread *any = NULL;
	for (size_t i = 0; i < target->threads.len && !any; i++)
		if (target->threads.items[i]->state == THREAD_STOPPED && !target->threads.items[i]->exiting)
			any = target->threads.items[i];
	if (!any)
		return err_new(ERR_STATE, "all threads of the process are ending");
	struct step *step = target->step = step_make(kind, DBG_BY_LINE, follow);
	step->future.addr = future.addr;
	step->future.body = body;
	if (what == DBG_COROUTINE_SUSPENDED)
		step->frame.from = awaits_at(future.type, state);
	step_future_wait(target, step, any);
	step_watch_leaving(target, step);
	return NULL;
}
