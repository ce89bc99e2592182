// Processes by name, and small files: what the settings of a session need of the system.
#pragma once
#include <sys/types.h>

#include "base/err.h"
#include "base/map.h"

// The one process whose executable's file name, or whose name, is `name`. Fails when there is none, or with
// the numbers of all when there are several.
err_t dap_process_by_name(struct arena *arena, struct str name, pid_t *out) MUST_USE;
// Adds all processes to `known`.
void dap_process_all(struct arena *arena, struct map *known);
// A process of this name that is not in `known`; 0 if there is none.
pid_t dap_process_new(struct arena *arena, struct str name, const struct map *known);
// Did that process start this one, or start who did?
bool dap_process_is_above(pid_t pid);
// The whole of a file of up to `max` bytes.
err_t dap_process_read_file(struct arena *arena, struct str path, size_t max, struct str *out) MUST_USE;
