// Steps that the files of engine/value share: members by name, slices, wrappers. Private to engine/value.
#pragma once
#include "engine/value.h"

// A member by name, "0" also for "__0"; NULL if there is none.
const struct dbg_member *walk_member(const struct dbg_type *type, struct str name);
struct dbg_value walk_variant_named(struct dbg_value value, struct str name);

// The name of the active variant, or of the enumerator; "" if there is none. `payload` may be NULL.
struct str walk_variant_name(struct dbg_value value, struct dbg_value *payload);

// A fat pointer to a slice or str (members data_ptr and length): its pointer and its length.
bool walk_slice(struct dbg_value value, struct dbg_value *data, u64 *len);
// A fat pointer to a trait object (members pointer or data_ptr, and vtable).
bool walk_is_dyn_pointer(const struct dbg_type *type);

// The one member that is not zero-sized, NULL if there are none or several.
const struct dbg_member *walk_only_member(const struct dbg_type *type);
// Enters structs with one member that is not zero-sized, until something else is reached.
struct dbg_value walk_peel(struct dbg_value value);
// The first pointer in place, depth first (through variants that are active); absent if there is none.
struct dbg_value walk_first_pointer(struct dbg_value value);
// The first member of this name in place, breadth being the order of declaration; absent if there is none.
struct dbg_value walk_find_member(struct dbg_value value, const char *name);

// A whole number behind any wrappers, as its type's size and sign have it; false for anything else.
bool walk_int(struct dbg_value value, i64 *out);

// A capture as the source names it: "_ref__self" is `self` by reference, "_ref__self__chan" `self.chan`.
struct str walk_capture_name(struct arena *arena, struct str member_name);
// Its value: what a capture by reference points to.
struct dbg_value walk_capture_value(struct dbg_value env, const struct dbg_member *member);
// The env of a closure (not of a coroutine).
bool walk_is_closure(const struct dbg_type *type);
