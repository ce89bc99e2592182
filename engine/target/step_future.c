// Steps that stay with a future over its suspensions.
//
// A poll starts and ends on one thread, in one frame, so inside of it a step is like any other. When the body has
// returned, the future's state tells why. Suspended: its next poll is awaited at the start of its body, on all
// threads, and so is its drop; the traps are in memory before the thread that returned Pending goes on, or another
// could be quicker. Returned: on to who awaits it, which the frames above tell.
#include "base/log.h"
#include "step.h"

// All are to watch the state: the body reads it first thing, drop glue as well; no other future's poll is seen.
static bool watch_state(struct dbg_target *target, struct step *step, struct thread *thread)
{
	const struct dbg_coroutine_body *body = &step->future.body;
	return step->future.addr && watch_begin(target, thread, step->future.addr + body->state_offset, body->state_size);
}

static void note_state(struct dbg_target *target, struct step *step)
{
	enum dbg_coroutine_state what;
	if (!dbg_coroutine_state(&target->space, &step->future.body, step->future.addr, &step->future.state, &what))
		step->future.state = 0;
}

void step_future_here(struct dbg_target *target, struct step *step, struct thread *thread, bool inlined)
{
	struct dbg_regs *regs;
	struct dbg_coroutine_body *bodies;
	struct arena scratch = {0};
	struct step_future *future = &step->future;
	future->addr = future->outer.addr = 0;
	future->coming = future->left = future->at_root = future->stored = false;
	err_t error = thread_regs(thread, &regs);
	size_t n = error ? 0 : dbg_coroutine_bodies_at(target->space.modules, &scratch, dbg_regs_pc(regs), &bodies);
	if (n && (inlined || bodies[0].scope.die == step->frame.chain[0])) {
		future->body = bodies[0];
		future->addr = dbg_coroutine_polled(&target->space, bodies, n, regs, step->frame.cfa);
		if (n > 1 && !bodies[n - 1].scope.inlined) {
			future->outer.body = bodies[n - 1];
			future->outer.addr = dbg_coroutine_self(&target->space, &bodies[n - 1], regs, step->frame.cfa);
		}
	}
	arena_deinit(&scratch);
	if (!future->addr)
		return;
	step_frame_outwards_to(&step->frame, future->body.scope.die);
	note_state(target, step);
	// All threads are about to be resumed as a rule: then none need be halted for it when the future is suspended.
	watch_state(target, step, thread);
}

// A resume passes the line of the declaration, and pieces of library code that were inlined.
bool step_future_ignores(const struct step *step, const struct dbg_line_row *row)
{
	const struct dbg_place *decl = &step->future.body.scope.decl;
	if (!step->future.addr)
		return false;
	if (row->addr >= step->future.body.scope.low && row->addr <= step->future.body.by_state)
		return true; // flags of a macro's may be cleared there
	// What an attribute's macro puts into the body has the attribute's line, before the declaration.
	return !str_eq(row->place.file, decl->file) || (row->place.line <= decl->line && !step->future.body.one_line);
}

// Optimised code has functions inlined that would be passed over as calls.
bool step_future_ignores_inlined(struct dbg_target *target, const struct step *step, const struct dbg_line_row *row)
{
	struct arena scratch = {0};
	struct dbg_scope *scopes;
	bool is_foreign = step->my_code && dbg_place_is_library(row->place);
	if (!step->future.follows || is_foreign)
		return is_foreign;
	size_t n = dbg_scopes_at(target->space.modules, &scratch, row->addr, &scopes);
	bool is_head = n && scopes[0].decl.line == row->place.line; // as of the fn that makes a coroutine
	bool is_glue = n && step_is_await_glue(scopes[0].name);
	arena_deinit(&scratch);
	return is_head || is_glue;
}

// ---- suspended -------------------------------------------------------------------------------------

// Without a watch: traps at the start of the body and of the drop glue, which other futures of the type run into, too.
static void trap_polls(struct dbg_target *target, struct step *step)
{
	struct arena scratch = {0};
	u64 *drops;
	u64 start =
	    step->future.body.scope.inlined ? step->future.outer.addr ? step->future.outer.body.start : 0 : step->future.body.start;
	if (start)
		step_add_stop(target, step, STOP_WAKE, start, 0);
	else
		LOG(LOG_PTRACE, "the polls of 0x%llx can't be seen: its body is inlined into library code, and no debug register is free",
		    (unsigned long long)step->future.addr);
	size_t n = dbg_drop_functions(target->space.modules, &scratch, step->future.body.env, &drops);
	for (size_t i = 0; i < n; i++)
		step_add_stop(target, step, STOP_DROP, drops[i], 0);
	arena_deinit(&scratch);
}

