// Evaluates a tree over the variables of a frame and the program's statics. Reads the debuggee, calls nothing in it.
#include "engine/eval.h"

#include "method.h"
#include "name.h"
#include "pattern.h"

enum { MAX_TEXT = 10000 };

static err_t eval_node(struct eval *eval, const struct node *node, struct operand *out);

static err_t eval_value(struct eval *eval, const struct node *node, struct dbg_value *out)
{
	struct operand operand;
	TRY(eval_node(eval, node, &operand));
	TRY(settle(eval->arena, eval->space, operand, out));
	return dbg_value_ok(*out) ? NULL : err_new(ERR_NOT_FOUND, "%.*s", STRF(out->absent));
}

// ---- operators -------------------------------------------------------------------------------------

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

// The name of the variant that a path such as `Colour::Red` or `None` means.
static struct str last_part(struct str path)
{
	ptrdiff_t colons = str_rfind(path, STR("::"));
	return colons < 0 ? path : str_from(path, (size_t)colons + 2);
}

static bool variant_name(struct arena *arena, struct operand operand, struct str *out)
{
	struct dbg_value value = operand.kind == OPERAND_VALUE ? dbg_shown(operand.value) : (struct dbg_value){0};
	if (!dbg_value_ok(value))
		return false;
	if (value.type->kind == DBG_TYPE_ENUM) {
		*out = dbg_value_render(arena, value, (struct dbg_render){0});
		return true;
	}
	const struct dbg_variant *active = value.type->kind == DBG_TYPE_VARIANTS ? dbg_value_variant(value, NULL, NULL) : NULL;
	*out = active ? active->member.name : STR("");
	return active != NULL;
}

// `state == State::Ready`, `x != None`: a path that names no variable names a variant.
static bool compare_variant(struct eval *eval, const struct node *node, struct operand left, struct operand *out)
{
	struct str active;
	struct dbg_value ignored;
	bool equals = str_eqc(node->name, "==");
	if ((!equals && !str_eqc(node->name, "!=")) || node->right->kind != NODE_PATH ||
	    name_variable(eval, node->right->name, &ignored) || !variant_name(eval->arena, left, &active))
		return false;
	*out = (struct operand){.value = make_bool(eval->arena, eval->space, str_eq(active, last_part(node->right->name)) == equals)};
	return true;
}

static bool text_of(struct eval *eval, struct operand operand, struct str *out)
{
	if (operand.kind == OPERAND_STRING) {
		*out = operand.text;
		return true;
	}
	return operand.kind == OPERAND_VALUE && place_text(eval->arena, operand.value, out);
}

static err_t eval_match(struct eval *eval, const struct node *node, struct operand left, struct operand right,
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

// `x == Some(5)`, `v != [1, 2]`.
static err_t compare_contents(struct eval *eval, const struct node *node, struct operand *out)
{
	struct dbg_value left;
	bool same, equals = str_eqc(node->name, "==");
	struct pattern_context context = {.eval = eval, .evaluate = eval_node};
	if (!equals && !str_eqc(node->name, "!="))
		return err_new(ERR_SYNTAX,
		               "`%.*s` at column %zu: what is behind it can only be compared with == and !=", STRF(node->name),
		               node->column);
	TRY(eval_value(eval, node->left, &left));
	TRY(err_wrap(pattern_matches(&context, left, node->right, &same), "column %zu", node->right->column));
	*out = (struct operand){.value = make_bool(eval->arena, eval->space, same == equals)};
	return NULL;
}

static err_t eval_matches(struct eval *eval, const struct node *node, struct operand *out)
{
	struct dbg_value value;
	bool truth;
	size_t before = eval->n_bound;
	struct pattern_context context = {.eval = eval, .evaluate = eval_node, .binds = true};
	TRY(eval_value(eval, node->left, &value));
	TRY(err_wrap(pattern_matches(&context, value, node->right, &truth), "column %zu", node->right->column));
	if (truth && node->third)
		TRY(truth_of(eval, node->third, &truth));
	eval->n_bound = before;
	*out = (struct operand){.value = make_bool(eval->arena, eval->space, truth)};
	return NULL;
}

static err_t eval_binary(struct eval *eval, const struct node *node, struct operand *out)
{
	struct operand left, right;
	struct str a, b;
	if (str_eqc(node->name, "&&") || str_eqc(node->name, "||"))
		return eval_logic(eval, node, out);
	if (pattern_is(node->right))
		return compare_contents(eval, node, out);
	TRY(eval_node(eval, node->left, &left));
	if (compare_variant(eval, node, left, out))
		return NULL;
	TRY(eval_node(eval, node->right, &right));
	if (str_eqc(node->name, "~"))
		return eval_match(eval, node, left, right, out);
	if (left.kind == OPERAND_VALUE && right.kind == OPERAND_VALUE && left.value.type->kind == DBG_TYPE_ENUM &&
	    right.value.type->kind == DBG_TYPE_ENUM)
		return binary_operator(eval->arena, eval->space, node->name, left, right, out);
	if (text_of(eval, left, &a) && text_of(eval, right, &b)) {
		struct operand order = {.kind = OPERAND_INT, .number = str_cmp(a, b)};
		if (!str_find(node->name, STR("+")))
			return err_new(ERR_UNSUPPORTED, "texts can't be joined at column %zu", node->column);
		return binary_operator(eval->arena, eval->space, node->name, order, (struct operand){.kind = OPERAND_INT}, out);
	}
	if (left.kind == OPERAND_STRING || right.kind == OPERAND_STRING)
		return err_new(ERR_ARGUMENT, "the other side of `%.*s` at column %zu is no text", STRF(node->name), node->column);
	// References are compared by what they refer to, raw pointers by their address.
	if (left.kind == OPERAND_VALUE)
		left.value = dbg_shown(left.value);
	if (right.kind == OPERAND_VALUE)
		right.value = dbg_shown(right.value);
	if (left.kind == OPERAND_VALUE && !dbg_value_ok(left.value))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(left.value.absent));
	if (right.kind == OPERAND_VALUE && !dbg_value_ok(right.value))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(right.value.absent));
	return err_wrap(binary_operator(eval->arena, eval->space, node->name, left, right, out), "column %zu", node->column);
}

