// The printers' knowledge as values instead of text. See include/engine/shown.h.
#include "engine/shown.h"

#include "engine/frame.h"
#include "owner.h"
#include "printer.h"
#include "span.h"

struct dbg_value dbg_shown(struct dbg_value value)
{
	struct stage stages[MAX_STAGES];
	size_t n;
	return dbg_value_ok(value) ? printer_shown(value, stages, &n) : value;
}

struct dbg_value dbg_shown_owned(struct dbg_value value)
{
	return owner_is_gone(value) ? owner_gone() : value;
}

err_t dbg_shown_lost(struct dbg_value value)
{
	struct dbg_value shown = dbg_shown(value);
	bool is_lost = dbg_value_ok(value) && !dbg_value_ok(shown) && str_eq(shown.absent, owner_gone().absent);
	return is_lost ? err_new(ERR_NOT_FOUND, "%.*s", STRF(shown.absent)) : NULL;
}

struct dbg_value dbg_shown_inner(struct dbg_value value)
{
	const struct printer *printer = dbg_value_ok(value) ? printer_of(value.type) : NULL;
	struct items items;
	struct dbg_value inner;
	if (!printer && dbg_value_ok(value) && text_inner_of(value, &inner))
		return inner;
	if (!printer || !printer->inner || (printer->items && printer->items(value, &items)))
		return (struct dbg_value){0};
	return printer->inner(value);
}

// ---- fields ----------------------------------------------------------------------------------------

static bool coroutine_field(struct arena *arena, struct dbg_value value, struct str name, struct dbg_value *out)
{
	struct dbg_variable *variables;
	size_t n = dbg_coroutine_variables(arena, value, &variables);
	while (n-- > 0) // the last one of a name shadows
		if (str_eq(variables[n].name, name)) {
			*out = variables[n].value;
			return true;
		}
	return false;
}

static bool closure_field(struct arena *arena, struct dbg_value value, struct str name, struct dbg_value *out)
{
	const struct dbg_member *members;
	size_t n = dbg_type_members(value.type, &members);
	for (size_t i = 0; i < n; i++)
		if (str_eq(walk_capture_name(arena, members[i].name), name)) {
			*out = walk_capture_value(value, &members[i]);
			return true;
		}
	return false;
}

bool dbg_shown_field(struct arena *arena, struct dbg_value value, struct str name, struct dbg_value *out)
{
	if (!dbg_value_ok(value))
		return false;
	if (dbg_type_is_coroutine(value.type) && coroutine_field(arena, value, name, out))
		return true;
	if (value.type->kind == DBG_TYPE_VARIANTS) {
		struct dbg_value payload;
		if (!dbg_value_variant(value, &payload, NULL) || !dbg_value_ok(payload))
			return false;
		value = payload;
	}
	const struct dbg_member *member = walk_member(value.type, name);
	if (!member)
		return walk_is_closure(value.type) && closure_field(arena, value, name, out);
	*out = dbg_value_member_of(value, member);
	return true;
}

// ---- items -----------------------------------------------------------------------------------------

bool dbg_shown_text_len(struct dbg_value value, u64 *len)
{
	struct dbg_value shown = dbg_shown(value);
	struct span span;
	if (!dbg_value_ok(shown) || !is_text_type(shown.type))
		return false;
	if (shown.type->kind == DBG_TYPE_ARRAY) {
		*len = shown.type->count;
		return true;
	}
	if (!span_within(shown, &span) || span.suspect.len)
		return false;
	*len = span.len - (span.len && is_c_text_type(shown.type));
	return true;
}

bool dbg_shown_as_text(struct arena *arena, struct dbg_value value, struct str *out)
{
	struct dbg_value shown = dbg_shown(value);
	const struct printer *printer = dbg_value_ok(shown) ? printer_of(shown.type) : NULL;
	struct buf text = buf_on(arena);
	if (!printer || !printer->text || !printer->text(&text, shown))
		return false;
	struct str line = buf_str(&text);
	if (str_eqc(line, "Sensitive")) // what http hides
		return false;
	bool quoted = line.len >= 2 && str_starts(line, STR("\"")) && str_ends(line, STR("\""));
	*out = quoted ? str_slice(line, 1, line.len - 1) : line;
	return true;
}

bool dbg_shown_count(struct dbg_value value, u64 *out)
{
	struct dbg_value shown = dbg_shown(value);
	const struct dbg_text_row *row = dbg_value_ok(shown) ? text_row_of(shown) : NULL;
	return row && row->count && row->count(shown, out);
}

