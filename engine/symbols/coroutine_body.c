// The body of a coroutine: which function it is, where it begins, and which future a call of it polls.
//
// rustc gives the body (`{async_fn#0}`) one parameter without a name, of type Pin<&mut Env>: body and env are paired
// by that type. In unoptimised code the parameter lies in the frame and is valid behind the prologue; in optimised
// code it has a list of places.
#include <dwarf.h>

#include "engine/coroutine.h"
#include "engine/symbols/private.h"

enum { MAX_PEELED = 4 };

// Pin<&mut Env> -> Env.
static const struct dbg_type *pointed_to(const struct dbg_type *type)
{
	const struct dbg_member *members;
	for (int i = 0; i < MAX_PEELED && type && type->kind == DBG_TYPE_STRUCT; i++)
		type = dbg_type_members(type, &members) ? members[0].type : NULL;
	return type && type->kind == DBG_TYPE_POINTER ? type->target : NULL;
}

const struct dbg_type *first_parameter_target(struct dbg_module *module, Dwarf_Die *function)
{
	Dwarf_Die child;
	if (dwarf_child(function, &child) != 0)
		return NULL;
	do {
		if (dwarf_tag(&child) != DW_TAG_formal_parameter)
			continue;
		return pointed_to(type_attribute(module, &child, DW_AT_type));
	} while (dwarf_siblingof(&child, &child) == 0);
	return NULL;
}

static const struct dbg_type *env_of(struct dbg_module *module, Dwarf_Die *function)
{
	const struct dbg_type *env = first_parameter_target(module, function);
	return dbg_type_is_coroutine(env) ? env : NULL;
}

static bool is_inside(struct dbg_module *module, Dwarf_Die *die, u64 addr)
{
	return dwarf_haspc(die, addr - module->bias) > 0;
}

// The block that a library's macro makes of what the user wrote in it (`stream! { .. }`) is declared in the library's file; its
// statements are the user's. Then that file counts, and no line of it is that of the declaration.
static void take_users_file(struct dbg_coroutine_body *body, const struct dbg_line_row *rows, size_t n)
{
	struct dbg_place *decl = &body->scope.decl;
	if (!dbg_place_is_library(*decl) || dbg_type_is_library(body->env))
		return;
	for (size_t i = 0; i < n; i++)
		if (rows[i].is_stmt && rows[i].place.line && !dbg_place_is_library(rows[i].place)) {
			*decl = (struct dbg_place){.file = rows[i].place.file};
			return;
		}
}

// Reads the rows of the function: where its prologue ends, and whether it has any line but that of its declaration.
static void look_at_rows(struct dbg_modules *modules, struct dbg_coroutine_body *body, Dwarf_Die *die)
{
	struct arena scratch = {0};
	struct dbg_line_row *rows;
	size_t n = dbg_line_rows(modules, &scratch, body->scope.low, body->scope.high, &rows);
	take_users_file(body, rows, n);
	body->start = 0;
	body->one_line = true;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].prologue_end && !body->start && !body->scope.inlined)
			body->start = rows[i].addr;
		if (rows[i].is_stmt && rows[i].place.line && rows[i].place.line != body->scope.decl.line && body->one_line &&
		    str_eq(rows[i].place.file, body->scope.decl.file) &&
		    (!body->scope.inlined || is_inside(body->scope.module, die, rows[i].addr)))
			body->one_line = false;
	}
	if (!body->scope.inlined && (!body->start || (body->by_code && !coroutine_is_kept_by_code(&body->scope))))
		body->start = body->scope.low;
	arena_deinit(&scratch);
}

static bool fill_scope(const struct dbg_scope *scope, const struct dbg_type *env, struct dbg_coroutine_body *out)
{
	const struct dbg_member *state = env ? dbg_type_discriminant(env) : NULL;
	if (!state || !state->type || !state->type->size || state->type->size > sizeof(u64))
		return false;
	*out = (struct dbg_coroutine_body){
	    .scope = *scope, .env = env, .state_offset = state->offset, .state_size = state->type->size, .one_line = true};
	return true;
}

