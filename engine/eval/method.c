// Methods as a Rust programmer writes them, answered from memory: nothing is called, no lock is taken.
#include "method.h"

#include "engine/eval.h"

static err_t absent_error(struct dbg_value value)
{
	return err_new(ERR_NOT_FOUND, "%.*s", STRF(value.absent));
}

// ---- lengths and elements --------------------------------------------------------------------------

static err_t len(struct arena *arena, struct dbg_value value, struct str name, const struct operand *argument,
                 struct dbg_value *out)
{
	u64 count;
	(void)argument;
	TRY(place_len(value, &count));
	*out = str_eqc(name, "is_empty") ? make_bool(arena, value.space, count == 0)
	                                 : make_value(arena, value.space, primitive_type(STR("usize")), count);
	return NULL;
}

static err_t index_of(const struct operand *argument, u64 *out)
{
	i128 number = argument->number;
	if (argument->kind == OPERAND_VALUE) {
		struct dbg_value shown = dbg_shown(argument->value);
		u128 bits;
		if (!dbg_value_ok(shown) || !is_integer(shown.type))
			return err_new(ERR_ARGUMENT, "an index is wanted, not %.*s", STRF(argument->value.type->name));
		TRY(integer_bits(shown, &bits));
		number = (i128)bits;
	} else if (argument->kind != OPERAND_INT) {
		return err_new(ERR_ARGUMENT, "an index is wanted");
	}
	if (number < 0 || number > (i128)UINT64_MAX)
		return err_new(ERR_ARGUMENT, "the index is negative or too large");
	*out = (u64)number;
	return NULL;
}

// The element itself, where Rust gives an Option of it; none is told as an error. Without an argument a Cell's value.
static err_t get(struct arena *arena, struct dbg_value value, struct str name, const struct operand *argument,
                 struct dbg_value *out)
{
	u64 index = 0;
	(void)name;
	if (!argument) {
		*out = dbg_shown(value);
		return dbg_value_ok(*out) ? NULL : absent_error(*out);
	}
	if (place_is_map(value))
		return place_entry(arena, value, *argument, out);
	TRY(index_of(argument, &index));
	return place_element(arena, value, index, out);
}

static err_t first_or_last(struct arena *arena, struct dbg_value value, struct str name, const struct operand *argument,
                           struct dbg_value *out)
{
	u64 count;
	(void)argument;
	TRY(place_len(value, &count));
	if (count == 0)
		return err_new(ERR_NOT_FOUND, "`%.*s()`: it is empty", STRF(name));
	return place_element(arena, value, str_eqc(name, "last") || str_eqc(name, "back") ? count - 1 : 0, out);
}

// ---- what is in it ---------------------------------------------------------------------------------

static bool text_of(struct arena *arena, const struct operand *operand, struct str *out)
{
	if (operand->kind == OPERAND_STRING) {
		*out = operand->text;
		return true;
	}
	return operand->kind == OPERAND_VALUE && place_text(arena, operand->value, out);
}

static err_t in_text(struct arena *arena, struct dbg_value value, struct str name, const struct operand *argument,
                     struct dbg_value *out)
{
	struct str text, part;
	if (!place_text(arena, value, &text))
		return err_new(ERR_ARGUMENT, "`%.*s` is for texts, not for %.*s", STRF(name), STRF(value.type->name));
	if (!text_of(arena, argument, &part))
		return err_new(ERR_ARGUMENT, "`%.*s` wants a text", STRF(name));
	bool found = str_eqc(name, "starts_with") ? str_starts(text, part)
	             : str_eqc(name, "ends_with") ? str_ends(text, part)
	                                          : str_find(text, part) >= 0;
	*out = make_bool(arena, value.space, found);
	return NULL;
}

