// Fields, elements and pseudo methods of values, with Rust's automatic dereference. Private to engine/eval.
#pragma once
#include "engine/shown.h"
#include "number.h"

err_t place_field(struct arena *arena, struct dbg_value value, struct str name, struct dbg_value *out) MUST_USE;
err_t place_deref(struct dbg_value value, struct dbg_value *out) MUST_USE;
err_t place_address(struct arena *arena, struct dbg_value value, struct dbg_value *out) MUST_USE;
err_t place_element(struct arena *arena, struct dbg_value value, u64 index, struct dbg_value *out) MUST_USE;
// The value of a map's key, told by a literal or a value.
err_t place_entry(struct arena *arena, struct dbg_value map, struct operand key, struct dbg_value *out) MUST_USE;
bool place_is_map(struct dbg_value value);
err_t place_len(struct dbg_value value, u64 *out) MUST_USE;
// Does one of its elements (or its keys) equal the item? False if it has none, or too many to look at them all.
bool place_holds(struct arena *arena, struct dbg_value list, struct operand item, bool keys, bool *out);
// Are they equal, whatever references and owners are around them?
bool place_equals(struct arena *arena, const struct dbg_space *space, struct dbg_value value, struct operand wanted);
// Text that can be compared with a string: String, &str, Path...; false if the value is none.
bool place_text(struct arena *arena, struct dbg_value value, struct str *out);
