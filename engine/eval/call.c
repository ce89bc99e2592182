// From the text of a call to registers and memory. What cannot be passed by rules that are known is refused.
#include "engine/call.h"

#include "abi.h"
#include "name.h"

enum { MOST_ARGS = 6, MOST_TEXT = 10000, MOST_INSTANCES = 64, MOST_TOLD = 4, MOST_STRING = 1 << 16, UNWRITTEN = 0xa5 };

// System V ABI AMD64, figure 3.4, by DWARF's numbers.
static const u8 ORDER[MOST_ARGS] = {DBG_REG_RDI, DBG_REG_RSI, DBG_REG_RDX, DBG_REG_RCX, DBG_REG_R8, 9};

// An argument as it was written, and as a value once the parameter's type is known.
struct argument {
	struct operand operand;
	size_t column;
};

struct planner {
	struct eval *eval;
	struct dbg_call_plan *plan;
	size_t n_ints;
	bool forced;
	struct buf data;
};

// ---- memory ----------------------------------------------------------------------------------------

static u64 put_data(struct planner *planner, const void *bytes, size_t n)
{
	while (planner->data.len % 16)
		buf_putc(&planner->data, 0);
	u64 at = planner->data.len;
	buf_put(&planner->data, str_n(bytes, n));
	return at;
}

// ---- types -----------------------------------------------------------------------------------------

// References and raw pointers to the same type are alike to a function.
static bool same_type(const struct dbg_type *a, const struct dbg_type *b)
{
	for (int depth = 0; a && b && depth < 8; depth++) {
		if (dbg_type_same(a, b))
			return true;
		if (a->kind != DBG_TYPE_POINTER || b->kind != DBG_TYPE_POINTER)
			return false;
		a = a->target;
		b = b->target;
	}
	return false;
}

static bool is_str_reference(const struct dbg_type *type)
{
	return type && type->kind == DBG_TYPE_STRUCT && type->size == 16 && str_ends(type->name, STR("str")) &&
	       dbg_type_member(type, "data_ptr");
}

// A function that takes a value by itself ends it: only what has no end can be copied for it. Numbers, references and what is
// made of them; not a type of which the program has a drop_in_place.
static bool find_drop(void *context, const struct dbg_symbol *symbol)
{
	struct {
		struct arena *arena;
		struct str path;
		bool found;
	} *search = context;
	if (str_find(symbol->name, STR("drop_in_place")) < 0)
		return true;
	struct str name = dbg_demangle(search->arena, symbol->name);
	ptrdiff_t open = str_find(name, STR("<"));
	search->found = open > 0 && str_eq(str_slice(name, (size_t)open + 1, name.len - 1), search->path);
	return !search->found;
}

static bool is_copied(const struct dbg_type *type, int depth)
{
	const struct dbg_member *members;
	const struct dbg_variant *variants;
	if (depth > 8)
		return false;
	switch (type->kind) {
	case DBG_TYPE_POINTER: return str_starts(type->name, STR("&")) || str_starts(type->name, STR("*"));
	case DBG_TYPE_STRUCT:
	case DBG_TYPE_VARIANTS: break;
	case DBG_TYPE_UNION:
	case DBG_TYPE_UNKNOWN: return false;
	case DBG_TYPE_ARRAY: return type->target && is_copied(type->target, depth + 1);
	default: return true;
	}
	if (dbg_type_member(type, "data_ptr"))
		return str_starts(type->name, STR("&")) || str_starts(type->name, STR("*"));
	bool is_library = dbg_type_is_library(type) && !str_starts(type->path, STR("core::option::Option<")) &&
	                  !str_starts(type->path, STR("core::result::Result<"));
	if (is_library || dbg_type_is_coroutine(type))
		return false;
	size_t n = dbg_type_members(type, &members);
	for (size_t i = 0; i < n; i++)
		if (!is_copied(members[i].type, depth + 1))
			return false;
	n = dbg_type_variants(type, &variants);
	for (size_t i = 0; i < n; i++)
		if (!is_copied(variants[i].member.type, depth + 1))
			return false;
	return true;
}

static bool may_be_copied(struct planner *planner, const struct dbg_type *type)
{
	struct {
		struct arena *arena;
		struct str path;
		bool found;
	} search = {planner->eval->arena, type->path, false};
	if (!is_copied(type, 0))
		return false;
	if (type->kind == DBG_TYPE_STRUCT || type->kind == DBG_TYPE_VARIANTS)
		dbg_symbols_each(planner->eval->space->modules, find_drop, &search);
	return !search.found;
}

