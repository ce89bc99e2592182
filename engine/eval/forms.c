// Applies the user's forms to values. How their files are read is forms_file.c's and natvis.c's affair.
//
// A form's expressions see `self` and its fields by name. Bounded: forms inside of forms by number and depth, since a
// form may show its own type's parts, and those the same.
#include "forms.h"

#include <stdlib.h>

#include "engine/eval.h"

enum { MAX_LINES = 200, PIECE_COLUMNS = 120, PIECE_DEPTH = 2 };

static struct dbg_form_set *set_of(const struct dbg_forms *forms)
{
	return (struct dbg_form_set *)(uintptr_t)forms; // its first member
}

static const struct form *form_of(struct dbg_form_set *set, const struct dbg_type *type)
{
	struct str path = type->path.len ? type->path : type->name;
	u64 hash = str_hash(path);
	u64 *known = map_get(&set->by_type, hash);
	if (known)
		return *known ? &set->forms.items[*known - 1] : NULL;
	u64 found = 0;
	for (size_t i = 0; i < set->forms.len && !found; i++) {
		bool does = false;
		err_t error = set->matches(set->context, path, set->forms.items[i].regex, &does);
		found = !error && does ? i + 1 : 0;
	}
	map_put(&set->by_type, &set->arena, hash, found);
	return found ? &set->forms.items[found - 1] : NULL;
}

static struct dbg_eval_context context_of(const struct dbg_form_set *set, const struct dbg_value *self)
{
	return (struct dbg_eval_context){
	    .space = self->space, .self = self, .matches = set->matches, .special_context = set->context};
}

// ---- the line --------------------------------------------------------------------------------------

// Whether it is shown already, somewhere around.
static bool is_active(const struct dbg_form_set *set, struct dbg_value value)
{
	for (size_t i = 0; i < set->n_active; i++)
		if (set->active[i].type == value.type && set->active[i].addr == value.addr)
			return true;
	return set->n_active == ARRAY_LEN(set->active);
}

static bool holds(const struct dbg_eval_context *context, struct arena *arena, const struct form *form,
                  const struct form_line *line, struct buf *why)
{
	bool does;
	if (!line->condition.len)
		return true;
	const struct dbg_expression *condition;
	err_t error = dbg_eval_prepare(arena, line->condition, &condition);
	error = error ? error : dbg_eval_condition(context, arena, condition, &does);
	if (!error)
		return does;
	if (!form->strict)
		buf_printf(why, "<when %.*s: %.*s>", STRF(line->condition), STRF(error->what));
	return false;
}

static bool put_line(struct dbg_form_set *set, const struct form *form, struct buf *buf, struct dbg_value value,
                     enum dbg_radix radix)
{
	struct dbg_eval_context context = context_of(set, &value);
	struct dbg_render options = {.max_len = PIECE_COLUMNS, .depth = PIECE_DEPTH, .radix = radix};
	struct buf why = buf_on(buf->arena);
	for (size_t i = 0; i < form->lines.len; i++) {
		struct buf text = buf_on(buf->arena);
		if (!holds(&context, buf->arena, form, &form->lines.items[i], &why))
			continue;
		bool whole = dbg_eval_template(&context, buf->arena, form->lines.items[i].text, options, &text);
		if (!whole && form->strict)
			continue;
		buf_put(buf, buf_str(&why));
		buf_put(buf, buf_str(&text));
		return true;
	}
	return false;
}

static bool form_text(const struct dbg_forms *forms, struct buf *buf, struct dbg_value value, enum dbg_radix radix)
{
	struct dbg_form_set *set = set_of(forms);
	const struct form *form = form_of(set, value.type);
	if (!form || !form->lines.len || is_active(set, value))
		return false;
	if (set->n_active == 0)
		set->left = MAX_LINES;
	if (set->left == 0) {
		buf_puts(buf, "…");
		return true;
	}
	set->left--;
	set->active[set->n_active++] = (struct form_active){value.addr, value.type};
	bool shown = put_line(set, form, buf, value, radix);
	set->n_active--;
	return shown;
}

static bool form_is_for(const struct dbg_forms *forms, const struct dbg_type *type)
{
	return form_of(set_of(forms), type) != NULL;
}

// ---- what it unfolds to ----------------------------------------------------------------------------

static size_t form_count(const struct dbg_forms *forms, struct dbg_value value)
{
	const struct form *form = form_of(set_of(forms), value.type);
	return form ? form->children.len : 0;
}

static struct dbg_value value_of(struct dbg_form_set *set, struct arena *arena, struct dbg_value self, struct str expression)
{
	struct dbg_eval_context context = context_of(set, &self);
	struct dbg_value value;
	err_t error = dbg_eval(&context, arena, expression, &value);
	return error ? dbg_value_none(arena, "%.*s", STRF(error->what)) : value;
}

static struct dbg_child form_child(const struct dbg_forms *forms, struct arena *arena, struct dbg_value value, size_t i)
{
	struct dbg_form_set *set = set_of(forms);
	const struct form_child *child = &form_of(set, value.type)->children.items[i];
	return (struct dbg_child){.name = child->name, .value = value_of(set, arena, value, child->expression), .computed = true};
}

static struct dbg_value form_elements(const struct dbg_forms *forms, struct arena *arena, struct dbg_value value)
{
	struct dbg_form_set *set = set_of(forms);
	const struct form *form = form_of(set, value.type);
	return form && form->elements.len ? value_of(set, arena, value, form->elements) : (struct dbg_value){0};
}

// ---- the set ---------------------------------------------------------------------------------------

struct dbg_form_set *dbg_forms_new(err_t (*matches)(void *context, struct str text, struct str regex, bool *out), void *context)
{
	struct arena arena = {0};
	struct dbg_form_set *set = NEW(&arena, struct dbg_form_set);
	set->arena = arena;
	set->matches = matches;
	set->context = context;
	set->hooks = (struct dbg_forms){form_text, form_is_for, form_count, form_child, form_elements};
	return set;
}

void dbg_forms_free(struct dbg_form_set *set)
{
	if (!set)
		return;
	struct arena arena = set->arena;
	arena_deinit(&arena);
}

size_t dbg_forms_len(const struct dbg_form_set *set)
{
	return set->forms.len;
}

size_t dbg_forms_complaints(const struct dbg_form_set *set, const struct str **out)
{
	*out = set->complaints.items;
	return set->complaints.len;
}

const struct dbg_forms *dbg_forms_of(const struct dbg_form_set *set)
{
	return &set->hooks;
}

void form_complain(struct dbg_form_set *set, struct str file, unsigned line, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	struct str what = str_vprintf(&set->arena, fmt, args);
	va_end(args);
	vec_push(&set->arena, &set->complaints, str_printf(&set->arena, "%.*s:%u: %.*s", STRF(file), line, STRF(what)));
}

struct form *form_add(struct dbg_form_set *set, struct str file, unsigned line, struct str regex)
{
	bool ignored;
	err_t error = set->matches(set->context, STR(""), regex, &ignored);
	if (error) {
		form_complain(set, file, line, "%.*s", STRF(error->what));
		return NULL;
	}
	struct form form = {.regex = str_dup(&set->arena, regex), .elements = STR("")};
	vec_push(&set->arena, &set->forms, form);
	return &set->forms.items[set->forms.len - 1];
}
