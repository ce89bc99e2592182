// A value as one line. Always ends: the line has a width, the nesting a depth, the whole a number of values,
// and a value inside of itself is cut.
#include "engine/value.h"

#include "engine/frame.h"
#include "render.h"
#include "span.h"

enum { DEFAULT_COLUMNS = 200, DEFAULT_DEPTH = 4, MAX_VALUES = 400, LIST_WHOLE = 8, LIST_TASTE = 3 };

static void put_value(struct render *r, struct dbg_value value, bool is_outer);

static bool is_full(struct render *r)
{
	return r->values > MAX_VALUES || r->buf.len >= r->columns;
}

// ---- compounds -------------------------------------------------------------------------------------

static bool is_tuple_member(struct str name)
{
	return str_starts(name, STR("__")) && name.len > 2 && name.ptr[2] >= '0' && name.ptr[2] <= '9';
}

static void put_members(struct render *r, struct dbg_value value, bool is_tuple)
{
	const struct dbg_member *members;
	size_t n = dbg_type_members(value.type, &members);
	bool is_closure = walk_is_closure(value.type);
	buf_putc(&r->buf, is_tuple ? '(' : '{');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_puts(&r->buf, ", ");
		if (is_full(r) || r->depth == 0) {
			buf_puts(&r->buf, "…");
			break;
		}
		if (!is_tuple)
			buf_printf(&r->buf, "%.*s: ", STRF(is_closure ? walk_capture_name(r->buf.arena, members[i].name) : members[i].name));
		put_value(r, is_closure ? walk_capture_value(value, &members[i]) : dbg_value_member_of(value, &members[i]), false);
	}
	if (is_tuple && n == 1 && value.type->name.len && value.type->name.ptr[0] == '(')
		buf_putc(&r->buf, ',');
	buf_putc(&r->buf, is_tuple ? ')' : '}');
}

// "Order" of "shop::Order<T>", "main::{closure#1}" of a closure's env; nothing for tuples.
static void put_struct_name(struct render *r, const struct dbg_type *type)
{
	if (!type->name.len || type->name.ptr[0] == '(')
		return;
	if (type->name.ptr[0] != '{') {
		buf_put_utf8_lossy(&r->buf, dbg_path_without_generics(r->buf.arena, type->name));
		return;
	}
	struct str path = dbg_type_base_path(type);
	ptrdiff_t env = str_rfind(path, STR("_env#"));
	if (env >= 0)
		buf_printf(&r->buf, "%.*s%.*s", (int)env, path.ptr, STRF(str_from(path, (size_t)env + 4)));
	else
		buf_put(&r->buf, path);
}

static void put_struct(struct render *r, struct dbg_value value)
{
	const struct dbg_member *members;
	size_t n = dbg_type_members(value.type, &members);
	bool is_tuple = n && is_tuple_member(members[0].name);
	put_struct_name(r, value.type);
	if (n == 0)
		return;
	if (!is_tuple && value.type->name.len && value.type->name.ptr[0] != '(')
		buf_putc(&r->buf, ' ');
	put_members(r, value, is_tuple);
}

static void put_coroutine(struct render *r, struct dbg_value value, const struct dbg_variant *active)
{
	static const struct {
		const char *variant, *text;
	} ends[] = {{"Unresumed", "not started"}, {"Returned", "returned"}, {"Panicked", "panicked"}};
	struct str state = active->member.type ? active->member.type->name : active->member.name;
	struct dbg_place place = active->member.decl;
	buf_put(&r->buf, dbg_coroutine_name(r->buf.arena, value.type));
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (str_eqc(state, ends[i].variant)) {
			buf_printf(&r->buf, " {%s}", ends[i].text);
			return;
		}
	if (place.line)
		buf_printf(&r->buf, " {suspended at %.*s:%u}", STRF(dbg_place_short_path(r->buf.arena, place)), place.line);
	else
		buf_printf(&r->buf, " {suspended: %.*s}", STRF(state));
}

