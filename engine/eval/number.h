// Rust's primitive types and what operators do to them. Private to engine/eval.
#pragma once
#include "engine/value.h"

typedef unsigned __int128 u128;
typedef __int128 i128;

// What an expression has come to: a value of the debuggee, or a literal whose type is not fixed yet.
struct operand {
	enum { OPERAND_VALUE, OPERAND_INT, OPERAND_FLOAT, OPERAND_STRING } kind;
	// What Rust gives in an Option: `v.get(1)`. It is the value itself here, or NONE with the reason.
	enum { OPERAND_PLAIN, OPERAND_SOME, OPERAND_NONE } option;
	err_t why; // NONE
	struct dbg_value value;
	i128 number; // INT
	double real; // FLOAT
	struct str text;
};

// "u8", "f64", "bool", "char", "usize"...; NULL for other names. Static: they belong to no module.
const struct dbg_type *primitive_type(struct str name);
bool is_integer(const struct dbg_type *type);

// A value of `type` with these low bytes, on the arena.
struct dbg_value make_value(struct arena *arena, const struct dbg_space *space, const struct dbg_type *type, u128 bits);
struct dbg_value make_bool(struct arena *arena, const struct dbg_space *space, bool truth);
struct dbg_value make_float(struct arena *arena, const struct dbg_space *space, const struct dbg_type *type, double real);
err_t float_of(struct operand operand, double *out) MUST_USE;
bool is_scalar(const struct dbg_type *type);
// A literal takes the type it has without a context: i32 (or the next that holds it), f64.
err_t settle(struct arena *arena, const struct dbg_space *space, struct operand operand, struct dbg_value *out) MUST_USE;

// An integer's, bool's, char's, enum's or pointer's bits, extended by its sign.
err_t integer_bits(struct dbg_value value, u128 *out) MUST_USE;
enum { ORDER_NONE = 2 }; // neither less, equal nor greater: NaN
// Does the operator hold for -1, 0, 1 or ORDER_NONE?
bool comparison_holds(struct str op, int order);
// `-` and `!`
err_t unary_operator(struct arena *arena, const struct dbg_space *space, struct str op, struct operand operand,
                     struct operand *out) MUST_USE;
// Arithmetic, bits, shifts, comparison of scalars.
err_t binary_operator(struct arena *arena, const struct dbg_space *space, struct str op, struct operand left,
                      struct operand right, struct operand *out) MUST_USE;
// `as` between primitive types and pointers.
err_t cast_scalar(struct arena *arena, struct dbg_value value, const struct dbg_type *to, struct dbg_value *out) MUST_USE;
