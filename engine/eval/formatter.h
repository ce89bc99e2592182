// A core::fmt::Formatter as bytes, and code for what it writes to. Private to engine/eval.
#pragma once
#include "engine/value.h"

enum { MOST_WRITTEN = 64 << 10 };

// The functions of a core::fmt::Write for a `struct written`; between begin and end, to be put anywhere.
extern const u8 stackful_writer_begin[], stackful_writer_drop[], stackful_writer_str[], stackful_writer_char[],
    stackful_writer_fmt[], stackful_writer_end[];

struct written {
	u64 len, cap;
	u8 bytes[MOST_WRITTEN];
};

// For `{:?}`, or `{:#?}`: all but the fat pointer to what it writes to.
struct formatter {
	u8 *bytes; // in the arena
	size_t size;
	u64 buf_at; // of the fat pointer
};
err_t formatter_make(struct arena *arena, const struct dbg_space *space, bool pretty, struct formatter *out) MUST_USE;
