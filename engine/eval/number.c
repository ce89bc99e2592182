// Arithmetic with Rust's meaning: an overflow is an error, as in a debug build, and types don't change on
// their own. More lenient than rustc in one thing: integers of different types may meet in one operator, the
// wider type is taken then.
#include "number.h"

#include <math.h>

#define PRIMITIVE(the_kind, the_name, the_size)                                                                                  \
	{                                                                                                                            \
		.kind = DBG_TYPE_##the_kind, .name = STR(the_name), .path = STR(the_name), .size = the_size, .align = the_size           \
	}

static const struct dbg_type primitives[] = {
    PRIMITIVE(INT, "i8", 1),    PRIMITIVE(INT, "i16", 2),   PRIMITIVE(INT, "i32", 4),    PRIMITIVE(INT, "i64", 8),
    PRIMITIVE(INT, "i128", 16), PRIMITIVE(INT, "isize", 8), PRIMITIVE(UINT, "u8", 1),    PRIMITIVE(UINT, "u16", 2),
    PRIMITIVE(UINT, "u32", 4),  PRIMITIVE(UINT, "u64", 8),  PRIMITIVE(UINT, "u128", 16), PRIMITIVE(UINT, "usize", 8),
    PRIMITIVE(FLOAT, "f32", 4), PRIMITIVE(FLOAT, "f64", 8), PRIMITIVE(BOOL, "bool", 1),  PRIMITIVE(CHAR, "char", 4),
};

const struct dbg_type *primitive_type(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(primitives); i++)
		if (str_eq(primitives[i].name, name))
			return &primitives[i];
	return NULL;
}

bool is_integer(const struct dbg_type *type)
{
	return type->kind == DBG_TYPE_INT || type->kind == DBG_TYPE_UINT;
}

struct dbg_value make_value(struct arena *arena, const struct dbg_space *space, const struct dbg_type *type, u128 bits)
{
	u8 *bytes = NEW_N(arena, u8, sizeof(bits));
	memcpy(bytes, &bits, sizeof(bits));
	return dbg_value_of_bytes(space, type, bytes);
}

struct dbg_value make_bool(struct arena *arena, const struct dbg_space *space, bool truth)
{
	return make_value(arena, space, primitive_type(STR("bool")), truth);
}

struct dbg_value make_float(struct arena *arena, const struct dbg_space *space, const struct dbg_type *type, double real)
{
	u128 bits = 0;
	float single = (float)real;
	memcpy(&bits, type->size == 4 ? (const void *)&single : (const void *)&real, (size_t)type->size);
	return make_value(arena, space, type, bits);
}

// ---- reading ---------------------------------------------------------------------------------------

err_t integer_bits(struct dbg_value value, u128 *out)
{
	if (!dbg_value_ok(value))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(value.absent));
	if (value.type->size == 0 || value.type->size > sizeof(*out))
		return err_new(ERR_ARGUMENT, "%.*s is no number", STRF(dbg_type_told(value.type)));
	u128 bits = 0;
	TRY(dbg_value_read(value, &bits, (size_t)value.type->size));
	unsigned unused = (unsigned)(8 * (sizeof(bits) - value.type->size));
	*out = value.type->kind == DBG_TYPE_INT ? (u128)((i128)(bits << unused) >> unused) : bits;
	return NULL;
}

err_t float_of(struct operand operand, double *out)
{
	if (operand.kind == OPERAND_FLOAT || operand.kind == OPERAND_INT) {
		*out = operand.kind == OPERAND_FLOAT ? operand.real : (double)operand.number;
		return NULL;
	}
	float single;
	if (operand.value.type->size == sizeof(single)) {
		TRY(dbg_value_read(operand.value, &single, sizeof(single)));
		*out = (double)single;
		return NULL;
	}
	if (operand.value.type->size != sizeof(*out))
		return err_new(ERR_UNSUPPORTED, "%.*s is not supported", STRF(dbg_type_told(operand.value.type)));
	return dbg_value_read(operand.value, out, sizeof(*out));
}

static bool fits(const struct dbg_type *type, i128 number)
{
	unsigned bits = (unsigned)(8 * type->size);
	if (type->kind != DBG_TYPE_INT)
		return number >= 0 && (bits >= 127 || number < (i128)1 << bits);
	return bits >= 128 || (number >= -((i128)1 << (bits - 1)) && number < (i128)1 << (bits - 1));
}

