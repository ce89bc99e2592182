// A coroutine as a stepper sees it: its body, which is its Future::poll; the future that a call of it polls; its
// state in memory; and the code that drops it. The future's address is its identity from its first poll on.
#pragma once
#include "engine/frame.h"

struct dbg_coroutine_body {
	struct dbg_scope scope; // the physical function, or an instance that was inlined; low and high are 0 if none is known
	u64 start;              // behind the prologue: where the future that is polled can be read at first; 0 where inlined
	u64 by_state;           // where it jumps to where the future is: rows before that are of no line; 0: not known
	const struct dbg_type *env;
	u64 state_offset, state_size; // of the state in the env
	u64 self_by, self_offset;     // DIE of a variable that tells where the future lies, and how far in it is; 0: a parameter does
	bool by_code;                 // neither tells it: what optimised code has in registers does
	bool one_line;                // all of its code stands on the line where it is declared
};

// The innermost coroutine whose body the code at pc is, inlined or not; false if it is none's, or the debug info does not
// tell enough.
bool dbg_coroutine_body_at(struct dbg_modules *modules, u64 pc, struct dbg_coroutine_body *out);
// All of them, innermost first: a poll of the first is a part of a poll of the second. In `arena`.
size_t dbg_coroutine_bodies_at(struct dbg_modules *modules, struct arena *arena, u64 pc, struct dbg_coroutine_body **out);
// The body of a coroutine's type: the function, or what is known of it where all copies were inlined.
bool dbg_coroutine_body_of(struct dbg_modules *modules, const struct dbg_type *env, struct dbg_coroutine_body *out);
// Where the bodies begin (`start`) of those coroutines that are not library code. In `arena`.
size_t dbg_coroutine_starts(struct dbg_modules *modules, struct arena *arena, u64 **out);

// The future that a frame of this body polls; 0 if that can't be told (in the prologue, or optimised out). `cfa` may
// be 0 where only code with its frame base in a register is to be understood.
u64 dbg_coroutine_self(const struct dbg_space *space, const struct dbg_coroutine_body *body, const struct dbg_regs *regs,
                       u64 cfa);

// The future that the first of these bodies polls, as dbg_coroutine_bodies_at() gave them for a frame: should that be
// optimised out, it is told by where those that await it keep it.
u64 dbg_coroutine_polled(const struct dbg_space *space, const struct dbg_coroutine_body *bodies, size_t n,
                         const struct dbg_regs *regs, u64 cfa);

// The future that a frame of a coroutine's body polls, and that body, be the frame the newest one or a caller; 0 if it can't
// be told, or the frame is not one.
u64 dbg_coroutine_of_frame(const struct dbg_space *space, const struct dbg_frame *frame, struct dbg_coroutine_body *body);

// What the state says, read past the cache. While the future is polled it is that of the time before.
enum dbg_coroutine_state { DBG_COROUTINE_UNRESUMED, DBG_COROUTINE_RETURNED, DBG_COROUTINE_PANICKED, DBG_COROUTINE_SUSPENDED };
bool dbg_coroutine_state(const struct dbg_space *space, const struct dbg_coroutine_body *body, u64 future, u64 *state,
                         enum dbg_coroutine_state *out);

// Entries of the closures that the function at this address makes, in each of their instances; not of those that were inlined
// everywhere. In `arena`.
size_t dbg_closures_of(struct dbg_modules *modules, struct arena *arena, u64 addr, u64 **out);
// Entries of drop_in_place for the type; its first argument is the value's address. In `arena`.
size_t dbg_drop_functions(struct dbg_modules *modules, struct arena *arena, const struct dbg_type *type, u64 **out);

// Was the body of a coroutine of the user's inlined into the function at pc?
bool dbg_inlines_coroutine(struct dbg_modules *modules, u64 pc);

// The lines of those awaits in the body that the line is one of; 0 if it is none's, or the debug info does not tell. In `arena`.
size_t dbg_await_lines(struct dbg_modules *modules, struct arena *arena, const struct dbg_coroutine_body *body, u32 line,
                       u32 **out);

// The coroutine that the function at pc makes, if it is an `async fn` or closure as it is called; else NULL.
const struct dbg_type *dbg_made_coroutine(struct dbg_modules *modules, u64 pc);
// Is it such a function, or one that a macro made of an `async fn`, with a body that it boxes (`#[async_trait]`)?
bool dbg_only_makes_coroutine(struct dbg_modules *modules, u64 pc);