// ---- one argument ----------------------------------------------------------------------------------

static err_t put_register(struct planner *planner, u64 word, bool in_data)
{
	struct dbg_call *call = &planner->plan->call;
	if (planner->n_ints == MOST_ARGS)
		return err_new(ERR_UNSUPPORTED, "more arguments than %d registers hold", MOST_ARGS);
	call->in_data |= (u8)(in_data << planner->n_ints);
	call->args[planner->n_ints++] = word;
	return NULL;
}

static err_t mismatch(const struct argument *argument, const struct dbg_parameter *param, struct arena *arena, struct str given)
{
	return err_new(ERR_ARGUMENT, "`%.*s` is %.*s, and what is given at column %zu is %.*s", STRF(param->name),
	               STRF(param->type ? dbg_type_render(arena, param->type) : STR("of a type that is not told")), argument->column,
	               STRF(given));
}

// A literal takes the parameter's type.
static err_t literal_value(struct planner *planner, const struct argument *argument, const struct dbg_parameter *param,
                           struct dbg_value *out)
{
	struct arena *arena = planner->eval->arena;
	const struct operand *operand = &argument->operand;
	bool is_float = operand->kind == OPERAND_FLOAT;
	TRY(settle(arena, planner->eval->space, *operand, out));
	if (is_float ? param->type->kind != DBG_TYPE_FLOAT : !is_integer(param->type))
		return mismatch(argument, param, arena, is_float ? STR("a float") : STR("an integer"));
	struct operand cast = {0};
	TRY(cast_scalar(arena, *out, param->type, &cast.value));
	u128 bits = 0;
	if (!is_float) {
		TRY(integer_bits(cast.value, &bits));
		bool negative = operand->number < 0;
		if (bits != (u128)operand->number || (negative && param->type->kind == DBG_TYPE_UINT))
			return err_new(ERR_ARGUMENT, "the number at column %zu does not fit `%.*s: %.*s`", argument->column,
			               STRF(param->name), STRF(param->type->name));
	}
	*out = cast.value;
	return NULL;
}

static err_t put_text(struct planner *planner, struct str text)
{
	if (text.len > MOST_STRING)
		return err_new(ERR_UNSUPPORTED, "a text of %zu bytes is too long for a call", text.len);
	u64 at = put_data(planner, text.ptr, text.len);
	TRY(put_register(planner, at, true));
	return put_register(planner, text.len, false);
}

static err_t value_of(struct planner *planner, const struct argument *argument, const struct dbg_parameter *param,
                      struct dbg_value *out)
{
	struct arena *arena = planner->eval->arena;
	if (argument->operand.kind != OPERAND_VALUE)
		return literal_value(planner, argument, param, out);
	*out = argument->operand.value;
	if (!dbg_value_ok(*out))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(out->absent));
	if (same_type(out->type, param->type))
		return NULL;
	// &Box<T>, &&T and the like come down to &T by themselves, as Rust's deref coercion has it.
	struct dbg_value place = *out;
	for (int hops = 0; param->type->kind == DBG_TYPE_POINTER && hops < 8; hops++) {
		struct dbg_value inner = place.type->kind == DBG_TYPE_POINTER ? dbg_value_deref(place) : dbg_shown_inner(place);
		if (!dbg_value_ok(inner) || inner.where != DBG_VALUE_MEMORY)
			break;
		place = inner;
		if (same_type(place.type, param->type->target))
			return place_address(arena, place, out);
	}
	return mismatch(argument, param, arena, dbg_type_render(arena, out->type));
}

// Optimised: does the function find the parameter where its type says? Other registers, or none: the compiler passes something
// else in its place.
static bool agrees(const struct pass *pass, const struct dbg_parameter *param, size_t first_int, size_t first_float)
{
	u64 expected = 0;
	size_t n = pass->kind == PASS_MEMORY ? 1 : pass->n;
	for (size_t i = 0; i < n; i++) {
		bool is_float = pass->kind == PASS_REGISTERS && pass->parts[i].is_float;
		expected |= is_float                ? (u64)1 << (DBG_REG_XMM0 + first_float++)
		            : first_int < MOST_ARGS ? (u64)1 << ORDER[first_int++]
		                                    : 0;
	}
	return param->registers && !(param->registers & ~expected);
}

