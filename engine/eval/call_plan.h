// What the files of a call share: how far the plan is. Private to engine/eval.
#pragma once
#include "engine/call.h"

#include "abi.h"
#include "name.h"

enum { MOST_ARGS = 6, MOST_STRING = 1 << 16, UNWRITTEN = 0xa5 };

// An argument as it was written, and as a value once the parameter's type is known.
struct argument {
	struct operand operand;
	size_t column;
};

struct planner {
	struct eval *eval;
	struct dbg_call_plan *plan;
	size_t n_ints;
	bool forced;
	struct buf data;
};

// call_argument.c
u64 plan_data(struct planner *planner, const void *bytes, size_t n); // where in the call's memory they are
err_t plan_register(struct planner *planner, u64 word, bool in_data) MUST_USE;
err_t plan_argument(struct planner *planner, const struct argument *argument, const struct dbg_parameter *param,
                    bool optimised) MUST_USE;
// Does nothing happen to what a value of the type owns, when it is dropped?
bool plan_is_copied(const struct dbg_type *type);
// call_callee.c: the function that `out` is to call, with the arguments it takes.
struct callee {
	struct str path;                 // of a function
	struct str generics;             // "<u8>": only the instance for these
	struct str of;                   // only of traits that this type implements
	u64 addr;                        // what a fn pointer leads to
	u64 env;                         // what a closure has captured, by its address
	const struct dbg_type *env_type; // NULL: it is none
};
err_t plan_callee(struct eval *eval, const struct callee *callee, const struct argument *arguments, size_t n, bool forced,
                  struct dbg_call_plan *out) MUST_USE;
// What a variable is, if it can be called: a closure, or what a fn pointer leads to. ERR_NOT_FOUND: it is none.
err_t plan_callable(struct eval *eval, struct dbg_value value, struct callee *out) MUST_USE;
