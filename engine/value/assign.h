// Steps of writing values that assign.c and assign_contents.c share. Private.
#pragma once
#include "engine/value.h"

// The bytes of a scalar, at most 16, of this text.
err_t assign_scalar(const struct dbg_type *type, struct str text, u8 *out) MUST_USE;
// One char as Rust escapes it at the start of `text`: takes it off. False if there is none.
bool assign_take_char(struct str *text, u32 *out);

// Can the value be given contents: String, Vec, array?
bool assign_has_contents(struct dbg_value value);
// "text" of a String, [1, 2, 3] of a Vec or array of scalars, within the capacity that is there.
err_t assign_contents(struct dbg_value value, struct str text) MUST_USE;
