// Private to tokio/: choosing tasks.
#pragma once
#include "tokio/snapshot.h"

// A compiled regular expression, in `arena`; to be freed also after an error. ERR_SYNTAX carries pcre2's message and the
// column.
struct selector;
err_t selector_new(struct arena *arena, struct str regex, struct selector **out) MUST_USE;
err_t selector_matches(const struct selector *selector, struct str text, bool *out) MUST_USE;
void selector_free(struct selector *selector);
// For a single text.
err_t select_matches(struct str text, struct str regex, bool *out) MUST_USE;
// One bool a task.
err_t select_tasks(const struct tk_snapshot *snapshot, struct arena *arena, struct str regex, bool **out) MUST_USE;
