// Methods that need no call into the program. Private to engine/eval.
#pragma once
#include "place.h"

enum { SUITS_LIST = 1, SUITS_MAP = 2, SUITS_TEXT = 4, SUITS_OPTION = 8, SUITS_RESULT = 16, SUITS_POLL = 32, SUITS_DURATION = 64 };

struct method {
	const char *name;
	unsigned least, most; // arguments
	bool ignores_them;    // they are not evaluated: `load(Ordering::Relaxed)`
	err_t (*call)(struct arena *arena, struct dbg_value value, struct str name, const struct operand *argument,
	              struct dbg_value *out);
	unsigned suits; // what it is offered for: SUITS_...
	bool finds;     // the argument may be what only a pattern can tell: an enum, a tuple
	bool wrapped;   // Rust's gives an Option or Result, this one what is in it: an unwrap() behind it does nothing
};

// ERR_NOT_FOUND with the names there are, or ERR_ARGUMENT for the wrong number of arguments.
err_t method_find(struct arena *arena, struct str name, unsigned n_arguments, const struct method **out) MUST_USE;
