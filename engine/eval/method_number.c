// Methods of integers, floats, and of lists of numbers.
#include <math.h>

#include "method.h"

static err_t not_for(struct str name, struct dbg_value value)
{
	return err_new(ERR_ARGUMENT, "`%.*s` is not for %.*s", STRF(name), STRF(dbg_type_told(value.type)));
}

static err_t shown_of(struct dbg_value value, struct dbg_value *out)
{
	*out = dbg_shown(value);
	return dbg_value_ok(*out) ? NULL : err_new(ERR_NOT_FOUND, "%.*s", STRF(out->absent));
}

// ---- integers ----------------------------------------------------------------------------------------

static u128 mask_of(const struct dbg_type *type)
{
	unsigned bits = (unsigned)(8 * type->size);
	return bits >= 128 ? ~(u128)0 : ((u128)1 << bits) - 1;
}

static i128 extended(const struct dbg_type *type, u128 bits)
{
	unsigned unused = (unsigned)(128 - 8 * type->size);
	return type->kind == DBG_TYPE_INT ? (i128)(bits << unused) >> unused : (i128)(bits & mask_of(type));
}

static err_t argument_bits(const struct operand *argument, struct str name, u128 *out)
{
	struct dbg_value shown;
	if (argument->kind == OPERAND_INT) {
		*out = (u128)argument->number;
		return NULL;
	}
	if (argument->kind != OPERAND_VALUE)
		return err_new(ERR_ARGUMENT, "`%.*s` wants an integer", STRF(name));
	TRY(shown_of(argument->value, &shown));
	if (!is_integer(shown.type))
		return err_new(ERR_ARGUMENT, "`%.*s` wants an integer, not %.*s", STRF(name), STRF(dbg_type_told(shown.type)));
	return integer_bits(shown, out);
}

// `operator` in the type: the wrapped result, and whether it had to be wrapped.
static bool calculate(const struct dbg_type *type, char operator, u128 a, u128 b, u128 *out)
{
	bool is_signed = type->kind == DBG_TYPE_INT, over;
	i128 result = 0;
	u128 bits = 0;
	switch (operator) {
	case 'a': over = is_signed ? __builtin_add_overflow((i128)a, (i128)b, &result) : __builtin_add_overflow(a, b, &bits); break;
	case 's': over = is_signed ? __builtin_sub_overflow((i128)a, (i128)b, &result) : __builtin_sub_overflow(a, b, &bits); break;
	default: over = is_signed ? __builtin_mul_overflow((i128)a, (i128)b, &result) : __builtin_mul_overflow(a, b, &bits); break;
	}
	bits = is_signed ? (u128)result : bits;
	*out = bits & mask_of(type);
	return over || (is_signed ? extended(type, bits) != (i128)bits : *out != bits);
}

static err_t power(const struct dbg_type *type, u128 base, u128 exponent, u128 *out)
{
	u128 result = 1;
	for (u128 i = 0; i < exponent; i++) {
		u128 extended_result = type->kind == DBG_TYPE_INT ? (u128)extended(type, result) : result;
		if (calculate(type, 'm', extended_result, base, &result))
			return err_new(ERR_ARGUMENT, "`pow` overflows %.*s", STRF(dbg_type_told(type)));
		if (base <= 1)
			break;                                                  // the same for any exponent but 0
		if (base == ~(u128)0 && i + 1 < exponent && exponent > 256) // -1
			exponent = 2 + exponent % 2;
	}
	*out = result;
	return NULL;
}

static unsigned bit_count(u128 bits)
{
	return (unsigned)(__builtin_popcountll((u64)bits) + __builtin_popcountll((u64)(bits >> 64)));
}

static unsigned width(u128 bits)
{
	u64 high = (u64)(bits >> 64), low = (u64)bits;
	return high ? 128 - (unsigned)__builtin_clzll(high) : low ? 64 - (unsigned)__builtin_clzll(low) : 0;
}