bool dbg_shown_items(struct dbg_value value, struct dbg_items *out)
{
	struct dbg_value shown = dbg_shown(value);
	struct items items;
	if (!dbg_value_ok(shown))
		return false;
	if (shown.type->kind == DBG_TYPE_ARRAY && !is_text_type(shown.type)) {
		*out = (struct dbg_items){.len = shown.type->count};
		return true;
	}
	const struct printer *printer = is_text_type(shown.type) ? NULL : printer_of(shown.type);
	if (!printer || !printer->items || !printer->items(shown, &items))
		return false;
	*out = (struct dbg_items){
	    .is_map = items.shape == ITEMS_MAP, .is_set = items.shape == ITEMS_SET, .len = items.len, .suspect = items.suspect};
	return true;
}

size_t dbg_shown_page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct dbg_item *out)
{
	struct dbg_value shown = dbg_shown(value);
	struct dbg_items all;
	size_t n = 0;
	if (!dbg_shown_items(shown, &all) || all.suspect.len || start >= all.len)
		return 0;
	count = u64_min(count, all.len - start);
	if (shown.type->kind == DBG_TYPE_ARRAY) {
		for (; n < count; n++)
			out[n] = (struct dbg_item){.value = dbg_value_element(shown, start + n)};
		return n;
	}
	struct item *items = NEW_N(arena, struct item, (size_t)count);
	n = printer_of(shown.type)->page(arena, shown, start, count, items);
	for (size_t i = 0; i < n; i++)
		out[i] = (struct dbg_item){items[i].key, items[i].value};
	return n;
}

bool dbg_shown_find(struct dbg_value value, const u8 *bytes, size_t len, struct dbg_item *out, size_t max, size_t *n)
{
	enum { MOST = 64 };
	struct item items[MOST];
	struct dbg_value shown = dbg_shown(value);
	const struct printer *printer = dbg_value_ok(shown) ? printer_of(shown.type) : NULL;
	if (!printer || !printer->find || !printer->find(shown, bytes, len, items, size_min(max, MOST), n))
		return false;
	for (size_t i = 0; i < *n; i++)
		out[i] = (struct dbg_item){items[i].key, items[i].value};
	return true;
}

// A range of text begins and ends between characters.
static err_t check_boundary(struct dbg_value text, const struct span *span, u64 at)
{
	u64 byte = 0;
	struct dbg_value value = text.type->kind == DBG_TYPE_ARRAY ? dbg_value_element(text, at) : span_element(text.space, span, at);
	if (at < span->len && dbg_value_get(value, &byte) && (byte & 0xc0) == 0x80)
		return err_new(ERR_ARGUMENT, "byte %llu of the text is inside of a character", (unsigned long long)at);
	return NULL;
}

err_t dbg_shown_slice(struct arena *arena, struct dbg_value value, u64 from, u64 to, struct dbg_value *out)
{
	struct dbg_value shown = dbg_shown(value);
	struct span span;
	if (!dbg_value_ok(shown))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(shown.absent));
	if (shown.type->kind == DBG_TYPE_ARRAY)
		span = (struct span){.start = shown.addr, .len = shown.type->count, .element = shown.type->target};
	else if (!span_of(shown, &span) && !(is_text_type(shown.type) && span_within(shown, &span)))
		return err_new(ERR_UNSUPPORTED, "a range of %.*s: its elements do not lie side by side", STRF(dbg_type_told(value.type)));
	if (span.suspect.len || !span.element)
		return err_new(ERR_NOT_FOUND, "%.*s",
		               STRF(span.suspect.len ? span.suspect : STR("the element's type is not in the debug info")));
	if (from > to || to > span.len)
		return err_new(ERR_ARGUMENT, "range %llu..%llu is out of bounds: the length is %llu", (unsigned long long)from,
		               (unsigned long long)to, (unsigned long long)span.len);
	bool is_text = is_text_type(shown.type);
	const struct dbg_type *type =
	    is_text ? dbg_type_made_text(arena, to - from) : dbg_type_made_array(arena, span.element, to - from);
	*out = dbg_value_at(value.space, type, span.start + from * span.element->size);
	if (shown.where == DBG_VALUE_BYTES && shown.type->kind == DBG_TYPE_ARRAY)
		*out = dbg_value_of_bytes(value.space, type, shown.bytes + from * span.element->size);
	if (is_text)
		TRY(check_boundary(shown, &span, from));
	return is_text ? check_boundary(shown, &span, to) : NULL;
}
