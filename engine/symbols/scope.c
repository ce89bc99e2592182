// The functions around an address: the physical one and those inlined into it there.
#include <dwarf.h>

#include "engine/symbols/private.h"

enum { MAX_INLINE_DEPTH = 200 };

// Collects, outermost first, the inlined subroutines that cover `pc` below `parent`.
static void collect_inlined(struct arena *arena, Dwarf_Die *parent, u64 pc, void *chain_vec, int depth)
{
	VEC(Dwarf_Die) *chain = chain_vec;
	Dwarf_Die die;
	if (depth > MAX_INLINE_DEPTH || dwarf_child(parent, &die))
		return;
	do {
		int tag = dwarf_tag(&die);
		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block)
			continue;
		if (dwarf_haspc(&die, pc) <= 0)
			continue;
		if (tag == DW_TAG_inlined_subroutine)
			vec_push(arena, chain, die);
		collect_inlined(arena, &die, pc, chain, depth + 1);
		return;
	} while (dwarf_siblingof(&die, &die) == 0);
}

static void extent(Dwarf_Die *die, u64 bias, u64 *low, u64 *high)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t offset = 0;
	*low = UINT64_MAX;
	*high = 0;
	for (int guard = 0; guard < 1000 && (offset = dwarf_ranges(die, offset, &base, &start, &end)) > 0; guard++) {
		*low = u64_min(*low, start + bias);
		*high = end + bias > *high ? end + bias : *high;
	}
}

static struct dbg_scope scope_of(struct dbg_module *module, Dwarf_Die *die)
{
	struct dbg_scope scope = {
	    .module = module, .die = module_offset(module, die), .name = function_name(module, die), .decl = die_decl(module, die)};
	extent(die, module->bias, &scope.low, &scope.high);
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
	VEC(Dwarf_Die) chain = {0};
	Dwarf_Die die;
	if (!function || !unit_die(unit, function->node, &die))
		return scope_of_symbol(arena, module, addr, out);
	vec_push(arena, &chain, die);
	collect_inlined(arena, &die, pc, &chain, 0);
	*out = NEW_N(arena, struct dbg_scope, chain.len);
	for (size_t i = 0; i < chain.len; i++)
		(*out)[i] = scope_of(module, &chain.items[chain.len - 1 - i]);
	return chain.len;
}