err_t settle(struct arena *arena, const struct dbg_space *space, struct operand operand, struct dbg_value *out)
{
	static const struct str order[] = {STR("i32"), STR("i64"), STR("i128")};
	if (operand.option == OPERAND_NONE)
		return operand.why;
	switch (operand.kind) {
	case OPERAND_VALUE: *out = operand.value; return NULL;
	case OPERAND_FLOAT: *out = make_float(arena, space, primitive_type(STR("f64")), operand.real); return NULL;
	case OPERAND_STRING:
		*out =
		    dbg_value_of_bytes(space, dbg_type_made_text(arena, operand.text.len), (const u8 *)str_dup(arena, operand.text).ptr);
		return NULL;
	case OPERAND_INT: break;
	}
	size_t i = 0;
	while (i + 1 < ARRAY_LEN(order) && !fits(primitive_type(order[i]), operand.number))
		i++;
	*out = make_value(arena, space, primitive_type(order[i]), (u128)operand.number);
	return NULL;
}

// ---- integers --------------------------------------------------------------------------------------

static err_t overflow(const struct dbg_type *type, struct str op)
{
	return err_new(ERR_ARGUMENT, "`%.*s` overflows %.*s", STRF(op), STRF(dbg_type_told(type)));
}

static err_t check_range(const struct dbg_type *type, struct str op, u128 bits, bool overflowed)
{
	if (type->kind == DBG_TYPE_INT)
		return overflowed || !fits(type, (i128)bits) ? overflow(type, op) : NULL;
	bool too_large = type->size < sizeof(bits) && bits >> (8 * type->size);
	return overflowed || too_large ? overflow(type, op) : NULL;
}

static err_t divide(const struct dbg_type *type, struct str op, u128 a, u128 b, u128 *out)
{
	bool is_signed = type->kind == DBG_TYPE_INT;
	if (b == 0)
		return err_new(ERR_ARGUMENT, "`%.*s` by zero", STRF(op));
	if (is_signed && (i128)b == -1) {
		*out = op.ptr[0] == '/' ? (u128)0 - a : 0;
		bool smallest = (a << (8 * (sizeof(a) - type->size))) == (u128)1 << 127;
		return smallest ? overflow(type, op) : NULL;
	}
	if (is_signed)
		*out = op.ptr[0] == '/' ? (u128)((i128)a / (i128)b) : (u128)((i128)a % (i128)b);
	else
		*out = op.ptr[0] == '/' ? a / b : a % b;
	return NULL;
}

static err_t shift(const struct dbg_type *type, struct str op, u128 a, u128 by, u128 *out)
{
	unsigned bits = (unsigned)(8 * type->size);
	if (by >= bits)
		return overflow(type, op);
	if (op.ptr[0] == '<')
		*out = a << by;
	else
		*out = type->kind == DBG_TYPE_INT ? (u128)((i128)a >> by) : a >> by;
	return NULL;
}

static err_t integer_arithmetic(const struct dbg_type *type, struct str op, u128 a, u128 b, u128 *out)
{
	bool is_signed = type->kind == DBG_TYPE_INT, overflowed = false;
	i128 sa = (i128)a, sb = (i128)b, sum = 0;
	switch (op.ptr[0]) {
	case '+': overflowed = is_signed ? __builtin_add_overflow(sa, sb, &sum) : __builtin_add_overflow(a, b, out); break;
	case '-': overflowed = is_signed ? __builtin_sub_overflow(sa, sb, &sum) : __builtin_sub_overflow(a, b, out); break;
	case '*': overflowed = is_signed ? __builtin_mul_overflow(sa, sb, &sum) : __builtin_mul_overflow(a, b, out); break;
	case '/':
	case '%': return divide(type, op, a, b, out);
	case '&': *out = a & b; return NULL;
	case '|': *out = a | b; return NULL;
	case '^': *out = a ^ b; return NULL;
	default: return shift(type, op, a, b, out);
	}
	if (is_signed)
		*out = (u128)sum;
	return check_range(type, op, *out, overflowed);
}

// ---- comparison ------------------------------------------------------------------------------------

static bool is_comparison(struct str op)
{
	return str_eqc(op, "==") || str_eqc(op, "!=") || str_eqc(op, "<=") || str_eqc(op, ">=") || str_eqc(op, "<") ||
	       str_eqc(op, ">");
}

