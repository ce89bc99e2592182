// Into what is polled: which functions a step enters, and where the user's coroutines begin that other code polls.
#include "step.h"

bool step_is_await_glue(struct str function)
{
	static const char *const names[] = {" as core::future::into_future::IntoFuture>::into_future", "core::future::get_context",
	                                    "core::pin::Pin", "<&mut F as core::future::future::Future>::poll",
	                                    "<alloc::boxed::Box<F,A> as core::future::future::Future>::poll"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_find(function, str_of(names[i])) >= 0)
			return true;
	return false;
}

static bool is_in_await_glue(struct dbg_target *target, u64 pc)
{
	struct arena scratch = {0};
	struct dbg_scope *scopes;
	size_t n = dbg_scopes_at(target->space.modules, &scratch, pc, &scopes);
	bool is = n && step_is_await_glue(scopes[n - 1].name);
	arena_deinit(&scratch);
	return is;
}

bool step_future_enters(struct dbg_target *target, struct step *step, u64 pc)
{
	if (step_is_foreign(target, step, pc))
		return false;
	return !step->future.follows ||
	       (!step_is_glue(target, pc) && !is_in_await_glue(target, pc) && !dbg_only_makes_coroutine(target->space.modules, pc));
}

void step_future_watch_bodies(struct dbg_target *target, struct step *step)
{
	if (!step->future.follows)
		return;
	if (!target->bodies_known) {
		u64 *starts;
		struct arena scratch = {0};
		size_t n = dbg_coroutine_starts(target->space.modules, &scratch, &starts);
		target->bodies.len = 0;
		for (size_t i = 0; i < n; i++)
			vec_push(&target->home, &target->bodies, starts[i]);
		target->bodies_known = true;
		arena_deinit(&scratch);
	}
	for (size_t i = 0; i < target->bodies.len; i++)
		step_add_stop(target, step, STOP_IN_BODY, target->bodies.items[i], 0);
}

// Behind the prologue of the function stepped into. A coroutine goes on to where it is; another function has arrived.
enum step_verdict step_future_entered(struct dbg_target *target, struct step *step, struct thread *thread)
{
	struct dbg_regs *regs;
	step_clear_stops(target, step);
	err_t error = thread_regs(thread, &regs);
	if (!error)
		error = step_frame_here(target, thread, &step->frame);
	if (error)
		return STEP_DONE;
	step_future_here(target, step, thread, true); // optimised code may begin with what was inlined
	if (!step->future.addr || !step->frame.callers_pc)
		return STEP_DONE;
	step->kind = DBG_STEP_OVER;
	step->frame.from = (struct dbg_place){0};
	return step_in_function(target, step, thread, dbg_regs_pc(regs));
}

enum step_verdict step_through(struct dbg_target *target, struct step *step, struct thread *thread, u64 pc)
{
	struct dbg_coroutine_body body;
	bool there = dbg_coroutine_body_at(target->space.modules, pc, &body) && !dbg_place_is_library(body.scope.decl);
	if (!there)
		return STEP_GOES_ON;
	step->through_sp = 0;
	return step_future_entered(target, step, thread);
}
