// Writes a scalar given as text.
#include <errno.h>
#include <stdlib.h>

#include "engine/value.h"

#include "printer.h"

typedef unsigned __int128 u128;

// "1_000", "-1", "0xff", "0b101", "0o17", with or without a type's suffix.
static bool parse_int(struct str text, u128 *out, bool *negative)
{
	static const struct {
		struct str prefix;
		unsigned base;
	} bases[] = {{STR("0x"), 16}, {STR("0b"), 2}, {STR("0o"), 8}};
	unsigned base = 10;
	*negative = str_starts(text, STR("-"));
	text = str_trim(str_from(text, *negative));
	for (size_t i = 0; i < ARRAY_LEN(bases); i++)
		if (str_starts(text, bases[i].prefix)) {
			base = bases[i].base;
			text = str_from(text, 2);
			break;
		}
	u128 value = 0;
	size_t digits = 0;
	for (; text.len; text = str_from(text, 1)) {
		char c = text.ptr[0];
		unsigned digit = c >= '0' && c <= '9'                     ? (unsigned)(c - '0')
		                 : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (unsigned)((c | 0x20) - 'a' + 10)
		                                                          : 99;
		if (c == '_')
			continue;
		if (digit >= base)
			break;
		if (__builtin_mul_overflow(value, (u128)base, &value) || __builtin_add_overflow(value, (u128)digit, &value))
			return false;
		digits++;
	}
	bool suffix = text.len == 0 || ((text.ptr[0] == 'u' || text.ptr[0] == 'i') && text.len <= 5);
	*out = value;
	return digits && suffix;
}

static err_t int_bytes(const struct dbg_type *type, struct str text, u8 *out)
{
	u128 value;
	bool negative, is_signed = type->kind == DBG_TYPE_INT;
	if (!parse_int(text, &value, &negative))
		return err_new(ERR_ARGUMENT, "`%.*s` is no %.*s: write a number such as 42, -1 or 0xff", STRF(text), STRF(type->name));
	unsigned bits = (unsigned)(8 * type->size);
	u128 top = bits >= 128 ? 0 : (u128)1 << bits;           // 0: 2^128
	u128 limit = is_signed ? ((u128)1 << (bits - 1)) : top; // magnitudes below it fit, for negative ones also itself
	bool fits = negative ? is_signed && value <= limit : limit == 0 || value < limit;
	if (!fits && !(negative && value == 0))
		return err_new(ERR_ARGUMENT, "%.*s does not fit in %.*s", STRF(text), STRF(type->name));
	if (negative)
		value = (u128)0 - value;
	memcpy(out, &value, (size_t)type->size);
	return NULL;
}

static err_t float_bytes(const struct dbg_type *type, struct str text, u8 *out)
{
	struct arena scratch = {0};
	char *copy = str_cstr(&scratch, text), *end;
	double value = strtod(copy, &end);
	bool whole = end != copy && *end == '\0';
	arena_deinit(&scratch);
	if (!whole || (type->size != 4 && type->size != 8))
		return err_new(ERR_ARGUMENT, "`%.*s` is no %.*s: write a number such as 1.5", STRF(text), STRF(type->name));
	float single = (float)value;
	memcpy(out, type->size == 4 ? (void *)&single : (void *)&value, (size_t)type->size);
	return NULL;
}

// 'x', '\n', '\u{1f980}'
static bool parse_char(struct str text, u32 *out)
{
	static const char escapes[] = "n\nt\tr\r0\0\\\\''\"\"";
	if (text.len < 3 || text.ptr[0] != '\'' || text.ptr[text.len - 1] != '\'')
		return false;
	text = str_slice(text, 1, text.len - 1);
	if (text.ptr[0] == '\\' && text.len == 2) {
		for (size_t i = 0; i + 1 < sizeof(escapes); i += 2)
			if (escapes[i] == text.ptr[1]) {
				*out = (u8)escapes[i + 1];
				return true;
			}
		return false;
	}
	u64 code;
	if (str_starts(text, STR("\\u{")) && str_ends(text, STR("}"))) {
		char hex[16] = "0x";
		struct str digits = str_slice(text, 3, text.len - 1);
		if (digits.len == 0 || digits.len > 6)
			return false;
		memcpy(hex + 2, digits.ptr, digits.len);
		if (!str_to_u64(str_of(hex), &code) || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
			return false;
		*out = (u32)code;
		return true;
	}
	u8 lead = (u8)text.ptr[0];
	size_t len = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	if (text.len != len)
		return false;
	u32 value = len == 1 ? lead : lead & (0x7fu >> len);
	for (size_t i = 1; i < len; i++)
		value = value << 6 | ((u8)text.ptr[i] & 0x3f);
	*out = value;
	return true;
}

static err_t enumerator_bytes(const struct dbg_type *type, struct str text, u8 *out)
{
	const struct dbg_enumerator *enumerators;
	size_t n = dbg_type_enumerators(type, &enumerators);
	ptrdiff_t colons = str_rfind(text, STR("::"));
	struct str name = colons >= 0 ? str_from(text, (size_t)colons + 2) : text;
	for (size_t i = 0; i < n; i++)
		if (str_eq(enumerators[i].name, name)) {
			memcpy(out, &enumerators[i].value, size_min((size_t)type->size, 8));
			return NULL;
		}
	return err_new(ERR_ARGUMENT, "`%.*s` is no variant of %.*s", STRF(text), STRF(type->name));
}

static err_t bytes_of(const struct dbg_type *type, struct str text, u8 *out)
{
	u32 code;
	switch (type->kind) {
	case DBG_TYPE_UINT:
	case DBG_TYPE_INT: return int_bytes(type, text, out);
	case DBG_TYPE_POINTER: return int_bytes(type, text, out);
	case DBG_TYPE_FLOAT: return float_bytes(type, text, out);
	case DBG_TYPE_ENUM: return enumerator_bytes(type, text, out);
	case DBG_TYPE_BOOL:
		if (!str_eqc(text, "true") && !str_eqc(text, "false"))
			return err_new(ERR_ARGUMENT, "`%.*s` is no bool: write true or false", STRF(text));
		out[0] = str_eqc(text, "true");
		return NULL;
	case DBG_TYPE_CHAR:
		if (!parse_char(text, &code))
			return err_new(ERR_ARGUMENT, "`%.*s` is no char: write it as 'x' or '\\u{1f980}'", STRF(text));
		memcpy(out, &code, sizeof(code));
		return NULL;
	default: return err_new(ERR_UNSUPPORTED, "a %.*s can't be written as a whole: write its scalar members", STRF(type->name));
	}
}

err_t dbg_value_assign(struct dbg_value value, struct str text)
{
	struct stage stages[MAX_STAGES];
	size_t n;
	struct dbg_value target = printer_shown(value, stages, &n); // atomics and cells are written by their number
	u8 bytes[16] = {0};
	if (!dbg_value_ok(target))
		return err_new(ERR_ARGUMENT, "%.*s", STRF(target.absent));
	if (target.where != DBG_VALUE_MEMORY || !target.space || !target.space->mem)
		return err_new(ERR_UNSUPPORTED, "the value is not in memory (a register or a constant) and can't be written");
	if (target.type->size == 0 || target.type->size > sizeof(bytes))
		return err_new(ERR_UNSUPPORTED, "a %.*s can't be written as a whole: write its scalar members", STRF(target.type->name));
	TRY(bytes_of(target.type, str_trim(text), bytes));
	return dbg_mem_write(target.space->mem, target.addr, bytes, (size_t)target.type->size);
}
