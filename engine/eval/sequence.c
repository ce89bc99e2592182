// Closures are expressions here, evaluated once an item, with what their pattern binds. What they give is copied into a list.
#include "sequence.h"

#include "made.h"

enum { MOST_LOOKED_AT = 50000, MOST_KEPT = 10000, MOST_APPLIED = 50000, ASK_EVERY = 1024, PAGE = 128 };

static const struct row {
	const char *name;
	enum { ANY, ALL, FIND, POSITION, FILTER, MAP, SOME_AND, KEYS, VALUES, REV, SKIP, TAKE, ENUMERATE } what;
	bool closure, number; // its argument; neither: none
} rows[] = {{"any", ANY, true, false},
            {"all", ALL, true, false},
            {"find", FIND, true, false},
            {"position", POSITION, true, false},
            {"filter", FILTER, true, false},
            {"map", MAP, true, false},
            {"is_some_and", SOME_AND, true, false},
            {"keys", KEYS, false, false},
            {"values", VALUES, false, false},
            {"rev", REV, false, false},
            {"skip", SKIP, false, true},
            {"take", TAKE, false, true},
            {"enumerate", ENUMERATE, false, false}};

static const struct row *row_of(const struct node *node)
{
	bool closure = node->right && node->right->kind == NODE_CLOSURE;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eqc(node->name, rows[i].name) && rows[i].closure == closure &&
		    (closure || rows[i].number == (node->right != NULL)))
			return &rows[i];
	return NULL;
}

bool sequence_is(const struct node *method)
{
	return row_of(method) || (method->right && method->right->kind == NODE_CLOSURE);
}

// ---- one item ----------------------------------------------------------------------------------------

static err_t apply(struct eval *eval, const struct node *closure, struct dbg_value item, struct operand *out)
{
	struct pattern_context context = {.eval = eval, .evaluate = eval_operand, .binds = true};
	size_t before = eval->n_bound;
	bool fits;
	if (++eval->applied > MOST_APPLIED)
		return err_new(ERR_ARGUMENT, "closures inside of closures: more than %d steps are not made", MOST_APPLIED);
	if (eval->applied % ASK_EVERY == 0 && eval->space && dbg_is_cancelled(eval->space))
		return err_new(ERR_CANCELLED, "cancelled");
	TRY(pattern_matches(&context, item, closure->left, &fits));
	err_t error = fits ? eval_operand(eval, closure->right, out)
	                   : err_new(ERR_ARGUMENT, "the closure's pattern at column %zu does not fit", closure->left->column);
	eval->n_bound = before;
	return error;
}

static err_t holds(struct eval *eval, const struct node *closure, struct dbg_value item, bool *out)
{
	struct operand operand;
	struct dbg_value value;
	TRY(apply(eval, closure, item, &operand));
	TRY(settle(eval->arena, eval->space, operand, &value));
	value = dbg_shown(value);
	if (!dbg_value_ok(value) || value.type->kind != DBG_TYPE_BOOL)
		return err_new(ERR_ARGUMENT, "a bool is wanted of the closure at column %zu", closure->column);
	return dbg_value_read(value, out, 1);
}

// ---- all of them -------------------------------------------------------------------------------------

struct sequence {
	struct eval *eval;
	const struct row *row;
	const struct node *closure;
	u64 start, end, index; // of the items that are looked at
	bool is_map, stops, truth;
	struct operand found;
	struct arena scratch; // of one item's closure
	struct dbg_value *kept;
	size_t n_kept;
};

static err_t keep(struct sequence *s, struct dbg_value value)
{
	if (s->n_kept == MOST_KEPT)
		return err_new(ERR_ARGUMENT, "`%s` gives more than %d items", s->row->name, MOST_KEPT);
	s->kept[s->n_kept++] = value;
	return NULL;
}

