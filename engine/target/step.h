// A step under way, shared by the files that make it:
//
//   step.c         when it ends, and what each stop of a thread means to it; step_begin.c  where it begins
//   step_frame.c   which function instance it is in; step_call.c  calls; step_leave.c  panics, longjmp
//   step_future.c  the future that it stays with; step_inlined.c, step_store.c  one whose body is a part
//                  of another function
//   step_await.c   an await on several lines; step_awaited.c  what one polls
//   step_mine.c    past library code
//   step_into.c    into what is polled; step_outwards.c  to who awaits it; step_called.c  to who fetches a result
#pragma once
#include "engine/coroutine.h"
#include "target.h"

enum { MOST_NESTED = 32 }; // inlined functions in each other

// The function instance that is stepped.
struct step_frame {
	u64 low, high; // of the physical function; both 0: not known
	u64 cfa;       // of its frame: what rsp is when it has returned; 0: not known
	const struct dbg_module *module;
	u64 chain[MOST_NESTED]; // DIEs at the start, innermost first, the physical function's last
	size_t n_chain;
	struct dbg_place from;      // where the step began; line 0: anywhere but here is elsewhere
	u64 callers_pc, callers_sp; // 0: outermost
};

// A breakpoint of the step's own. It counts for the stepped thread only, and only if the frames that were newer
// when it was set are gone: rsp tells a deeper recursion's return from the awaited one.
struct step_stop {
	u64 addr;
	u64 least_sp;
	enum step_stop_kind {
		STOP_BEHIND_CALL, // back in the stepped frame
		STOP_IN_CALLER,   // the stepped frame has returned
		STOP_IN_CALLEE,   // behind the prologue of a function stepped into
		STOP_LANDED,      // where a longjmp leads
		STOP_IN_AWAITER,  // the future is done: back in whoever awaits it
		STOP_IN_BODY,     // a coroutine's body, reached through code that is not stepped
		STOP_WAKE,        // a poll of the awaited future, on whichever thread
		STOP_DROP,        // it is dropped
		STOP_CALLED,      // the function of `call`, by whichever thread
		STOP_GIVEN_UP,    // its other one
		STOP_PANIC,       // a panic was caught: __rust_panic_cleanup
		STOP_LONGJMP,     // longjmp was called
	} kind;
};

// The future that a step stays with. Its address is its identity, from its first poll until it is dropped.
struct step_future {
	bool follows;   // whether the step is to stay with futures at all
	u64 addr;       // 0: the stepped frame is not a coroutine's
	bool suspended; // it has returned Pending: no thread polls it now, and step.tid is 0
	u64 state;      // its state when the poll under way began
	bool coming;    // it is polled, but the thread has not come to its body yet
	bool stored;    // the poll under way ends in a suspension: it has written the state, maybe as it was
	bool left;      // the thread has left its inlined body, and it can't be told yet with what result
	bool at_root;   // ... into the function that polls what nobody awaits
	struct {        // the coroutine whose function its body is inlined into, if it is one's: without a watch its polls are seen
		u64 addr;
		struct dbg_coroutine_body body;
	} outer;
	struct dbg_coroutine_body body;
	const char *const *roots; // names of the functions that poll what nobody awaits; a step goes no further out
	size_t n_roots;
	enum dbg_step_end end;
};

struct step {
	pid_t tid; // 0: no thread is stepped now
	enum dbg_step kind;
	enum dbg_granularity granularity;
	bool by_instruction; // else it runs until one of `stops`
	bool anywhere;       // stops on any row that has a line, not only at its start
	bool my_code;        // is not to end in library code
	unsigned in_stub;    // instructions that may still be spent in a linkage stub
	u64 stub_return, stub_sp;
	struct dbg_step_target into; // the only one to be entered; name "": any
	bool into_made;              // it was on a line that makes what is awaited
	struct {
		u32 of, *lines; // of the awaits that the line `of` belongs to
		size_t n;
	} await;
	u64 through_sp; // in library code that holds inlined bodies of the user's, until rsp is this again; 0: not
	struct step_frame frame;
	struct step_future future;
	struct dbg_awaited_call call; // function 0: none
	VEC(struct step_stop) stops;
	struct arena arena;
};

