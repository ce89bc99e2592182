// Steps: over, in and out, by line, statement and instruction, as a machine that is fed by the stops of one thread.
//
// The stepped thread goes instruction by instruction through its function and runs over calls to a breakpoint
// behind them; all other threads run freely. Nothing here waits.
#include <sys/syscall.h>

#include "step.h"

// ---- stops of its own ------------------------------------------------------------------------------

void step_clear_stops(struct dbg_target *target, struct step *step)
{
	for (size_t i = step->stops.len; i-- > 0;) {
		u64 addr = step->stops.items[i].addr;
		if (step->stops.items[i].kind >= STOP_PANIC)
			continue; // stay for the whole step
		step->stops.items[i] = step->stops.items[--step->stops.len];
		site_update(target, addr);
	}
}

void step_add_stop(struct dbg_target *target, struct step *step, enum step_stop_kind kind, u64 addr, u64 least_sp)
{
	struct step_stop stop = {.addr = addr, .least_sp = least_sp, .kind = kind};
	vec_push(&step->arena, &step->stops, stop);
	site_update(target, addr);
	step->by_instruction = false;
}

bool step_wants(const struct dbg_target *target, u64 addr)
{
	const struct step *step = target->step;
	for (size_t i = 0; step && i < step->stops.len; i++)
		if (step->stops.items[i].addr == addr)
			return true;
	return false;
}

bool step_runs_by_instruction(const struct dbg_target *target, const struct thread *thread)
{
	return target->step && target->step->tid == thread->tid && target->step->by_instruction;
}

void step_discard(struct dbg_target *target)
{
	struct step *step = target->step;
	if (!step)
		return;
	target->step = NULL;
	watch_end(target);
	for (size_t i = 0; i < step->stops.len; i++)
		site_update(target, step->stops.items[i].addr);
	struct arena arena = step->arena;
	arena_deinit(&arena);
}

// ---- where a step ends -----------------------------------------------------------------------------

static bool same_line(const struct dbg_place *a, const struct dbg_place *b)
{
	return a->line == b->line && str_eq(a->file, b->file);
}

// In the stepped function: is this a place to end at?
// Before a future that the line awaits is polled, it is made, which may be on another line. Back from there the poll follows.
static bool is_makers_line(struct step *step, const struct dbg_place *place)
{
	bool is = false;
	for (size_t i = 0; step->into.name.len && i < step->into.n_makers; i++)
		is = is || (step->into.makers[i] == place->line && str_eq(place->file, step->into.place.file));
	if (step->into_made && same_line(place, &step->frame.from))
		step->into.n_makers = 0;
	step->into_made = step->into_made || is;
	return is;
}

bool step_ends_at(struct dbg_target *target, struct step *step, u64 pc)
{
	struct dbg_line_row row;
	const struct dbg_place *from = &step->frame.from;
	if (!dbg_line_at(target->space.modules, pc, &row) || !row.place.line)
		return false;
	size_t depth = step_frame_depth_at(target, &step->frame, pc);
	if (depth != SIZE_MAX && depth > 0 && step_is_foreign(target, step, pc))
		return false;               // a closure that was inlined into what calls it, and that into the user's
	if (step->kind == DBG_STEP_OUT) // of an inlined function: anywhere in those around it
		return depth != SIZE_MAX && depth > 0;
	if (step->anywhere)
		return !step_is_foreign(target, step, pc);
	if (!row.is_stmt || row.addr != pc)
		return false;
	if (depth == SIZE_MAX && step->into.name.len)
		return step->into.inlined && step_is_in_instance(target, step->into.inlined, pc);
	if (depth == SIZE_MAX) // an inlined callee
		return step->kind == DBG_STEP_IN && !same_line(&row.place, from) && !step_future_ignores_inlined(target, step, &row);
	if (step_future_ignores(step, &row) || (!depth && is_makers_line(step, &row.place)))
		return false;
	if (depth > 0) // the inlined function that was stepped has ended
		return true;
	if (step->granularity == DBG_BY_STATEMENT)
		return !same_line(&row.place, from) || row.place.column != from->column;
	return !same_line(&row.place, from) && !step_is_in_await(target, step, &row);
}

// Behind where a coroutine stores that it is suspended comes what all its suspensions have in common; where the compiler has
// merged that it has the line of one of them.
static void note_store(struct dbg_target *target, struct step *step, struct thread *thread)
{
	u8 value;
	struct dbg_regs *regs;
	struct step_future *future = &step->future;
	err_t error = future->addr && !future->stored ? thread_regs(thread, &regs) : NULL;
	if (future->addr && !future->stored && !error &&
	    step_stores_to(target, regs, future->addr + future->body.state_offset, &value))
		future->stored = value > DBG_COROUTINE_PANICKED;
}

