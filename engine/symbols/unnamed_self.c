// Bodies of coroutines whose debug info does not tell the parameter that leads to their future, as unoptimised code of rustc
// 1.75 to 1.85 has them: their env is the type beside them by name, and the future's address is told by a variable that lies
// in it, which is found by way of it.
#include <dwarf.h>

#include "engine/symbols/private.h"

enum { MOST_NESTED = 40 };

// "{async_fn#0}<T>" -> "{async_fn_env#0}<T>"
static struct str env_name(struct arena *arena, struct str name)
{
	ptrdiff_t at = str_find(name, STR("#"));
	return at < 0 ? STR("") : str_printf(arena, "%.*s_env%.*s", (int)at, name.ptr, STRF(str_from(name, (size_t)at)));
}

static const struct definition *env_definition(struct dbg_module *module, u64 hash)
{
	for (u32 i = definitions_by_hash(module, hash); i; i = definition_at(module, i)->next) {
		const struct definition *definition = definition_at(module, i);
		const struct node *node = &module->units[definition->unit].nodes[definition->node];
		if (node->hash == hash && node->tag == DW_TAG_structure_type && !node->declaration)
			return definition;
	}
	return NULL;
}

static const struct dbg_type *look_beside(struct dbg_module *module, Dwarf_Die *function)
{
	u64 offset = module_offset(module, function);
	struct unit *unit = module_unit_of_die(module, offset);
	u32 index = unit ? unit_node_of_die(unit, offset) : NODE_ROOT;
	if (index == NODE_ROOT || unit->nodes[index].parent == NODE_ROOT || !is_coroutine_name(str_of(unit->nodes[index].name)))
		return NULL;
	struct arena scratch = {0};
	u64 hash = hash_below(unit->nodes[unit->nodes[index].parent].hash, env_name(&scratch, str_of(unit->nodes[index].name)));
	arena_deinit(&scratch);
	const struct definition *found = env_definition(module, hash);
	if (!found) { // it may stand in a unit of whoever uses it
		module_index_all(module, unit_may_be_of_crate, &unit->crate);
		found = env_definition(module, hash);
	}
	Dwarf_Die die;
	if (!found || !unit_die(&module->units[found->unit], found->node, &die))
		return NULL;
	const struct dbg_type *type = type_of_die(module, &die);
	return dbg_type_is_coroutine(type) ? type : NULL;
}

const struct dbg_type *coroutine_env_beside(struct dbg_module *module, Dwarf_Die *function)
{
	u64 key = module_offset(module, function), *known = map_get(&module->envs_beside, key);
	if (known)
		return (const struct dbg_type *)(uintptr_t)*known;
	const struct dbg_type *env = look_beside(module, function);
	map_put(&module->envs_beside, &module->arena, key, (uintptr_t)env);
	return env;
}

// "what lies at this place of the frame, and so far behind": a pointer to the future that the compiler has kept.
static bool is_held(Dwarf_Die *variable, u64 *offset)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *ops;
	size_t n;
	if (!dwarf_attr(variable, DW_AT_location, &attribute) || dwarf_getlocation(&attribute, &ops, &n) != 0 || n < 2 || n > 3 ||
	    ops[0].atom != DW_OP_fbreg || ops[1].atom != DW_OP_deref || (n == 3 && ops[2].atom != DW_OP_plus_uconst))
		return false;
	*offset = n == 3 ? ops[2].number : 0;
	return true;
}

// The first one: arguments come first, and they lie in the future.
bool coroutine_held_variable(struct dbg_module *module, Dwarf_Die *parent, int depth, u64 *variable, u64 *offset)
{
	Dwarf_Die die;
	if (depth > MOST_NESTED || dwarf_child(parent, &die))
		return false;
	do {
		int tag = dwarf_tag(&die);
		if (tag == DW_TAG_variable && is_held(&die, offset)) {
			*variable = module_offset(module, &die);
			return true;
		}
		if (tag == DW_TAG_lexical_block && coroutine_held_variable(module, &die, depth + 1, variable, offset))
			return true;
	} while (dwarf_siblingof(&die, &die) == 0);
	return false;
}