// ---- step_frame.c
// Where the thread is now: its function, inlined chain, CFA and caller.
err_t step_frame_here(struct dbg_target *target, struct thread *thread, struct step_frame *out) MUST_USE;
void step_frame_take_chain(struct dbg_target *target, u64 pc, struct step_frame *frame); // appends
// From now on the function instance is the one with this DIE, which is in the chain.
void step_frame_outwards_to(struct step_frame *frame, u64 die);
// Is pc in the function instance, or in what was inlined into it?
bool step_frame_is_inside(struct dbg_target *target, const struct step_frame *frame, u64 pc);
bool step_frame_contains(struct dbg_target *target, const struct step_frame *frame, u64 pc);
// Is pc in the function instance with this DIE?
bool step_is_in_instance(struct dbg_target *target, u64 die, u64 pc);
// The innermost function instance at pc, and its place in the chain of the frame: SIZE_MAX if it is
// not among them (an inlined callee).
size_t step_frame_depth_at(struct dbg_target *target, const struct step_frame *frame, u64 pc);
// Is it still among the thread's frames?
bool step_frame_is_live(struct dbg_target *target, const struct step_frame *frame, struct thread *thread);
// The nearest caller that has line numbers (and, if asked, is not library code): where it goes on. False if none.
bool step_outer_frame(struct dbg_target *target, struct thread *thread, bool not_library, u64 *pc, u64 *sp);
// Where to stop in the function that begins at `entry`: behind its prologue; 0: it has no line numbers.
u64 step_function_start(struct dbg_target *target, u64 entry);
bool step_read_word(struct dbg_target *target, u64 addr, u64 *out); // past the cache: the others run

// ---- step_leave.c
void step_watch_leaving(struct dbg_target *target, struct step *step);
// Where longjmp, called with this jmp_buf, goes on.
bool step_longjmp_target(struct dbg_target *target, const struct dbg_regs *regs, u64 *pc, u64 *sp);

// ---- step.c, for step_future.c
void step_clear_stops(struct dbg_target *target, struct step *step); // but those that stay for the whole step
void step_add_stop(struct dbg_target *target, struct step *step, enum step_stop_kind kind, u64 addr, u64 least_sp);
enum step_verdict step_in_function(struct dbg_target *target, struct step *step, struct thread *thread, u64 pc);
// In library code that polls by what was inlined into it: has it come to a coroutine of the user's?
enum step_verdict step_through(struct dbg_target *target, struct step *step, struct thread *thread, u64 pc);
bool step_ends_at(struct dbg_target *target, struct step *step, u64 pc);

// ---- step_call.c
bool step_was_call(struct dbg_target *target, const struct thread *thread, u64 pc, u64 sp, u64 *return_addr);
enum step_verdict step_called(struct dbg_target *target, struct step *step, u64 pc, u64 return_addr, u64 sp);
enum step_verdict step_enter(struct dbg_target *target, struct step *step, u64 pc, u64 start, u64 return_addr, u64 sp);
enum step_verdict step_through_stub(struct dbg_target *target, struct step *step, u64 pc);
enum step_verdict step_run_over(struct dbg_target *target, struct step *step, u64 return_addr, u64 sp);

// ---- step_future.c
// The thread stands in the stepped frame: whose future does that poll? `inlined`: also if it is in a function that was
// inlined into the body.
void step_future_here(struct dbg_target *target, struct step *step, struct thread *thread, bool inlined);
// May the step not end at this row, which a resume passes on its way to where it was?
bool step_future_ignores(const struct step *step, const struct dbg_line_row *row);
bool step_future_ignores_inlined(struct dbg_target *target, const struct step *step, const struct dbg_line_row *row);
// A thread that polls the future is at pc: has it come to its body? Then that is the frame.
bool step_future_arrives(struct dbg_target *target, struct step *step, u64 pc);
// Is the code at pc what drops a value?
bool step_is_glue(struct dbg_target *target, u64 pc);
// Of what an `.await` calls besides the poll itself (rustc compiler/rustc_ast_lowering/src/expr.rs, lower_expr_await), and of
// polls that hand on to what they hold: nobody means these, even where library code is stepped into.
bool step_is_await_glue(struct str function);