enum step_verdict step_in_function(struct dbg_target *target, struct step *step, struct thread *thread, u64 pc)
{
	step->by_instruction = true;
	note_store(target, step, thread);
	if (step->through_sp)
		return step_through(target, step, thread, pc);
	if (step->future.coming && !step_future_arrives(target, step, pc))
		return STEP_GOES_ON;
	if (step->future.addr && step->future.body.scope.inlined)
		return step_inlined_at(target, step, thread, pc);
	if (step->future.addr && step->kind == DBG_STEP_OUT) {
		step_add_stop(target, step, STOP_IN_CALLER, step->frame.callers_pc, step->frame.callers_sp);
		return STEP_GOES_ON;
	}
	return !step->future.stored && step_ends_at(target, step, pc) ? STEP_DONE : STEP_GOES_ON;
}

// For $ret: the function has just returned.
static void note_returned(struct dbg_target *target, struct thread *thread, struct dbg_regs *regs)
{
	const struct step_frame *frame = &target->step->frame;
	struct dbg_regs vectors;
	target->returned =
	    (struct dbg_returned){.function = frame->low, .rax = regs->value[DBG_REG_RAX], .rdx = regs->value[DBG_REG_RDX]};
	target->returned_tid = thread->tid;
	target->returned_pc = dbg_regs_pc(regs);
	err_t error = os_float_regs(thread->tid, &vectors);
	if (error)
		return;
	target->returned.xmm0 = vectors.value[DBG_REG_XMM0];
	target->returned.xmm1 = vectors.value[DBG_REG_XMM0 + 1];
}

// The stepped frame is gone, and the thread is in its caller, mid-line as a rule.
static enum step_verdict in_caller(struct dbg_target *target, struct thread *thread)
{
	struct step *step = target->step;
	struct dbg_regs *regs;
	struct dbg_line_row row;
	err_t error = thread_regs(thread, &regs);
	if (!error)
		note_returned(target, thread, regs);
	if (error || step->granularity == DBG_BY_INSTRUCTION)
		return STEP_DONE;
	if (step->future.addr)
		return step_future_returned(target, step, thread);
	bool has_row = dbg_line_at(target->space.modules, dbg_regs_pc(regs), &row);
	bool is_foreign = step_is_foreign(target, step, dbg_regs_pc(regs));
	if (is_foreign && step->future.follows)
		return step_future_outwards(target, step, thread, DBG_STEP_ARRIVED);
	if (is_foreign && !step_is_mine(target, dbg_regs_pc(regs)))
		return step_to_my_code(target, step, thread);
	if (has_row && row.place.line && (!is_foreign || step->kind == DBG_STEP_OUT))
		return STEP_DONE;
	error = step_frame_here(target, thread, &step->frame);
	if (!error && has_row) { // code that the compiler made up, or inlined: on to the next that has a line
		step->anywhere = true;
		step->kind = DBG_STEP_OVER;
		step->by_instruction = true;
		return STEP_GOES_ON;
	}
	u64 pc, sp;
	if (error || step->kind == DBG_STEP_OUT || !step_outer_frame(target, thread, false, &pc, &sp))
		return STEP_DONE;
	step_add_stop(target, step, STOP_IN_CALLER, pc, sp);
	return STEP_GOES_ON;
}

// ---- events ----------------------------------------------------------------------------------------

enum step_verdict step_after_instruction(struct dbg_target *target, struct thread *thread)
{
	struct step *step = target->step;
	struct dbg_regs *regs;
	u64 return_addr;
	if (!step || step->tid != thread->tid || !step->by_instruction)
		return STEP_NOT_MINE;
	err_t error = thread_regs(thread, &regs);
	if (error)
		return STEP_NOT_MINE;
	u64 pc = dbg_regs_pc(regs), sp = regs->value[DBG_REG_RSP];
	if (step->in_stub)
		return step_through_stub(target, step, pc);
	if (thread->step_signal && !step_frame_contains(target, &step->frame, pc)) // in the signal's handler
		return step_run_over(target, step, thread->step_pc, thread->step_sp);
	if (step->granularity == DBG_BY_INSTRUCTION && step->kind == DBG_STEP_IN)
		return STEP_DONE;
	if (step_was_call(target, thread, pc, sp, &return_addr))
		return step_called(target, step, pc, return_addr, thread->step_sp);
	if (step->granularity == DBG_BY_INSTRUCTION && step->kind == DBG_STEP_OVER)
		return STEP_DONE;
	if (step->through_sp && sp < step->through_sp)
		return step_through(target, step, thread, pc);
	step->through_sp = 0;
	if (step->frame.cfa && sp >= step->frame.cfa)
		return in_caller(target, thread);
	if (step_frame_contains(target, &step->frame, pc))
		return step_in_function(target, step, thread, pc);
	// A jump out of the function with its frame given up: a tail call.
	u64 start = step->kind == DBG_STEP_IN ? step_function_start(target, pc) : 0;
	if (start)
		return step_enter(target, step, pc, start, step->frame.callers_pc, step->frame.callers_sp);
	if (!step->frame.callers_pc)
		return STEP_GOES_ON;
	step_add_stop(target, step, STOP_IN_CALLER, step->frame.callers_pc, step->frame.callers_sp);
	return STEP_GOES_ON;
}

