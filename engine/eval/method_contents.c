// Methods of collections, variants and pointers: what is in them.
#include "method.h"

static err_t absent_error(struct dbg_value value)
{
	return err_new(ERR_NOT_FOUND, "%.*s", STRF(value.absent));
}

// ---- lengths and elements --------------------------------------------------------------------------

METHOD(len)
{
	u64 count;
	(void)argument;
	TRY(place_len(value, &count));
	*out = str_eqc(called, "is_empty") ? make_bool(arena, value.space, count == 0)
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
			return err_new(ERR_ARGUMENT, "an index is wanted, not %.*s", STRF(dbg_type_told(argument->value.type)));
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
METHOD(get)
{
	u64 index = 0;
	(void)called;
	if (!argument) {
		bool is_once = str_find(dbg_type_base_path(value.type), STR("Once")) >= 0;
		*out = dbg_shown(value);
		if (!dbg_value_ok(*out) && is_once)
			return err_new(ERR_EMPTY, "`get()`: %.*s", STRF(out->absent));
		return dbg_value_ok(*out) ? NULL : absent_error(*out);
	}
	if (place_is_map(value))
		return place_entry(arena, value, *argument, out);
	TRY(index_of(argument, &index));
	return place_element(arena, value, index, out);
}

METHOD(first_or_last)
{
	u64 count;
	(void)argument;
	TRY(place_len(value, &count));
	if (count == 0)
		return err_new(ERR_EMPTY, "`%.*s()`: it is empty", STRF(called));
	return place_element(arena, value, str_eqc(called, "last") || str_eqc(called, "back") ? count - 1 : 0, out);
}

// `nth(2)`, `next()` of iter(): they take nothing from an iterator.
METHOD(nth)
{
	u64 index = 0;
	(void)called;
	if (argument)
		TRY(index_of(argument, &index));
	return place_element(arena, value, index, out);
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

METHOD(in_text)
{
	struct str text, part;
	if (!place_text(arena, value, &text))
		return err_new(ERR_ARGUMENT, "`%.*s` is for texts, not for %.*s", STRF(called), STRF(dbg_type_told(value.type)));
	if (!text_of(arena, argument, &part))
		return err_new(ERR_ARGUMENT, "`%.*s` wants a text", STRF(called));
	bool found = str_eqc(called, "starts_with") ? str_starts(text, part)
	             : str_eqc(called, "ends_with") ? str_ends(text, part)
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

METHOD(contains)
{
	u64 ignored;
	bool found, keys = str_eqc(called, "contains_key");
	if (!keys && dbg_shown_text_len(value, &ignored))
		return method_in_text(arena, value, called, argument, out);
	if (keys != place_is_map(value))
		return err_new(ERR_ARGUMENT,
		               keys ? "`contains_key` is for maps; of others: contains()" : "`contains` of a map: write contains_key()");
	if (!keys && in_range(arena, value, *argument, out))
		return NULL;
	if (!place_holds(arena, value, *argument, keys, &found))
		return err_new(ERR_ARGUMENT, "`%.*s`: %.*s has no elements, or too many", STRF(called), STRF(dbg_type_told(value.type)));
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

METHOD(is_variant)
{
	static const struct {
		const char *method, *variant;
	} rows[] = {{"is_some", "Some"}, {"is_none", "None"},   {"is_ok", "Ok"},
	            {"is_err", "Err"},   {"is_ready", "Ready"}, {"is_pending", "Pending"}};
	struct dbg_value payload;
	struct str active;
	bool is = false;
	(void)argument;
	TRY(active_variant(value, called, &payload, &active));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		is = is || (str_eqc(called, rows[i].method) && str_eqc(active, rows[i].variant));
	*out = make_bool(arena, value.space, is);
	return NULL;
}

METHOD(unwrap)
{
	struct dbg_value payload;
	struct str active;
	TRY(active_variant(value, called, &payload, &active));
	bool wants_error = str_eqc(called, "unwrap_err") || str_eqc(called, "err");
	bool fits = wants_error ? str_eqc(active, "Err") : str_eqc(active, "Some") || str_eqc(active, "Ok");
	if (!fits && str_eqc(called, "unwrap_or"))
		return settle(arena, value.space, *argument, out);
	if (!fits)
		return err_new(str_eqc(called, "ok") || str_eqc(called, "err") ? ERR_EMPTY : ERR_ARGUMENT, "`%.*s()`: it is %.*s",
		               STRF(called), STRF(active));
	*out = dbg_value_member(payload, "0");
	return dbg_value_ok(*out) ? NULL : absent_error(*out);
}

// ---- numbers ---------------------------------------------------------------------------------------

METHOD(is_null)
{
	u64 addr;
	(void)argument;
	struct dbg_value pointer = dbg_shown(value);
	if (!dbg_value_ok(pointer) || (pointer.type->kind != DBG_TYPE_POINTER && !dbg_type_member(pointer.type, "data_ptr")))
		return err_new(ERR_ARGUMENT, "`%.*s` is for raw pointers, not for %.*s", STRF(called), STRF(dbg_type_told(value.type)));
	TRY(dbg_value_uint(pointer.type->kind == DBG_TYPE_POINTER ? pointer : dbg_value_member(pointer, "data_ptr"), &addr));
	*out = make_bool(arena, value.space, addr == 0);
	return NULL;
}

// A Duration's (core/src/time.rs: secs, nanos).
METHOD(in_time)
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
		return err_new(ERR_ARGUMENT, "`%.*s` is for a Duration, not for %.*s", STRF(called), STRF(dbg_type_told(value.type)));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!str_eqc(called, rows[i].name))
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
METHOD(itself)
{
	(void)arena;
	(void)called;
	(void)argument;
	*out = value;
	return NULL;
}
