// Text that grows, on an arena; and the check of UTF-8.
#include "base/buf.h"

#include <stdio.h>

static void reserve(struct buf *buf, size_t more)
{
	if (buf->cap - buf->len > more) // one byte stays for the NUL
		return;
	size_t cap = size_max(buf->cap * 2, size_max(64, buf->len + more + 1));
	char *ptr = NEW_N(buf->arena, char, cap);
	if (buf->len)
		memcpy(ptr, buf->ptr, buf->len);
	buf->ptr = ptr;
	buf->cap = cap;
}

void buf_put(struct buf *buf, struct str s)
{
	if (!s.len)
		return;
	reserve(buf, s.len);
	memcpy(buf->ptr + buf->len, s.ptr, s.len);
	buf->len += s.len;
}

void buf_puts(struct buf *buf, const char *cstr)
{
	buf_put(buf, str_of(cstr));
}

void buf_putc(struct buf *buf, char c)
{
	reserve(buf, 1);
	buf->ptr[buf->len++] = c;
}

void buf_pad(struct buf *buf, char c, size_t n)
{
	reserve(buf, n);
	memset(buf->ptr + buf->len, c, n);
	buf->len += n;
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list args, again;
	va_start(args, fmt);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, fmt, args);
	if (len > 0) {
		reserve(buf, (size_t)len);
		vsnprintf(buf->ptr + buf->len, (size_t)len + 1, fmt, again);
		buf->len += (size_t)len;
	}
	va_end(again);
	va_end(args);
}

struct str buf_str(struct buf *buf)
{
	reserve(buf, 0);
	buf->ptr[buf->len] = '\0';
	return str_n(buf->ptr, buf->len);
}

// The length of the well-formed UTF-8 sequence at the start of `s` (Unicode 15, table 3-7), or 0.
static size_t utf8_sequence(struct str s)
{
	u8 lead = (u8)s.ptr[0];
	if (lead < 0x80)
		return 1;
	size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	if (lead < 0xc2 || lead > 0xf4 || s.len < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if (((u8)s.ptr[i] & 0xc0) != 0x80)
			return 0;
	u8 second = (u8)s.ptr[1];
	if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
	    (lead == 0xf4 && second > 0x8f))
		return 0;
	return len;
}

void buf_put_utf8_lossy(struct buf *buf, struct str bytes)
{
	while (bytes.len) {
		size_t len = utf8_sequence(bytes);
		buf_put(buf, len ? str_slice(bytes, 0, len) : STR("\xef\xbf\xbd"));
		bytes = str_from(bytes, len ? len : 1);
	}
}

size_t str_columns(struct str s)
{
	size_t columns = 0;
	for (size_t i = 0; i < s.len; i++)
		columns += ((u8)s.ptr[i] & 0xc0) != 0x80;
	return columns;
}

struct str str_columns_prefix(struct str s, size_t columns)
{
	size_t end = 0;
	while (end < s.len) {
		if (((u8)s.ptr[end] & 0xc0) != 0x80 && columns-- == 0)
			break;
		end++;
	}
	return str_slice(s, 0, end);
}