// ---- step_await.c
// Is this row, on another line, a part of the await that the step began at?
bool step_is_in_await(struct dbg_target *target, struct step *step, const struct dbg_line_row *row);

// ---- step_awaited.c
// The envs of coroutines that the one with this env polls by an await on the line, as far as types tell. In `arena`.
size_t step_awaited(struct arena *arena, const struct dbg_type *env, const struct dbg_place *line, bool libraries,
                    const struct dbg_type ***out);

// ---- step_store.c
// Does the instruction at pc, which is about to run, write to this byte, and what?
bool step_stores_to(struct dbg_target *target, const struct dbg_regs *regs, u64 addr, u8 *value);

// ---- step_inlined.c
// The thread is at pc in the function that the body of its future was inlined into.
enum step_verdict step_inlined_at(struct dbg_target *target, struct step *step, struct thread *thread, u64 pc);

// ---- step_outwards.c
// What a frame above, at this address, is to a step that leaves: nothing, code to go on in, or the end of the way.
enum step_outer { OUTER_PASSED, OUTER_AWAITER, OUTER_CODE, OUTER_ROOT };
enum step_outer step_judge(struct dbg_target *target, const struct step *step, u64 lookup);
// The body has returned: waits for the next poll, or goes on to the awaiter.
enum step_verdict step_future_returned(struct dbg_target *target, struct step *step, struct thread *thread);
// Looks for who goes on when the stepped frame is gone; `end` tells what became of it if nobody does.
enum step_verdict step_future_outwards(struct dbg_target *target, struct step *step, struct thread *thread,
                                       enum dbg_step_end end);
// A thread is at a STOP_WAKE, STOP_DROP.
enum step_verdict step_future_polled(struct dbg_target *target, struct step *step, struct thread *thread);
enum step_verdict step_future_dropped(struct step *step, const struct dbg_regs *regs);
// Waits for the future's next poll.
void step_future_wait(struct dbg_target *target, struct step *step, struct thread *thread); // `thread`: any that is stopped

// ---- step_begin.c, step_called.c
struct step *step_make(enum dbg_step kind, enum dbg_granularity granularity, const struct dbg_follow *follow);
// A thread is at a STOP_CALLED, STOP_GIVEN_UP; back in the coroutine that polls.
enum step_verdict step_called_with(struct dbg_target *target, struct step *step, struct thread *thread,
                                   const struct dbg_regs *regs, bool given_up);
enum step_verdict step_back_in_awaiter(struct dbg_target *target, struct step *step, struct thread *thread, u64 pc);

// ---- step_mine.c
// Is it an address in library code, or in code of nobody's, where the step is not to end?
bool step_is_foreign(struct dbg_target *target, const struct step *step, u64 addr);
// Is it an address in a function of the user's, maybe in library code that was inlined into that?
bool step_is_mine(struct dbg_target *target, u64 addr);
// The closures of the function at this address: library code may call them.
void step_watch_closures(struct dbg_target *target, struct step *step, u64 addr);
// The stepped function has returned to library code, which may call it again, as it does `Iterator::next`, or one of the closures
// of the caller of that code.
void step_watch_callbacks(struct dbg_target *target, struct step *step, u64 caller);
// The stepped frame is gone, and library code goes on: to the user's code. If there is none further out, the step is over, and
// the thread runs on.
enum step_verdict step_to_my_code(struct dbg_target *target, struct step *step, struct thread *thread);

// ---- step_into.c
// A step into a function at pc: enter it, or run over it (with stops in the coroutines that it may poll)?
bool step_future_enters(struct dbg_target *target, struct step *step, u64 pc);
void step_future_watch_bodies(struct dbg_target *target, struct step *step);
enum step_verdict step_future_entered(struct dbg_target *target, struct step *step, struct thread *thread);