// `(1..5).contains(&x)`: the bounds that the range has (core/src/ops/range.rs). False if it is no range of scalars.
static bool in_range(struct arena *arena, struct dbg_value value, struct operand item, struct dbg_value *out)
{
	static const struct {
		const char *path, *last; // what the item is to be to the end
	} rows[] = {{"core::ops::range::Range", "<"},
	            {"core::ops::range::RangeInclusive", "<="},
	            {"core::ops::range::RangeFrom", NULL},
	            {"core::ops::range::RangeTo", "<"},
	            {"core::ops::range::RangeToInclusive", "<="}};
	struct dbg_value shown = dbg_shown(value);
	struct operand result;
	bool within = true, truth;
	size_t row = 0;
	while (dbg_value_ok(shown) && row < ARRAY_LEN(rows) && !str_eqc(dbg_type_base_path(shown.type), rows[row].path))
		row++;
	if (!dbg_value_ok(shown) || row == ARRAY_LEN(rows))
		return false;
	if (item.kind == OPERAND_VALUE)
		item.value = dbg_shown(item.value);
	for (int is_end = 0; is_end < 2; is_end++) {
		struct operand bound = {.value = dbg_value_member(shown, is_end ? "end" : "start")};
		const char *op = is_end ? rows[row].last : ">=";
		if (!op || !dbg_value_ok(bound.value))
			continue;
		if (binary_operator(arena, value.space, str_of(op), item, bound, &result) || dbg_value_read(result.value, &truth, 1))
			return false;
		within = within && truth;
	}
	*out = make_bool(arena, value.space, within);
	return true;
}

static err_t contains(struct arena *arena, struct dbg_value value, struct str name, const struct operand *argument,
                      struct dbg_value *out)
{
	u64 ignored;
	bool found, keys = str_eqc(name, "contains_key");
	if (!keys && dbg_shown_text_len(value, &ignored))
		return in_text(arena, value, name, argument, out);
	if (keys != place_is_map(value))
		return err_new(ERR_ARGUMENT,
		               keys ? "`contains_key` is for maps; of others: contains()" : "`contains` of a map: write contains_key()");
	if (!keys && in_range(arena, value, *argument, out))
		return NULL;
	if (!place_holds(arena, value, *argument, keys, &found))
		return err_new(ERR_ARGUMENT, "`%.*s`: %.*s has no elements, or too many", STRF(name), STRF(value.type->name));
	*out = make_bool(arena, value.space, found);
	return NULL;
}

// ---- variants --------------------------------------------------------------------------------------

static err_t active_variant(struct dbg_value value, struct str name, struct dbg_value *payload, struct str *active)
{
	struct str why;
	struct dbg_value shown = dbg_shown(value);
	if (!dbg_value_ok(shown))
		return absent_error(shown);
	const struct dbg_variant *variant = dbg_value_variant(shown, payload, &why);
	if (!variant)
		return err_new(ERR_ARGUMENT, "`%.*s()`: %.*s", STRF(name), STRF(why));
	*active = variant->member.name;
	return NULL;
}

static err_t is_variant(struct arena *arena, struct dbg_value value, struct str name, const struct operand *argument,
                        struct dbg_value *out)
{
	static const struct {
		const char *method, *variant;
	} rows[] = {{"is_some", "Some"}, {"is_none", "None"},   {"is_ok", "Ok"},
	            {"is_err", "Err"},   {"is_ready", "Ready"}, {"is_pending", "Pending"}};
	struct dbg_value payload;
	struct str active;
	bool is = false;
	(void)argument;
	TRY(active_variant(value, name, &payload, &active));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		is = is || (str_eqc(name, rows[i].method) && str_eqc(active, rows[i].variant));
	*out = make_bool(arena, value.space, is);
	return NULL;
}

static err_t unwrap(struct arena *arena, struct dbg_value value, struct str name, const struct operand *argument,
                    struct dbg_value *out)
{
	struct dbg_value payload;
	struct str active;
	(void)arena;
	(void)argument;
	TRY(active_variant(value, name, &payload, &active));
	bool fits = str_eqc(name, "unwrap_err") ? str_eqc(active, "Err") : str_eqc(active, "Some") || str_eqc(active, "Ok");
	if (!fits)
		return err_new(ERR_ARGUMENT, "`%.*s()`: it is %.*s", STRF(name), STRF(active));
	*out = dbg_value_member(payload, "0");
	return dbg_value_ok(*out) ? NULL : absent_error(*out);
}

// ---- numbers ---------------------------------------------------------------------------------------

