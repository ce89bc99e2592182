// Values compared from their outside in, references and owners followed. Bounded by the number of values looked at.
#include "compare.h"

#include "engine/eval.h"

enum { MOST_VALUES = 20000, MOST_DEPTH = 32, PAGE = 64, MOST_ENTRIES = 1000 };

struct comparison {
	struct arena *arena;
	unsigned left, depth; // values that may still be looked at
	bool only_equal;
};

static err_t compare(struct comparison *c, struct dbg_value a, struct dbg_value b, int *out);

static err_t not_alike(struct dbg_value a, struct dbg_value b)
{
	return err_new(ERR_ARGUMENT, "%.*s can't be compared with %.*s", STRF(dbg_type_told(a.type)), STRF(dbg_type_told(b.type)));
}

// ---- variants ----------------------------------------------------------------------------------------

static bool is_enum(struct dbg_value value)
{
	return value.type->kind == DBG_TYPE_ENUM || value.type->kind == DBG_TYPE_VARIANTS;
}

static err_t variant(struct arena *arena, struct dbg_value value, struct str *name, struct dbg_value *payload)
{
	struct str why;
	*payload = value;
	if (value.type->kind == DBG_TYPE_ENUM) {
		*name = dbg_value_render(arena, value, (struct dbg_render){0});
		*payload = (struct dbg_value){0};
	} else if (value.type->kind == DBG_TYPE_VARIANTS) {
		const struct dbg_variant *active = dbg_value_variant(value, payload, &why);
		if (!active)
			return err_new(ERR_ARGUMENT, "%.*s", STRF(why));
		*name = active->member.name;
	} else { // a struct that was made of what is written
		*name = dbg_type_base_path(value.type);
	}
	return NULL;
}

// Its place among the enum's variants, which is their order; -1 if there is none of the name.
static i64 place_of(const struct dbg_type *type, struct str name)
{
	const struct dbg_variant *variants;
	const struct dbg_enumerator *enumerators;
	size_t n = type->kind == DBG_TYPE_VARIANTS ? dbg_type_variants(type, &variants) : 0;
	for (size_t i = 0; i < n; i++)
		if (str_eq(variants[i].member.name, name))
			return (i64)i;
	n = type->kind == DBG_TYPE_ENUM ? dbg_type_enumerators(type, &enumerators) : 0;
	for (size_t i = 0; i < n; i++)
		if (str_eq(enumerators[i].name, name))
			return (i64)i;
	return -1;
}

err_t compare_check_variant(struct arena *arena, struct dbg_value value, struct str name)
{
	enum { MOST_TOLD = 12 };
	const struct dbg_variant *variants;
	const struct dbg_enumerator *enumerators;
	struct buf names = buf_on(arena);
	if (!is_enum(value) || dbg_type_is_coroutine(value.type) || place_of(value.type, name) >= 0)
		return NULL;
	bool c_like = value.type->kind == DBG_TYPE_ENUM;
	size_t n = c_like ? dbg_type_enumerators(value.type, &enumerators) : dbg_type_variants(value.type, &variants);
	for (size_t i = 0; i < n && i < MOST_TOLD; i++)
		buf_printf(&names, "%s%.*s", i ? ", " : "", STRF(c_like ? enumerators[i].name : variants[i].member.name));
	return err_new(ERR_NOT_FOUND, "`%.*s` has no variant `%.*s`: it has %.*s%s", STRF(dbg_type_render(arena, value.type)),
	               STRF(name), STRF(buf_str(&names)), n > MOST_TOLD ? ", …" : "");
}

// ---- members and items -------------------------------------------------------------------------------

static err_t compare_members(struct comparison *c, struct dbg_value a, struct dbg_value b, int *out)
{
	const struct dbg_member *of_a, *of_b;
	size_t n = dbg_value_ok(a) && a.type->kind == DBG_TYPE_STRUCT ? dbg_type_members(a.type, &of_a) : 0;
	size_t n_b = dbg_value_ok(b) && b.type->kind == DBG_TYPE_STRUCT ? dbg_type_members(b.type, &of_b) : 0;
	*out = 0;
	if (n != n_b)
		return dbg_value_ok(a) && dbg_value_ok(b) ? not_alike(a, b)
		                                          : err_new(ERR_ARGUMENT, "one of them has contents, the other has none");
	for (size_t i = 0; i < n && *out == 0; i++)
		TRY(compare(c, dbg_value_member_of(a, &of_a[i]), dbg_value_member_of(b, &of_b[i]), out));
	return NULL;
}

static bool is_made_variant(struct dbg_value value)
{
	struct str path = value.type->kind == DBG_TYPE_STRUCT && !value.type->module ? value.type->path : STR("");
	return path.len && path.ptr[0] >= 'A' && path.ptr[0] <= 'Z';
}

