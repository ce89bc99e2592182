// What `stackful tasks --json` prints; doc/tasks.schema.json is its contract.
#pragma once
#include "adapter/json.h"
#include "tokio/waits.h"

enum { TOOL_JSON_FORMAT = 1 }; // grows when a member goes or changes its meaning, not when one is added

// The snapshot's tasks (`chosen`: one bool a task, NULL for all) and all else of it; `with_waits`: who waits for whom and
// the deadlocks too, whose number goes to `deadlocks`. Free with json_free.
struct cJSON *tool_json(struct tk_snapshot *snapshot, struct arena *arena, const bool *chosen, bool with_waits,
                        size_t *deadlocks) MUST_USE;
// How long the process was stopped, which is known only when it runs again; a negative number says that nothing was.
void tool_json_set_stopped(struct cJSON *report, double milliseconds);