void step_future_wait(struct dbg_target *target, struct step *step, struct thread *thread)
{
	step_clear_stops(target, step);
	step->tid = 0;
	step->by_instruction = false;
	step->future.suspended = true;
	if (!watch_state(target, step, thread))
		trap_polls(target, step);
}

// The future is polled by this thread: on from where the step was.
static enum step_verdict polled(struct dbg_target *target, struct step *step, struct thread *thread, const struct dbg_regs *regs)
{
	struct dbg_place from = step->frame.from;
	step_clear_stops(target, step);
	step->tid = thread->tid;
	step->future.suspended = step->future.left = step->future.at_root = step->future.stored = false;
	step->future.coming = true;
	note_state(target, step);
	err_t error = step_frame_here(target, thread, &step->frame);
	step->frame.from = from;
	if (error || !step->frame.callers_pc)
		return STEP_DONE;
	return step_in_function(target, step, thread, dbg_regs_pc(regs));
}

// An inlined body is found by its type: the code that polls may hold several copies.
static bool find_body(struct dbg_target *target, const struct dbg_type *env, u64 pc, struct dbg_coroutine_body *out)
{
	struct arena scratch = {0};
	struct dbg_coroutine_body *bodies;
	size_t n = dbg_coroutine_bodies_at(target->space.modules, &scratch, pc, &bodies), i = 0;
	while (i < n && !dbg_type_same(bodies[i].env, env))
		i++;
	if (i < n)
		*out = bodies[i];
	arena_deinit(&scratch);
	return i < n;
}

bool step_future_arrives(struct dbg_target *target, struct step *step, u64 pc)
{
	struct step_frame frame = {0};
	struct step_future *future = &step->future;
	if (!find_body(target, future->body.env, pc, &future->body))
		return false;
	step_frame_take_chain(target, pc, &frame);
	memcpy(step->frame.chain, frame.chain, sizeof(frame.chain));
	step->frame.n_chain = frame.n_chain;
	step_frame_outwards_to(&step->frame, future->body.scope.die);
	future->coming = false;
	return true;
}

enum step_verdict step_future_polled(struct dbg_target *target, struct step *step, struct thread *thread)
{
	struct dbg_regs *regs;
	const struct step_future *future = &step->future;
	const struct dbg_coroutine_body *body = future->body.scope.inlined ? &future->outer.body : &future->body;
	err_t error = thread_regs(thread, &regs);
	if (error || dbg_coroutine_self(&target->space, body, regs, 0) != (body == &future->body ? future->addr : future->outer.addr))
		return STEP_NOT_MINE; // another future of this type
	return polled(target, step, thread, regs);
}

bool step_is_glue(struct dbg_target *target, u64 pc)
{
	struct arena scratch = {0};
	struct dbg_scope *scopes;
	size_t n = dbg_scopes_at(target->space.modules, &scratch, pc, &scopes);
	bool found = false;
	for (size_t i = 0; i < n; i++)
		found = found || str_starts(scopes[i].name, STR("core::ptr::drop_in_place"));
	arena_deinit(&scratch);
	return found;
}

// Somebody has read the state of the future, or written it: a poll begins, or it is dropped.
enum step_verdict step_at_watch(struct dbg_target *target, struct thread *thread)
{
	struct step *step = target->step;
	struct dbg_regs *regs;
	if (!step || !step->future.suspended)
		return STEP_NOT_MINE;
	err_t error = thread_regs(thread, &regs);
	if (error)
		return STEP_NOT_MINE;
	struct dbg_coroutine_body body;
	u64 pc = dbg_regs_pc(regs);
	if (find_body(target, step->future.body.env, pc, &body) || !step_is_glue(target, pc))
		return polled(target, step, thread, regs);
	step->future.end = DBG_STEP_CANCELLED;
	return STEP_DONE;
}

bool step_is_suspended(const struct dbg_target *target)
{
	return target->step && target->step->future.suspended;
}

enum step_verdict step_future_dropped(struct step *step, const struct dbg_regs *regs)
{
	if (regs->value[DBG_REG_RDI] != step->future.addr)
		return STEP_NOT_MINE;
	step->future.end = DBG_STEP_CANCELLED;
	return STEP_DONE;
}
