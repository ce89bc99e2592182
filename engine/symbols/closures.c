// The closures that a function makes, by their names in the debug info: `f::{closure#0}`. The compiler may put one into
// another unit than the function.
#include <dwarf.h>
#include <stdio.h>

#include "engine/coroutine.h"
#include "engine/symbols/private.h"

enum { MOST_CLOSURES = 32 };

size_t dbg_closures_of(struct dbg_modules *modules, struct arena *arena, u64 addr, u64 **out)
{
	VEC(u64) found = {0};
	struct dbg_module *module = dbg_module_at(modules, addr);
	struct unit *unit = module ? module_unit_at(module, addr - module->bias) : NULL;
	const struct function_range *function = unit ? unit_function_at(unit, addr - module->bias) : NULL;
	u64 path = function ? node_base_hash(unit, function->node) : 0;
	if (function)
		module_index_all(module, unit_may_be_of_crate, &unit->crate);
	for (int number = 0; function && number < MOST_CLOSURES; number++) {
		char name[32];
		snprintf(name, sizeof name, "{closure#%d}", number);
		u64 hash = hash_below(path, str_of(name));
		const struct definition *definition;
		for (u32 i = definitions_by_base_hash(module, hash); i; i = definition->next_base) {
			definition = definition_at(module, i);
			const struct unit *its = &module->units[definition->unit];
			u32 node = definition->node;
			const struct function_range *closure = NULL;
			if (node_base_hash(its, node) == hash && its->nodes[node].tag == DW_TAG_subprogram)
				closure = unit_function_of(its, node);
			if (closure)
				vec_push(arena, &found, closure->low + module->bias);
		}
	}
	*out = found.items;
	return found.len;
}