bool comparison_holds(struct str op, int order)
{
	if (order == ORDER_NONE)
		return str_eqc(op, "!=");
	bool or_equal = op.len == 2 && op.ptr[1] == '=';
	switch (op.ptr[0]) {
	case '=': return order == 0;
	case '!': return order != 0;
	case '<': return order < 0 || (or_equal && order == 0);
	default: return order > 0 || (or_equal && order == 0);
	}
}

// As numbers, whatever their types are.
static int compare_integers(u128 a, bool a_signed, u128 b, bool b_signed)
{
	bool a_negative = a_signed && (i128)a < 0, b_negative = b_signed && (i128)b < 0;
	if (a_negative != b_negative)
		return a_negative ? -1 : 1;
	return (a > b) - (a < b);
}

// ---- operators -------------------------------------------------------------------------------------

static bool is_float(struct operand operand)
{
	return operand.kind == OPERAND_FLOAT || (operand.kind == OPERAND_VALUE && operand.value.type->kind == DBG_TYPE_FLOAT);
}

static err_t float_operator(struct arena *arena, const struct dbg_space *space, struct str op, struct operand left,
                            struct operand right, struct operand *out)
{
	double a, b, result;
	bool is_open = left.kind != OPERAND_VALUE && right.kind != OPERAND_VALUE;
	const struct dbg_type *type = left.kind == OPERAND_VALUE && is_float(left)     ? left.value.type
	                              : right.kind == OPERAND_VALUE && is_float(right) ? right.value.type
	                                                                               : primitive_type(STR("f64"));
	TRY(float_of(left, &a));
	TRY(float_of(right, &b));
	if (is_comparison(op)) {
		int order = isnan(a) || isnan(b) ? 2 : (a > b) - (a < b);
		*out = (struct operand){.value = make_bool(arena, space, comparison_holds(op, order))};
		return NULL;
	}
	switch (op.ptr[0]) {
	case '+': result = a + b; break;
	case '-': result = a - b; break;
	case '*': result = a * b; break;
	case '/': result = a / b; break;
	case '%': result = fmod(a, b); break;
	default: return err_new(ERR_ARGUMENT, "`%.*s` is not for %.*s", STRF(op), STRF(dbg_type_told(type)));
	}
	if (op.len > 1)
		return err_new(ERR_ARGUMENT, "`%.*s` is not for %.*s", STRF(op), STRF(dbg_type_told(type)));
	*out = is_open ? (struct operand){.kind = OPERAND_FLOAT, .real = result}
	               : (struct operand){.value = make_float(arena, space, type, result)};
	return NULL;
}

bool is_scalar(const struct dbg_type *type)
{
	return is_integer(type) || type->kind == DBG_TYPE_BOOL || type->kind == DBG_TYPE_CHAR || type->kind == DBG_TYPE_POINTER ||
	       type->kind == DBG_TYPE_ENUM;
}

// The type that both sides of an operator take.
static err_t common_type(struct str op, struct operand left, struct operand right, const struct dbg_type **out)
{
	if (left.kind == OPERAND_INT || right.kind == OPERAND_INT) {
		struct operand typed = left.kind == OPERAND_INT ? right : left, literal = left.kind == OPERAND_INT ? left : right;
		*out = typed.value.type;
		bool is_shift = op.len == 2 && op.ptr[0] == op.ptr[1] && op.ptr[0] != '=';
		if (is_integer(*out) && !is_comparison(op) && !is_shift && !fits(*out, literal.number))
			return err_new(ERR_ARGUMENT, "the literal does not fit in %.*s", STRF(dbg_type_told(*out)));
		return NULL;
	}
	*out = right.value.type->size > left.value.type->size ? right.value.type : left.value.type;
	return NULL;
}

