// What operators do with what stands beside them: which of the comparisons is meant, and what a name beside an enum means.
#include "operators.h"
#include "compare.h"
#include "made.h"
#include "pattern.h"

static err_t truth_of(struct eval *eval, const struct node *node, bool *out)
{
	struct dbg_value value;
	TRY(eval_value(eval, node, &value));
	value = dbg_shown(value);
	if (!dbg_value_ok(value) || value.type->kind != DBG_TYPE_BOOL)
		return err_new(ERR_ARGUMENT, "a bool is wanted at column %zu", node->column);
	u64 number;
	TRY(dbg_value_uint(value, &number));
	*out = number != 0;
	return NULL;
}

static err_t eval_logic(struct eval *eval, const struct node *node, struct operand *out)
{
	bool is_or = str_eqc(node->name, "||"), truth;
	TRY(truth_of(eval, node->left, &truth));
	if (truth != is_or)
		TRY(truth_of(eval, node->right, &truth));
	*out = (struct operand){.value = make_bool(eval->arena, eval->space, truth)};
	return NULL;
}

static struct str last_part(struct str path)
{
	ptrdiff_t colons = str_rfind(path, STR("::"));
	return colons < 0 ? path : str_from(path, (size_t)colons + 2);
}

static bool is_variant_path(const struct eval *eval, const struct node *node)
{
	struct dbg_value ignored;
	struct str name = node->kind == NODE_PATH ? last_part(node->name) : STR("");
	return name.len && name.ptr[0] >= 'A' && name.ptr[0] <= 'Z' && !name_variable(eval, node->name, &ignored);
}

// `state == State::Ready`, `x < None`: a path that names no variable or static names a variant, where the other side is an enum.
static err_t variant_operand(struct eval *eval, const struct node *node, struct operand other, struct operand *out)
{
	struct dbg_value shown = other.kind == OPERAND_VALUE ? dbg_shown(other.value) : (struct dbg_value){0};
	bool is_enum = dbg_value_ok(shown) && (shown.type->kind == DBG_TYPE_ENUM || shown.type->kind == DBG_TYPE_VARIANTS);
	if ((other.option || is_enum) && is_variant_path(eval, node) && !name_is_static(eval, node->name)) {
		*out = (struct operand){0};
		if (is_enum && !other.option)
			TRY(err_wrap(compare_check_variant(eval->arena, shown, last_part(node->name)), "column %zu", node->column));
		return made_struct(eval->arena, eval->space, last_part(node->name), NULL, NULL, 0, &out->value);
	}
	return eval_operand(eval, node, out);
}

static bool text_of(struct eval *eval, struct operand operand, struct str *out)
{
	if (operand.kind == OPERAND_STRING) {
		*out = operand.text;
		return true;
	}
	return operand.kind == OPERAND_VALUE && place_text(eval->arena, operand.value, out);
}

static err_t eval_regex(struct eval *eval, const struct node *node, struct operand left, struct operand right,
                        struct operand *out)
{
	struct str text, regex;
	bool found;
	const struct dbg_eval_context *context = eval->context;
	if (!context->matches)
		return err_new(ERR_UNSUPPORTED, "there are no regular expressions here (column %zu)", node->column);
	if (!text_of(eval, left, &text) || !text_of(eval, right, &regex))
		return err_new(ERR_ARGUMENT, "`~` at column %zu is for a text and a regular expression", node->column);
	TRY(context->matches(context->special_context, text, regex, &found));
	*out = (struct operand){.value = make_bool(eval->arena, eval->space, found)};
	return NULL;
}

static bool is_equality(struct str operator)
{
	return str_eqc(operator, "==") || str_eqc(operator, "!=");
}

static err_t compared(struct eval *eval, struct str operator, bool same, struct operand *out)
{
	*out = (struct operand){.value = make_bool(eval->arena, eval->space, same == str_eqc(operator, "=="))};
	return NULL;
}

