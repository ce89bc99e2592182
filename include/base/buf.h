// Text that grows, on an arena.
#pragma once
#include "base/str.h"

struct buf {
	struct arena *arena;
	char *ptr;
	size_t len, cap;
};

static inline struct buf buf_on(struct arena *arena)
{
	return (struct buf){.arena = arena};
}

void buf_put(struct buf *buf, struct str s);
void buf_puts(struct buf *buf, const char *cstr);
void buf_putc(struct buf *buf, char c);
void buf_pad(struct buf *buf, char c, size_t n);
void buf_printf(struct buf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);

// The one door for the debuggee's text: bytes that are not UTF-8 become U+FFFD, since JSON must be valid.
void buf_put_utf8_lossy(struct buf *buf, struct str bytes);

// What was written so far; valid until the next write. A NUL stands behind its end.
struct str buf_str(struct buf *buf);

// The number of columns that UTF-8 text takes, counting one for each code point.
size_t str_columns(struct str s);
// The first `columns` code points of `s`.
struct str str_columns_prefix(struct str s, size_t columns);
