// Methods of texts.
#include "method.h"

enum { MOST_CHARS = 100000 };

static bool argument_text(struct arena *arena, const struct operand *argument, struct str *out)
{
	if (argument->kind == OPERAND_STRING) {
		*out = argument->text;
		return true;
	}
	return argument->kind == OPERAND_VALUE && place_text(arena, argument->value, out);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static struct str trimmed(struct str text)
{
	static const char *const spaces = " \t\n\r\v\f";
	size_t start = 0, end = text.len;
	while (start < end && text.ptr[start] && strchr(spaces, text.ptr[start]))
		start++;
	while (end > start && text.ptr[end - 1] && strchr(spaces, text.ptr[end - 1]))
		end--;
	return str_slice(text, start, end);
}

// An array of them. What is no UTF-8 is U+FFFD.
static err_t chars_of(struct arena *arena, const struct dbg_space *space, struct str text, struct dbg_value *out)
{
	struct buf clean = buf_on(arena);
	buf_put_utf8_lossy(&clean, text);
	text = buf_str(&clean);
	size_t n = 0;
	u8 *bytes = NEW_N(arena, u8, 4 * text.len + 4);
	for (size_t at = 0; at < text.len; n++) {
		u8 lead = (u8)text.ptr[at];
		size_t len = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
		u32 code = len == 1 ? lead : lead & (0x7fu >> len);
		for (size_t i = 1; i < len && at + i < text.len; i++)
			code = code << 6 | ((u8)text.ptr[at + i] & 0x3f);
		memcpy(bytes + 4 * n, &code, sizeof(code));
		at += len;
	}
	*out = dbg_value_of_bytes(space, dbg_type_made_array(arena, primitive_type(STR("char")), n), bytes);
	return NULL;
}

METHOD(text)
{
	struct str text, other;
	u64 len;
	if (str_eqc(called, "as_bytes") && !dbg_shown_text_len(value, &len)) { // of what is bytes already
		*out = value;
		return NULL;
	}
	if (!place_text(arena, value, &text))
		return err_new(ERR_ARGUMENT, "`%.*s` is for texts, not for %.*s", STRF(called), STRF(dbg_type_told(value.type)));
	if (argument && !argument_text(arena, argument, &other))
		return err_new(ERR_ARGUMENT, "`%.*s` wants a text", STRF(called));
	if (text.len > MOST_CHARS && !str_ends(called, STR("bytes")))
		return err_new(ERR_UNSUPPORTED, "`%.*s` of a text of more than %d bytes", STRF(called), MOST_CHARS);
	if (str_eqc(called, "find")) {
		ptrdiff_t at = str_find(text, other);
		if (at < 0)
			return err_new(ERR_EMPTY, "`find()`: it is not in the text");
		*out = make_value(arena, value.space, primitive_type(STR("usize")), (u128)at);
		return NULL;
	}
	if (str_eqc(called, "chars"))
		return chars_of(arena, value.space, text, out);
	if (str_ends(called, STR("bytes"))) {
		*out = dbg_value_of_bytes(value.space, dbg_type_made_array(arena, primitive_type(STR("u8")), text.len),
		                          (const u8 *)text.ptr);
		return NULL;
	}
	char *copy = (char *)str_dup(arena, text).ptr;
	bool same = argument && text.len == other.len, down = str_eqc(called, "to_ascii_lowercase");
	for (size_t i = 0; argument && same && i < text.len; i++)
		same = lower(text.ptr[i]) == lower(other.ptr[i]);
	if (argument) {
		*out = make_bool(arena, value.space, same);
		return NULL;
	}
	for (size_t i = 0; i < text.len && str_starts(called, STR("to_ascii")); i++)
		copy[i] = down ? lower(copy[i]) : copy[i] >= 'a' && copy[i] <= 'z' ? (char)(copy[i] & ~0x20) : copy[i];
	struct operand operand = {.kind = OPERAND_STRING, .text = str_n(copy, text.len)};
	if (str_eqc(called, "trim"))
		operand.text = trimmed(operand.text);
	return settle(arena, value.space, operand, out);
}