// Of one number alone.
static bool unary(struct arena *arena, struct dbg_value value, struct str name, u128 bits, struct dbg_value *out)
{
	const struct dbg_type *type = value.type, *u32_type = primitive_type(STR("u32"));
	u128 own = bits & mask_of(type);
	unsigned size = (unsigned)(8 * type->size);
	if (str_eqc(name, "count_ones"))
		*out = make_value(arena, value.space, u32_type, bit_count(own));
	else if (str_eqc(name, "leading_zeros"))
		*out = make_value(arena, value.space, u32_type, size - width(own));
	else if (str_eqc(name, "trailing_zeros"))
		*out = make_value(arena, value.space, u32_type, own ? width(own & (~own + 1)) - 1 : size);
	else if (str_eqc(name, "is_power_of_two"))
		*out = make_bool(arena, value.space, bit_count(own) == 1);
	else
		return false;
	return true;
}

static err_t binary(struct arena *arena, struct dbg_value value, struct str name, u128 a, u128 b, struct dbg_value *out)
{
	const struct dbg_type *type = value.type;
	bool is_signed = type->kind == DBG_TYPE_INT;
	u128 result = 0, most = mask_of(type) >> is_signed;
	if (is_signed ? extended(type, b) != (i128)b : b != (b & mask_of(type)))
		return err_new(ERR_ARGUMENT, "`%.*s`: the argument does not fit in %.*s", STRF(name), STRF(dbg_type_told(type)));
	if (str_eqc(name, "pow")) {
		TRY(power(type, a, b, &result));
	} else if (str_eqc(name, "abs_diff")) {
		bool less = is_signed ? (i128)a < (i128)b : a < b;
		*out = make_value(arena, value.space, type, less ? b - a : a - b);
		return NULL;
	} else if (str_eqc(name, "checked_div")) {
		if (b == 0)
			return err_new(ERR_EMPTY, "`checked_div` by zero");
		result = is_signed ? (u128)((i128)a / (i128)b) : a / b;
	} else {
		ptrdiff_t line = str_find(name, STR("_"));
		char operator= name.ptr[line + 1]; // of add, sub, mul
		bool over = calculate(type, operator, a, b, &result);
		bool down = operator== 's' ? !is_signed || (i128)b > 0
		                           : is_signed &&(operator== 'm' ? ((i128)a < 0) != ((i128)b < 0) : (i128)b < 0);
		if (over && name.ptr[0] == 'c')
			return err_new(ERR_EMPTY, "`%.*s` overflows %.*s", STRF(name), STRF(dbg_type_told(type)));
		if (over && name.ptr[0] == 's')
			result = !down ? most : is_signed ? ~most : 0;
	}
	*out = make_value(arena, value.space, type, result);
	return NULL;
}

METHOD(number)
{
	struct dbg_value shown;
	u128 a, b = 0;
	TRY(shown_of(value, &shown));
	if (shown.type->kind == DBG_TYPE_FLOAT)
		return method_float(arena, shown, called, argument, out);
	if (!is_integer(shown.type))
		return not_for(called, value);
	TRY(integer_bits(shown, &a));
	if (str_eqc(called, "abs")) {
		struct operand result, operand = {.value = shown};
		if ((i128)a < 0 && shown.type->kind == DBG_TYPE_INT)
			TRY(unary_operator(arena, value.space, STR("-"), operand, &result));
		else
			result = operand;
		*out = result.value;
		return NULL;
	}
	if (!argument)
		return unary(arena, shown, called, a, out) ? NULL : not_for(called, value);
	TRY(argument_bits(argument, called, &b));
	return binary(arena, shown, called, a, b, out);
}

// ---- floats ------------------------------------------------------------------------------------------

static err_t real_of(struct arena *arena, struct dbg_value value, double *out)
{
	struct dbg_value wide;
	TRY(cast_scalar(arena, value, primitive_type(STR("f64")), &wide));
	return dbg_value_read(wide, out, sizeof(*out));
}

