// Contiguous elements: what Vec, slices, Box<[T]>, Rc<[T]>, String and their like come down to. Private.
#pragma once
#include "engine/value.h"

struct span {
	u64 start, len;
	const struct dbg_type *element;
	struct str suspect; // "" or what is wrong with it: then the elements are not to be read
};

// False if the value is none of these.
bool span_of(struct dbg_value value, struct span *out);
// The first span in place: behind String, PathBuf and other owners of a Vec or slice.
bool span_within(struct dbg_value value, struct span *out);
struct dbg_value span_element(const struct dbg_space *space, const struct span *span, u64 index);

// "str" for &str, Box<str>, Rc<str>, Cow<str>; "values::Order" for &Order; "" for what is no pointer.
struct str pointee_name(const struct dbg_type *type);
// Are the bytes behind it text: str, String, Path, OsStr, CStr and their owners?
bool is_text_type(const struct dbg_type *type);
bool is_c_text_type(const struct dbg_type *type); // with a NUL at its end
