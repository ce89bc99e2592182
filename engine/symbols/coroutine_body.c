// The body of a coroutine: which function it is, where it begins, and which future a call of it polls.
//
// rustc gives the body (`{async_fn#0}`) one parameter without a name, of type Pin<&mut Env>: body and env are paired
// by that type. In unoptimised code the parameter lies in the frame and is valid behind the prologue; in optimised
// code it has a list of places.
#include <dwarf.h>

#include "engine/coroutine.h"
#include "engine/symbols/private.h"

enum { MAX_PEELED = 4, FIRST_SUSPENDED = 3 };

// Pin<&mut Env> -> Env.
static const struct dbg_type *pointed_to(const struct dbg_type *type)
{
	const struct dbg_member *members;
	for (int i = 0; i < MAX_PEELED && type && type->kind == DBG_TYPE_STRUCT; i++)
		type = dbg_type_members(type, &members) ? members[0].type : NULL;
	return type && type->kind == DBG_TYPE_POINTER ? type->target : NULL;
}

static const struct dbg_type *env_of(struct dbg_module *module, Dwarf_Die *function)
{
	Dwarf_Die child;
	if (dwarf_child(function, &child) != 0)
		return NULL;
	do {
		if (dwarf_tag(&child) != DW_TAG_formal_parameter)
			continue;
		const struct dbg_type *env = pointed_to(type_attribute(module, &child, DW_AT_type));
		return dbg_type_is_coroutine(env) ? env : NULL;
	} while (dwarf_siblingof(&child, &child) == 0);
	return NULL;
}

// Reads the rows of the function: where its prologue ends, and whether it has any line but that of its declaration.
static void look_at_rows(struct dbg_modules *modules, struct dbg_coroutine_body *body)
{
	struct arena scratch = {0};
	struct dbg_line_row *rows;
	size_t n = dbg_line_rows(modules, &scratch, body->scope.low, body->scope.high, &rows);
	body->start = 0;
	body->one_line = true;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].prologue_end && !body->start)
			body->start = rows[i].addr;
		if (rows[i].is_stmt && rows[i].place.line && rows[i].place.line != body->scope.decl.line &&
		    str_eq(rows[i].place.file, body->scope.decl.file))
			body->one_line = false;
	}
	if (!body->start)
		body->start = body->scope.low;
	arena_deinit(&scratch);
}

static bool fill(struct dbg_modules *modules, struct dbg_module *module, struct unit *unit, const struct function_range *function,
                 struct dbg_coroutine_body *out)
{
	Dwarf_Die die;
	if (!is_coroutine_body(unit, function->node) || !module_die(module, unit->start + unit->nodes[function->node].die, &die))
		return false;
	const struct dbg_type *env = env_of(module, &die);
	const struct dbg_member *state = env ? dbg_type_discriminant(env) : NULL;
	if (!state || !state->type || !state->type->size || state->type->size > sizeof(u64))
		return false;
	*out = (struct dbg_coroutine_body){
	    .scope = {.module = module,
	              .die = dwarf_dieoffset(&die),
	              .name = function_name(module, &die),
	              .decl = die_decl(module, &die),
	              .low = function->low + module->bias,
	              .high = function->high + module->bias},
	    .env = env,
	    .state_offset = state->offset,
	    .state_size = state->type->size,
	};
	look_at_rows(modules, out);
	return true;
}

bool dbg_coroutine_body_at(struct dbg_modules *modules, u64 pc, struct dbg_coroutine_body *out)
{
	struct dbg_module *module = dbg_module_at(modules, pc);
	struct unit *unit = module ? module_unit_at(module, pc - module->bias) : NULL;
	const struct function_range *function = unit ? unit_function_at(unit, pc - module->bias) : NULL;
	return function && fill(modules, module, unit, function, out);
}

bool dbg_coroutine_body_of(struct dbg_modules *modules, const struct dbg_type *env, struct dbg_coroutine_body *out)
{
	struct unit *unit = env && env->module ? module_unit_of_die(env->module, env->die) : NULL, *body_unit = NULL;
	const struct function_range *body = unit ? coroutine_body_of(unit, env, &body_unit) : NULL;
	return body && fill(modules, env->module, body_unit, body, out);
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

// ---- one in memory -----------------------------------------------------------------------------------

u64 dbg_coroutine_self(const struct dbg_space *space, const struct dbg_coroutine_body *body, const struct dbg_regs *regs, u64 cfa)
{
	u64 pc = dbg_regs_pc(regs), self = 0;
	struct arena scratch = {0};
	struct dbg_frame frame = {.regs = regs, .pc = pc, .lookup = pc, .cfa = cfa, .scope = body->scope};
	struct dbg_value value = dbg_frame_first_parameter(space, &scratch, &frame);
	// Before the prologue has ended a place in the frame holds what the stack held before.
	if (pc < body->start && pc >= body->scope.low && value.where == DBG_VALUE_MEMORY)
		value.where = DBG_VALUE_ABSENT;
	if (value.where == DBG_VALUE_MEMORY && dbg_mem_read_bulk(space->mem, value.addr, &self, sizeof(self)) != sizeof(self))
		self = 0;
	else if (value.where == DBG_VALUE_BYTES && !dbg_value_get(value, &self))
		self = 0;
	arena_deinit(&scratch);
	return self;
}

bool dbg_coroutine_state(const struct dbg_space *space, const struct dbg_coroutine_body *body, u64 future, u64 *state,
                         enum dbg_coroutine_state *out)
{
	*state = 0;
	if (!future || dbg_mem_read_bulk(space->mem, future + body->state_offset, state, body->state_size) != body->state_size)
		return false;
	*out = *state < FIRST_SUSPENDED ? (enum dbg_coroutine_state) * state : DBG_COROUTINE_SUSPENDED;
	return true;
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

bool dbg_makes_coroutine(struct dbg_modules *modules, u64 pc)
{
	struct dbg_module *module = dbg_module_at(modules, pc);
	struct unit *unit = module ? module_unit_at(module, pc - module->bias) : NULL;
	const struct function_range *function = unit ? unit_function_at(unit, pc - module->bias) : NULL;
	Dwarf_Die die;
	if (!function || !module_die(module, unit->start + unit->nodes[function->node].die, &die))
		return false;
	const struct dbg_type *made = type_attribute(module, &die, DW_AT_type);
	if (!dbg_type_is_coroutine(made))
		return false;
	// `path::{async_fn_env#0}` is made by `path`; other functions may hand on a coroutine that they were given.
	struct str path = name_without_generics(node_path(unit, function->node));
	return str_starts(made->path, path) && str_starts(made->name, STR("{async_fn_env#")) &&
	       str_find(str_from(made->path, path.len), STR("::{async_fn_env#")) == 0;
}