// What an iterator of it gives: of a map, key and value.
static err_t item_value(struct sequence *s, struct arena *arena, const struct dbg_item *item, struct dbg_value *out)
{
	const struct dbg_value pair[2] = {item->key, item->value};
	*out = s->row->what == KEYS ? item->key : item->value;
	if (!s->is_map || s->row->what == KEYS || s->row->what == VALUES)
		return NULL;
	return made_struct(arena, s->eval->space, STR(""), NULL, pair, 2, out);
}

// Does the closure hold for it? What that needs is gone behind it: a list may be long.
static err_t is_chosen(struct sequence *s, const struct dbg_item *item, bool *out)
{
	struct dbg_value value;
	struct arena *own = s->eval->arena;
	s->eval->arena = &s->scratch;
	err_t error = item_value(s, &s->scratch, item, &value);
	error = error ? error : holds(s->eval, s->closure, value, out);
	s->eval->arena = own;
	arena_clear(&s->scratch);
	return error;
}

static err_t take(struct sequence *s, const struct dbg_item *item)
{
	struct eval *eval = s->eval;
	struct dbg_value value, pair[2];
	struct operand given;
	bool truth = false;
	switch (s->row->what) {
	case ANY:
	case ALL:
	case FIND:
	case POSITION:
	case FILTER:
	case SOME_AND:
		TRY(is_chosen(s, item, &truth));
		s->stops = s->row->what != FILTER && truth != (s->row->what == ALL);
		s->truth = s->stops;
		if (!truth && s->row->what != ALL)
			return NULL;
		TRY(item_value(s, eval->arena, item, &value));
		if (s->row->what == FILTER)
			return keep(s, value);
		s->found.value = s->row->what == POSITION
		                     ? make_value(eval->arena, eval->space, primitive_type(STR("usize")), s->index - s->start)
		                     : value;
		return NULL;
	case MAP:
		TRY(item_value(s, eval->arena, item, &value));
		TRY(apply(eval, s->closure, value, &given));
		TRY(settle(eval->arena, eval->space, given, &value));
		return keep(s, value);
	case ENUMERATE:
		pair[0] = make_value(eval->arena, eval->space, primitive_type(STR("usize")), s->index);
		TRY(item_value(s, eval->arena, item, &pair[1]));
		TRY(made_struct(eval->arena, eval->space, STR(""), NULL, pair, 2, &value));
		return keep(s, value);
	case KEYS:
	case VALUES:
	case REV:
	case SKIP:
	case TAKE: break;
	}
	TRY(item_value(s, eval->arena, item, &value));
	return keep(s, value);
}

static err_t each(struct sequence *s, struct dbg_value list)
{
	struct dbg_item page[PAGE];
	for (s->index = s->start; s->index < s->end && !s->stops;) {
		size_t n = dbg_shown_page(s->eval->arena, list, s->index, u64_min(PAGE, s->end - s->index), page);
		if (n == 0)
			return err_new(ERR_NOT_FOUND, "item %llu can't be read", (unsigned long long)s->index);
		for (size_t i = 0; i < n && !s->stops; i++, s->index++)
			TRY(take(s, &page[i]));
	}
	return NULL;
}

static err_t kept_list(struct sequence *s, struct operand *out)
{
	const struct dbg_type *element = s->n_kept ? s->kept[0].type : primitive_type(STR("u8"));
	for (size_t i = 0; s->row->what == REV && i < s->n_kept / 2; i++) {
		struct dbg_value other = s->kept[i];
		s->kept[i] = s->kept[s->n_kept - 1 - i];
		s->kept[s->n_kept - 1 - i] = other;
	}
	for (size_t i = 0; i < s->n_kept; i++)
		if (!dbg_type_same(s->kept[i].type, element) && !(element->size == s->kept[i].type->size && !element->module))
			return err_new(ERR_UNSUPPORTED, "`%s` gives items of several types or lengths", s->row->name);
	out->value = made_list(s->eval->arena, s->eval->space, element, s->kept, s->n_kept);
	return dbg_value_ok(out->value) ? NULL : err_new(ERR_NOT_FOUND, "%.*s", STRF(out->value.absent));
}

