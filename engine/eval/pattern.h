// Values compared with what has contents (`x == Some(5)`, `v == [1, 2]`), and matches!(). Private to engine/eval.
#pragma once
#include "name.h"

// Is the node one that only a pattern or the right of a comparison can be?
bool pattern_is(const struct node *node);
// Can the node be evaluated only by matching: `Key::B(2)`, `(1, 'a')`, `Key::A`? A `&` before it changes nothing.
bool pattern_only(const struct eval *eval, const struct node *node);
// `evaluate` is the evaluator's own, for the expressions in a pattern.
struct pattern_context {
	struct eval *eval;
	err_t (*evaluate)(struct eval *eval, const struct node *node, struct operand *out);
	bool binds; // names in it are bound to what stands there: matches!()
};
err_t pattern_matches(const struct pattern_context *context, struct dbg_value value, const struct node *pattern,
                      bool *out) MUST_USE;
// The first item of a collection that matches; of a map by its key. ERR_ARGUMENT if it has more items than are looked at.
err_t pattern_find(const struct pattern_context *context, struct dbg_value list, const struct node *pattern,
                   struct dbg_value *item, bool *found) MUST_USE;