// The debug info does not have the parameter. In optimised code what lies behind a pointer in the frame need not be the future.
static bool fill_unnamed(const struct dbg_scope *scope, Dwarf_Die *die, struct dbg_coroutine_body *out)
{
	u64 variable, offset;
	Dwarf_Die origin = *die;
	struct unit *unit = module_unit_of_die(scope->module, scope->die);
	if (!unit)
		return false;
	if (unit_is_optimised(unit)) {
		die_ref(die, DW_AT_abstract_origin, &origin);
		if (!fill_scope(scope, coroutine_env_beside(scope->module, &origin), out))
			return false;
		out->by_code = true;
		return true;
	}
	if (scope->inlined || !coroutine_held_variable(scope->module, die, 0, &variable, &offset) ||
	    !fill_scope(scope, coroutine_env_beside(scope->module, die), out) || offset >= out->env->size)
		return false;
	out->self_by = variable;
	out->self_offset = offset;
	return true;
}

static bool fill(struct dbg_modules *modules, struct dbg_module *module, struct unit *unit, const struct function_range *function,
                 struct dbg_coroutine_body *out)
{
	Dwarf_Die die;
	if (!is_coroutine_body(unit, function->node) || !unit_die(unit, function->node, &die))
		return false;
	struct dbg_scope scope = {.module = module,
	                          .die = module_offset(module, &die),
	                          .name = function_name(module, &die),
	                          .decl = die_decl(module, &die),
	                          .low = function->low + module->bias,
	                          .high = function->high + module->bias};
	if (!fill_scope(&scope, env_of(module, &die), out) && !fill_unnamed(&scope, &die, out))
		return false;
	look_at_rows(modules, out, &die);
	out->by_state = coroutine_switch(module, function);
	return true;
}

// A body that was inlined: the parameter may stand in the instance's origin alone.
static bool fill_inlined(struct dbg_modules *modules, const struct dbg_scope *scope, struct dbg_coroutine_body *out)
{
	Dwarf_Die die, origin;
	Dwarf_Attribute attribute;
	struct dbg_module *module = scope->module;
	if (!scope->die || !module_die(module, scope->die, &die))
		return false;
	const char *name = dwarf_attr_integrate(&die, DW_AT_name, &attribute) ? dwarf_formstring(&attribute) : NULL;
	if (!is_coroutine_name(str_of(name)))
		return false;
	const struct dbg_type *env = env_of(module, &die);
	if (!env && die_ref(&die, DW_AT_abstract_origin, &origin))
		env = env_of(module, &origin);
	if (!fill_scope(scope, env, out) && !fill_unnamed(scope, &die, out))
		return false;
	look_at_rows(modules, out, &die);
	struct unit *unit = scope->inlined ? NULL : module_unit_at(module, scope->low - module->bias);
	const struct function_range *function = unit ? unit_function_at(unit, scope->low - module->bias) : NULL;
	out->by_state = function ? coroutine_switch(module, function) : 0;
	return true;
}

size_t dbg_coroutine_bodies_at(struct dbg_modules *modules, struct arena *arena, u64 pc, struct dbg_coroutine_body **out)
{
	struct dbg_scope *scopes;
	size_t n = dbg_scopes_at(modules, arena, pc, &scopes), found = 0;
	*out = NEW_N(arena, struct dbg_coroutine_body, n + 1);
	for (size_t i = 0; i < n; i++)
		found += fill_inlined(modules, &scopes[i], &(*out)[found]);
	return found;
}

bool dbg_coroutine_body_at(struct dbg_modules *modules, u64 pc, struct dbg_coroutine_body *out)
{
	struct arena scratch = {0};
	struct dbg_coroutine_body *bodies;
	size_t n = dbg_coroutine_bodies_at(modules, &scratch, pc, &bodies);
	if (n)
		*out = bodies[0];
	arena_deinit(&scratch);
	return n > 0;
}

bool dbg_coroutine_body_of(struct dbg_modules *modules, const struct dbg_type *env, struct dbg_coroutine_body *out)
{
	struct unit *unit = env && env->module ? module_unit_of_die(env->module, env->die) : NULL, *body_unit = NULL;
	if (!unit)
		return false;
	const struct function_range *body = coroutine_body_of(unit, env, &body_unit);
	if (body && fill(modules, env->module, body_unit, body, out))
		return true;
	Dwarf_Die die;
	if (!coroutine_inlined_everywhere(env, &die))
		return false;
	struct dbg_scope scope = {.module = env->module,
	                          .die = module_offset(env->module, &die),
	                          .name = function_name(env->module, &die),
	                          .decl = die_decl(env->module, &die),
	                          .inlined = true};
	return fill_scope(&scope, env, out);
}

// ---- all of them -------------------------------------------------------------------------------------

static bool is_users(const struct unit *unit, void *context)
{
	(void)context;
	return unit->is_rust && !dbg_place_is_library((struct dbg_place){.file = unit_source((struct unit *)unit, unit->name.ptr)});
}