static err_t put_value(struct planner *planner, const struct dbg_parameter *param, struct dbg_value value, bool optimised)
{
	struct dbg_call *call = &planner->plan->call;
	struct pass pass = abi_pass(param->type);
	size_t first_int = planner->n_ints, first_float = call->n_floats;
	u8 *bytes = NEW_N(planner->eval->arena, u8, value.type->size + 16);
	if (pass.kind == PASS_NOTHING)
		return NULL;
	if (pass.kind == PASS_UNKNOWN || value.type->size > 4096)
		return err_new(ERR_UNSUPPORTED, "how a %.*s is passed is not known: pass a reference", STRF(param->type->name));
	if (!may_be_copied(planner, param->type))
		return err_new(ERR_UNSUPPORTED, "`%.*s` takes a %.*s by value and would end it: only what is Copy can be passed so",
		               STRF(param->name), STRF(dbg_type_render(planner->eval->arena, param->type)));
	TRY(dbg_value_read(value, bytes, value.type->size));
	if (pass.kind == PASS_MEMORY)
		TRY(put_register(planner, put_data(planner, bytes, value.type->size), true));
	for (size_t i = 0; pass.kind == PASS_REGISTERS && i < pass.n; i++) {
		u64 word = 0;
		memcpy(&word, bytes + pass.parts[i].offset, pass.parts[i].size);
		if (!pass.parts[i].is_float)
			TRY(put_register(planner, word, false));
		else if (call->n_floats == ARRAY_LEN(call->floats))
			return err_new(ERR_UNSUPPORTED, "more floats than registers hold");
		else
			call->floats[call->n_floats++] = word;
	}
	if (optimised && !agrees(&pass, param, first_int, first_float))
		return err_new(ERR_UNSUPPORTED,
		               "the compiler has adapted the function to its callers: `%.*s` is not passed as its type says",
		               STRF(param->name));
	return NULL;
}

static err_t put_argument(struct planner *planner, const struct argument *argument, const struct dbg_parameter *param,
                          bool optimised)
{
	struct dbg_value value;
	if (!param->type)
		return err_new(ERR_NO_DEBUG_INFO, "the type of `%.*s` is not in the debug info", STRF(param->name));
	if (argument->operand.kind == OPERAND_STRING) {
		if (is_str_reference(param->type))
			return put_text(planner, argument->operand.text);
		return mismatch(argument, param, planner->eval->arena, STR("a text"));
	}
	TRY(value_of(planner, argument, param, &value));
	return put_value(planner, param, value, optimised);
}

// ---- the function ----------------------------------------------------------------------------------

static err_t plan_result(struct planner *planner, const struct dbg_signature *signature)
{
	struct dbg_call_plan *plan = planner->plan;
	struct pass pass = abi_pass(signature->result);
	plan->result = pass.kind == PASS_NOTHING ? NULL : signature->result;
	plan->gives = DBG_CALL_IN_REGISTERS;
	plan->n_parts = pass.n;
	memcpy(plan->parts, pass.parts, sizeof(plan->parts));
	if (pass.kind == PASS_UNKNOWN)
		return err_new(ERR_UNSUPPORTED, "how `%.*s` returns a %.*s is not known", STRF(plan->function),
		               STRF(signature->result->name));
	if (pass.kind != PASS_MEMORY)
		return NULL;
	if (signature->result->size > MOST_STRING)
		return err_new(ERR_UNSUPPORTED, "`%.*s` returns %llu bytes, which is too much for a call", STRF(plan->function),
		               (unsigned long long)signature->result->size);
	u8 *room = memset(NEW_N(planner->eval->arena, u8, signature->result->size), UNWRITTEN, signature->result->size);
	plan->gives = DBG_CALL_IN_DATA;
	plan->at = put_data(planner, room, signature->result->size);
	return put_register(planner, plan->at, true);
}

