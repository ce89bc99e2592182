// Calls of functions of the program: what the machine needs of one, and how a text becomes one. Nothing is called here:
// engine/target does that.
//
// A Rust function's calling convention is rustc's own. What is known of it (rustc_ty_utils/src/abi.rs, rustc_abi) and has
// been tried stands in engine/eval/abi.c; what is not is refused.
#pragma once
#include "engine/eval.h"

// In registers and memory.
struct dbg_call {
	u64 function;
	u64 args[6]; // in the registers rdi, rsi, rdx, rcx, r8, r9
	u8 in_data;  // bit i: args[i] is an offset in `data`
	u64 floats[8];
	size_t n_floats;
	// What the call needs in memory. It is mapped for it and unmapped behind it; words of `data` at `data_offsets` become
	// addresses in `data`, those at `code_offsets` in `code`, which is position-independent.
	const u8 *data, *code;
	size_t data_len, data_size, code_len; // beyond data_len it is 0
	const u32 *data_offsets, *code_offsets;
	size_t n_data_offsets, n_code_offsets;
};
struct dbg_call_result {
	struct str problem; // "" if the function has returned, else why not
	u64 rax, rdx, xmm0, xmm1;
	const u8 *data; // as the call has left it: data_size bytes
	u64 data_addr;  // where they were: nothing is there any more
	bool put_back;  // the thread is as it was
};

// What a function that was stepped out of has left in its registers.
struct dbg_returned {
	u64 function; // its first instruction; 0: none was left
	u64 rax, rdx, xmm0, xmm1;
	bool fresh; // nothing has run since: what lies behind rax is as it was
};
// As a value; absent with the reason if there is none, or how it returns is not known. In `arena`.
struct dbg_value dbg_returned_value(const struct dbg_returned *returned, const struct dbg_space *space, struct arena *arena);

// In words.
struct dbg_call_plan {
	struct dbg_call call;
	struct str function;           // its path
	const struct dbg_type *result; // NULL: it gives nothing
	enum { DBG_CALL_IN_REGISTERS, DBG_CALL_IN_DATA, DBG_CALL_TEXT } gives;
	u64 at; // IN_DATA, TEXT: where in `data`
	size_t n_parts;
	struct dbg_call_part { // of the result in registers
		u64 offset, size;
		bool is_float;
	} parts[2];
};
// "path::of(1, &x)" or "x.method(2)". ERR_UNSUPPORTED says what can't be passed or returned, and ERR_NOT_FOUND which functions
// there are. The plan lies in `arena`, as the context's values must. An optimised function is only called if `forced`: it may be
// adapted to the arguments that the program gives it.
err_t dbg_call_plan(const struct dbg_eval_context *context, struct arena *arena, struct str text, bool forced,
                    struct dbg_call_plan *out) MUST_USE;
// The text that `{:?}` (pretty: `{:#?}`) makes of the expression's value, by its type's own Debug.
err_t dbg_call_plan_debug(const struct dbg_eval_context *context, struct arena *arena, struct str text, bool pretty,
                          struct dbg_call_plan *out) MUST_USE;
// What the call has given: a value on `arena`, absent without a reason if it gives nothing.
err_t dbg_call_value(const struct dbg_call_plan *plan, const struct dbg_space *space, struct arena *arena,
                     const struct dbg_call_result *result, struct dbg_value *out) MUST_USE;
err_t dbg_call_text(const struct dbg_call_plan *plan, struct arena *arena, const struct dbg_call_result *result,
                    struct str *out) MUST_USE;
