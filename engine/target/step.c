// Steps: over, in and out, by line, statement and instruction, as a machine that is fed by the stops of one thread.
//
// The stepped thread goes instruction by instruction through its function and runs over calls to a breakpoint
// behind them; all other threads run freely. Nothing here waits.
#include <sys/syscall.h>

#include "step.h"

enum { CALL_LENGTH = 15 /* longest x86 instruction */, STUB_LENGTH = 6 };

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
static bool ends_at(struct dbg_target *target, struct step *step, u64 pc)
{
	struct dbg_line_row row;
	const struct dbg_place *from = &step->frame.from;
	if (!dbg_line_at(target->space.modules, pc, &row) || !row.place.line)
		return false;
	size_t depth = step_frame_depth_at(target, &step->frame, pc);
	if (step->kind == DBG_STEP_OUT) // of an inlined function: anywhere in those around it
		return depth != SIZE_MAX && depth > 0;
	if (step->anywhere)
		return true;
	if (!row.is_stmt || row.addr != pc)
		return false;
	if (depth == SIZE_MAX) // an inlined callee
		return step->kind == DBG_STEP_IN && !same_line(&row.place, from) && !step_future_ignores_inlined(target, step, &row);
	if (step_future_ignores(step, &row))
		return false;
	if (depth > 0) // the inlined function that was stepped has ended
		return true;
	if (step->granularity == DBG_BY_STATEMENT)
		return !same_line(&row.place, from) || row.place.column != from->column;
	return !same_line(&row.place, from);
}

enum step_verdict step_in_function(struct dbg_target *target, struct step *step, u64 pc)
{
	step->by_instruction = true;
	return ends_at(target, step, pc) ? STEP_DONE : STEP_GOES_ON;
}

