// A type with what its DIE's children say. Private to type.c and made_type.c.
#pragma once
#include "engine/type.h"

// The public part first, so that a pointer to one is a pointer to the other.
struct full_type {
	struct dbg_type pub;
	struct dbg_member *members, *params, discriminant;
	struct dbg_variant *variants;
	struct dbg_enumerator *enumerators;
	size_t n_members, n_params, n_variants, n_enumerators;
	bool children_read, has_discriminant, in_progress;
	struct str base_path;
};

// Structs of no module are made_type.c's; other types of none have no children.
static inline bool type_is_made(const struct dbg_type *type)
{
	return !type->module && type->kind == DBG_TYPE_STRUCT;
}