static err_t eval_unary(struct eval *eval, const struct node *node, struct operand *out)
{
	struct operand operand;
	TRY(eval_node(eval, node->left, &operand));
	if (node->name.ptr[0] == '*' || node->name.ptr[0] == '&') {
		struct dbg_value value;
		if (operand.kind != OPERAND_VALUE && node->name.ptr[0] == '&') { // &5, &"x": as a key or to compare
			*out = operand;
			return NULL;
		}
		TRY(settle(eval->arena, eval->space, operand, &value));
		*out = (struct operand){0};
		return node->name.ptr[0] == '*' ? place_deref(value, &out->value) : place_address(eval->arena, value, &out->value);
	}
	if (operand.kind == OPERAND_VALUE)
		operand.value = dbg_shown(operand.value);
	if (operand.kind == OPERAND_VALUE && !dbg_value_ok(operand.value))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(operand.value.absent));
	return err_wrap(unary_operator(eval->arena, eval->space, node->name, operand, out), "column %zu", node->column);
}

// ---- types -----------------------------------------------------------------------------------------

static err_t eval_cast(struct eval *eval, const struct node *node, struct operand *out)
{
	struct operand operand;
	struct dbg_value value;
	const struct dbg_type *type;
	TRY(eval_node(eval, node->left, &operand));
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
		struct pattern_context context = {.eval = eval, .evaluate = eval_node};
		bool found;
		TRY(err_wrap(pattern_find(&context, base, node->right, &out->value, &found), "column %zu", node->right->column));
		return found ? NULL : err_new(ERR_NOT_FOUND, "no such key in the map");
	}
	if (place_is_map(base)) {
		struct operand key;
		TRY(eval_node(eval, node->right, &key));
		return place_entry(eval->arena, base, key, &out->value);
	}
	TRY(eval_index_number(eval, node->right, &index));
	struct dbg_value shown = dbg_shown(base);
	if (dbg_value_ok(shown) && shown.type->kind == DBG_TYPE_POINTER && shown.type->target) { // a raw pointer
		struct dbg_value first = dbg_value_deref(shown);
		out->value = dbg_value_at(base.space, shown.type->target, first.addr + index * shown.type->target->size);
		return dbg_value_ok(first) ? NULL : err_new(ERR_NOT_FOUND, "%.*s", STRF(first.absent));
	}
	return place_element(eval->arena, base, index, &out->value);
}

static err_t eval_slice(struct eval *eval, const struct node *node, struct operand *out)
{
	struct dbg_value base;
	u64 from = 0, to;
	TRY(eval_value(eval, node->left, &base));
	TRY(place_len(base, &to));
	if (node->right)
		TRY(eval_index_number(eval, node->right, &from));
	if (node->third)
		TRY(eval_index_number(eval, node->third, &to));
	if (node->inclusive && __builtin_add_overflow(to, node->third ? 1 : 0, &to))
		return err_new(ERR_ARGUMENT, "the range's end overflows");
	*out = (struct operand){0};
	return dbg_shown_slice(eval->arena, base, from, to, &out->value);
}