// The stepped frame is gone, and the thread is in its caller, mid-line as a rule.
static enum step_verdict in_caller(struct dbg_target *target, struct thread *thread)
{
	struct step *step = target->step;
	struct dbg_regs *regs;
	struct dbg_line_row row;
	err_t error = thread_regs(thread, &regs);
	if (error || step->granularity == DBG_BY_INSTRUCTION)
		return STEP_DONE;
	if (step->future.addr)
		return step_future_returned(target, step, thread);
	bool has_row = dbg_line_at(target->space.modules, dbg_regs_pc(regs), &row);
	if (step->future.follows && step->future.my_code && (!has_row || dbg_place_is_library(row.place)))
		return step_future_outwards(target, step, thread, DBG_STEP_ARRIVED);
	if (has_row && row.place.line)
		return STEP_DONE;
	error = step_frame_here(target, thread, &step->frame);
	if (!error && has_row) { // code that the compiler made up: on to the next that has a line
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

// ---- calls -----------------------------------------------------------------------------------------

static enum step_verdict run_over(struct dbg_target *target, struct step *step, u64 return_addr, u64 sp)
{
	step_add_stop(target, step, STOP_BEHIND_CALL, return_addr, sp);
	return STEP_GOES_ON;
}

// Over code that is not to be stepped, but into the coroutines that it may poll.
static enum step_verdict run_past(struct dbg_target *target, struct step *step, u64 return_addr, u64 sp)
{
	step->in_stub = 0;
	step_future_watch_bodies(target, step);
	return run_over(target, step, return_addr, sp);
}

static enum step_verdict enter(struct dbg_target *target, struct step *step, u64 pc, u64 start, u64 return_addr, u64 sp)
{
	step->in_stub = 0;
	if (start == pc && !step->future.follows)
		return STEP_DONE;
	step_add_stop(target, step, STOP_IN_CALLEE, start, 0);
	return run_over(target, step, return_addr, sp); // should it leave without passing there
}

static enum step_verdict called(struct dbg_target *target, struct step *step, u64 pc, u64 return_addr, u64 sp)
{
	if (step->kind != DBG_STEP_IN)
		return run_over(target, step, return_addr, sp);
	u64 start = step_function_start(target, pc);
	if (start && !step_future_enters(target, step, pc))
		return run_past(target, step, return_addr, sp);
	if (start)
		return enter(target, step, pc, start, return_addr, sp);
	// Perhaps a linkage stub, which jumps on to a function that has lines.
	step->in_stub = STUB_LENGTH;
	step->stub_return = return_addr;
	step->stub_sp = sp;
	return STEP_GOES_ON;
}

static enum step_verdict through_stub(struct dbg_target *target, struct step *step, u64 pc)
{
	u64 start = step_function_start(target, pc);
	if (start && !step_future_enters(target, step, pc))
		return run_past(target, step, step->stub_return, step->stub_sp);
	if (start)
		return enter(target, step, pc, start, step->stub_return, step->stub_sp);
	if (--step->in_stub)
		return STEP_GOES_ON;
	return run_over(target, step, step->stub_return, step->stub_sp);
}

// `call` pushes the address of the instruction behind it.
static bool was_call(struct dbg_target *target, const struct thread *thread, u64 pc, u64 sp, u64 *return_addr)
{
	return sp == thread->step_sp - 8 && step_read_word(target, sp, return_addr) && *return_addr > thread->step_pc &&
	       *return_addr - thread->step_pc <= CALL_LENGTH && *return_addr != pc;
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
		return through_stub(target, step, pc);
	if (thread->step_signal && !step_frame_contains(target, &step->frame, pc)) // in the signal's handler
		return run_over(target, step, thread->step_pc, thread->step_sp);
	if (step->granularity == DBG_BY_INSTRUCTION && step->kind == DBG_STEP_IN)
		return STEP_DONE;
	if (was_call(target, thread, pc, sp, &return_addr))
		return called(target, step, pc, return_addr, thread->step_sp);
	if (step->granularity == DBG_BY_INSTRUCTION && step->kind == DBG_STEP_OVER)
		return STEP_DONE;
	if (step->frame.cfa && sp >= step->frame.cfa)
		return in_caller(target, thread);
	if (step_frame_contains(target, &step->frame, pc))
		return step_in_function(target, step, pc);
	// A jump out of the function with its frame given up: a tail call.
	u64 start = step->kind == DBG_STEP_IN ? step_function_start(target, pc) : 0;
	if (start)
		return enter(target, step, pc, start, step->frame.callers_pc, step->frame.callers_sp);
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
	return step->frame.cfa && sp >= step->frame.cfa ? in_caller(target, thread) : step_in_function(target, step, pc);
}

static bool is_of_suspended(enum step_stop_kind kind)
{
	return kind == STOP_WAKE || kind == STOP_DROP;
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
			return step->granularity == DBG_BY_INSTRUCTION ? STEP_DONE : step_in_function(target, step, addr);
		case STOP_IN_CALLER: step_clear_stops(target, step); return in_caller(target, thread);
		case STOP_IN_CALLEE: return step->future.follows ? step_future_entered(target, step, thread) : STEP_DONE;
		case STOP_IN_AWAITER: return STEP_DONE;
		case STOP_IN_BODY: return step_future_entered(target, step, thread);
		case STOP_WAKE: return step_future_polled(target, step, thread);
		case STOP_DROP: return step_future_dropped(step, regs);
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

// ---- the beginning ---------------------------------------------------------------------------------

static err_t begin(struct dbg_target *target, struct step *step, struct thread *thread)
{
	u64 pc, sp;
	struct dbg_regs *regs;
	struct dbg_line_row row;
	struct step_frame *frame = &step->frame;
	TRY(thread_regs(thread, &regs));
	TRY(step_frame_here(target, thread, frame));
	step->by_instruction = true;
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

static struct step *make(enum dbg_step kind, enum dbg_granularity granularity, const struct dbg_follow *follow)
{
	struct arena arena = {0};
	struct step *step = NEW(&arena, struct step);
	*step = (struct step){.kind = kind, .granularity = granularity};
	if (follow && granularity != DBG_BY_INSTRUCTION)
		step->future = (struct step_future){
		    .follows = true, .my_code = !follow->into_libraries, .roots = follow->roots, .n_roots = follow->n_roots};
	step->arena = arena;
	return step;
}

err_t step_begin(struct dbg_target *target, struct thread *thread, enum dbg_step kind, enum dbg_granularity granularity,
                 const struct dbg_follow *follow)
{
	step_discard(target);
	if (thread->exiting)
		return err_new(ERR_GONE, "thread %d is ending", (int)thread->tid);
	struct step *step = target->step = make(kind, granularity, follow);
	step->tid = thread->tid;
	err_t error = begin(target, step, thread);
	if (error)
		step_discard(target);
	else
		step_watch_leaving(target, step);
	return error;
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
	struct step *step = target->step = make(kind, DBG_BY_LINE, follow);
	step->future.addr = future.addr;
	step->future.body = body;
	if (what == DBG_COROUTINE_SUSPENDED)
		step->frame.from = dbg_coroutine_await_place(future.type, state);
	step_future_wait(target, step, any);
	step_watch_leaving(target, step);
	return NULL;
}
