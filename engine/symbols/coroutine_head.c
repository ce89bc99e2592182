// What a person means by the line where an async fn is declared: its body's beginning.
//
// Two functions have that line. One makes the future and has nothing else to do; the other is the body, which passes it at
// each poll, before it jumps to where the future is.
#include <dwarf.h>

#include "engine/coroutine.h"
#include "engine/symbols/private.h"

u64 coroutine_beginning(struct dbg_module *module, struct unit *unit, const struct function_range *body)
{
	struct dbg_line_row row;
	if (!is_coroutine_body(unit, body->node))
		return 0;
	u64 unresumed = coroutine_resume_address(module, body, 0);
	return unresumed && coroutine_first_row(module, unit, body, 0, &row) ? row.addr : unresumed;
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

// The function has code of its own besides the block: all but the fn's first line is that, and its macro's.
static const struct function_range *macro_body_of(struct unit *unit, const struct function_range *function, u32 line)
{
	Dwarf_Die die;
	if (!module_die(unit->module, unit->start + unit->nodes[function->node].die, &die) ||
	    die_decl(unit->module, &die).line != line)
		return NULL;
	for (size_t i = 0; i < unit->n_functions; i++) {
		u32 node = unit->functions[i].node;
		if (unit->nodes[node].parent != NODE_ROOT &&
		    unit->nodes[unit->nodes[node].parent].hash == unit->nodes[function->node].hash && is_macro_body(unit, node))
			return &unit->functions[i];
	}
	return NULL;
}

bool coroutine_body_for(struct dbg_modules *modules, struct unit *unit, const struct function_range *function, u32 line,
                        struct unit **body_unit, const struct function_range **body)
{
	const struct dbg_type *made = dbg_made_coroutine(modules, function->low + unit->module->bias);
	struct unit *own = made ? module_unit_of_die(made->module, made->die) : NULL;
	*body_unit = unit;
	*body = own ? coroutine_body_of(own, made, body_unit) : macro_body_of(unit, function, line);
	return *body != NULL;
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
