// Evaluates a tree over the variables of a frame and the program's statics. Reads the debuggee, calls nothing in it.
#include "engine/eval.h"

#include "made.h"
#include "operators.h"
#include "pattern.h"

enum { MAX_TEXT = 10000 };

err_t eval_value(struct eval *eval, const struct node *node, struct dbg_value *out)
{
	struct operand operand;
	TRY(eval_operand(eval, node, &operand));
	TRY(settle(eval->arena, eval->space, operand, out));
	return dbg_value_ok(*out) ? NULL : err_new(ERR_NOT_FOUND, "%.*s", STRF(out->absent));
}

// ---- types -----------------------------------------------------------------------------------------

static err_t eval_cast(struct eval *eval, const struct node *node, struct operand *out)
{
	struct operand operand;
	struct dbg_value value;
	const struct dbg_type *type;
	TRY(eval_operand(eval, node->left, &operand));
	TRY(name_type(eval, node->name, &type));
	TRY(settle(eval->arena, eval->space, operand, &value));
	if (value.type->kind != DBG_TYPE_POINTER || type->kind != DBG_TYPE_POINTER)
		value = value.type->kind == DBG_TYPE_POINTER && is_integer(type) ? value : dbg_shown(value);
	*out = (struct operand){0};
	if (!dbg_value_ok(value))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(value.absent));
	return err_wrap(cast_scalar(eval->arena, value, type, &out->value), "column %zu", node->column);
}

// ---- fields and elements ---------------------------------------------------------------------------

static err_t eval_index_number(struct eval *eval, const struct node *node, u64 *out)
{
	struct dbg_value value;
	u128 bits;
	TRY(eval_value(eval, node, &value));
	value = dbg_shown(value);
	if (!dbg_value_ok(value) || !is_integer(value.type))
		return err_new(ERR_ARGUMENT, "an index is wanted at column %zu", node->column);
	TRY(integer_bits(value, &bits));
	if (bits > UINT64_MAX)
		return err_new(ERR_ARGUMENT, "the index at column %zu is negative or too large", node->column);
	*out = (u64)bits;
	return NULL;
}

static err_t eval_index(struct eval *eval, const struct node *node, struct operand *out)
{
	struct dbg_value base;
	u64 index;
	TRY(eval_value(eval, node->left, &base));
	*out = (struct operand){0};
	if (place_is_map(base) && pattern_only(eval, node->right)) {
		struct pattern_context context = {.eval = eval, .evaluate = eval_operand};
		bool found;
		TRY(err_wrap(pattern_find(&context, base, node->right, &out->value, &found), "column %zu", node->right->column));
		return found ? NULL : err_new(ERR_NOT_FOUND, "no such key in the map");
	}
	if (place_is_map(base)) {
		struct operand key;
		TRY(eval_operand(eval, node->right, &key));
		return place_entry(eval->arena, base, key, &out->value);
	}
	if (node->right->kind == NODE_RANGE) // `v[(1..2)]`
		return err_new(ERR_SYNTAX, "a range in brackets stands there without parentheses (column %zu)", node->right->column);
	TRY(eval_index_number(eval, node->right, &index));
	struct dbg_value shown = dbg_shown(base);
	if (dbg_value_ok(shown) && shown.type->kind == DBG_TYPE_POINTER && shown.type->target) { // a raw pointer
		struct dbg_value first = dbg_value_deref(shown);
		out->value = dbg_value_at(base.space, shown.type->target, first.addr + index * shown.type->target->size);
		return dbg_value_ok(first) ? NULL : err_new(ERR_NOT_FOUND, "%.*s", STRF(first.absent));
	}
	return place_element(eval->arena, base, index, &out->value);
}

