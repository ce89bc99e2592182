// The function that a call means: by its path, its generic arguments, or by a closure or fn pointer that a variable holds.
#include "call_plan.h"

enum { MOST_INSTANCES = 64, MOST_TOLD = 4 };

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
	plan->at = plan_data(planner, room, signature->result->size);
	return plan_register(planner, plan->at, true);
}

// A closure is called with a reference to what it has captured, as an Fn or FnMut is. An FnOnce would end it; if all is Copy,
// there is nothing to end.
static err_t check_owned(struct planner *planner, const struct callee *callee, const struct dbg_signature *signature)
{
	const struct dbg_member *members;
	size_t n = dbg_type_members(callee->env_type, &members);
	for (size_t i = 0; i < n; i++) {
		if (members[i].type && plan_is_copied(members[i].type))
			continue;
		if (signature->optimised)
			return err_new(ERR_UNSUPPORTED,
			               "the closure owns `%.*s`, and whether a call ends that is not known of optimised code",
			               STRF(members[i].name));
		if (!dbg_closure_borrows(planner->eval->space->modules, signature->addr, members[i].name))
			return err_new(ERR_UNSUPPORTED, "the closure owns `%.*s`, which it ends when it is called (FnOnce)",
			               STRF(members[i].name));
	}
	return NULL;
}

static err_t plan_for(struct planner *planner, const struct callee *callee, const struct dbg_signature *signature,
                      const struct argument *arguments, size_t n)
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
	if (callee->env_type) {
		TRY(check_owned(planner, callee, signature));
		TRY(plan_register(planner, callee->env, false));
	}
	for (size_t i = 0; i < n; i++)
		TRY(plan_argument(planner, &arguments[i], &signature->params[i], signature->optimised));
	plan->call.function = signature->addr;
	plan->call.data = (const u8 *)planner->data.ptr;
	plan->call.data_len = plan->call.data_size = planner->data.len;
	return NULL;
}

static err_t not_one(struct dbg_modules *modules, struct arena *arena, struct str path, const struct dbg_function *functions,
                     size_t n)
{
	struct buf names = buf_on(arena);
	for (size_t i = 0; i < n && i < MOST_TOLD; i++) {
		const struct dbg_member *params;
		size_t n_params = dbg_function_params(modules, arena, functions[i].addr, &params);
		buf_printf(&names, "%s`%.*s%s", i ? ", " : "", STRF(functions[i].path), n_params ? "::<" : "");
		for (size_t k = 0; k < n_params; k++)
			buf_printf(&names, "%s%.*s", k ? ", " : "", STRF(params[k].type ? dbg_type_render(arena, params[k].type) : STR("_")));
		buf_puts(&names, n_params ? ">`" : "`");
	}
	if (n > MOST_TOLD)
		buf_puts(&names, ", ...");
	return err_new(ERR_ARGUMENT, "`%.*s` means %zu functions that could be called so: write more of it (%.*s)", STRF(path), n,
	               STRF(buf_str(&names)));
}

// Is the type what is written as `u8`, `Vec<u8>`, `Order`, `_`?
static bool is_written(struct arena *arena, const struct dbg_type *type, struct str written)
{
	if (str_eqc(written, "_") || str_eq(type->path, written) || str_eq(dbg_type_render(arena, type), written))
		return true;
	return str_ends(type->path, str_printf(arena, "::%.*s", STRF(written)));
}

// "<u8, Vec<T>>" against the instance's own arguments.
static bool has_generics(struct eval *eval, u64 addr, struct str generics)
{
	const struct dbg_member *params;
	size_t n = dbg_function_params(eval->space->modules, eval->arena, addr, &params), at = 0;
	struct str rest = str_slice(generics, 1, generics.len - 1);
	int depth = 0;
	for (size_t i = 0, start = 0; i <= rest.len; i++) {
		char c = i < rest.len ? rest.ptr[i] : ',';
		depth += (c == '<' || c == '(' || c == '[') - (c == '>' || c == ')' || c == ']');
		if (c != ',' || depth)
			continue;
		struct str written = str_trim(str_slice(rest, start, i));
		start = i + 1;
		if (at == n || !params[at].type || !is_written(eval->arena, params[at++].type, written))
			return false;
	}
	return at == n;
}

