// The copies of tokio in one process.
#pragma once
#include "engine/type.h"

// What is added to the ids of tasks whose vtable, or to those in a CONTEXT that, is in the module; 0 for the first copy.
u64 tokio_first_id(struct dbg_modules *modules, const struct dbg_module *module);