// `p[0..n]` of a raw pointer: as many elements as it says there are.
static err_t raw_slice(struct eval *eval, struct dbg_value pointer, u64 from, u64 to, struct operand *out)
{
	struct dbg_value first = dbg_value_deref(pointer);
	u64 size = pointer.type->target->size, bytes, start;
	if (!dbg_value_ok(first))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(first.absent));
	if (from > to || __builtin_mul_overflow(to, size, &bytes) || __builtin_add_overflow(first.addr, bytes, &start))
		return err_new(ERR_ARGUMENT, "range %llu..%llu is out of bounds", (unsigned long long)from, (unsigned long long)to);
	const struct dbg_type *type = dbg_type_made_array(eval->arena, pointer.type->target, to - from);
	out->value = dbg_value_at(pointer.space, type, first.addr + from * size);
	return NULL;
}

static err_t eval_slice(struct eval *eval, const struct node *node, struct operand *out)
{
	struct dbg_value base;
	u64 from = 0, to;
	TRY(eval_value(eval, node->left, &base));
	struct dbg_value pointer = dbg_shown(base);
	bool is_raw = dbg_value_ok(pointer) && pointer.type->kind == DBG_TYPE_POINTER && pointer.type->target;
	if (!is_raw || !node->third)
		TRY(place_len(base, &to));
	if (node->right)
		TRY(eval_index_number(eval, node->right, &from));
	if (node->third)
		TRY(eval_index_number(eval, node->third, &to));
	if (node->inclusive && __builtin_add_overflow(to, node->third ? 1 : 0, &to))
		return err_new(ERR_ARGUMENT, "the range's end overflows");
	*out = (struct operand){0};
	if (is_raw)
		return raw_slice(eval, pointer, from, to, out);
	return dbg_shown_slice(eval->arena, base, from, to, &out->value);
}

static err_t eval_field(struct eval *eval, const struct node *node, struct operand *out)
{
	struct dbg_value base;
	*out = (struct operand){0};
	if (name_dotted(eval, node, &out->value))
		return NULL;
	if (node->left->kind == NODE_PATH && str_starts(node->left->name, STR("$")) &&
	    name_special(eval, str_printf(eval->arena, "%.*s.%.*s", STRF(node->left->name), STRF(node->name)), out))
		return NULL;
	TRY(eval_value(eval, node->left, &base));
	if (str_eqc(node->name, "await") && node->left->kind == NODE_METHOD) { // `x.lock().await`: nothing waits here
		out->value = base;
		return NULL;
	}
	return place_field(eval->arena, base, node->name, &out->value);
}

err_t eval_operand(struct eval *eval, const struct node *node, struct operand *out)
{
	switch (node->kind) {
	case NODE_INT:
	case NODE_FLOAT: return literal_number(eval, node, out);
	case NODE_STRING: *out = (struct operand){.kind = OPERAND_STRING, .text = node->name}; return NULL;
	case NODE_CHAR:
		*out = (struct operand){.value = make_value(eval->arena, eval->space, primitive_type(STR("char")), node->number)};
		return NULL;
	case NODE_BOOL: *out = (struct operand){.value = make_bool(eval->arena, eval->space, node->number != 0)}; return NULL;
	case NODE_PATH: return name_path(eval, node, out);
	case NODE_FIELD: return eval_field(eval, node, out);
	case NODE_METHOD: return eval_method(eval, node, out);
	case NODE_INDEX: return eval_index(eval, node, out);
	case NODE_SLICE: return eval_slice(eval, node, out);
	case NODE_UNARY: return eval_unary(eval, node, out);
	case NODE_BINARY: return eval_binary(eval, node, out);
	case NODE_CAST: return eval_cast(eval, node, out);
	case NODE_MATCH: return eval_matches(eval, node, out);
	case NODE_CLOSURE: break;
	case NODE_CALL:
		*out = (struct operand){0};
		return made_is_function(node->name) ? made_function(eval, node, out) : made_contents(eval, node, &out->value);
	case NODE_LIST:
	case NODE_TUPLE:
	case NODE_STRUCT:
	case NODE_ITEM:
	case NODE_REST:
	case NODE_RANGE: *out = (struct operand){0}; return made_contents(eval, node, &out->value);
	}
	return err_new(ERR_SYNTAX, "what is at column %zu is no expression by itself", node->column);
}