static err_t in_list(struct sequence *s, const struct node *method, struct dbg_value list, struct operand *out)
{
	struct dbg_items items;
	struct dbg_value number;
	struct operand given;
	u64 count = 0;
	if (!dbg_shown_items(list, &items))
		return err_new(ERR_ARGUMENT, "`%s`: %.*s has no elements", s->row->name, STRF(dbg_type_told(list.type)));
	if (items.suspect.len)
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(items.suspect));
	if ((s->row->what == KEYS || s->row->what == VALUES) && !items.is_map)
		return err_new(ERR_ARGUMENT, "`%s` is for maps, not for %.*s", s->row->name, STRF(dbg_type_told(list.type)));
	if (s->row->number) {
		TRY(eval_operand(s->eval, method->right, &given));
		TRY(settle(s->eval->arena, s->eval->space, given, &number));
		TRY(dbg_value_uint(dbg_shown(number), &count));
	}
	s->is_map = items.is_map;
	s->start = s->row->what == SKIP ? u64_min(count, items.len) : 0;
	s->end = s->row->what == TAKE ? u64_min(count, items.len) : items.len;
	if (s->end - s->start > MOST_LOOKED_AT)
		return err_new(ERR_ARGUMENT, "`%s`: more than %d items are not looked at", s->row->name, MOST_LOOKED_AT);
	s->kept = NEW_N(s->eval->arena, struct dbg_value, u64_min(s->end - s->start, MOST_KEPT) + 1);
	TRY(each(s, list));
	switch (s->row->what) {
	case ANY:
	case ALL: out->value = make_bool(s->eval->arena, s->eval->space, s->truth == (s->row->what == ANY)); return NULL;
	case FIND:
	case POSITION:
		*out = s->found;
		out->option = s->truth ? OPERAND_SOME : OPERAND_NONE;
		out->why = s->truth ? NULL : err_new(ERR_EMPTY, "column %zu: `%s`: none fits", method->column, s->row->name);
		return NULL;
	default: return kept_list(s, out);
	}
}

err_t sequence_method(struct eval *eval, const struct node *method, struct dbg_value value, bool is_option, struct operand *out)
{
	const struct row *row = row_of(method);
	*out = (struct operand){0};
	if (!row)
		return err_new(ERR_ARGUMENT,
		               "`%.*s` with a closure is not known without a call: there are any, all, find, position, filter, map, "
		               "is_some_and",
		               STRF(method->name));
	struct sequence s = {.eval = eval, .row = row, .closure = method->right};
	struct dbg_value shown = dbg_shown(value), payload;
	const struct dbg_variant *active =
	    dbg_value_ok(shown) && shown.type->kind == DBG_TYPE_VARIANTS ? dbg_value_variant(shown, &payload, NULL) : NULL;
	bool maybe = active && (row->what == SOME_AND || row->what == MAP);
	bool is_none = maybe && (str_eqc(active->member.name, "None") || str_eqc(active->member.name, "Err"));
	if (maybe && !is_none)
		value = dbg_value_member(payload, "0");
	if (row->what == SOME_AND) {
		bool truth = false;
		if (!is_none)
			TRY(holds(eval, s.closure, value, &truth));
		out->value = make_bool(eval->arena, eval->space, truth);
		return NULL;
	}
	if (maybe || (is_option && row->what == MAP)) {
		if (!is_none)
			TRY(apply(eval, s.closure, value, out));
		out->option = is_none ? OPERAND_NONE : OPERAND_SOME;
		out->why =
		    is_none ? err_new(ERR_EMPTY, "column %zu: `map`: it is %.*s", method->column, STRF(active->member.name)) : NULL;
		return NULL;
	}
	err_t error = in_list(&s, method, value, out);
	arena_deinit(&s.scratch);
	return error;
}
