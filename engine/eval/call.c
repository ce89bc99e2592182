// From the text of a call to a plan, and from what the registers hold behind it to a value.
#include "call_plan.h"

enum { MOST_TEXT = 10000 };

// ---- the text --------------------------------------------------------------------------------------

static err_t add_argument(struct eval *eval, const struct node *node, struct argument *arguments, size_t *n)
{
	if (*n == MOST_ARGS)
		return err_new(ERR_UNSUPPORTED, "more than %d arguments", MOST_ARGS);
	arguments[*n].column = node->column;
	return eval_operand(eval, node, &arguments[(*n)++].operand);
}

// By reference, then by value; as a function of the type's own, then of a trait's.
static err_t plan_method_of(struct eval *eval, const struct node *node, struct dbg_value place, struct argument *arguments,
                            size_t n, bool forced, struct dbg_call_plan *out)
{
	struct str type = dbg_type_base_path(place.type);
	struct callee callees[] = {{.path = str_printf(eval->arena, "%.*s::%.*s", STRF(type), STRF(node->name))},
	                           {.path = node->name, .of = type}};
	err_t first = NULL;
	for (int by_reference = 1; by_reference >= 0; by_reference--)
		for (size_t i = 0; i < ARRAY_LEN(callees); i++) {
			callees[i].generics = node->suffix;
			arguments[0].operand = (struct operand){.value = place};
			err_t error = by_reference ? place_address(eval->arena, place, &arguments[0].operand.value) : NULL;
			error = error ? error : plan_callee(eval, &callees[i], arguments, n, forced, out);
			if (!error)
				return NULL;
			first = !first || first->code == ERR_NOT_FOUND ? (error->code != ERR_NOT_FOUND || !first ? error : first) : first;
		}
	return first;
}

// `x.method(1)`: the function of this name of x's type or of what it points to, with x or &x.
static err_t plan_method(struct eval *eval, const struct node *node, struct argument *arguments, size_t n, bool forced,
                         struct dbg_call_plan *out)
{
	struct operand given = arguments[0].operand;
	struct dbg_value place = given.value;
	err_t first = NULL;
	if (given.kind != OPERAND_VALUE)
		return err_new(ERR_UNSUPPORTED, "a method of a literal can't be called");
	for (int hops = 0; hops < 8 && dbg_value_ok(place); hops++) {
		struct dbg_value inner = place.type->kind == DBG_TYPE_POINTER ? dbg_value_deref(place) : dbg_shown_inner(place);
		if (place.type->kind != DBG_TYPE_POINTER) {
			err_t error = plan_method_of(eval, node, place, arguments, n, forced, out);
			if (!error)
				return NULL;
			if (!first || (first->code == ERR_NOT_FOUND && error->code != ERR_NOT_FOUND))
				first = error;
		}
		place = inner;
	}
	return first ? first : err_new(ERR_NOT_FOUND, "no method `%.*s`", STRF(node->name));
}

err_t dbg_call_plan(const struct dbg_eval_context *context, struct arena *arena, struct str text, bool forced,
                    struct dbg_call_plan *out)
{
	struct eval eval = {.context = context, .space = context->space, .arena = arena};
	struct argument arguments[MOST_ARGS] = {0};
	const struct node *tree;
	size_t n = 0;
	if (text.len > MOST_TEXT)
		return err_new(ERR_SYNTAX, "the call is longer than %d bytes", MOST_TEXT);
	TRY(parse_call(arena, str_dup(arena, text), &tree));
	if (tree->kind != NODE_CALL && tree->kind != NODE_METHOD)
		return err_new(ERR_SYNTAX, "expected a function's path and its arguments, as in `call module::function(1, &x)`");
	if (tree->kind == NODE_METHOD)
		TRY(add_argument(&eval, tree->left, arguments, &n));
	if (tree->kind == NODE_METHOD && tree->right)
		TRY(add_argument(&eval, tree->right, arguments, &n));
	for (const struct node *item = tree->kind == NODE_METHOD ? tree->third : tree->right; item; item = item->next)
		TRY(add_argument(&eval, item->left, arguments, &n));
	struct callee callee = {.path = tree->name, .generics = tree->suffix};
	struct dbg_value variable;
	if (tree->kind == NODE_METHOD)
		return plan_method(&eval, tree, arguments, n, forced, out);
	if (name_variable(&eval, tree->name, &variable))
		TRY(err_wrap(plan_callable(&eval, variable, &callee), "`%.*s`", STRF(tree->name)));
	return plan_callee(&eval, &callee, arguments, n, forced, out);
}