// ---- from outside ----------------------------------------------------------------------------------

struct dbg_expression {
	const struct node *tree;
};

err_t dbg_eval_prepare(struct arena *arena, struct str text, const struct dbg_expression **out)
{
	struct dbg_expression *made = NEW(arena, struct dbg_expression);
	if (text.len > MAX_TEXT)
		return err_new(ERR_SYNTAX, "the expression is longer than %d bytes", MAX_TEXT);
	*out = made;
	return parse_expression(arena, str_dup(arena, text), &made->tree);
}

static err_t evaluated(const struct dbg_eval_context *context, struct arena *arena, const struct dbg_expression *expression,
                       struct dbg_value *out)
{
	struct eval eval = {.context = context, .space = context->space, .arena = arena};
	return eval_value(&eval, expression->tree, out);
}

err_t dbg_eval(const struct dbg_eval_context *context, struct arena *arena, struct str text, struct dbg_value *out)
{
	const struct dbg_expression *expression;
	TRY(dbg_eval_prepare(arena, text, &expression));
	return evaluated(context, arena, expression, out);
}

err_t dbg_eval_check(struct arena *arena, struct str text)
{
	const struct dbg_expression *expression;
	return dbg_eval_prepare(arena, text, &expression);
}

bool dbg_eval_format(struct str *text, enum dbg_radix *out)
{
	static const struct {
		const char *behind;
		int radix; // -1: none
	} formats[] = {{",x", DBG_RADIX_HEX},
	               {",b", DBG_RADIX_BIN},
	               {",d", DBG_RADIX_DEC},
	               {":x", DBG_RADIX_HEX},
	               {":#x", DBG_RADIX_HEX},
	               {":b", DBG_RADIX_BIN},
	               {":#b", DBG_RADIX_BIN},
	               {":?", -1},
	               {":#?", -1}};
	struct str s = str_trim(*text);
	// Nowhere else does an expression have a comma before its last letter, or a single colon there.
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		struct str behind = str_of(formats[i].behind), letters = str_from(behind, 1);
		if (!str_ends(s, letters))
			continue;
		struct str before = str_trim(str_slice(s, 0, s.len - letters.len));
		bool sign = before.len > 1 && before.ptr[before.len - 1] == behind.ptr[0] && before.ptr[before.len - 2] != ':';
		if (!sign)
			continue;
		*text = str_trim(str_slice(before, 0, before.len - 1));
		if (formats[i].radix >= 0)
			*out = (enum dbg_radix)formats[i].radix;
		return formats[i].radix >= 0;
	}
	return false;
}

static err_t condition_holds(const struct eval *given, const struct dbg_expression *condition, bool *out)
{
	struct eval eval = *given;
	struct dbg_value value;
	u128 bits;
	TRY(eval_value(&eval, condition->tree, &value));
	value = dbg_shown(value);
	if (!dbg_value_ok(value) || (value.type->kind != DBG_TYPE_BOOL && !is_integer(value.type)))
		return err_new(ERR_ARGUMENT, "a condition is a bool or an integer, not %.*s",
		               STRF(dbg_value_ok(value) ? dbg_type_told(value.type) : value.absent));
	TRY(integer_bits(value, &bits));
	*out = bits != 0;
	return NULL;
}

// At a hit that does not count there is no time to ask the allocator whether a local was moved: that is asked before it counts.
err_t dbg_eval_condition(const struct dbg_eval_context *context, struct arena *arena, const struct dbg_expression *condition,
                         bool *out)
{
	struct dbg_space quick = context->space ? *context->space : (struct dbg_space){0};
	quick.is_freed = NULL;
	struct eval eval = {.context = context, .space = context->space ? &quick : NULL, .arena = arena};
	err_t error = condition_holds(&eval, condition, out);
	if (!error && !*out)
		return NULL;
	eval.space = context->space;
	return context->space && context->space->is_freed ? condition_holds(&eval, condition, out) : error;
}