METHOD(float)
{
	static const struct {
		const char *name;
		double (*function)(double);
	} rows[] = {{"sqrt", sqrt}, {"floor", floor}, {"ceil", ceil}, {"round", round}, {"trunc", trunc}, {"abs", fabs}};
	struct dbg_value shown, other;
	double a, b = 0, result = NAN;
	TRY(shown_of(value, &shown));
	if (shown.type->kind != DBG_TYPE_FLOAT)
		return not_for(called, value);
	TRY(real_of(arena, shown, &a));
	if (argument) {
		TRY(settle(arena, value.space, *argument, &other));
		TRY(shown_of(other, &other));
		TRY(real_of(arena, other, &b));
	}
	if (str_starts(called, STR("is_"))) {
		*out = make_bool(arena, value.space,
		                 str_eqc(called, "is_nan")      ? isnan(a) != 0
		                 : str_eqc(called, "is_finite") ? isfinite(a) != 0
		                                                : isinf(a) != 0);
		return NULL;
	}
	bool known = str_starts(called, STR("pow"));
	if (known)
		result = pow(a, b);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eqc(called, rows[i].name)) {
			result = rows[i].function(a);
			known = true;
		}
	if (!known)
		return not_for(called, value);
	struct operand operand = {.kind = OPERAND_FLOAT, .real = result};
	TRY(settle(arena, value.space, operand, &other));
	return cast_scalar(arena, other, shown.type, out);
}

// ---- several -----------------------------------------------------------------------------------------

// min, max of two.
static err_t of_two(struct arena *arena, struct dbg_value a, struct operand right, struct str name, struct dbg_value *out)
{
	struct operand left = {.value = a}, result;
	struct dbg_value b;
	bool greater = false;
	TRY(binary_operator(arena, a.space, STR(">"), left, right, &result));
	TRY(dbg_value_read(result.value, &greater, 1));
	if (right.kind == OPERAND_VALUE) {
		b = dbg_shown(right.value);
	} else {
		TRY(settle(arena, a.space, right, &b));
		TRY(cast_scalar(arena, b, a.type, &b));
	}
	*out = greater == str_eqc(name, "max") ? a : b;
	return NULL;
}

METHOD(fold)
{
	enum { MOST = 1000000, PAGE = 256 };
	struct dbg_items items;
	struct dbg_item page[PAGE];
	struct dbg_value shown, each;
	TRY(shown_of(value, &shown));
	if (argument) {
		if (!is_integer(shown.type) && shown.type->kind != DBG_TYPE_FLOAT && shown.type->kind != DBG_TYPE_CHAR)
			return not_for(called, value);
		return of_two(arena, shown, *argument, called, out);
	}
	if (!dbg_shown_items(shown, &items) || items.is_map)
		return not_for(called, value);
	if (items.suspect.len)
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(items.suspect));
	if (items.len > MOST)
		return err_new(ERR_ARGUMENT, "`%.*s` of more than %d elements", STRF(called), MOST);
	bool sums = str_eqc(called, "sum");
	if (items.len == 0 && !sums && !str_eqc(called, "product"))
		return err_new(ERR_EMPTY, "`%.*s()`: it is empty", STRF(called));
	struct operand total = {.kind = OPERAND_INT, .number = !sums};
	for (u64 at = 0; at < items.len; at += PAGE) {
		size_t n = dbg_shown_page(arena, shown, at, PAGE, page);
		if (n == 0)
			return err_new(ERR_NOT_FOUND, "element %llu can't be read", (unsigned long long)at);
		for (size_t i = 0; i < n; i++) {
			TRY(shown_of(page[i].value, &each));
			struct operand one = {.value = each};
			if (at + i == 0)
				total = one;
			else if (sums || str_eqc(called, "product"))
				TRY(binary_operator(arena, value.space, sums ? STR("+") : STR("*"), total, one, &total));
			else
				TRY(of_two(arena, total.value, one, called, &total.value));
		}
	}
	return settle(arena, value.space, total, out);
}
