// Scalars as Rust's `{:?}` writes them.
#include "scalar.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef unsigned __int128 u128;

void scalar_put_int(struct buf *buf, const u8 *bytes, size_t size, bool is_signed, enum dbg_radix radix)
{
	u128 value = 0;
	size = size_min(size, sizeof(value));
	memcpy(&value, bytes, size);
	if (is_signed && radix == DBG_RADIX_DEC && size && (bytes[size - 1] & 0x80)) {
		unsigned unused = (unsigned)(8 * (sizeof(value) - size));
		value = (u128)0 - (u128)((__int128)(value << unused) >> unused);
		buf_putc(buf, '-');
	}
	static const struct {
		unsigned base;
		const char *prefix;
	} radixes[] = {[DBG_RADIX_DEC] = {10, ""}, [DBG_RADIX_HEX] = {16, "0x"}, [DBG_RADIX_BIN] = {2, "0b"}};
	char digits[128];
	size_t at = sizeof(digits);
	do {
		digits[--at] = "0123456789abcdef"[value % radixes[radix].base];
		value /= radixes[radix].base;
	} while (value);
	buf_puts(buf, radixes[radix].prefix);
	buf_put(buf, str_n(digits + at, sizeof(digits) - at));
}

// ---- floats ----------------------------------------------------------------------------------------

// The fewest digits that read back as the same number, in the form d.ddde±x.
static void shortest(double value, bool is_single, char *out, size_t size)
{
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(out, size, "%.*e", digits - 1, value);
		if (is_single ? strtof(out, NULL) == (float)value : strtod(out, NULL) == value)
			return;
	}
}

// Rust's Debug: decimal from 1e-4 to 1e16, else with an exponent (core/src/fmt/float.rs, float_to_general_debug).
static void put_finite(struct buf *buf, double value, bool is_single)
{
	char text[40], digits[24];
	shortest(value, is_single, text, sizeof(text));
	int exponent = atoi(strchr(text, 'e') + 1), n = 0;
	const char *c = text;
	if (*c == '-') {
		buf_putc(buf, '-');
		c++;
	}
	for (; *c != 'e'; c++)
		if (*c != '.')
			digits[n++] = *c;
	double magnitude = fabs(value);
	if (value != 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
		buf_putc(buf, digits[0]);
		if (n > 1)
			buf_printf(buf, ".%.*s", n - 1, digits + 1);
		buf_printf(buf, "e%d", exponent);
		return;
	}
	if (exponent < 0) {
		buf_puts(buf, "0.");
		buf_pad(buf, '0', (size_t)(-exponent - 1));
		buf_put(buf, str_n(digits, (size_t)n));
		return;
	}
	for (int i = 0; i <= exponent; i++)
		buf_putc(buf, i < n ? digits[i] : '0');
	buf_putc(buf, '.');
	if (n > exponent + 1)
		buf_put(buf, str_n(digits + exponent + 1, (size_t)(n - exponent - 1)));
	else
		buf_putc(buf, '0');
}

void scalar_put_float(struct buf *buf, const u8 *bytes, size_t size)
{
	double value;
	float single;
	if (size == sizeof(single)) {
		memcpy(&single, bytes, sizeof(single));
		value = (double)single;
	} else if (size == sizeof(value)) {
		memcpy(&value, bytes, sizeof(value));
	} else {
		scalar_put_int(buf, bytes, size, false, DBG_RADIX_HEX);
		return;
	}
	if (isnan(value))
		buf_puts(buf, "NaN");
	else if (isinf(value))
		buf_puts(buf, value < 0 ? "-inf" : "inf");
	else
		put_finite(buf, value, size == sizeof(single));
}

// ---- text ------------------------------------------------------------------------------------------

// Not printable: controls, formats, separators, private use, noncharacters. A part of Unicode's list that is
// enough to keep a line readable; Rust's (core/src/unicode/printable.rs) has more.
static bool is_unprintable(u32 code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0xa0) || code == 0xad || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
	       (code >= 0xe000 && code <= 0xf8ff) || (code >= 0xfff0 && code <= 0xfffb) || (code & 0xfffe) == 0xfffe ||
	       code >= 0xe0000;
}

static void put_code(struct buf *buf, u32 code)
{
	char utf8[4];
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	if (n == 1) {
		buf_putc(buf, (char)code);
		return;
	}
	for (size_t i = n; i-- > 1; code >>= 6)
		utf8[i] = (char)(0x80 | (code & 0x3f));
	utf8[0] = (char)((0xf00 >> n) | code); // 110xxxxx, 1110xxxx, 11110xxx
	buf_put(buf, str_n(utf8, n));
}

// Answers how many columns it took.
static size_t put_escaped(struct buf *buf, u32 code, char quote)
{
	size_t before = buf->len;
	switch (code) {
	case '\0': buf_puts(buf, "\\0"); break;
	case '\t': buf_puts(buf, "\\t"); break;
	case '\n': buf_puts(buf, "\\n"); break;
	case '\r': buf_puts(buf, "\\r"); break;
	case '\\': buf_puts(buf, "\\\\"); break;
	default:
		if (code == (u8)quote) {
			buf_printf(buf, "\\%c", quote);
		} else if (is_unprintable(code)) {
			buf_printf(buf, "\\u{%x}", code);
		} else {
			put_code(buf, code);
			return 1;
		}
	}
	return buf->len - before;
}

void scalar_put_char(struct buf *buf, u32 code)
{
	if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
		buf_printf(buf, "<suspect: 0x%x is no char>", code);
		return;
	}
	buf_putc(buf, '\'');
	put_escaped(buf, code, '\'');
	buf_putc(buf, '\'');
}

// Decodes one well-formed sequence (Unicode 15, table 3-7); 0 if there is none.
static size_t decode(struct str s, u32 *code)
{
	u8 lead = (u8)s.ptr[0];
	if (lead < 0x80) {
		*code = lead;
		return 1;
	}
	size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	if (lead < 0xc2 || lead > 0xf4 || s.len < len)
		return 0;
	u32 value = lead & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if (((u8)s.ptr[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | ((u8)s.ptr[i] & 0x3f);
	}
	static const u32 smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	if (value < smallest[len] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*code = value;
	return len;
}

bool scalar_put_text(struct buf *buf, struct str text, size_t columns)
{
	size_t used = 0;
	buf_putc(buf, '"');
	while (text.len && used < columns) {
		u32 code;
		size_t len = decode(text, &code);
		if (len) {
			used += put_escaped(buf, code, '"');
		} else {
			buf_printf(buf, "\\x%02x", (u8)text.ptr[0]);
			used += 4;
		}
		text = str_from(text, len ? len : 1);
	}
	if (text.len)
		buf_puts(buf, "…");
	buf_putc(buf, '"');
	return text.len == 0;
}
