// Source files that are not on this machine: each has a number, and a text that says so and how to get it.
#pragma once
#include "base/str.h"
#include "base/vec.h"

struct missing_sources {
	VEC(struct str) paths; // number - 1 is the index
};

i32 dap_missing_sources_add(struct missing_sources *missing, struct arena *arena, struct str path); // one number a path
// False if there is no such number.
bool dap_missing_sources_text(const struct missing_sources *missing, i64 number, struct arena *arena, struct str *out);
