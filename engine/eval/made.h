// Values made of what is written: `"abc"`, `(1, 'a')`, `[1, 2]`, `Some(5)`, `1..5`, `Colour::Red`, `u64::MAX`. Private to
// engine/eval.
#pragma once
#include "name.h"

// Of a node that pattern_is(), on the evaluator's arena.
err_t made_contents(struct eval *eval, const struct node *node, struct dbg_value *out) MUST_USE;
struct dbg_value made_list(struct arena *arena, const struct dbg_space *space, const struct dbg_type *element,
                           const struct dbg_value *items, size_t n);
// A struct of that path, or a tuple for "": its members are named by number where `names` is NULL.
err_t made_struct(struct arena *arena, const struct dbg_space *space, struct str path, const struct str *names,
                  const struct dbg_value *values, size_t n, struct dbg_value *out) MUST_USE;
// `u64::MAX`, `f64::EPSILON`: of primitive types.
bool made_limit(struct eval *eval, struct str path, struct operand *out);
// A variant without contents: `Colour::Red`, `None`. False if the path is none.
bool made_path(struct eval *eval, struct str path, struct operand *out);
// `Duration::from_secs(5)`, `String::from("x")`, `size_of::<T>()`: functions that are known without a call. False: none of them.
bool made_is_function(struct str path);
err_t made_function(struct eval *eval, const struct node *node, struct operand *out) MUST_USE;
