// What iterators do with a sequence: `.iter().any(|o| o.id == 5)`, `.filter(..)`, `.map(..)`, `.rev()`, `.keys()`. Nothing is
// lazy here: a list is looked at whole, up to a limit. Private to engine/eval.
#pragma once
#include "pattern.h"

bool sequence_is(const struct node *method);
// `is_option`: the value is what an Option has in it, for `is_some_and(|x| ..)`.
err_t sequence_method(struct eval *eval, const struct node *method, struct dbg_value value, bool is_option,
                      struct operand *out) MUST_USE;
