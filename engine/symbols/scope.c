// The functions around an address: the physical one and those inlined into it there.
#include <dwarf.h>

#include "engine/symbols/private.h"

// The function around `pc` and the inlined subroutines that cover it, outermost first.
struct chain {
	struct arena *arena;
	u64 pc;
	VEC(Dwarf_Die) dies;
};

static enum inlined_way collect(void *context, Dwarf_Die *die, bool is_block)
{
	struct chain *chain = context;
	if (dwarf_haspc(die, chain->pc) <= 0)
		return INLINED_PAST;
	if (!is_block)
		vec_push(chain->arena, &chain->dies, *die);
	return INLINED_ONLY_INTO;
}

static struct dbg_scope scope_of(struct dbg_module *module, Dwarf_Die *die)
{
	struct dbg_scope scope = {
	    .module = module, .die = module_offset(module, die), .name = function_name(module, die), .decl = die_decl(module, die)};
	if (die_extent(die, &scope.low, &scope.high)) {
		scope.low += module->bias;
		scope.high += module->bias;
	}
	scope.inlined = dwarf_tag(die) == DW_TAG_inlined_subroutine;
	if (scope.inlined)
		scope.call = die_call(module, die);
	return scope;
}

static size_t scope_of_symbol(struct arena *arena, struct dbg_module *module, u64 addr, struct dbg_scope **out)
{
	const struct symbol *symbol = module_symbol_at(module, addr - module->bias);
	if (!symbol)
		return 0;
	struct dbg_scope *scope = NEW(arena, struct dbg_scope);
	scope->module = module;
	scope->name = dbg_path_without_generics(&module->arena, dbg_demangle(&module->arena, str_of(symbol->name)));
	scope->low = symbol->addr + module->bias;
	scope->high = scope->low + symbol->size;
	*out = scope;
	return 1;
}

size_t dbg_scopes_at(struct dbg_modules *modules, struct arena *arena, u64 addr, struct dbg_scope **out)
{
	struct dbg_module *module = dbg_module_at(modules, addr);
	*out = NULL;
	if (!module)
		return 0;
	u64 pc = addr - module->bias;
	struct unit *unit = module_unit_at(module, pc);
	const struct function_range *function = unit ? unit_function_at(unit, pc) : NULL;
	struct chain chain = {.arena = arena, .pc = pc};
	Dwarf_Die die;
	if (!function || !unit_die(unit, function->node, &die))
		return scope_of_symbol(arena, module, addr, out);
	vec_push(arena, &chain.dies, die);
	inlined_walk(&die, collect, &chain);
	size_t n = chain.dies.len;
	*out = NEW_N(arena, struct dbg_scope, n);
	for (size_t i = 0; i < n; i++)
		(*out)[i] = scope_of(module, &chain.dies.items[n - 1 - i]);
	return n;
}