static void put_variants(struct render *r, struct dbg_value value)
{
	struct dbg_value payload;
	struct str why;
	const struct dbg_variant *active = dbg_value_variant(value, &payload, &why);
	if (!active) {
		render_reason(r, why);
		return;
	}
	if (dbg_type_is_coroutine(value.type)) {
		put_coroutine(r, value, active);
		return;
	}
	buf_put(&r->buf, active->member.name);
	const struct dbg_member *members;
	size_t n = dbg_value_ok(payload) && payload.type->kind == DBG_TYPE_STRUCT ? dbg_type_members(payload.type, &members) : 0;
	if (n == 0)
		return;
	bool is_tuple = is_tuple_member(members[0].name);
	if (!is_tuple)
		buf_putc(&r->buf, ' ');
	put_members(r, payload, is_tuple);
}

// ---- collections -----------------------------------------------------------------------------------

static void put_item(struct render *r, const struct items *items, const struct item *item)
{
	if (items->shape == ITEMS_MAP) {
		put_value(r, item->key, false);
		buf_puts(&r->buf, ": ");
	}
	put_value(r, item->value, false);
}

static void put_items(struct render *r, struct dbg_value value, const struct items *items,
                      size_t (*page)(struct arena *, struct dbg_value, u64, u64, struct item *))
{
	struct item shown[LIST_WHOLE];
	u64 wanted = items->len <= LIST_WHOLE ? items->len : LIST_TASTE;
	if (items->suspect.len) {
		render_reason(r, items->suspect);
		return;
	}
	size_t n = r->depth ? page(r->buf.arena, value, 0, wanted, shown) : 0, i = 0;
	buf_putc(&r->buf, items->shape == ITEMS_LIST ? '[' : '{');
	for (; i < n && !is_full(r); i++) {
		if (i)
			buf_puts(&r->buf, ", ");
		put_item(r, items, &shown[i]);
		u8 byte;
		err_t unreadable =
		    dbg_value_ok(shown[i].value) && shown[i].value.type->size ? dbg_value_read(shown[i].value, &byte, 1) : NULL;
		if (unreadable) { // the rest would say the same
			i++;
			break;
		}
	}
	if (i < items->len)
		buf_puts(&r->buf, i ? ", …" : "…");
	buf_putc(&r->buf, items->shape == ITEMS_LIST ? ']' : '}');
}

static size_t array_page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	(void)arena;
	size_t n = 0;
	for (u64 i = start; i < value.type->count && n < count; i++)
		out[n++] = (struct item){.value = dbg_value_element(value, i)};
	return n;
}

static void put_array(struct render *r, struct dbg_value value)
{
	struct items items = {.len = value.type->count};
	put_items(r, value, &items, array_page);
}

// ---- any value -------------------------------------------------------------------------------------

static void put_by_kind(struct render *r, struct dbg_value value)
{
	switch (value.type->kind) {
	case DBG_TYPE_VOID: buf_puts(&r->buf, str_eqc(value.type->name, "!") ? "!" : "()"); break;
	case DBG_TYPE_UINT:
	case DBG_TYPE_INT:
	case DBG_TYPE_FLOAT:
	case DBG_TYPE_BOOL:
	case DBG_TYPE_CHAR: render_scalar(r, value); break;
	case DBG_TYPE_POINTER: render_pointer(r, value); break;
	case DBG_TYPE_ENUM: render_enumerator(r, value); break;
	case DBG_TYPE_VARIANTS: put_variants(r, value); break;
	case DBG_TYPE_UNION:
	case DBG_TYPE_STRUCT: put_struct(r, value); break;
	case DBG_TYPE_ARRAY: put_array(r, value); break;
	case DBG_TYPE_FUNCTION: render_function(r, value, value.addr); break;
	case DBG_TYPE_UNKNOWN: render_reason(r, STR("its type is not in the debug info: build with debug = 2")); break;
	}
}

