// A method in an expression: which one is meant, and what an Option or Result that was left out before it does to it.
#include "method.h"
#include "operators.h"
#include "pattern.h"
#include "sequence.h"

// Is it `x.lock().unwrap()`, of which lock() has given the value itself?
static bool is_unwrapped(const struct node *node)
{
	const struct method *inner;
	if ((!str_eqc(node->name, "unwrap") && !str_eqc(node->name, "expect")) || node->left->kind != NODE_METHOD)
		return false;
	err_t error = method_find(node->left->name, node->left->right != NULL, &inner);
	return !error && inner && inner->wrapped;
}

// Methods of an Option that the method before gave: `v.get(5).is_none()`. False: of what is in it.
static bool option_method(struct eval *eval, const struct node *node, struct operand base, struct operand *out)
{
	static const char *const same[] = {"as_ref", "as_deref", "as_mut", "copied", "cloned", "clone"};
	bool is_result = node->left->kind == NODE_METHOD && str_starts(node->left->name, STR("try_"));
	bool asks_some = str_eqc(node->name, is_result ? "is_ok" : "is_some");
	*out = base;
	if (is_result && str_eqc(node->name, "ok"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		if (str_eqc(node->name, same[i]))
			return true;
	if (asks_some || str_eqc(node->name, is_result ? "is_err" : "is_none")) {
		*out = (struct operand){.value = make_bool(eval->arena, eval->space, asks_some == (base.option == OPERAND_SOME))};
		return true;
	}
	out->option = OPERAND_PLAIN;
	return base.option == OPERAND_SOME &&
	       (str_eqc(node->name, "unwrap") || str_eqc(node->name, "expect") || str_eqc(node->name, "unwrap_or"));
}

static err_t of_option(struct operand *out, err_t error)
{
	if (error && error->code != ERR_EMPTY)
		return error;
	out->option = error ? OPERAND_NONE : OPERAND_SOME;
	out->why = error;
	return NULL;
}

static err_t call_method(struct eval *eval, const struct method *method, const struct node *node, struct dbg_value base,
                         struct operand *out)
{
	struct operand argument;
	bool wanted = node->right && !method->ignores_them, found;
	*out = (struct operand){0};
	if (wanted && method->finds && pattern_only(eval, node->right)) {
		struct pattern_context context = {.eval = eval, .evaluate = eval_operand};
		TRY(pattern_find(&context, base, node->right, &out->value, &found));
		if (method->optional)
			return of_option(out, found ? NULL : err_new(ERR_EMPTY, "no such key in the map"));
		out->value = make_bool(eval->arena, eval->space, found);
		return NULL;
	}
	if (wanted)
		TRY(eval_operand(eval, node->right, &argument));
	err_t error = method->call(eval->arena, base, node->name, wanted ? &argument : NULL, &out->value);
	return method->optional
	           ? of_option(out, error && error->code == ERR_EMPTY ? err_wrap(error, "column %zu", node->column) : error)
	           : error;
}

err_t eval_method(struct eval *eval, const struct node *node, struct operand *out)
{
	struct operand given;
	struct dbg_value base;
	const struct method *method;
	if (node->third)
		return err_new(ERR_SYNTAX, "`%.*s` with several arguments at column %zu: no method that needs no call has them",
		               STRF(node->name), node->column);
	method = NULL;
	if (!sequence_is(node))
		TRY(err_wrap(method_find(node->name, node->right != NULL, &method), "column %zu", node->column));
	TRY(eval_operand(eval, node->left, &given));
	if (is_unwrapped(node) || (given.option && option_method(eval, node, given, out))) {
		if (is_unwrapped(node))
			*out = given;
		return NULL;
	}
	if (given.option == OPERAND_NONE && str_eqc(node->name, "is_some_and")) {
		*out = (struct operand){.value = make_bool(eval->arena, eval->space, false)};
		return NULL;
	}
	if (given.option == OPERAND_NONE && str_eqc(node->name, "unwrap_or") && node->right)
		return eval_operand(eval, node->right, out);
	TRY(settle(eval->arena, eval->space, given, &base));
	if (!dbg_value_ok(base))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(base.absent));
	TRY(err_wrap(dbg_shown_lost(base), "column %zu", node->column));
	if (sequence_is(node))
		return err_wrap(sequence_method(eval, node, base, given.option, out), "column %zu", node->column);
	if (!method)
		return err_wrap(method_none(eval->arena, base, node->name), "column %zu", node->column);
	return err_wrap(call_method(eval, method, node, base, out), "column %zu", node->column);
}
