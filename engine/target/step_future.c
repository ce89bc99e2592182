// Steps that stay with a future over its suspensions.
//
// A poll starts and ends on one thread, in one frame, so inside of it a step is like any other. When the body has
// returned, the future's state tells why. Suspended: its next poll is awaited at the start of its body, on all
// threads, and so is its drop; the traps are in memory before the thread that returned Pending goes on, or another
// could be quicker. Returned: on to who awaits it, which the frames above tell.
#include "step.h"

enum { MOST_FRAMES = 512 };

// All are to watch the state: the body reads it first thing, drop glue as well; no other future's poll is seen.
static bool watch_state(struct dbg_target *target, struct step *step, struct thread *thread)
{
	const struct dbg_coroutine_body *body = &step->future.body;
	return step->future.addr && watch_begin(target, thread, step->future.addr + body->state_offset, body->state_size);
}

void step_future_here(struct dbg_target *target, struct step *step, struct thread *thread, bool inlined)
{
	struct dbg_regs *regs;
	struct step_future *future = &step->future;
	future->addr = 0;
	err_t error = thread_regs(thread, &regs);
	if (error || (!inlined && step->frame.n_chain > 1) ||
	    !dbg_coroutine_body_at(target->space.modules, dbg_regs_pc(regs), &future->body))
		return;
	future->addr = dbg_coroutine_self(&target->space, &future->body, regs, step->frame.cfa);
	// All threads are about to be resumed as a rule: then none need be halted for it when the future is suspended.
	watch_state(target, step, thread);
}

// A resume passes the line of the declaration, and pieces of library code that were inlined.
bool step_future_ignores(const struct step *step, const struct dbg_line_row *row)
{
	const struct dbg_place *decl = &step->future.body.scope.decl;
	if (!step->future.addr)
		return false;
	return !str_eq(row->place.file, decl->file) || (row->place.line == decl->line && !step->future.body.one_line);
}

// Optimised code has functions inlined that would be passed over as calls.
bool step_future_ignores_inlined(struct dbg_target *target, const struct step *step, const struct dbg_line_row *row)
{
	struct arena scratch = {0};
	struct dbg_scope *scopes;
	if (!step->future.follows)
		return false;
	size_t n = dbg_scopes_at(target->space.modules, &scratch, row->addr, &scopes);
	bool is_head = n && scopes[0].decl.line == row->place.line; // as of the fn that makes a coroutine
	arena_deinit(&scratch);
	return is_head || (step->future.my_code && dbg_place_is_library(row->place));
}

// ---- suspended -------------------------------------------------------------------------------------

// Without a watch: traps at the start of the body and of the drop glue, which other futures of the type run into, too.
static void trap_polls(struct dbg_target *target, struct step *step)
{
	struct arena scratch = {0};
	u64 *drops;
	step_add_stop(target, step, STOP_WAKE, step->future.body.start, 0);
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
	step->future.suspended = false;
	err_t error = step_frame_here(target, thread, &step->frame);
	step->frame.from = from;
	if (error || !step->frame.callers_pc)
		return STEP_DONE;
	if (step->kind != DBG_STEP_OUT)
		return step_in_function(target, step, dbg_regs_pc(regs));
	step_add_stop(target, step, STOP_IN_CALLER, step->frame.callers_pc, step->frame.callers_sp);
	return STEP_GOES_ON;
}

enum step_verdict step_future_polled(struct dbg_target *target, struct step *step, struct thread *thread)
{
	struct dbg_regs *regs;
	err_t error = thread_regs(thread, &regs);
	if (error || dbg_coroutine_self(&target->space, &step->future.body, regs, 0) != step->future.addr)
		return STEP_NOT_MINE; // another future of this type
	return polled(target, step, thread, regs);
}

static bool is_glue(struct dbg_target *target, u64 pc)
{
	struct arena scratch = {0};
	struct dbg_scope *scopes;
	size_t n = dbg_scopes_at(target->space.modules, &scratch, pc, &scopes);
	bool found = n && str_starts(scopes[n - 1].name, STR("core::ptr::drop_in_place"));
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
	u64 pc = dbg_regs_pc(regs);
	const struct dbg_scope *body = &step->future.body.scope;
	if (pc > body->low && pc <= body->high)
		return polled(target, step, thread, regs);
	if (!is_glue(target, pc))
		return STEP_NOT_MINE;
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

// ---- outwards --------------------------------------------------------------------------------------

static bool is_root(const struct step_future *future, struct str name)
{
	for (size_t i = 0; i < future->n_roots; i++)
		if (str_starts(name, str_of(future->roots[i])))
			return true;
	return false;
}

// What a frame above is to a step that leaves: nothing, code to go on in, or the end of the way.
enum outer { OUTER_PASSED, OUTER_AWAITER, OUTER_CODE, OUTER_ROOT };

static enum outer judge(struct dbg_target *target, const struct step *step, u64 lookup)
{
	struct arena scratch = {0};
	struct dbg_scope *scopes;
	struct dbg_coroutine_body body;
	struct dbg_line_row row;
	enum outer result = OUTER_PASSED;
	size_t n = dbg_scopes_at(target->space.modules, &scratch, lookup, &scopes);
	for (size_t i = 0; i < n; i++)
		if (is_root(&step->future, scopes[i].name))
			result = OUTER_ROOT;
	bool skips = !dbg_line_at(target->space.modules, lookup, &row) || !row.place.line;
	if (result == OUTER_PASSED && n && dbg_coroutine_body_at(target->space.modules, lookup, &body) &&
	    !(step->future.my_code && dbg_place_is_library(body.scope.decl)))
		result = OUTER_AWAITER;
	else if (result == OUTER_PASSED && !skips && !dbg_place_is_library(row.place))
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
		enum outer outer = judge(target, step, dbg_regs_pc(&frames[i].regs) - !(frames[i].exact_pc && i > 0));
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
		step_add_stop(target, step, STOP_IN_AWAITER, dbg_regs_pc(&frames[chosen].regs), frames[chosen].regs.value[DBG_REG_RSP]);
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
	return step_future_outwards(target, step, thread, DBG_STEP_COMPLETED);
}

enum dbg_step_end step_end(const struct dbg_target *target, u64 *future, const struct dbg_type **type)
{
	const struct step *step = target->step;
	*future = step ? step->future.addr : 0;
	*type = *future ? step->future.body.env : NULL;
	return step ? step->future.end : DBG_STEP_ARRIVED;
}

// ---- into ------------------------------------------------------------------------------------------

bool step_future_enters(struct dbg_target *target, struct step *step, u64 pc)
{
	struct dbg_line_row row;
	if (!step->future.follows)
		return true;
	if (step->future.my_code && (!dbg_line_at(target->space.modules, pc, &row) || dbg_place_is_library(row.place)))
		return false;
	return !is_glue(target, pc) && !dbg_makes_coroutine(target->space.modules, pc);
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
	return step_in_function(target, step, dbg_regs_pc(regs));
}
