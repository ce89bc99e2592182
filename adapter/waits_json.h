// What of a wait is the same in `stackful tasks --json` and in the request stackful/waits.
#pragma once
#include "adapter/json.h"
#include "tokio/waits.h"

// Adds `waits`, `resource`, `must` and `kept`.
void waits_json_put(struct cJSON *object, const struct tk_wait *wait, struct arena *arena);
// An array `key` of cycles, each an array of waits by their numbers; `number`: one for each wait, NULL for its index.
void waits_json_put_cycles(struct cJSON *object, const char *key, const struct tk_waits *waits, const struct tk_deadlock *cycles,
                           size_t n, const size_t *number);