static err_t check_kinds(struct str op, struct operand left, struct operand right)
{
	const struct dbg_type *a = left.kind == OPERAND_VALUE ? left.value.type : NULL,
	                      *b = right.kind == OPERAND_VALUE ? right.value.type : NULL;
	const struct dbg_type *odd = a && !is_scalar(a) ? a : b && !is_scalar(b) ? b : NULL;
	if (odd)
		return err_new(ERR_ARGUMENT, "`%.*s` is not for %.*s", STRF(op), STRF(dbg_type_told(odd)));
	bool a_int = !a || is_integer(a), b_int = !b || is_integer(b);
	bool pointers = (a && a->kind == DBG_TYPE_POINTER) || (b && b->kind == DBG_TYPE_POINTER);
	bool same_kind = a && b && a->kind == b->kind;
	if (!(a_int && b_int) && !same_kind && !(pointers && is_comparison(op)))
		return err_new(ERR_ARGUMENT, "`%.*s` between %.*s and %.*s: cast one of them with `as`", STRF(op),
		               STRF(a ? a->name : STR("an integer")), STRF(b ? b->name : STR("an integer")));
	bool is_bits = op.len == 1 && strchr("&|^", op.ptr[0]);
	bool bools = a && b && a->kind == DBG_TYPE_BOOL && b->kind == DBG_TYPE_BOOL;
	if (!(a_int && b_int) && !is_comparison(op) && !(is_bits && bools))
		return err_new(ERR_ARGUMENT, "`%.*s` is not for %.*s: cast it with `as`", STRF(op),
		               STRF(a && !a_int ? a->name : b->name));
	return NULL;
}

static err_t bits_of(struct operand operand, u128 *out)
{
	if (operand.kind == OPERAND_INT) {
		*out = (u128)operand.number;
		return NULL;
	}
	return integer_bits(operand.value, out);
}

static bool operand_signed(struct operand operand)
{
	return operand.kind == OPERAND_INT || operand.value.type->kind == DBG_TYPE_INT;
}

err_t binary_operator(struct arena *arena, const struct dbg_space *space, struct str op, struct operand left,
                      struct operand right, struct operand *out)
{
	static const struct dbg_type open_type = PRIMITIVE(INT, "i128", 16);
	u128 a, b, result = 0;
	if (is_float(left) || is_float(right))
		return float_operator(arena, space, op, left, right, out);
	TRY(check_kinds(op, left, right));
	TRY(bits_of(left, &a));
	TRY(bits_of(right, &b));
	if (is_comparison(op)) {
		int order = compare_integers(a, operand_signed(left), b, operand_signed(right));
		*out = (struct operand){.value = make_bool(arena, space, comparison_holds(op, order))};
		return NULL;
	}
	if (left.kind == OPERAND_INT && right.kind == OPERAND_INT) {
		TRY(integer_arithmetic(&open_type, op, a, b, &result));
		*out = (struct operand){.kind = OPERAND_INT, .number = (i128)result};
		return NULL;
	}
	const struct dbg_type *type;
	bool is_shift = op.len == 2;
	TRY(common_type(op, left, right, &type));
	if (is_shift && left.kind == OPERAND_VALUE)
		type = left.value.type;
	if (!is_shift && (right.kind == OPERAND_VALUE && left.kind == OPERAND_VALUE) && !fits(type, (i128)a) && type->size < 16)
		return overflow(type, op); // a negative number and a wider unsigned type
	TRY(integer_arithmetic(type, op, a, b, &result));
	*out = (struct operand){.value = make_value(arena, space, type, result)};
	return NULL;
}

err_t unary_operator(struct arena *arena, const struct dbg_space *space, struct str op, struct operand operand,
                     struct operand *out)
{
	bool is_minus = op.ptr[0] == '-';
	*out = operand;
	if (operand.kind == OPERAND_INT) {
		out->number = is_minus ? -operand.number : ~operand.number;
		return NULL;
	}
	if (operand.kind == OPERAND_STRING)
		return err_new(ERR_ARGUMENT, "`%.*s` is not for text", STRF(op));
	const struct dbg_type *type = operand.kind == OPERAND_VALUE ? operand.value.type : NULL;
	if (is_minus && is_float(operand)) {
		double real;
		TRY(float_of(operand, &real));
		*out = type ? (struct operand){.value = make_float(arena, space, type, -real)}
		            : (struct operand){.kind = OPERAND_FLOAT, .real = -real};
		return NULL;
	}
	bool allowed = type && (is_minus ? type->kind == DBG_TYPE_INT : is_integer(type) || type->kind == DBG_TYPE_BOOL);
	if (!allowed)
		return err_new(ERR_ARGUMENT, "`%.*s` is not for %.*s", STRF(op), STRF(type ? dbg_type_told(type) : STR("a float")));
	u128 bits;
	TRY(integer_bits(operand.value, &bits));
	u128 result = is_minus ? (u128)0 - bits : type->kind == DBG_TYPE_BOOL ? !bits : ~bits;
	if (is_minus)
		TRY(check_range(type, op, result, bits && result == bits)); // the least i128
	*out = (struct operand){.value = make_value(arena, space, type, result)};
	return NULL;
}
