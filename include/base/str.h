// Strings as pointer and length: not NUL-terminated, not owned. What they point to says who owns it.
#pragma once
#include <stdarg.h>
#include <string.h>

#include "base/arena.h"

struct str {
	const char *ptr;
	size_t len;
};

#define STR(literal) ((struct str){"" literal "", sizeof(literal) - 1})
// For printf's "%.*s".
#define STRF(s) (int)(s).len, (s).ptr

static inline struct str str_of(const char *cstr) // NULL gives the empty string
{
	return (struct str){cstr ? cstr : "", cstr ? strlen(cstr) : 0};
}
static inline struct str str_n(const char *ptr, size_t len)
{
	return (struct str){ptr, len};
}

bool str_eq(struct str a, struct str b);
bool str_eqc(struct str a, const char *b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

// The offset of the first (last) `needle` in `s`, or -1.
ptrdiff_t str_find(struct str s, struct str needle);
ptrdiff_t str_rfind(struct str s, struct str needle);

// s[from, to), both clamped to the length.
struct str str_slice(struct str s, size_t from, size_t to);
struct str str_from(struct str s, size_t from);
struct str str_trim(struct str s); // white space at both ends

// Copies that live in `arena`; the copy has a NUL behind its end.
struct str str_dup(struct arena *arena, struct str s);
char *str_cstr(struct arena *arena, struct str s);

struct str str_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);
struct str str_vprintf(struct arena *arena, const char *fmt, va_list args);

// Orders as strcmp does, shorter first where one is the other's prefix.
int str_cmp(struct str a, struct str b);
u64 str_hash(struct str s);
// Goes on: str_hash_on(str_hash(a), b) is the hash of a and b as one text.
u64 str_hash_on(u64 hash, struct str s);

// Reads a whole unsigned number, decimal or 0x-hexadecimal; false if `s` is anything else or too large.
bool str_to_u64(struct str s, u64 *out);
