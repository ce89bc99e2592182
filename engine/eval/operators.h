// Operators, matches!() and methods over the tree. Private to engine/eval.
#pragma once
#include "name.h"

err_t eval_binary(struct eval *eval, const struct node *node, struct operand *out) MUST_USE;
err_t eval_unary(struct eval *eval, const struct node *node, struct operand *out) MUST_USE;
err_t eval_matches(struct eval *eval, const struct node *node, struct operand *out) MUST_USE;
// method_call.c
err_t eval_method(struct eval *eval, const struct node *node, struct operand *out) MUST_USE;