// Is it `x.lock().unwrap()`, of which lock() has given the value itself?
static bool is_unwrapped(struct eval *eval, const struct node *node)
{
	const struct method *inner;
	if ((!str_eqc(node->name, "unwrap") && !str_eqc(node->name, "expect")) || node->left->kind != NODE_METHOD)
		return false;
	err_t error = method_find(eval->arena, node->left->name, node->left->right != NULL, &inner);
	return !error && inner->wrapped;
}

static err_t eval_method(struct eval *eval, const struct node *node, struct operand *out)
{
	struct dbg_value base;
	struct operand argument;
	const struct method *method;
	if (node->third)
		return err_new(ERR_SYNTAX, "`%.*s` with several arguments at column %zu: no method that needs no call has them",
		               STRF(node->name), node->column);
	TRY(err_wrap(method_find(eval->arena, node->name, node->right != NULL, &method), "column %zu", node->column));
	if (is_unwrapped(eval, node))
		return eval_node(eval, node->left, out);
	TRY(eval_value(eval, node->left, &base));
	bool wanted = node->right && !method->ignores_them, found;
	if (wanted && method->finds && pattern_only(eval, node->right)) {
		struct pattern_context context = {.eval = eval, .evaluate = eval_node};
		*out = (struct operand){0};
		TRY(err_wrap(pattern_find(&context, base, node->right, &out->value, &found), "column %zu", node->column));
		if (!method->wrapped)
			out->value = make_bool(eval->arena, eval->space, found);
		return found || !method->wrapped ? NULL : err_new(ERR_NOT_FOUND, "no such key in the map");
	}
	if (wanted)
		TRY(eval_node(eval, node->right, &argument));
	*out = (struct operand){0};
	return err_wrap(method->call(eval->arena, base, node->name, wanted ? &argument : NULL, &out->value), "column %zu",
	                node->column);
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
	return place_field(eval->arena, base, node->name, &out->value);
}

static err_t eval_node(struct eval *eval, const struct node *node, struct operand *out)
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
	case NODE_LIST:
	case NODE_TUPLE:
	case NODE_CALL:
	case NODE_STRUCT:
	case NODE_ITEM:
	case NODE_REST:
	case NODE_RANGE:
		return err_new(ERR_SYNTAX, "what is at column %zu can only be compared with, by == or matches!()", node->column);
	}
	return err_new(ERR_SYNTAX, "an expression of an unknown kind");
}

err_t eval_operand(struct eval *eval, const struct node *node, struct operand *out)
{
	return eval_node(eval, node, out);
}

// ---- from outside ----------------------------------------------------------------------------------

err_t dbg_eval(const struct dbg_eval_context *context, struct arena *arena, struct str text, struct dbg_value *out)
{
	struct eval eval = {.context = context, .space = context->space, .arena = arena};
	const struct node *tree;
	if (text.len > MAX_TEXT)
		return err_new(ERR_SYNTAX, "the expression is longer than %d bytes", MAX_TEXT);
	TRY(parse_expression(arena, str_dup(arena, text), &tree));
	return eval_value(&eval, tree, out);
}

err_t dbg_eval_check(struct arena *arena, struct str text)
{
	const struct node *tree;
	if (text.len > MAX_TEXT)
		return err_new(ERR_SYNTAX, "the expression is longer than %d bytes", MAX_TEXT);
	return parse_expression(arena, str_dup(arena, text), &tree);
}

bool dbg_eval_format(struct str *text, enum dbg_radix *out)
{
	static const struct {
		char letter;
		enum dbg_radix radix;
	} formats[] = {{'x', DBG_RADIX_HEX}, {'b', DBG_RADIX_BIN}, {'d', DBG_RADIX_DEC}};
	struct str s = str_trim(*text);
	// Nowhere else does an expression have a comma before its last letter.
	struct str before = s.len > 2 ? str_trim(str_slice(s, 0, s.len - 1)) : STR("");
	for (size_t i = 0; before.len > 1 && before.ptr[before.len - 1] == ',' && i < ARRAY_LEN(formats); i++)
		if (s.ptr[s.len - 1] == formats[i].letter) {
			*text = str_trim(str_slice(before, 0, before.len - 1));
			*out = formats[i].radix;
			return true;
		}
	return false;
}

err_t dbg_eval_condition(const struct dbg_eval_context *context, struct arena *arena, struct str text, bool *out)
{
	struct dbg_value value;
	u128 bits;
	TRY(dbg_eval(context, arena, text, &value));
	value = dbg_shown(value);
	if (!dbg_value_ok(value) || (value.type->kind != DBG_TYPE_BOOL && !is_integer(value.type)))
		return err_new(ERR_ARGUMENT, "a condition is a bool or an integer, not %.*s",
		               STRF(dbg_value_ok(value) ? dbg_type_render(arena, value.type) : value.absent));
	TRY(integer_bits(value, &bits));
	*out = bits != 0;
	return NULL;
}