// Answers whether the value is one of those it lies in; otherwise notes it.
static bool enter(struct render *r, struct dbg_value value)
{
	bool is_compound = value.type->kind == DBG_TYPE_STRUCT || value.type->kind == DBG_TYPE_VARIANTS;
	if (value.where != DBG_VALUE_MEMORY || !is_compound)
		return false;
	for (size_t i = 0; i < r->n_ancestors; i++)
		if (r->ancestors[i].addr == value.addr && r->ancestors[i].type == value.type)
			return true;
	if (r->n_ancestors < MAX_ANCESTORS)
		r->ancestors[r->n_ancestors++] = (struct ancestor){value.addr, value.type};
	return false;
}

static bool put_text_of_above(struct render *r, struct dbg_value value)
{
	const struct dbg_text_row *row = text_row_of(value);
	return row && row->text(&r->buf, value);
}

static void put_shown(struct render *r, struct dbg_value value, bool is_outer)
{
	if (!dbg_value_ok(value)) {
		render_reason(r, value.absent);
		return;
	}
	const struct dbg_forms *forms = printer_form_of(value);
	if (forms && forms->text(forms, &r->buf, value, r->radix))
		return;
	if (is_text_type(value.type) && !value.raw) {
		render_text(r, value);
		return;
	}
	if (!value.raw && put_text_of_above(r, value))
		return;
	const struct printer *printer = value.raw ? NULL : printer_of(value.type);
	struct items items;
	if (printer && printer->text && printer->text(&r->buf, value))
		return;
	if (printer && printer->items && printer->items(value, &items)) {
		if (is_outer)
			buf_printf(&r->buf, "%.*s (len %llu) ", STRF(dbg_type_render(r->buf.arena, value.type)),
			           (unsigned long long)items.len);
		put_items(r, value, &items, printer->page);
		return;
	}
	size_t before = r->n_ancestors;
	if (enter(r, value)) {
		put_struct_name(r, value.type);
		buf_puts(&r->buf, " {…}");
		return;
	}
	put_by_kind(r, value);
	r->n_ancestors = before;
}

static void put_value(struct render *r, struct dbg_value value, bool is_outer)
{
	struct stage stages[MAX_STAGES];
	size_t n;
	r->values++;
	struct dbg_value shown = printer_shown_to_user(value, stages, &n);
	bool has_label = false;
	for (size_t i = 0; i < n; i++) {
		const char *label = stages[i].printer ? stages[i].printer->label : NULL;
		has_label = has_label || label;
		if (label)
			buf_printf(&r->buf, "%s(", label);
	}
	bool deeper = r->depth > 0;
	r->depth -= deeper;
	put_shown(r, shown, is_outer && !has_label);
	r->depth += deeper;
	for (size_t i = n; i-- > 0;) { // from the inside out
		const struct printer *printer = stages[i].printer;
		if (!printer)
			continue;
		if (printer->label)
			buf_putc(&r->buf, ')');
		if (printer->note)
			printer->note(&r->buf, stages[i].value);
		if (printer->outer_note && is_outer)
			printer->outer_note(&r->buf, stages[i].value);
	}
	const struct printer *last = dbg_value_ok(shown) && !shown.raw ? printer_of(shown.type) : NULL;
	if (last && last->outer_note && is_outer)
		last->outer_note(&r->buf, shown);
}

struct str dbg_value_render(struct arena *arena, struct dbg_value value, struct dbg_render options)
{
	struct render r = {.buf = buf_on(arena), .radix = options.radix};
	r.columns = options.max_len ? options.max_len : DEFAULT_COLUMNS;
	r.depth = 1 + (options.depth ? options.depth : DEFAULT_DEPTH);
	put_value(&r, value, true);
	struct buf clean = buf_on(arena);
	buf_put_utf8_lossy(&clean, buf_str(&r.buf));
	struct str text = buf_str(&clean);
	if (str_columns(text) <= r.columns)
		return text;
	struct str cut = str_columns_prefix(text, r.columns - 1);
	return str_printf(arena, "%.*s…", STRF(cut));
}
