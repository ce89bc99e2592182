// Finds the printer of a type, and what a value is shown as.
#include "printer.h"

#include "owner.h"
#include "reason.h"
#include "span.h"

#define PRINTER(path, name) extern const struct printer printer_##name;
#include "printers.def"
#undef PRINTER

static const struct row {
	struct str path;
	const struct printer *printer;
} rows[] = {
#define PRINTER(path, name) {{path, sizeof(path) - 1}, &printer_##name},
#include "printers.def"
#undef PRINTER
};

bool is_reference(const struct dbg_type *type)
{
	return type->kind == DBG_TYPE_POINTER && (!type->target || type->target->kind != DBG_TYPE_FUNCTION) &&
	       (str_starts(type->name, STR("&")) || str_starts(type->name, STR("alloc::boxed::Box<")));
}

const struct printer *printer_of(const struct dbg_type *type)
{
	if (type->kind != DBG_TYPE_STRUCT && type->kind != DBG_TYPE_VARIANTS && type->kind != DBG_TYPE_UNION)
		return NULL;
	if (walk_is_dyn_pointer(type))
		return &printer_boxed;
	if (walk_member(type, STR("data_ptr")) && walk_member(type, STR("length")))
		return &printer_span;
	struct str base = dbg_type_base_path(type);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) // few rows are as long: most are passed over by that alone
		if (rows[i].path.len == base.len && memcmp(rows[i].path.ptr, base.ptr, base.len) == 0)
			return rows[i].printer;
	return NULL;
}

static const struct printer *collection_of(struct dbg_value value)
{
	const struct printer *printer = dbg_value_ok(value) && !value.raw ? printer_of(value.type) : NULL;
	return printer && printer->items && printer->page ? printer : NULL;
}

bool items_of(struct dbg_value value, struct items *out)
{
	const struct printer *printer = collection_of(value);
	return printer && printer->items(value, out);
}

size_t page_of(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	const struct printer *printer = collection_of(value);
	return printer ? printer->page(arena, value, start, count, out) : 0;
}

const struct dbg_text_row *text_row_of(struct dbg_value value)
{
	const struct dbg_space *space = value.space;
	bool may_have = space && space->n_texts && (value.type->kind == DBG_TYPE_STRUCT || value.type->kind == DBG_TYPE_VARIANTS);
	struct str base = may_have ? dbg_type_base_path(value.type) : STR("");
	for (size_t i = 0; base.len && i < space->n_texts; i++)
		if (str_eqc(base, space->texts[i].path))
			return &space->texts[i];
	return NULL;
}

bool text_inner_of(struct dbg_value value, struct dbg_value *out)
{
	const struct dbg_text_row *row = text_row_of(value);
	*out = row && row->inner ? row->inner(value) : (struct dbg_value){0};
	return dbg_value_ok(*out);
}

static bool is_collection(const struct stage *stage)
{
	struct items items;
	return stage->printer->items && stage->printer->items(stage->value, &items);
}

const struct dbg_forms *printer_form_of(struct dbg_value value)
{
	const struct dbg_forms *forms = value.space ? value.space->forms : NULL;
	return forms && !value.raw && forms->is_for(forms, value.type) ? forms : NULL;
}

static struct dbg_value follow(struct dbg_value value, struct stage stages[MAX_STAGES], size_t *n, bool to_user)
{
	struct dbg_value inner;
	*n = 0;
	while (dbg_value_ok(value) && !value.raw) {
		if (*n == MAX_STAGES)
			return (struct dbg_value){.absent = STR("suspect: references without end")};
		struct stage stage = {.value = value, .printer = printer_of(value.type)};
		if (owner_is_gone(value))
			return owner_gone();
		if (is_text_type(value.type) || (to_user && printer_form_of(value)))
			return value;
		if (!stage.printer && is_reference(value.type))
			value = dbg_value_deref(value);
		else if (stage.printer && stage.printer->inner && !is_collection(&stage))
			value = stage.printer->inner(value);
		else if (!to_user && !stage.printer && text_inner_of(value, &inner))
			value = inner;
		else
			return value;
		stages[(*n)++] = stage;
	}
	return value;
}

struct dbg_value printer_shown(struct dbg_value value, struct stage stages[MAX_STAGES], size_t *n)
{
	return follow(value, stages, n, false);
}

struct dbg_value printer_shown_to_user(struct dbg_value value, struct stage stages[MAX_STAGES], size_t *n)
{
	return follow(value, stages, n, true);
}