// `method == "PATCH"`, `address == "::1"`: a value that is shown as a text, beside a literal.
static bool shown_texts(struct eval *eval, struct operand left, struct operand right, struct str *a, struct str *b)
{
	struct operand value = left.kind == OPERAND_STRING ? right : left, literal = left.kind == OPERAND_STRING ? left : right;
	if (literal.kind != OPERAND_STRING || value.kind != OPERAND_VALUE || text_of(eval, value, a))
		return false;
	*b = literal.text;
	return dbg_shown_as_text(eval->arena, value.value, a);
}

// `v.get(1) == Some(&5)`, `map.get("x") == None`: what may be none is not in an Option here.
static err_t compare_option(struct eval *eval, struct str operator, struct operand option, const struct node *pattern,
                            struct operand *out)
{
	struct pattern_context context = {.eval = eval, .evaluate = eval_operand};
	bool is_some = pattern->kind == NODE_CALL && str_eqc(last_part(pattern->name), "Some"), same = false;
	if (pattern->kind == NODE_PATH && str_eqc(last_part(pattern->name), "None"))
		return compared(eval, operator, option.option == OPERAND_NONE, out);
	if (!is_some || !pattern->right || pattern->right->next)
		return err_new(ERR_ARGUMENT, "column %zu: Some(…) or None is to be compared with", pattern->column);
	if (option.option == OPERAND_SOME)
		TRY(err_wrap(pattern_matches(&context, option.value, pattern->right->left, &same), "column %zu", pattern->column));
	return compared(eval, operator, same, out);
}

static bool is_option_pattern(const struct node *node)
{
	struct str name = node->kind == NODE_CALL || node->kind == NODE_PATH ? last_part(node->name) : STR("");
	return str_eqc(name, "Some") || str_eqc(name, "None");
}

// `x == Some(5)`, `v != [1, 2]`.
static err_t compare_contents(struct eval *eval, struct str operator, const struct node * value, const struct node *pattern,
                              struct operand *out)
{
	struct operand operand;
	struct dbg_value left;
	bool same;
	struct pattern_context context = {.eval = eval, .evaluate = eval_operand};
	TRY(eval_operand(eval, value, &operand));
	if (operand.option && is_option_pattern(pattern))
		return compare_option(eval, operator, operand, pattern, out);
	TRY(settle(eval->arena, eval->space, operand, &left));
	TRY(err_wrap(pattern_matches(&context, left, pattern, &same), "column %zu", pattern->column));
	return compared(eval, operator, same, out);
}

// Enums, structs, tuples, collections: by their parts, as derived impls do.
static err_t compare_parts(struct eval *eval, const struct node *node, struct dbg_value a, struct dbg_value b,
                           struct operand *out)
{
	int order;
	TRY(err_wrap(compare_values(eval->arena, a, b, is_equality(node->name), &order), "column %zu", node->column));
	*out = (struct operand){.value = make_bool(eval->arena, eval->space, comparison_holds(node->name, order))};
	return NULL;
}

err_t eval_matches(struct eval *eval, const struct node *node, struct operand *out)
{
	struct dbg_value value;
	bool truth;
	size_t before = eval->n_bound;
	struct pattern_context context = {.eval = eval, .evaluate = eval_operand, .binds = true};
	TRY(eval_value(eval, node->left, &value));
	TRY(err_wrap(pattern_matches(&context, value, node->right, &truth), "column %zu", node->right->column));
	if (truth && node->third)
		TRY(truth_of(eval, node->third, &truth));
	eval->n_bound = before;
	*out = (struct operand){.value = make_bool(eval->arena, eval->space, truth)};
	return NULL;
}

static bool is_comparison(struct str operator)
{
	return is_equality(operator) || operator.ptr[0] == '<' || operator.ptr[0] == '>' ? operator.len == 1 || operator.ptr[1] == '='
	    : false;
}

