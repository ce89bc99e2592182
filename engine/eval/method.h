// Methods that need no call into the program. Private to engine/eval.
#pragma once
#include "place.h"

enum {
	SUITS_LIST = 1,
	SUITS_MAP = 2,
	SUITS_TEXT = 4,
	SUITS_OPTION = 8,
	SUITS_RESULT = 16,
	SUITS_POLL = 32,
	SUITS_DURATION = 64,
	SUITS_NUMBER = 128,
	SUITS_FLOAT = 256
};

struct method {
	const char *name;
	unsigned least, most; // arguments
	bool ignores_them;    // they are not evaluated: `load(Ordering::Relaxed)`
	err_t (*call)(struct arena *arena, struct dbg_value value, struct str name, const struct operand *argument,
	              struct dbg_value *out);
	unsigned suits; // what it is offered for: SUITS_...
	bool finds;     // the argument may be what only a pattern can tell: an enum, a tuple
	bool wrapped;   // Rust's gives a Result, this one what is in it: an unwrap() behind it does nothing
	bool optional;  // Rust's gives an Option, this one what is in it, or ERR_EMPTY
};

// NULL for a name that is not known; ERR_ARGUMENT for the wrong number of arguments.
err_t method_find(struct str name, unsigned n_arguments, const struct method **out) MUST_USE;
bool method_is_known(struct str name);
// ERR_NOT_FOUND with the methods that the value has.
err_t method_none(struct arena *arena, struct dbg_value value, struct str name) MUST_USE;

#define METHOD(name)                                                                                                             \
	err_t method_##name(struct arena *arena, struct dbg_value value, struct str called, const struct operand *argument,          \
	                    struct dbg_value *out)
METHOD(number) MUST_USE;      // method_number.c: of integers
METHOD(float) MUST_USE;       // ... and of floats
METHOD(fold) MUST_USE;        // ... and of a list of numbers: sum(), min()
METHOD(text) MUST_USE;        // method_text.c
METHOD(capacity) MUST_USE;    // method_owner.c: what owners know of themselves
METHOD(guarded) MUST_USE;     // lock(), borrow()
METHOD(tried) MUST_USE;       // try_lock(), try_borrow()
METHOD(is_poisoned) MUST_USE; // of a lock
METHOD(upgrade) MUST_USE;     // of a Weak
METHOD(count) MUST_USE;       // of Rc, Arc, Weak
METHOD(bound) MUST_USE;       // of a range
// method_contents.c
METHOD(len) MUST_USE;
METHOD(get) MUST_USE;
METHOD(first_or_last) MUST_USE;
METHOD(nth) MUST_USE;
METHOD(in_text) MUST_USE;
METHOD(contains) MUST_USE;
METHOD(is_variant) MUST_USE;
METHOD(unwrap) MUST_USE;
METHOD(is_null) MUST_USE;
METHOD(in_time) MUST_USE;
METHOD(itself) MUST_USE;
