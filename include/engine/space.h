// An address space: the memory of a debuggee and what its symbols say of it. What values, expressions and
// the tokio floor need of a process, be it alive or a core file.
#pragma once
#include "engine/memory.h"
#include "engine/symbols.h"

struct dbg_space {
	struct dbg_mem *mem;
	struct dbg_modules *modules;
};
