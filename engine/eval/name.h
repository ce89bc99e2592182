// What names in expressions mean. Private to engine/eval.
#pragma once
#include "engine/eval.h"

#include "parse.h"
#include "place.h"

struct eval {
	const struct dbg_eval_context *context;
	const struct dbg_space *space;
	struct arena *arena;
};

// "buf", "crate::module::STATIC", "$task".
err_t name_path(struct eval *eval, const struct node *node, struct operand *out) MUST_USE;
bool name_variable(const struct eval *eval, struct str name, struct dbg_value *out); // also `self`
bool name_special(struct eval *eval, struct str name, struct operand *out);          // begins with `$`
// A closure that captures one field of `self` has a variable "self.field".
bool name_dotted(struct eval *eval, const struct node *node, struct dbg_value *out);
