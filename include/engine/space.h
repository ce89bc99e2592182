// An address space: the memory of a debuggee and what its symbols say of it. What values, expressions and
// the tokio floor need of a process, be it alive or a core file.
#pragma once
#include "engine/memory.h"
#include "engine/symbols.h"

struct buf;
struct dbg_forms;
struct dbg_value;

// How a floor above shows a type that it knows better than its members tell: in one line. False: not in the form
// expected, to be shown as any other type.
struct dbg_text_row {
	const char *path; // without generic arguments
	bool (*text)(struct buf *buf, struct dbg_value value);
	// Optional, for expressions: what a guard or lock lets at (absent: not in the form expected), and how many there are in it.
	struct dbg_value (*inner)(struct dbg_value value);
	bool (*count)(struct dbg_value value, u64 *out);
};

struct dbg_space {
	struct dbg_mem *mem;
	struct dbg_modules *modules;
	int pid;           // 0: there is no process behind it
	double stopped_at; // in seconds of CLOCK_MONOTONIC; 0: it runs, or that is not known
	// Optional: asked by loops that may take long, with this context; true: what they do is not wanted any more, and what
	// they have done will be thrown away.
	bool (*cancelled)(void *context);
	void *cancelled_context;
	// Optional: has the block of memory been given back to the allocator? False where that can't be told.
	bool (*is_freed)(void *context, u64 block);
	void *freed_context;
	const struct dbg_text_row *texts;
	size_t n_texts;
	const struct dbg_forms *forms; // the user's (engine/forms.h), or NULL
};

static inline bool dbg_is_cancelled(const struct dbg_space *space)
{
	return space->cancelled && space->cancelled(space->cancelled_context);
}