// Caught further out than the stepped frame: the step ends where the first of the user's frames goes on.
static enum step_verdict after_panic(struct dbg_target *target, struct step *step, struct thread *thread)
{
	u64 pc, callers_sp;
	if (step_frame_is_live(target, &step->frame, thread))
		return STEP_GOES_ON; // caught in a callee
	step_clear_stops(target, step);
	step->through_sp = 0;
	if (step->future.follows)
		return step_future_outwards(target, step, thread, DBG_STEP_PANICKED);
	if (!step_outer_frame(target, thread, true, &pc, &callers_sp) && !step_outer_frame(target, thread, false, &pc, &callers_sp))
		return STEP_DONE;
	step_add_stop(target, step, STOP_IN_CALLER, pc, callers_sp);
	return STEP_GOES_ON;
}

static enum step_verdict at_longjmp(struct dbg_target *target, struct step *step, const struct dbg_regs *regs)
{
	u64 pc, sp, awaited = 0;
	if (!step_longjmp_target(target, regs, &pc, &sp))
		return STEP_GOES_ON;
	for (size_t i = 0; i < step->stops.len; i++)
		if (step->stops.items[i].kind == STOP_BEHIND_CALL || step->stops.items[i].kind == STOP_IN_CALLER)
			awaited = step->stops.items[i].least_sp;
	if (sp < awaited)
		return STEP_GOES_ON; // within a callee
	step_clear_stops(target, step);
	step_add_stop(target, step, STOP_LANDED, pc, sp);
	return STEP_GOES_ON;
}

static enum step_verdict landed(struct dbg_target *target, struct step *step, struct thread *thread, u64 pc, u64 sp)
{
	step_clear_stops(target, step);
	step->through_sp = 0;
	return step->frame.cfa && sp >= step->frame.cfa ? in_caller(target, thread) : step_in_function(target, step, thread, pc);
}

static bool is_of_suspended(enum step_stop_kind kind)
{
	return kind == STOP_WAKE || kind == STOP_DROP || kind == STOP_CALLED || kind == STOP_GIVEN_UP;
}

enum step_verdict step_at_site(struct dbg_target *target, struct thread *thread, u64 addr)
{
	struct step *step = target->step;
	struct dbg_regs *regs;
	if (!step || (step->tid != thread->tid && !step->future.suspended))
		return STEP_NOT_MINE;
	err_t error = thread_regs(thread, &regs);
	if (error)
		return STEP_NOT_MINE;
	u64 sp = regs->value[DBG_REG_RSP];
	for (size_t i = 0; i < step->stops.len; i++) {
		struct step_stop stop = step->stops.items[i];
		if (stop.addr != addr || sp < stop.least_sp || (step->future.suspended && !is_of_suspended(stop.kind)))
			continue;
		switch (stop.kind) {
		case STOP_BEHIND_CALL:
			step_clear_stops(target, step);
			return step->granularity == DBG_BY_INSTRUCTION ? STEP_DONE : step_in_function(target, step, thread, addr);
		case STOP_IN_CALLER: step_clear_stops(target, step); return in_caller(target, thread);
		case STOP_IN_CALLEE: return step->future.follows ? step_future_entered(target, step, thread) : STEP_DONE;
		case STOP_IN_AWAITER: return step_back_in_awaiter(target, step, thread, addr);
		case STOP_IN_BODY: return step_future_entered(target, step, thread);
		case STOP_WAKE: return step_future_polled(target, step, thread);
		case STOP_DROP: return step_future_dropped(step, regs);
		case STOP_CALLED:
		case STOP_GIVEN_UP: return step_called_with(target, step, thread, regs, stop.kind == STOP_GIVEN_UP);
		case STOP_LANDED: return landed(target, step, thread, addr, sp);
		case STOP_PANIC: return after_panic(target, step, thread);
		case STOP_LONGJMP: return at_longjmp(target, step, regs);
		}
	}
	return STEP_NOT_MINE;
}

bool step_is_of(const struct dbg_target *target, const struct thread *thread)
{
	return target->step && target->step->tid == thread->tid;
}

bool step_thread_exits(struct dbg_target *target, struct thread *thread)
{
	struct step *step = target->step;
	long number;
	if (!step || step->tid != thread->tid)
		return false;
	step_discard(target);
	// The whole process ends by exit_group or a signal: its end is told, not the step's.
	if (thread->state != THREAD_STOPPED || target->threads.len < 2)
		return false;
	err_t error = os_syscall_number(thread->tid, &number);
	return !error && number == SYS_exit;
}