err_t eval_binary(struct eval *eval, const struct node *node, struct operand *out)
{
	struct operand left, right;
	struct str a, b;
	bool compares = is_comparison(node->name);
	if (str_eqc(node->name, "&&") || str_eqc(node->name, "||"))
		return eval_logic(eval, node, out);
	if (is_equality(node->name) && pattern_is(node->right))
		return compare_contents(eval, node->name, node->left, node->right, out);
	if (is_equality(node->name) && pattern_is(node->left))
		return compare_contents(eval, node->name, node->right, node->left, out);
	if (compares && is_variant_path(eval, node->left)) {
		TRY(eval_operand(eval, node->right, &right));
		TRY(variant_operand(eval, node->left, right, &left));
	} else {
		TRY(eval_operand(eval, node->left, &left));
		if (left.option && is_equality(node->name) && is_option_pattern(node->right))
			return compare_option(eval, node->name, left, node->right, out);
		TRY(compares ? variant_operand(eval, node->right, left, &right) : eval_operand(eval, node->right, &right));
	}
	if (left.option == OPERAND_NONE || right.option == OPERAND_NONE)
		return left.option == OPERAND_NONE ? left.why : right.why;
	// References are compared by what they refer to, raw pointers by their address.
	if (left.kind == OPERAND_VALUE)
		left.value = dbg_shown(left.value);
	if (right.kind == OPERAND_VALUE)
		right.value = dbg_shown(right.value);
	if (left.kind == OPERAND_VALUE && !dbg_value_ok(left.value))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(left.value.absent));
	if (right.kind == OPERAND_VALUE && !dbg_value_ok(right.value))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(right.value.absent));
	if (str_eqc(node->name, "~"))
		return eval_regex(eval, node, left, right, out);
	if (is_equality(node->name) && shown_texts(eval, left, right, &a, &b))
		return compared(eval, node->name, str_eq(a, b), out);
	if (text_of(eval, left, &a) && text_of(eval, right, &b)) {
		struct operand order = {.kind = OPERAND_INT, .number = str_cmp(a, b)};
		if (!str_find(node->name, STR("+")))
			return err_new(ERR_UNSUPPORTED, "texts can't be joined at column %zu", node->column);
		return binary_operator(eval->arena, eval->space, node->name, order, (struct operand){.kind = OPERAND_INT}, out);
	}
	if (left.kind == OPERAND_STRING || right.kind == OPERAND_STRING)
		return err_new(ERR_ARGUMENT, "the other side of `%.*s` at column %zu is no text", STRF(node->name), node->column);
	if (compares && left.kind == OPERAND_VALUE && right.kind == OPERAND_VALUE &&
	    (compare_is_for(left.value) || compare_is_for(right.value)))
		return compare_parts(eval, node, left.value, right.value, out);
	return err_wrap(binary_operator(eval->arena, eval->space, node->name, left, right, out), "column %zu", node->column);
}

// What a pattern or closure has bound is a reference to it in Rust: `*x` is the value itself then.
static bool binds_place(const struct eval *eval, const struct node *node)
{
	while (node->kind == NODE_UNARY && str_eqc(node->name, "*"))
		node = node->left;
	for (size_t i = 0; node->kind == NODE_PATH && i < eval->n_bound; i++)
		if (str_eq(eval->bound[i].name, node->name))
			return true;
	return false;
}

err_t eval_unary(struct eval *eval, const struct node *node, struct operand *out)
{
	struct operand operand;
	TRY(eval_operand(eval, node->left, &operand));
	if (node->name.ptr[0] == '*' || node->name.ptr[0] == '&') {
		struct dbg_value value;
		if (operand.kind != OPERAND_VALUE && node->name.ptr[0] == '&') { // &5, &"x": as a key or to compare
			*out = operand;
			return NULL;
		}
		TRY(settle(eval->arena, eval->space, operand, &value));
		*out = (struct operand){0};
		if (node->name.ptr[0] == '&')
			return place_address(eval->arena, value, &out->value);
		bool is_bound =
		    binds_place(eval, node->left) && value.type->kind != DBG_TYPE_POINTER && !dbg_value_ok(dbg_shown_inner(value));
		out->value = value;
		return is_bound ? NULL : place_deref(value, &out->value);
	}
	if (operand.kind == OPERAND_VALUE)
		operand.value = dbg_shown(operand.value);
	if (operand.kind == OPERAND_VALUE && !dbg_value_ok(operand.value))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(operand.value.absent));
	return err_wrap(unary_operator(eval->arena, eval->space, node->name, operand, out), "column %zu", node->column);
}
