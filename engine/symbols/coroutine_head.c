// What a person means by the line where an async fn is declared: its body's beginning.
//
// Two functions have that line. One makes the future and has nothing else to do; the other is the body, which passes it at
// each poll, before it jumps to where the future is.
#include <dwarf.h>

#include "engine/coroutine.h"
#include "engine/symbols/private.h"

static bool is_function(unsigned tag)
{
	return tag == DW_TAG_subprogram;
}

bool coroutine_passes_always(struct dbg_module *module, struct unit *unit, const struct function_range *body, u64 addr, u32 line)
{
	Dwarf_Die die;
	struct dbg_line_row row;
	if (!is_coroutine_body(unit, body->node) || !module_die(module, unit->start + unit->nodes[body->node].die, &die))
		return false;
	u64 unresumed = coroutine_resume_address(module, body, 0);
	if (addr <= coroutine_switch(module, body))
		return unresumed != 0;
	return line == die_decl(module, &die).line && (addr < unresumed || coroutine_first_row(module, unit, body, 0, &row));
}

// `#[tokio::main]`, `#[async_trait]` and the like make a plain fn of an async one, with the source's body as its first async
// block. The fn's unit has the block's type; its code may be in any of the crate.
static const struct function_range *macro_body_of(struct unit *unit, const struct function_range *function,
                                                  struct unit **body_unit)
{
	u32 fn = function->node;
	bool has = false;
	u64 env = hash_below(unit->nodes[fn].hash, STR("{async_block_env#0}"));
	for (size_t i = 0; i < unit->n_nodes && !has && !is_coroutine_body(unit, fn); i++)
		has = unit->nodes[i].hash == env;
	if (!has)
		return NULL;
	struct arena scratch = {0};
	struct str path = str_printf(&scratch, "%.*s::{async_block#0}", STRF(node_path(unit, fn)));
	const struct definition *found = module_definition(unit->module, path, is_function);
	if (!found) {
		module_index_all(unit->module, unit_may_be_of_crate, &unit->crate);
		found = module_definition(unit->module, path, is_function);
	}
	arena_deinit(&scratch);
	*body_unit = found ? &unit->module->units[found->unit] : NULL;
	for (size_t i = 0; found && i < (*body_unit)->n_functions; i++)
		if ((*body_unit)->functions[i].node == found->node && is_macro_body(*body_unit, found->node))
			return &(*body_unit)->functions[i];
	return NULL;
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