size_t dbg_coroutine_starts(struct dbg_modules *modules, struct arena *arena, u64 **out)
{
	VEC(u64) found = {0};
	for (size_t m = 0; m < modules->len; m++) {
		struct dbg_module *module = modules->items[m];
		module_read_units(module);
		module_index_all(module, is_users, NULL);
		for (size_t u = 0; u < module->n_units; u++) {
			struct unit *unit = &module->units[u];
			for (size_t f = 0; unit->indexed && is_users(unit, NULL) && f < unit->n_functions; f++) {
				struct dbg_coroutine_body body;
				if (fill(modules, module, unit, &unit->functions[f], &body) && !dbg_place_is_library(body.scope.decl))
					vec_push(arena, &found, body.start);
			}
		}
	}
	*out = found.items;
	return found.len;
}

// ---- inlined ones ------------------------------------------------------------------------------------

static enum inlined_way is_users_coroutine(void *module, Dwarf_Die *die, bool is_block)
{
	Dwarf_Attribute attribute;
	const char *name = !is_block && dwarf_attr_integrate(die, DW_AT_name, &attribute) ? dwarf_formstring(&attribute) : NULL;
	bool is = name && is_coroutine_name(str_of(name)) && !dbg_place_is_library(die_decl(module, die));
	return is ? INLINED_END : INLINED_INTO;
}

bool dbg_inlines_coroutine(struct dbg_modules *modules, u64 pc)
{
	enum { NO = 1, YES };
	Dwarf_Die die;
	struct dbg_module *module = dbg_module_at(modules, pc);
	struct unit *unit = module ? module_unit_at(module, pc - module->bias) : NULL;
	const struct function_range *function = unit ? unit_function_at(unit, pc - module->bias) : NULL;
	if (!function)
		return false;
	u64 offset = unit->start + unit->nodes[function->node].die;
	u64 *known = map_get(&module->inlines_coroutine, offset);
	if (known)
		return *known == YES;
	bool found = module_die(module, offset, &die) && inlined_walk(&die, is_users_coroutine, module);
	map_put(&module->inlines_coroutine, &module->arena, offset, found ? YES : NO);
	return found;
}

// ---- what else belongs to it ---------------------------------------------------------------------------

size_t dbg_drop_functions(struct dbg_modules *modules, struct arena *arena, const struct dbg_type *type, u64 **out)
{
	VEC(u64) found = {0};
	struct str path = str_printf(arena, "core::ptr::drop_in_place<%.*s>", STRF(type->path));
	struct unit *own = module_unit_of_die(type->module, type->die);
	if (own) // in any unit of the crate that uses the type
		module_index_all(type->module, unit_may_be_of_crate, &own->crate);
	for (size_t m = 0; m < modules->len; m++) {
		struct dbg_module *module = modules->items[m];
		const struct definition *definition;
		for (u32 i = definitions_by_hash(module, str_hash(path)); i; i = definition->next) {
			definition = definition_at(module, i);
			struct unit *unit = &module->units[definition->unit];
			if (unit->nodes[definition->node].hash != str_hash(path) || unit->nodes[definition->node].tag != DW_TAG_subprogram)
				continue;
			for (size_t f = 0; f < unit->n_functions; f++)
				if (unit->functions[f].node == definition->node)
					vec_push(arena, &found, unit->functions[f].low + module->bias);
		}
	}
	*out = found.items;
	return found.len;
}

const struct dbg_type *dbg_made_coroutine(struct dbg_modules *modules, u64 pc)
{
	struct dbg_module *module = dbg_module_at(modules, pc);
	struct unit *unit = module ? module_unit_at(module, pc - module->bias) : NULL;
	const struct function_range *function = unit ? unit_function_at(unit, pc - module->bias) : NULL;
	Dwarf_Die die;
	if (!function || !unit_die(unit, function->node, &die))
		return NULL;
	const struct dbg_type *made = type_attribute(module, &die, DW_AT_type);
	if (!dbg_type_is_coroutine(made))
		return NULL;
	// `path::{async_fn_env#0}` is made by `path`; other functions may hand on a coroutine that they were given.
	struct str path = name_without_generics(node_path(unit, function->node));
	bool is_fn = str_starts(made->name, STR("{async_fn_env#")), is_closure = str_starts(made->name, STR("{async_closure_env#"));
	bool own = (is_fn || is_closure) && str_starts(made->path, path) &&
	           str_find(str_from(made->path, path.len), is_fn ? STR("::{async_fn_env#") : STR("::{async_closure_env#")) == 0;
	return own ? made : NULL;
}
