// Writes what is in a String, a Vec or an array. No memory is allocated: what does not fit is refused.
#include "assign.h"
#include "span.h"
#include "walk.h"

enum { MAX_CONTENTS = 1 << 20 };

struct contents {
	u64 start, cap; // in elements
	const struct dbg_type *element;
	struct dbg_value len; // to be written, absent for arrays
};

static bool is_scalar(const struct dbg_type *type)
{
	return type && type->size && type->size <= 16 &&
	       (type->kind == DBG_TYPE_UINT || type->kind == DBG_TYPE_INT || type->kind == DBG_TYPE_FLOAT ||
	        type->kind == DBG_TYPE_BOOL || type->kind == DBG_TYPE_CHAR || type->kind == DBG_TYPE_ENUM);
}

static struct dbg_value vec_in(struct dbg_value value)
{
	return dbg_value_find(value, "alloc::vec::Vec");
}

bool assign_has_contents(struct dbg_value value)
{
	return is_text_type(value.type) || value.type->kind == DBG_TYPE_ARRAY ||
	       str_eqc(dbg_type_base_path(value.type), "alloc::vec::Vec");
}

static err_t contents_of(struct dbg_value value, struct contents *out)
{
	struct span span;
	*out = (struct contents){0};
	if (value.type->kind == DBG_TYPE_ARRAY) {
		*out = (struct contents){.start = value.addr, .cap = value.type->count, .element = value.type->target};
		return NULL;
	}
	struct dbg_value vec = vec_in(value);
	if (!dbg_value_ok(vec) || !span_of(vec, &span))
		return err_new(ERR_UNSUPPORTED, "a %.*s borrows its text, or has no room to write in: only a String can be written",
		               STRF(dbg_type_told(value.type)));
	if (span.suspect.len)
		return err_new(ERR_ARGUMENT, "%.*s", STRF(span.suspect));
	*out = (struct contents){.start = span.start, .element = span.element, .len = dbg_value_member(vec, "len")};
	if (!dbg_value_get(walk_find_member(dbg_value_member(vec, "buf"), "cap"), &out->cap))
		return err_new(ERR_UNSUPPORTED, "its capacity is not in the debug info");
	return NULL;
}

static void put_utf8(struct buf *buf, u32 code)
{
	if (code < 0x80) {
		buf_putc(buf, (char)code);
		return;
	}
	char bytes[4];
	size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; code >>= 6)
		bytes[i] = (char)(0x80 | (code & 0x3f));
	bytes[0] = (char)((0xf00 >> n) | code); // 110xxxxx, 1110xxxx, 11110xxx
	buf_put(buf, str_n(bytes, n));
}

// "text" with Rust's escapes.
static err_t read_text(struct str text, struct buf *out)
{
	if (text.len < 2 || text.ptr[0] != '"' || text.ptr[text.len - 1] != '"')
		return err_new(ERR_ARGUMENT, "`%.*s` is no text: write it between quotes, \"like this\"",
		               STRF(str_columns_prefix(text, 40)));
	text = str_slice(text, 1, text.len - 1);
	while (text.len) {
		u32 code;
		if (text.ptr[0] == '"' || !assign_take_char(&text, &code))
			return err_new(ERR_ARGUMENT, "`%.*s` is no character of a text: \\n, \\t, \\\\, \\\" and \\u{e9} are known escapes",
			               STRF(str_columns_prefix(text, 8)));
		put_utf8(out, code);
	}
	return NULL;
}

// [1, 2, 3]; a comma inside quotes separates nothing.
static err_t read_list(const struct dbg_type *element, struct str text, struct buf *out)
{
	if (text.len < 2 || text.ptr[0] != '[' || text.ptr[text.len - 1] != ']')
		return err_new(ERR_ARGUMENT, "`%.*s` is no list: write it as [1, 2, 3]", STRF(str_columns_prefix(text, 40)));
	text = str_trim(str_slice(text, 1, text.len - 1));
	while (text.len) {
		u8 bytes[16] = {0};
		ptrdiff_t comma = str_find(text, STR(","));
		size_t end = str_starts(text, STR("','")) ? 3 : comma < 0 ? text.len : (size_t)comma;
		TRY(assign_scalar(element, str_trim(str_slice(text, 0, end)), bytes));
		buf_put(out, str_n((const char *)bytes, (size_t)element->size));
		text = str_trim(str_from(text, end));
		if (text.len && text.ptr[0] != ',')
			return err_new(ERR_ARGUMENT, "expected a comma before `%.*s`", STRF(str_columns_prefix(text, 20)));
		text = str_trim(str_from(text, 1));
	}
	return NULL;
}

static err_t write_contents(const struct dbg_value *value, const struct contents *contents, const struct buf *bytes)
{
	struct dbg_mem *mem = value->space->mem;
	u64 len = bytes->len / contents->element->size;
	if (value->type->kind == DBG_TYPE_ARRAY && len != contents->cap)
		return err_new(ERR_ARGUMENT, "the array has %llu elements, not %llu", (unsigned long long)contents->cap,
		               (unsigned long long)len);
	if (len > contents->cap || bytes->len > MAX_CONTENTS)
		return err_new(ERR_UNSUPPORTED, "it has room for %llu, and this is %llu: nothing is allocated in the program",
		               (unsigned long long)contents->cap, (unsigned long long)len);
	if (bytes->len)
		TRY(dbg_mem_write(mem, contents->start, bytes->ptr, bytes->len));
	if (value->type->kind == DBG_TYPE_ARRAY)
		return NULL;
	if (contents->len.where != DBG_VALUE_MEMORY)
		return err_new(ERR_UNSUPPORTED, "its length is not in memory");
	return dbg_mem_write(mem, contents->len.addr, &len, (size_t)u64_min(contents->len.type->size, sizeof(len)));
}

err_t assign_contents(struct dbg_value value, struct str text)
{
	struct contents contents;
	struct arena scratch = {0};
	struct buf bytes = buf_on(&scratch);
	err_t error = contents_of(value, &contents);
	bool is_text = is_text_type(value.type);
	if (!error && !is_text && !is_scalar(contents.element))
		error = err_new(ERR_UNSUPPORTED, "elements of %.*s can't be written as a whole: write one by one",
		                STRF(dbg_type_told(value.type)));
	if (!error)
		error = is_text ? read_text(text, &bytes) : read_list(contents.element, text, &bytes);
	if (!error)
		error = write_contents(&value, &contents, &bytes);
	arena_deinit(&scratch);
	return error;
}