static err_t plan_for(struct planner *planner, const struct dbg_signature *signature, const struct argument *arguments, size_t n)
{
	struct dbg_call_plan *plan = planner->plan;
	if (signature->adapted)
		return err_new(ERR_UNSUPPORTED, "the compiler has adapted `%.*s` to its callers: it can't be called from elsewhere",
		               STRF(plan->function));
	if (signature->optimised && !planner->forced)
		return err_new(ERR_UNSUPPORTED,
		               "`%.*s` is optimised: the compiler may have made it for the arguments that the program gives it, and have "
		               "it ignore others. `call! ...` calls it all the same",
		               STRF(plan->function));
	if (n != signature->n_params)
		return err_new(ERR_ARGUMENT, "`%.*s` takes %zu argument%s, and %zu %s given", STRF(plan->function), signature->n_params,
		               signature->n_params == 1 ? "" : "s", n, n == 1 ? "is" : "are");
	TRY(plan_result(planner, signature));
	for (size_t i = 0; i < n; i++)
		TRY(put_argument(planner, &arguments[i], &signature->params[i], signature->optimised));
	plan->call.function = signature->addr;
	plan->call.data = (const u8 *)planner->data.ptr;
	plan->call.data_len = plan->call.data_size = planner->data.len;
	return NULL;
}

static err_t not_one(struct arena *arena, struct str path, const struct dbg_function *functions, size_t n)
{
	struct buf names = buf_on(arena);
	for (size_t i = 0; i < n && i < MOST_TOLD; i++)
		buf_printf(&names, "%s`%.*s`", i ? ", " : "", STRF(functions[i].path));
	if (n > MOST_TOLD)
		buf_puts(&names, ", ...");
	return err_new(ERR_ARGUMENT, "`%.*s` means %zu functions that could be called so: write more of the path (%.*s)", STRF(path),
	               n, STRF(buf_str(&names)));
}

// The one instance that takes these arguments.
static err_t choose(struct eval *eval, struct str path, const struct argument *arguments, size_t n, bool forced,
                    struct dbg_call_plan *out)
{
	struct dbg_function *functions;
	struct dbg_function fitting[MOST_INSTANCES];
	size_t n_functions = dbg_functions_find(eval->space->modules, eval->arena, path, &functions), n_fitting = 0;
	err_t error = NULL;
	bool has_types = false;
	for (size_t i = 0; i < n_functions && n_fitting < MOST_INSTANCES; i++) {
		struct dbg_signature signature;
		struct dbg_call_plan plan = {.function = functions[i].path};
		struct planner planner = {.eval = eval, .plan = &plan, .forced = forced, .data = buf_on(eval->arena)};
		if (!dbg_function_signature(eval->space->modules, eval->arena, functions[i].addr, &signature))
			continue;
		has_types = true;
		err_t why = plan_for(&planner, &signature, arguments, n);
		error = why ? why : error;
		if (why)
			continue;
		fitting[n_fitting++] = functions[i];
		*out = plan;
	}
	if (n_fitting == 1)
		return NULL;
	if (n_fitting > 1)
		return not_one(eval->arena, path, fitting, n_fitting);
	if (error)
		return error;
	if (n_functions && !has_types)
		return err_new(ERR_NO_DEBUG_INFO, "`%.*s` has no debug info that tells what it takes: build it with debug = 2",
		               STRF(path));
	return err_new(ERR_NOT_FOUND,
	               "no function `%.*s` in the program (those that are never called, or only inlined, are not kept)", STRF(path));
}

// ---- the text --------------------------------------------------------------------------------------

static err_t add_argument(struct eval *eval, const struct node *node, struct argument *arguments, size_t *n)
{
	if (*n == MOST_ARGS)
		return err_new(ERR_UNSUPPORTED, "more than %d arguments", MOST_ARGS);
	arguments[*n].column = node->column;
	return eval_operand(eval, node, &arguments[(*n)++].operand);
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
		struct str path = str_printf(eval->arena, "%.*s::%.*s", STRF(dbg_type_base_path(place.type)), STRF(node->name));
		for (int by_reference = 1; by_reference >= 0 && place.type->kind != DBG_TYPE_POINTER; by_reference--) {
			arguments[0].operand = (struct operand){.value = place};
			err_t error = by_reference ? place_address(eval->arena, place, &arguments[0].operand.value) : NULL;
			error = error ? error : choose(eval, path, arguments, n, forced, out);
			if (!error)
				return NULL;
			if (!first || first->code == ERR_NOT_FOUND)
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
	return tree->kind == NODE_METHOD ? plan_method(&eval, tree, arguments, n, forced, out)
	                                 : choose(&eval, tree->name, arguments, n, forced, out);
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
