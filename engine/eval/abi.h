// How rustc passes values of a type between functions of its own calling convention. Private to engine/eval.
#pragma once
#include "engine/call.h"

struct pass {
	enum {
		PASS_NOTHING,   // it has no size
		PASS_REGISTERS, // one or two, each a part of it
		PASS_MEMORY,    // by a pointer to it
		PASS_UNKNOWN,   // depends on the compiler
	} kind;
	size_t n;
	struct dbg_call_part parts[2];
};
struct pass abi_pass(const struct dbg_type *type);
