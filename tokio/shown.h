// One line for types of tokio's: the functions of shown.def that are not in shown.c. False: not in the form expected, and nothing
// was written.
#pragma once
#include "engine/value.h"

#define SHOWN(path, function)        bool shown_##function(struct buf *buf, struct dbg_value value);
#define HOLDS(path, function, what)  SHOWN(path, function) struct dbg_value held_##what(struct dbg_value value);
#define COUNTS(path, function, what) SHOWN(path, function) bool count_##what(struct dbg_value value, u64 *out);
#include "tokio/shown.def"
#undef SHOWN
#undef HOLDS
#undef COUNTS
