// `as`: numbers, chars, bools and addresses as another scalar.
#include "number.h"

#include <math.h>

// Saturates, NaN is 0 (the Rust Reference, "Numeric cast").
static u128 float_to_integer(double real, const struct dbg_type *to)
{
	unsigned bits = (unsigned)(8 * to->size);
	bool is_signed = to->kind == DBG_TYPE_INT;
	double top = ldexp(1, (int)(is_signed ? bits - 1 : bits)), bottom = is_signed ? -top : 0;
	u128 most = is_signed ? ((u128)1 << (bits - 1)) - 1 : bits == 128 ? ~(u128)0 : ((u128)1 << bits) - 1;
	if (isnan(real))
		return 0;
	if (real >= top)
		return most;
	if (real <= bottom)
		return is_signed ? ~most : 0;
	return real < 0 ? (u128)(i128)real : (u128)real;
}

err_t cast_scalar(struct arena *arena, struct dbg_value value, const struct dbg_type *to, struct dbg_value *out)
{
	const struct dbg_type *from = value.type;
	struct operand operand = {.value = value};
	if (from->kind == DBG_TYPE_FLOAT) {
		double real;
		TRY(float_of(operand, &real));
		if (to->kind == DBG_TYPE_FLOAT)
			*out = make_float(arena, value.space, to, real);
		else if (is_integer(to))
			*out = make_value(arena, value.space, to, float_to_integer(real, to));
		else
			return err_new(ERR_ARGUMENT, "%.*s can't be cast to %.*s", STRF(dbg_type_told(from)), STRF(dbg_type_told(to)));
		return NULL;
	}
	if (!is_scalar(from))
		return err_new(ERR_ARGUMENT, "%.*s can't be cast to %.*s: it is no scalar", STRF(dbg_type_told(from)),
		               STRF(dbg_type_told(to)));
	u128 bits;
	TRY(integer_bits(value, &bits));
	if (to->kind == DBG_TYPE_FLOAT && is_integer(from)) {
		double real = from->kind == DBG_TYPE_INT ? (double)(i128)bits : (double)bits;
		*out = make_float(arena, value.space, to, real);
		return NULL;
	}
	bool to_char = to->kind == DBG_TYPE_CHAR && (from->size == 1 || from->kind == DBG_TYPE_CHAR || from->size == 4);
	bool to_bool = to->kind == DBG_TYPE_BOOL && from->kind == DBG_TYPE_BOOL;
	if (!is_integer(to) && to->kind != DBG_TYPE_POINTER && !to_char && !to_bool)
		return err_new(ERR_ARGUMENT, "%.*s can't be cast to %.*s", STRF(dbg_type_told(from)), STRF(dbg_type_told(to)));
	*out = make_value(arena, value.space, to, bits);
	return NULL;
}