// Of two that were written the order is known for Option and Result only (core/src/option.rs, result.rs).
static err_t compare_variants(struct comparison *c, struct dbg_value a, struct dbg_value b, int *out)
{
	static const char *const order[] = {"None", "Some", "Ok", "Err"};
	struct dbg_value in_a, in_b;
	struct str name_a, name_b;
	TRY(variant(c->arena, a, &name_a, &in_a));
	TRY(variant(c->arena, b, &name_b, &in_b));
	TRY(compare_check_variant(c->arena, a, name_b));
	TRY(compare_check_variant(c->arena, b, name_a));
	*out = 0;
	bool bare = (is_made_variant(a) && !a.type->size) || (is_made_variant(b) && !b.type->size);
	if (bare && str_eq(name_a, name_b) && c->only_equal) // `state == State::Ready`, whatever is in it
		return NULL;
	if (str_eq(name_a, name_b))
		return compare_members(c, in_a, in_b, out);
	*out = 1;
	if (c->only_equal)
		return NULL;
	const struct dbg_type *type = is_enum(a) ? a.type : b.type;
	i64 at_a = place_of(type, name_a), at_b = place_of(type, name_b);
	for (i64 i = 0; !is_enum(a) && !is_enum(b) && i < (i64)ARRAY_LEN(order); i++) {
		at_a = str_eqc(name_a, order[i]) ? i : at_a;
		at_b = str_eqc(name_b, order[i]) ? i : at_b;
	}
	if (at_a < 0 || at_b < 0)
		return not_alike(a, b);
	*out = at_a < at_b ? -1 : 1;
	return NULL;
}

static err_t compare_lists(struct comparison *c, struct dbg_value a, struct dbg_value b, u64 len_a, u64 len_b, int *out)
{
	struct dbg_item items_a[PAGE], items_b[PAGE];
	u64 len = len_a < len_b ? len_a : len_b;
	*out = len_a != len_b;
	if (*out && c->only_equal)
		return NULL;
	*out = 0;
	for (u64 at = 0; at < len; at += PAGE) {
		u64 n = u64_min(PAGE, len - at);
		if (dbg_shown_page(c->arena, a, at, n, items_a) != n || dbg_shown_page(c->arena, b, at, n, items_b) != n)
			return err_new(ERR_NOT_FOUND, "not all elements can be read");
		for (u64 i = 0; i < n && *out == 0; i++)
			TRY(compare(c, items_a[i].value, items_b[i].value, out));
		if (*out)
			return NULL;
	}
	*out = (len_a > len_b) - (len_a < len_b);
	return NULL;
}

// Maps and sets have the same keys with the same values, wherever they lie.
static err_t compare_maps(struct comparison *c, struct dbg_value a, struct dbg_value b, u64 len_a, u64 len_b, int *out)
{
	struct dbg_item item;
	struct dbg_value other;
	*out = 1;
	if (!c->only_equal)
		return err_new(ERR_ARGUMENT, "maps are compared with == and != only");
	if (len_a != len_b)
		return NULL;
	if (len_a > MOST_ENTRIES)
		return err_new(ERR_ARGUMENT, "maps of more than %d entries are not compared", MOST_ENTRIES);
	*out = 0;
	for (u64 at = 0; at < len_a && *out == 0; at++) {
		if (dbg_shown_page(c->arena, a, at, 1, &item) != 1)
			return err_new(ERR_NOT_FOUND, "not all entries can be read");
		err_t error = place_entry(c->arena, b, (struct operand){.value = item.key}, &other);
		if (error && error->code == ERR_EMPTY)
			*out = 1;
		else if (error)
			return error;
		else
			TRY(compare(c, item.value, other, out));
	}
	return NULL;
}

static err_t compare_sets(struct comparison *c, struct dbg_value a, struct dbg_value b, u64 len_a, u64 len_b, int *out)
{
	struct dbg_item item;
	bool is_ordered = str_find(dbg_type_base_path(a.type), STR("BTree")) >= 0, holds = true;
	if (is_ordered)
		return compare_lists(c, a, b, len_a, len_b, out);
	*out = 1;
	if (!c->only_equal)
		return err_new(ERR_ARGUMENT, "%.*s has no order", STRF(dbg_type_told(a.type)));
	if (len_a != len_b)
		return NULL;
	if (len_a > MOST_ENTRIES)
		return err_new(ERR_ARGUMENT, "sets of more than %d entries are not compared", MOST_ENTRIES);
	for (u64 at = 0; at < len_a && holds; at++)
		if (dbg_shown_page(c->arena, a, at, 1, &item) != 1 ||
		    !place_holds(c->arena, b, (struct operand){.value = item.value}, false, &holds))
			return err_new(ERR_NOT_FOUND, "not all items can be read");
	*out = !holds;
	return NULL;
}