static err_t is_null(struct arena *arena, struct dbg_value value, struct str name, const struct operand *argument,
                     struct dbg_value *out)
{
	u64 addr;
	(void)argument;
	struct dbg_value pointer = dbg_shown(value);
	if (!dbg_value_ok(pointer) || (pointer.type->kind != DBG_TYPE_POINTER && !dbg_type_member(pointer.type, "data_ptr")))
		return err_new(ERR_ARGUMENT, "`%.*s` is for raw pointers, not for %.*s", STRF(name), STRF(value.type->name));
	TRY(dbg_value_uint(pointer.type->kind == DBG_TYPE_POINTER ? pointer : dbg_value_member(pointer, "data_ptr"), &addr));
	*out = make_bool(arena, value.space, addr == 0);
	return NULL;
}

// A Duration's (core/src/time.rs: secs, nanos).
static err_t in_time(struct arena *arena, struct dbg_value value, struct str name, const struct operand *argument,
                     struct dbg_value *out)
{
	static const struct {
		const char *name, *type;
		u64 parts; // of a second; 0: as a float
	} rows[] = {{"as_secs", "u64", 1},
	            {"as_millis", "u128", 1000},
	            {"as_micros", "u128", 1000000},
	            {"as_nanos", "u128", 1000000000},
	            {"as_secs_f64", "f64", 0}};
	enum { NANOS = 1000000000 };
	u64 seconds, nanos;
	(void)argument;
	struct dbg_value shown = dbg_shown(value);
	if (!dbg_value_ok(shown) || !str_eqc(dbg_type_base_path(shown.type), "core::time::Duration") ||
	    !dbg_value_get(dbg_value_member(shown, "secs"), &seconds) || !dbg_value_get(dbg_value_member(shown, "nanos"), &nanos))
		return err_new(ERR_ARGUMENT, "`%.*s` is for a Duration, not for %.*s", STRF(name), STRF(value.type->name));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!str_eqc(name, rows[i].name))
			continue;
		double real = (double)seconds + (double)nanos / NANOS;
		u128 bits = 0;
		if (rows[i].parts)
			bits = (u128)seconds * rows[i].parts + nanos / (NANOS / rows[i].parts);
		else
			memcpy(&bits, &real, sizeof(real));
		*out = make_value(arena, value.space, primitive_type(str_of(rows[i].type)), bits);
	}
	return NULL;
}

// ---- what changes nothing --------------------------------------------------------------------------

// What it gives is shown as the value is: borrow(), lock(), iter(), as_str(), clone().
static err_t itself(struct arena *arena, struct dbg_value value, struct str name, const struct operand *argument,
                    struct dbg_value *out)
{
	(void)arena;
	(void)name;
	(void)argument;
	*out = value;
	return NULL;
}

// ---- the table -------------------------------------------------------------------------------------

