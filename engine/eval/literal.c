// Numbers as they are written, in the type of their suffix.
#include "name.h"

err_t literal_number(struct eval *eval, const struct node *node, struct operand *out)
{
	bool is_float = node->kind == NODE_FLOAT;
	*out = (struct operand){.kind = is_float ? OPERAND_FLOAT : OPERAND_INT, .number = (i128)node->number, .real = node->real};
	if (!node->suffix.len) {
		if (!is_float && node->number >> 127)
			return err_new(ERR_ARGUMENT, "the number at column %zu is too large without a type: write it with u128",
			               node->column);
		return NULL;
	}
	const struct dbg_type *type = primitive_type(node->suffix);
	if (!type || (is_float ? type->kind != DBG_TYPE_FLOAT : !is_integer(type) && type->kind != DBG_TYPE_FLOAT))
		return err_new(ERR_SYNTAX, "`%.*s` at column %zu is no type of numbers", STRF(node->suffix), node->column);
	struct dbg_value value;
	if (is_float)
		TRY(settle(eval->arena, eval->space, *out, &value));
	else
		value = make_value(eval->arena, eval->space, primitive_type(STR("u128")), node->number);
	unsigned bits = (unsigned)(8 * type->size) - (type->kind == DBG_TYPE_INT);
	if (!is_float && is_integer(type) && bits < 128 && node->number >> bits &&
	    !(type->kind == DBG_TYPE_INT && node->number == (u128)1 << bits))
		return err_new(ERR_ARGUMENT, "the number at column %zu does not fit in %.*s", node->column, STRF(dbg_type_told(type)));
	*out = (struct operand){0};
	return cast_scalar(eval->arena, value, type, &out->value);
}
