// Writes scalars and variants given as text. What has contents is assign_contents.c's affair.
#include <errno.h>
#include <stdlib.h>

#include "engine/value.h"

#include "assign.h"
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
		return err_new(ERR_ARGUMENT, "`%.*s` is no %.*s: write a number such as 42, -1 or 0xff", STRF(text),
		               STRF(dbg_type_told(type)));
	unsigned bits = (unsigned)(8 * type->size);
	u128 top = bits >= 128 ? 0 : (u128)1 << bits;           // 0: 2^128
	u128 limit = is_signed ? ((u128)1 << (bits - 1)) : top; // magnitudes below it fit, for negative ones also itself
	bool fits = negative ? is_signed && value <= limit : limit == 0 || value < limit;
	if (!fits && !(negative && value == 0))
		return err_new(ERR_ARGUMENT, "%.*s does not fit in %.*s", STRF(text), STRF(dbg_type_told(type)));
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
		return err_new(ERR_ARGUMENT, "`%.*s` is no %.*s: write a number such as 1.5", STRF(text), STRF(dbg_type_told(type)));
	float single = (float)value;
	memcpy(out, type->size == 4 ? (void *)&single : (void *)&value, (size_t)type->size);
	return NULL;
}

// A char of 1 to 4 bytes of UTF-8; 0: none.
static size_t decode(struct str text, u32 *out)
{
	u8 lead = text.len ? (u8)text.ptr[0] : 0xff;
	size_t len = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
	if (len == 0 || text.len < len)
		return 0;
	*out = len == 1 ? lead : lead & (0x7fu >> len);
	for (size_t i = 1; i < len; i++)
		*out = *out << 6 | ((u8)text.ptr[i] & 0x3f);
	return len;
}

// \n, \u{1f980}; how many bytes it takes, 0: it is none.
static size_t escape(struct str text, u32 *out)
{
	static const char escapes[] = "n\nt\tr\r0\0\\\\''\"\"";
	for (size_t i = 0; text.len > 1 && i + 1 < sizeof(escapes); i += 2)
		if (escapes[i] == text.ptr[1]) {
			*out = (u8)escapes[i + 1];
			return 2;
		}
	ptrdiff_t close = str_starts(text, STR("\\u{")) ? str_find(text, STR("}")) : -1;
	u64 code;
	char hex[16] = "0x";
	if (close < 4 || close > 9)
		return 0;
	memcpy(hex + 2, text.ptr + 3, (size_t)close - 3);
	if (!str_to_u64(str_of(hex), &code) || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	*out = (u32)code;
	return (size_t)close + 1;
}

bool assign_take_char(struct str *text, u32 *out)
{
	size_t len = str_starts(*text, STR("\\")) ? escape(*text, out) : decode(*text, out);
	*text = str_from(*text, len);
	return len > 0;
}

// 'x', '\n', '\u{1f980}'
static bool parse_char(struct str text, u32 *out)
{
	if (text.len < 3 || text.ptr[0] != '\'' || text.ptr[text.len - 1] != '\'')
		return false;
	text = str_slice(text, 1, text.len - 1);
	return assign_take_char(&text, out) && text.len == 0;
}

static struct str last_part(struct str path)
{
	ptrdiff_t colons = str_rfind(path, STR("::"));
	return colons >= 0 ? str_from(path, (size_t)colons + 2) : path;
}

static err_t enumerator_bytes(const struct dbg_type *type, struct str text, u8 *out)
{
	const struct dbg_enumerator *enumerators;
	size_t n = dbg_type_enumerators(type, &enumerators);
	struct str name = last_part(text);
	for (size_t i = 0; i < n; i++)
		if (str_eq(enumerators[i].name, name)) {
			memcpy(out, &enumerators[i].value, size_min((size_t)type->size, 8));
			return NULL;
		}
	return err_new(ERR_ARGUMENT, "`%.*s` is no variant of %.*s", STRF(text), STRF(dbg_type_told(type)));
}

err_t assign_scalar(const struct dbg_type *type, struct str text, u8 *out)
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
	default:
		return err_new(ERR_UNSUPPORTED, "a %.*s can't be written as a whole: write its scalar members",
		               STRF(dbg_type_told(type)));
	}
}

// Some variants are nothing but their discriminant: None, Shape::Empty. What the value held before is not dropped.
static err_t assign_variant(struct dbg_value value, struct str text)
{
	const struct dbg_variant *variants;
	const struct dbg_member *discriminant = dbg_type_discriminant(value.type), *members;
	size_t n = dbg_type_is_coroutine(value.type) ? 0 : dbg_type_variants(value.type, &variants);
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(variants[i].member.name, last_part(text)))
			continue;
		const struct dbg_type *payload = variants[i].member.type;
		if (variants[i].is_default || !discriminant || !discriminant->type || discriminant->type->size > 8 ||
		    (payload && dbg_type_members(payload, &members)))
			return err_new(ERR_UNSUPPORTED, "%.*s holds something: only variants without contents can be written", STRF(text));
		return dbg_mem_write(value.space->mem, value.addr + discriminant->offset, &variants[i].value,
		                     (size_t)discriminant->type->size);
	}
	return err_new(ERR_ARGUMENT, "`%.*s` is no variant of %.*s", STRF(text), STRF(dbg_type_told(value.type)));
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
	if (target.type->kind == DBG_TYPE_VARIANTS)
		return assign_variant(target, str_trim(text));
	if (assign_has_contents(target))
		return assign_contents(target, str_trim(text));
	if (target.type->size == 0 || target.type->size > sizeof(bytes))
		return err_new(ERR_UNSUPPORTED, "a %.*s can't be written as a whole: write its scalar members",
		               STRF(dbg_type_told(target.type)));
	TRY(assign_scalar(target.type, str_trim(text), bytes));
	return dbg_mem_write(target.space->mem, target.addr, bytes, (size_t)target.type->size);
}
