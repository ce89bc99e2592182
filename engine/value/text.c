// The bytes of text and of byte slices.
#include "engine/value.h"

#include "span.h"
#include "walk.h"

enum { MAX_HOPS = 8 };

err_t dbg_value_text(struct dbg_value value, struct arena *arena, size_t max, struct str *out, u64 *whole_len)
{
	for (unsigned hops = 0; dbg_value_ok(value) && value.type->kind == DBG_TYPE_POINTER && hops < MAX_HOPS; hops++)
		value = dbg_value_deref(value);
	if (!dbg_value_ok(value))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(value.absent));
	struct span span;
	if (value.type->kind == DBG_TYPE_ARRAY && is_text_type(value.type)) {
		size_t part = (size_t)u64_min(value.type->size, max);
		char *text = NEW_N(arena, char, part + 1);
		TRY(dbg_value_read(value, text, part));
		*out = str_n(text, part);
		if (whole_len)
			*whole_len = value.type->size;
		return NULL;
	}
	bool found = is_text_type(value.type) ? span_within(value, &span) : span_of(value, &span);
	if (found && span.suspect.len)
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(span.suspect));
	if (!found || !span.element || span.element->size > 1)
		return err_new(ERR_ARGUMENT, "%.*s is not text", STRF(value.type->name));
	if (span.len && is_c_text_type(value.type))
		span.len--;
	size_t size = (size_t)u64_min(span.len, max);
	char *bytes = NEW_N(arena, char, size + 1);
	struct dbg_value first = dbg_value_at(value.space, span.element, span.start);
	TRY(dbg_value_read(first, bytes, size));
	*out = str_n(bytes, size);
	if (whole_len)
		*whole_len = span.len;
	return NULL;
}