// ---- any two -----------------------------------------------------------------------------------------

static err_t compare_scalars(struct comparison *c, struct dbg_value a, struct dbg_value b, int *out)
{
	static const struct {
		const char *operator;
		int order;
	} rows[] = {{"==", 0}, {"<", -1}, {">", 1}};
	struct operand left = {.value = a}, right = {.value = b}, result;
	*out = ORDER_NONE;
	for (size_t i = 0; i < ARRAY_LEN(rows) && *out == ORDER_NONE; i++) {
		bool truth = false;
		TRY(binary_operator(c->arena, a.space, str_of(rows[i].operator), left, right, &result));
		TRY(dbg_value_read(result.value, &truth, 1));
		*out = truth ? rows[i].order : ORDER_NONE;
	}
	return NULL;
}

static err_t compare_shown(struct comparison *c, struct dbg_value a, struct dbg_value b, int *out)
{
	struct str text_a, text_b;
	struct dbg_items items_a, items_b;
	if (place_text(c->arena, a, &text_a) && place_text(c->arena, b, &text_b)) {
		int order = str_cmp(text_a, text_b);
		*out = (order > 0) - (order < 0);
		return NULL;
	}
	if (is_enum(a) && is_enum(b) && !dbg_type_same(a.type, b.type) && a.type->kind == DBG_TYPE_ENUM)
		return not_alike(a, b);
	if (is_enum(a) || is_enum(b) || (is_made_variant(a) && is_made_variant(b)))
		return a.type->kind == DBG_TYPE_ENUM && b.type->kind == DBG_TYPE_ENUM ? compare_scalars(c, a, b, out)
		                                                                      : compare_variants(c, a, b, out);
	bool list_a = dbg_shown_items(a, &items_a), list_b = dbg_shown_items(b, &items_b);
	if (list_a != list_b || (list_a && items_a.is_map != items_b.is_map))
		return not_alike(a, b);
	if (list_a && (items_a.suspect.len || items_b.suspect.len))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(items_a.suspect.len ? items_a.suspect : items_b.suspect));
	if (list_a && !items_a.is_map && items_a.is_set)
		return compare_sets(c, a, b, items_a.len, items_b.len, out);
	if (list_a)
		return (items_a.is_map ? compare_maps : compare_lists)(c, a, b, items_a.len, items_b.len, out);
	if (a.type->size == 0 && b.type->size == 0) {
		*out = 0;
		return NULL;
	}
	if (a.type->kind == DBG_TYPE_STRUCT && b.type->kind == DBG_TYPE_STRUCT)
		return compare_members(c, a, b, out);
	return compare_scalars(c, a, b, out);
}

// A newtype beside what it is of: Duration's Nanoseconds(u32), of some releases.
static struct dbg_value peeled(struct dbg_value value, struct dbg_value other)
{
	const struct dbg_member *members;
	for (unsigned i = 0; i < MOST_DEPTH && dbg_value_ok(value) && dbg_value_ok(other) && value.type->kind == DBG_TYPE_STRUCT;
	     i++) {
		bool beside = is_integer(other.type) || other.type->kind == DBG_TYPE_FLOAT;
		if (!beside || dbg_type_members(value.type, &members) != 1)
			break;
		value = dbg_shown(dbg_value_member_of(value, &members[0]));
	}
	return value;
}

static err_t compare(struct comparison *c, struct dbg_value a, struct dbg_value b, int *out)
{
	a = dbg_shown(a);
	b = dbg_shown(b);
	a = peeled(a, b);
	b = peeled(b, a);
	if (!dbg_value_ok(a) || !dbg_value_ok(b))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(dbg_value_ok(a) ? b.absent : a.absent));
	if (c->left == 0 || c->depth == MOST_DEPTH)
		return err_new(ERR_ARGUMENT, "they are too large to be compared");
	c->left--;
	c->depth++;
	err_t error = compare_shown(c, a, b, out);
	c->depth--;
	return error;
}

err_t compare_values(struct arena *arena, struct dbg_value a, struct dbg_value b, bool only_equal, int *out)
{
	struct comparison c = {.arena = arena, .left = MOST_VALUES, .only_equal = only_equal};
	return compare(&c, a, b, out);
}

bool compare_is_for(struct dbg_value value)
{
	u64 ignored;
	struct dbg_items items;
	value = dbg_shown(value);
	if (!dbg_value_ok(value) || dbg_shown_text_len(value, &ignored))
		return false;
	switch (value.type->kind) {
	case DBG_TYPE_STRUCT:
	case DBG_TYPE_VARIANTS:
	case DBG_TYPE_ENUM:
	case DBG_TYPE_VOID:
	case DBG_TYPE_ARRAY: return true;
	default: return dbg_shown_items(value, &items);
	}
}
