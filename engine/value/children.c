// What can be unfolded: members, items, the variables of a coroutine, and "[raw]" for the members as they are.
//
// Only the page that is asked for is made. Named children come first, then indexed ones.
#include "engine/frame.h"
#include "engine/shown.h"
#include "engine/value.h"

#include "owner.h"
#include "printer.h"
#include "span.h"

enum { MAX_PAGE = 10000, MAX_NAMED = 10000, KEY_COLUMNS = 60 };

// What a value unfolds to.
struct view {
	struct dbg_value shown;        // whose members or items they are
	struct dbg_value whole;        // for "[raw]"
	const struct printer *printer; // of the collection, NULL if it is none
	struct items items;
	enum { VIEW_NONE, VIEW_MEMBERS, VIEW_VARIABLES, VIEW_RAW_VARIANT, VIEW_POINTEE, VIEW_FORM } named;
	u64 n_named; // without "[raw]"
	bool has_raw;
	const struct dbg_forms *forms; // VIEW_FORM
	struct dbg_value elements_of;  // whose items they are, where a form says so: else of `shown`
};

static u64 count_variables(struct dbg_value value)
{
	struct arena scratch = {0};
	struct dbg_variable *variables;
	u64 n = dbg_coroutine_variables(&scratch, value, &variables);
	arena_deinit(&scratch);
	return n;
}

static void view_members(struct view *view, struct dbg_value value)
{
	const struct dbg_member *members;
	if (!dbg_value_ok(value))
		return;
	view->shown = value;
	view->named = VIEW_MEMBERS;
	view->n_named = size_min(dbg_type_members(value.type, &members), MAX_NAMED);
}

static void view_variants(struct view *view)
{
	struct dbg_value payload;
	bool known = dbg_value_variant(view->shown, &payload, NULL) != NULL;
	if (view->shown.raw) {
		view->named = VIEW_RAW_VARIANT;
		view->n_named = 1 + (dbg_type_discriminant(view->shown.type) != NULL);
	} else if (dbg_type_is_coroutine(view->shown.type)) {
		view->named = VIEW_VARIABLES;
		view->n_named = count_variables(view->shown);
		view->has_raw = true;
	} else if (known) {
		view_members(view, payload);
	} else {
		view->has_raw = true;
	}
}

static bool is_pointer_to_something(struct dbg_value value)
{
	u64 addr;
	return value.type->target && value.type->target->kind != DBG_TYPE_FUNCTION && value.type->target->size > 0 &&
	       dbg_value_get(value, &addr) && addr != 0;
}

static bool set_items(struct view *view, struct dbg_value value)
{
	const struct printer *printer = value.raw ? NULL : printer_of(value.type);
	if (value.type->kind == DBG_TYPE_ARRAY) {
		view->items = (struct items){.len = value.type->count};
	} else if (printer && printer->items && printer->items(value, &view->items)) {
		view->printer = printer;
	} else {
		return false;
	}
	if (view->items.suspect.len)
		view->items.len = 0;
	view->elements_of = value;
	return true;
}

// What the user's form says it unfolds to; false if that is left to its type.
static bool view_form(struct view *view, struct arena *arena)
{
	const struct dbg_forms *forms = printer_form_of(view->shown);
	if (!forms)
		return false;
	struct dbg_value elements = dbg_shown(forms->elements(forms, arena, view->shown));
	bool has_items = dbg_value_ok(elements) && set_items(view, elements);
	view->n_named = forms->count(forms, view->shown);
	if (!has_items && !view->n_named)
		return false;
	view->forms = forms;
	view->named = VIEW_FORM;
	view->has_raw = true;
	return true;
}

static void view_shown(struct view *view, struct arena *arena)
{
	struct dbg_value shown = view->shown;
	if (view_form(view, arena))
		return;
	if (is_text_type(shown.type) && !shown.raw) {
		view->has_raw = true;
		return;
	}
	view->has_raw = view->has_raw || (!shown.raw && printer_of(shown.type));
	if (set_items(view, shown))
		return;
	switch (shown.type->kind) {
	case DBG_TYPE_STRUCT:
	case DBG_TYPE_UNION: view_members(view, shown); break;
	case DBG_TYPE_VARIANTS: view_variants(view); break;
	case DBG_TYPE_POINTER:
		if (is_pointer_to_something(shown)) {
			view->named = VIEW_POINTEE;
			view->n_named = 1;
		}
		break;
	default: break;
	}
}

static struct view view_of(struct arena *arena, struct dbg_value value)
{
	struct stage stages[MAX_STAGES];
	size_t n;
	struct view view = {.whole = value};
	if (!dbg_value_ok(value))
		return view;
	view.shown = printer_shown_to_user(value, stages, &n);
	for (size_t i = 0; i < n; i++)
		if (stages[i].printer && !view.has_raw) {
			view.has_raw = true;
			view.whole = stages[i].value; // behind plain references
		}
	if (!view.has_raw && dbg_value_ok(view.shown))
		view.whole = view.shown;
	view.has_raw = view.has_raw || owner_is_gone(value);
	if (dbg_value_ok(view.shown))
		view_shown(&view, arena);
	return view;
}

