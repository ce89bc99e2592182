// Strings as pointer and length.
#include "base/str.h"

#include <ctype.h>
#include <stdio.h>

bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_eqc(struct str a, const char *b)
{
	return str_eq(a, str_of(b));
}

bool str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_eq(str_n(s.ptr, prefix.len), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.len >= suffix.len && str_eq(str_n(s.ptr + (s.len - suffix.len), suffix.len), suffix);
}

ptrdiff_t str_find(struct str s, struct str needle)
{
	if (needle.len == 0)
		return 0;
	if (s.len < needle.len)
		return -1;
	const char *hit = memmem(s.ptr, s.len, needle.ptr, needle.len);
	return hit ? hit - s.ptr : -1;
}

ptrdiff_t str_rfind(struct str s, struct str needle)
{
	for (size_t i = s.len + 1; i-- > 0;)
		if (str_starts(str_from(s, i), needle))
			return (ptrdiff_t)i;
	return -1;
}

struct str str_slice(struct str s, size_t from, size_t to)
{
	to = size_min(to, s.len);
	from = size_min(from, to);
	return str_n(s.ptr ? s.ptr + from : s.ptr, to - from);
}

struct str str_from(struct str s, size_t from)
{
	return str_slice(s, from, s.len);
}

struct str str_trim(struct str s)
{
	while (s.len && isspace((unsigned char)s.ptr[0]))
		s = str_from(s, 1);
	while (s.len && isspace((unsigned char)s.ptr[s.len - 1]))
		s.len--;
	return s;
}

char *str_cstr(struct arena *arena, struct str s)
{
	char *copy = NEW_N(arena, char, s.len + 1);
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	return copy;
}

struct str str_dup(struct arena *arena, struct str s)
{
	return str_n(str_cstr(arena, s), s.len);
}

struct str str_vprintf(struct arena *arena, const char *fmt, va_list args)
{
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, fmt, args);
	size_t size = len < 0 ? 0 : (size_t)len;
	char *text = NEW_N(arena, char, size + 1);
	if (size)
		vsnprintf(text, size + 1, fmt, again);
	va_end(again);
	return str_n(text, size);
}

struct str str_printf(struct arena *arena, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	struct str s = str_vprintf(arena, fmt, args);
	va_end(args);
	return s;
}

int str_cmp(struct str a, struct str b)
{
	size_t common = size_min(a.len, b.len);
	int order = common ? memcmp(a.ptr, b.ptr, common) : 0;
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

u64 str_hash(struct str s) // FNV-1a, 64 bits
{
	return str_hash_on(0xcbf29ce484222325u, s);
}

u64 str_hash_on(u64 hash, struct str s)
{
	for (size_t k = 0; k < s.len; k++)
		hash = (hash ^ (u8)s.ptr[k]) * 0x100000001b3u;
	return hash;
}

bool str_to_u64(struct str s, u64 *out)
{
	u64 base = 10, value = 0;
	if (s.len > 2 && s.ptr[0] == '0' && (s.ptr[1] | 0x20) == 'x') {
		base = 16;
		s = str_from(s, 2);
	}
	if (!s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		u64 digit = c >= '0' && c <= '9' ? (u64)(c - '0') : isxdigit((unsigned char)c) ? (u64)((c | 0x20) - 'a' + 10) : 99;
		if (digit >= base || __builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*out = value;
	return true;
}
