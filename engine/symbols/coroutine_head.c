// What a person means by the line where an async fn is declared: its body's beginning.
//
// Two functions have that line. One makes the future and has nothing else to do; the other is the body, which passes it at
// each poll, before it jumps to where the future is.
#include <dwarf.h>

#include "engine/coroutine.h"
#include "engine/symbols/private.h"

bool coroutine_passes_always(struct dbg_module *module, struct unit *unit, const struct function_range *body, u64 addr, u32 line)
{
	Dwarf_Die die;
	struct dbg_line_row row;
	if (!is_coroutine_body(unit, body->node) || !unit_die(unit, body->node, &die))
		return false;
	u64 unresumed = coroutine_resume_address(module, body, 0);
	if (addr <= coroutine_switch(module, body))
		return unresumed != 0;
	return line == die_decl(module, &die).line && (addr < unresumed || coroutine_first_row(module, unit, body, 0, &row));
}

// `#[tokio::main]`, `#[async_trait]` and the like make a plain fn of an async one, with the source's body as its first async
// block. The fn's unit has the block's type; its code may be in any of the crate.
static const struct function_range *block_of(struct unit *unit, u64 block, struct unit **block_unit)
{
	struct dbg_module *module = unit->module;
	const struct definition *definition;
	for (u32 i = definitions_by_base_hash(module, block); i; i = definition->next_base) {
		definition = definition_at(module, i);
		struct unit *other = &module->units[definition->unit];
		u32 node = definition->node;
		if (node_base_hash(other, node) != block || other->nodes[node].tag != DW_TAG_subprogram || !is_macro_body(other, node))
			continue;
		*block_unit = other;
		const struct function_range *function = unit_function_of(other, node);
		if (function)
			return function;
	}
	return NULL;
}

static const struct function_range *macro_body_of(struct unit *unit, const struct function_range *function,
                                                  struct unit **body_unit)
{
	u32 fn = function->node;
	u64 path = node_base_hash(unit, fn), env = hash_below(path, STR("{async_block_env#0}"));
	bool has = false;
	for (u32 i = 0; i < unit->n_nodes && !has && !is_coroutine_body(unit, fn); i++)
		has = unit->nodes[i].tag == DW_TAG_structure_type && node_base_hash(unit, i) == env;
	if (!has)
		return NULL;
	u64 block = hash_below(path, STR("{async_block#0}"));
	const struct function_range *found = block_of(unit, block, body_unit);
	if (found)
		return found;
	module_index_all(unit->module, unit_may_be_of_crate, &unit->crate);
	return block_of(unit, block, body_unit);
}

bool coroutine_body_for(struct dbg_modules *modules, struct unit *unit, const struct function_range *function, u32 line,
                        struct unit **body_unit, const struct function_range **body)
{
	const struct dbg_type *made = dbg_made_coroutine(modules, function->low + unit->module->bias);
	struct unit *own = made ? module_unit_of_die(made->module, made->die) : NULL;
	struct dbg_line_row row;
	*body = own ? coroutine_body_of(own, made, body_unit) : macro_body_of(unit, function, body_unit);
	return *body && (own || (coroutine_first_row(unit->module, *body_unit, *body, 0, &row) && line < row.place.line));
}

bool coroutine_is_makers_copy(struct dbg_modules *modules, u64 addr)
{
	struct arena scratch = {0};
	struct dbg_scope *scopes;
	Dwarf_Die die, origin;
	size_t n = dbg_scopes_at(modules, &scratch, addr, &scopes);
	const struct dbg_type *made = NULL;
	if (n && scopes[0].inlined && module_die(scopes[0].module, scopes[0].die, &die) &&
	    die_ref(&die, DW_AT_abstract_origin, &origin))
		made = type_attribute(scopes[0].module, &origin, DW_AT_type);
	struct str path = n ? name_without_generics(scopes[0].name) : STR("");
	bool is = dbg_type_is_coroutine(made) && str_starts(made->path, path) &&
	          str_starts(str_from(made->path, path.len), STR("::{async_fn_env#"));
	arena_deinit(&scratch);
	return is;
}

bool dbg_only_makes_coroutine(struct dbg_modules *modules, u64 pc)
{
	struct dbg_module *module = dbg_module_at(modules, pc);
	struct unit *unit = module ? module_unit_at(module, pc - module->bias) : NULL, *body_unit;
	const struct function_range *function = unit ? unit_function_at(unit, pc - module->bias) : NULL;
	Dwarf_Die die;
	return dbg_made_coroutine(modules, pc) || (function && unit_die(unit, function->node, &die) &&
	                                           gives_boxed_future(module, &die) && macro_body_of(unit, function, &body_unit));
}
