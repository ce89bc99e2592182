// Two values compared as `#[derive(PartialEq, PartialOrd)]` compares them: what a type's own impl may say otherwise is not known
// without a call. Private to engine/eval.
#pragma once
#include "place.h"

// -1, 0, 1 or ORDER_NONE. With `only_equal` the two need no order: then 1 is "not equal". ERR_ARGUMENT for what can't be
// compared.
err_t compare_values(struct arena *arena, struct dbg_value a, struct dbg_value b, bool only_equal, int *out) MUST_USE;
// Is it an enum, a struct, a tuple, a collection: something that binary_operator() does not compare?
bool compare_is_for(struct dbg_value value);
// "`Colour` has no variant `Grean`: it has Red, Green, Blue"; NULL if it has it, or is no enum.
err_t compare_check_variant(struct arena *arena, struct dbg_value value, struct str name) MUST_USE;