// The one instance that takes these arguments.
err_t plan_callee(struct eval *eval, const struct callee *callee, const struct argument *arguments, size_t n, bool forced,
                  struct dbg_call_plan *out)
{
	struct dbg_function alone = {.path = callee->path, .addr = callee->addr}, *functions = &alone;
	struct dbg_function fitting[MOST_INSTANCES];
	size_t n_functions = callee->addr ? 1 : dbg_functions_find(eval->space->modules, eval->arena, callee->path, &functions);
	size_t n_fitting = 0;
	err_t error = NULL;
	bool is_there = false, has_types = false, has_instance = false;
	for (size_t i = 0; i < n_functions && n_fitting < MOST_INSTANCES; i++) {
		struct dbg_signature signature;
		if (callee->of.len && !str_starts(functions[i].path, str_printf(eval->arena, "<%.*s as ", STRF(callee->of))))
			continue;
		is_there = true;
		struct dbg_call_plan plan = {.function = functions[i].path};
		struct planner planner = {.eval = eval, .plan = &plan, .forced = forced, .data = buf_on(eval->arena)};
		if (!dbg_function_signature(eval->space->modules, eval->arena, functions[i].addr, &signature))
			continue;
		has_types = true;
		if (callee->generics.len && !has_generics(eval, functions[i].addr, callee->generics))
			continue;
		has_instance = true;
		err_t why = plan_for(&planner, callee, &signature, arguments, n);
		error = why ? why : error;
		if (why)
			continue;
		fitting[n_fitting++] = functions[i];
		*out = plan;
	}
	if (n_fitting == 1)
		return NULL;
	if (n_fitting > 1)
		return not_one(eval->space->modules, eval->arena, callee->path, fitting, n_fitting);
	if (error)
		return error;
	if (has_types && !has_instance)
		return err_new(ERR_NOT_FOUND, "the program has no `%.*s::%.*s`: only what it uses is compiled", STRF(callee->path),
		               STRF(callee->generics));
	if (is_there && !has_types)
		return err_new(ERR_NO_DEBUG_INFO, "`%.*s` has no debug info that tells what it takes: build it with debug = 2",
		               STRF(callee->path));
	return err_new(ERR_NOT_FOUND,
	               "no function `%.*s` in the program (those that are never called, or only inlined, are not kept)",
	               STRF(callee->path));
}

// ---- what a variable calls ---------------------------------------------------------------------------

// `{closure_env#1}` in its path is `{closure#1}` in its function's.
static err_t closure(struct eval *eval, struct dbg_value value, struct callee *out)
{
	static const struct str env = STR("{closure_env#");
	ptrdiff_t at = str_rfind(value.type->path, env);
	if (value.where != DBG_VALUE_MEMORY)
		return err_new(ERR_UNSUPPORTED, "the closure is not in memory");
	out->path = str_printf(eval->arena, "%.*s{closure#%.*s", (int)at, value.type->path.ptr,
	                       STRF(str_from(value.type->path, (size_t)at + env.len)));
	out->env = value.addr;
	out->env_type = value.type;
	return NULL;
}

err_t plan_callable(struct eval *eval, struct dbg_value value, struct callee *out)
{
	struct dbg_scope *scopes;
	*out = (struct callee){0};
	value = dbg_shown(value);
	if (!dbg_value_ok(value))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(value.absent));
	if (value.type->kind == DBG_TYPE_STRUCT && str_starts(value.type->name, STR("{closure_env#")))
		return closure(eval, value, out);
	if (value.type->kind != DBG_TYPE_POINTER || !value.type->target || value.type->target->kind != DBG_TYPE_FUNCTION)
		return err_new(ERR_ARGUMENT, "%.*s is nothing that can be called", STRF(dbg_type_render(eval->arena, value.type)));
	TRY(dbg_value_uint(value, &out->addr));
	if (!dbg_scopes_at(eval->space->modules, eval->arena, out->addr, &scopes))
		return err_new(ERR_NO_DEBUG_INFO, "what the pointer leads to is not in the debug info");
	out->path = scopes[0].name;
	return NULL;
}
