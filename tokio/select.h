// Private to tokio/: choosing tasks.
#pragma once
#include "tokio/snapshot.h"

err_t select_matches(struct str text, struct str regex, bool *out) MUST_USE;
// One bool a task. ERR_SYNTAX carries pcre2's message and the column.
err_t select_tasks(const struct tk_snapshot *snapshot, struct arena *arena, struct str regex, bool **out) MUST_USE;