// ---- what it gave ----------------------------------------------------------------------------------

err_t dbg_call_value(const struct dbg_call_plan *plan, const struct dbg_space *space, struct arena *arena,
                     const struct dbg_call_result *result, struct dbg_value *out)
{
	*out = (struct dbg_value){0};
	if (result->problem.len)
		return err_new(ERR_STATE, "%.*s", STRF(result->problem));
	if (!plan->result)
		return NULL;
	u8 *bytes = NEW_N(arena, u8, plan->result->size + 16);
	if (plan->gives == DBG_CALL_IN_DATA) {
		bool written = false;
		for (size_t i = 0; i < plan->result->size; i++)
			written = written || result->data[plan->at + i] != UNWRITTEN;
		if (!written)
			return err_new(ERR_UNSUPPORTED, "`%.*s` has returned its %.*s in a way that is not known", STRF(plan->function),
			               STRF(plan->result->name));
		memcpy(bytes, result->data + plan->at, plan->result->size);
	}
	for (size_t i = 0, ints = 0, floats = 0; plan->gives == DBG_CALL_IN_REGISTERS && i < plan->n_parts; i++) {
		const struct dbg_call_part *part = &plan->parts[i];
		u64 word = part->is_float ? (floats++ ? result->xmm1 : result->xmm0) : (ints++ ? result->rdx : result->rax);
		memcpy(bytes + part->offset, &word, part->size);
	}
	*out = dbg_value_of_bytes(space, plan->result, bytes);
	return NULL;
}

struct dbg_value dbg_returned_value(const struct dbg_returned *returned, const struct dbg_space *space, struct arena *arena)
{
	struct dbg_signature signature;
	if (!dbg_function_signature(space->modules, arena, returned->function, &signature))
		return dbg_value_none(arena, "what the function returns is not in the debug info");
	struct pass pass = abi_pass(signature.result);
	if (pass.kind == PASS_NOTHING)
		return dbg_value_none(arena, "the function returned nothing");
	if (pass.kind == PASS_UNKNOWN)
		return dbg_value_none(arena, "how a %.*s is returned is not known", STRF(signature.result->name));
	if (pass.kind == PASS_MEMORY && !returned->fresh)
		return dbg_value_none(arena, "the thread has gone on since the function returned its %.*s", STRF(signature.result->name));
	// LLVM makes the program's own functions fastcc, which do not return the address in rax.
	if (pass.kind == PASS_MEMORY && signature.optimised)
		return dbg_value_none(arena, "where the optimised function has put its %.*s is not known", STRF(signature.result->name));
	if (pass.kind == PASS_MEMORY)
		return dbg_value_at(space, signature.result, returned->rax);
	struct dbg_call_plan plan = {.result = signature.result, .gives = DBG_CALL_IN_REGISTERS, .n_parts = pass.n};
	struct dbg_call_result result = {.rax = returned->rax, .rdx = returned->rdx, .xmm0 = returned->xmm0, .xmm1 = returned->xmm1};
	struct dbg_value value;
	memcpy(plan.parts, pass.parts, sizeof(plan.parts));
	err_t error = dbg_call_value(&plan, space, arena, &result, &value);
	return error ? dbg_value_none(arena, "%.*s", STRF(error->what)) : value;
}