struct dbg_counts dbg_value_child_counts(struct dbg_value value)
{
	struct arena scratch = {0};
	struct view view = view_of(&scratch, value);
	arena_deinit(&scratch);
	return (struct dbg_counts){.named = view.n_named + view.has_raw, .indexed = view.items.len};
}

// ---- the children ----------------------------------------------------------------------------------

static struct str member_name(struct arena *arena, const struct dbg_member *member, size_t i)
{
	struct str name = member->name;
	if (str_starts(name, STR("__")) && name.len > 2 && name.ptr[2] >= '0' && name.ptr[2] <= '9')
		return str_from(name, 2);
	return name.len ? name : str_printf(arena, "%zu", i);
}

static struct dbg_child child_of(struct str name, struct dbg_value value)
{
	return (struct dbg_child){.name = name, .value = value};
}

static struct dbg_child named_child(struct arena *arena, const struct view *view, u64 i)
{
	const struct dbg_member *members;
	struct dbg_variable *variables;
	if (i == view->n_named) {
		struct dbg_child raw = {.name = STR("[raw]"), .value = view->whole};
		raw.value.raw = true;
		return raw;
	}
	switch (view->named) {
	case VIEW_MEMBERS:
		dbg_type_members(view->shown.type, &members);
		if (walk_is_closure(view->shown.type) && !view->shown.raw)
			return child_of(walk_capture_name(arena, members[i].name), walk_capture_value(view->shown, &members[i]));
		return child_of(member_name(arena, &members[i], (size_t)i), dbg_value_member_of(view->shown, &members[i]));
	case VIEW_VARIABLES:
		dbg_coroutine_variables(arena, view->shown, &variables);
		return child_of(variables[i].name, variables[i].value);
	case VIEW_RAW_VARIANT: {
		struct dbg_value payload;
		if (i == 1)
			return child_of(STR("[discriminant]"), dbg_value_member_of(view->shown, dbg_type_discriminant(view->shown.type)));
		const struct dbg_variant *active = dbg_value_variant(view->shown, &payload, NULL);
		payload.raw = dbg_value_ok(payload);
		return child_of(active ? active->member.name : STR("[variant]"), payload);
	}
	case VIEW_POINTEE: return (struct dbg_child){.name = STR("*"), .value = dbg_value_deref(view->shown)};
	case VIEW_FORM: return view->forms->child(view->forms, arena, view->shown, (size_t)i);
	default: return (struct dbg_child){.name = STR("?")};
	}
}

static struct str item_name(struct arena *arena, const struct view *view, const struct item *item, u64 index)
{
	if (view->items.shape != ITEMS_MAP)
		return str_printf(arena, "[%llu]", (unsigned long long)index);
	struct str key = dbg_value_render(arena, item->key, (struct dbg_render){.max_len = KEY_COLUMNS});
	return str_printf(arena, "[%.*s]", STRF(key));
}

static size_t indexed_children(struct arena *arena, const struct view *view, u64 start, u64 count, struct dbg_child *out)
{
	struct item *items = NEW_N(arena, struct item, (size_t)count);
	size_t n = 0;
	if (view->printer) {
		n = view->printer->page(arena, view->elements_of, start, count, items);
	} else {
		for (; n < count; n++)
			items[n].value = dbg_value_element(view->elements_of, start + n);
	}
	for (size_t i = 0; i < n; i++)
		out[i] = (struct dbg_child){
		    .name = item_name(arena, view, &items[i], start + i), .value = items[i].value, .computed = view->forms != NULL};
	return n;
}

size_t dbg_value_children(struct arena *arena, struct dbg_value value, enum dbg_child_filter filter, u64 start, u64 count,
                          struct dbg_child **out)
{
	struct view view = view_of(arena, value);
	u64 named = filter == DBG_CHILDREN_INDEXED ? 0 : view.n_named + view.has_raw;
	u64 indexed = filter == DBG_CHILDREN_NAMED ? 0 : view.items.len;
	count = u64_min(count, MAX_PAGE);
	if (start >= named + indexed)
		count = 0;
	else
		count = u64_min(count, named + indexed - start);
	*out = NEW_N(arena, struct dbg_child, (size_t)count + 1);
	size_t n = 0;
	for (u64 i = start; i < named && n < count; i++)
		(*out)[n++] = named_child(arena, &view, i);
	if (n < count)
		n += indexed_children(arena, &view, start + n - named, count - n, *out + n);
	return n;
}
