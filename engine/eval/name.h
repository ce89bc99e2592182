// What names in expressions mean. Private to engine/eval.
#pragma once
#include "engine/eval.h"

#include "parse.h"
#include "place.h"

struct eval {
	const struct dbg_eval_context *context;
	const struct dbg_space *space;
	struct arena *arena;
	struct dbg_variable bound[8]; // by patterns, for the condition behind them
	size_t n_bound;
	unsigned applied; // closures, in all
};

// "buf", "crate::module::STATIC", "$task".
err_t name_path(struct eval *eval, const struct node *node, struct operand *out) MUST_USE;
bool name_variable(const struct eval *eval, struct str name, struct dbg_value *out); // also `self`
bool name_special(struct eval *eval, struct str name, struct operand *out);          // begins with `$`
bool name_is_static(const struct eval *eval, struct str name);
// The type of this path, or pointer to one, for a cast.
err_t name_type(struct eval *eval, struct str name, const struct dbg_type **out) MUST_USE;
// literal.c: NODE_INT, NODE_FLOAT.
err_t literal_number(struct eval *eval, const struct node *node, struct operand *out) MUST_USE;
// eval.c: any expression.
err_t eval_operand(struct eval *eval, const struct node *node, struct operand *out) MUST_USE;
err_t eval_value(struct eval *eval, const struct node *node, struct dbg_value *out) MUST_USE; // ... with a type, and not absent
// A closure that captures one field of `self` has a variable "self.field".
bool name_dotted(struct eval *eval, const struct node *node, struct dbg_value *out);