static const struct method methods[] = {
    {.name = "len", .call = len, .suits = SUITS_LIST | SUITS_MAP | SUITS_TEXT},
    {.name = "is_empty", .call = len, .suits = SUITS_LIST | SUITS_MAP | SUITS_TEXT},
    {.name = "count", .call = len},
    {.name = "get", .most = 1, .call = get, .wrapped = true, .finds = true, .suits = SUITS_LIST | SUITS_MAP},
    {.name = "first", .call = first_or_last, .wrapped = true, .suits = SUITS_LIST},
    {.name = "last", .call = first_or_last, .wrapped = true, .suits = SUITS_LIST},
    {.name = "front", .call = first_or_last, .wrapped = true},
    {.name = "back", .call = first_or_last, .wrapped = true},
    {.name = "contains", .least = 1, .most = 1, .call = contains, .finds = true, .suits = SUITS_LIST | SUITS_TEXT},
    {.name = "contains_key", .least = 1, .most = 1, .call = contains, .finds = true, .suits = SUITS_MAP},
    {.name = "starts_with", .least = 1, .most = 1, .call = in_text, .suits = SUITS_TEXT},
    {.name = "ends_with", .least = 1, .most = 1, .call = in_text, .suits = SUITS_TEXT},
    {.name = "is_some", .call = is_variant, .suits = SUITS_OPTION},
    {.name = "is_none", .call = is_variant, .suits = SUITS_OPTION},
    {.name = "is_ok", .call = is_variant, .suits = SUITS_RESULT},
    {.name = "is_err", .call = is_variant, .suits = SUITS_RESULT},
    {.name = "is_ready", .call = is_variant, .suits = SUITS_POLL},
    {.name = "is_pending", .call = is_variant, .suits = SUITS_POLL},
    {.name = "unwrap", .call = unwrap, .suits = SUITS_OPTION | SUITS_RESULT},
    {.name = "expect", .least = 1, .most = 1, .call = unwrap, .ignores_them = true},
    {.name = "unwrap_err", .call = unwrap, .suits = SUITS_RESULT},
    {.name = "load", .most = 1, .call = get, .ignores_them = true},
    {.name = "borrow", .call = itself},
    {.name = "borrow_mut", .call = itself},
    {.name = "lock", .call = itself, .wrapped = true},
    {.name = "read", .call = itself, .wrapped = true},
    {.name = "write", .call = itself, .wrapped = true},
    {.name = "iter", .call = itself},
    {.name = "as_ref", .call = itself},
    {.name = "as_str", .call = itself},
    {.name = "as_slice", .call = itself},
    {.name = "as_bytes", .call = itself},
    {.name = "clone", .call = itself},
    {.name = "as_deref", .call = itself},
    {.name = "as_mut", .call = itself},
    {.name = "as_path", .call = itself},
    {.name = "to_owned", .call = itself},
    {.name = "copied", .call = itself},
    {.name = "cloned", .call = itself},
    {.name = "deref", .call = itself},
    {.name = "peek", .call = first_or_last, .wrapped = true},
    {.name = "is_null", .call = is_null},
    {.name = "as_secs", .call = in_time, .suits = SUITS_DURATION},
    {.name = "as_millis", .call = in_time, .suits = SUITS_DURATION},
    {.name = "as_micros", .call = in_time},
    {.name = "as_nanos", .call = in_time},
    {.name = "as_secs_f64", .call = in_time},
    {.name = "upgrade", .call = itself, .wrapped = true},
};

err_t method_find(struct arena *arena, struct str name, unsigned n_arguments, const struct method **out)
{
	struct buf names = buf_on(arena);
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		*out = &methods[i];
		if (!str_eqc(name, methods[i].name)) {
			buf_printf(&names, "%s%s()", i ? ", " : "", methods[i].name);
			continue;
		}
		if (n_arguments >= methods[i].least && n_arguments <= methods[i].most)
			return NULL;
		return err_new(ERR_ARGUMENT, "`%.*s` takes %u argument%s, not %u", STRF(name), methods[i].most,
		               methods[i].most == 1 ? "" : "s", n_arguments);
	}
	return err_new(ERR_NOT_FOUND, "no method `%.*s` without a call into the program; there are %.*s", STRF(name),
	               STRF(buf_str(&names)));
}

static unsigned suits(struct dbg_value value)
{
	static const struct {
		const char *path;
		unsigned suits;
	} rows[] = {{"core::option::Option", SUITS_OPTION},
	            {"core::result::Result", SUITS_RESULT},
	            {"core::task::poll::Poll", SUITS_POLL},
	            {"core::time::Duration", SUITS_DURATION}};
	u64 len;
	struct dbg_items items;
	struct dbg_value shown = dbg_shown(value);
	if (!dbg_value_ok(shown))
		return 0;
	if (dbg_shown_text_len(shown, &len))
		return SUITS_TEXT;
	if (dbg_shown_items(shown, &items))
		return items.is_map ? SUITS_MAP : SUITS_LIST;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eqc(dbg_type_base_path(shown.type), rows[i].path))
			return rows[i].suits;
	return 0;
}

size_t dbg_eval_methods(struct arena *arena, struct dbg_value value, struct str **out)
{
	size_t n = 0;
	unsigned wanted = suits(value);
	*out = NEW_N(arena, struct str, ARRAY_LEN(methods));
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (methods[i].suits & wanted)
			(*out)[n++] = str_printf(arena, "%s(%s", methods[i].name, methods[i].most ? "" : ")");
	return n;
}
