// The user's line of a suspended await, from the line table at the state's resume point.
#include <dwarf.h>

#include "engine/symbols/private.h"

enum { MAX_ROWS = 64 };

// The body of a coroutine is the subprogram beside its env: `{async_fn_env#0}<T>` and `{async_fn#0}<T>`.
static const struct function_range *body_of(struct unit *unit, u32 env_node)
{
	struct str env = str_of(unit->nodes[env_node].name);
	ptrdiff_t at = str_find(env, STR("_env#"));
	if (at < 0)
		return NULL;
	u32 parent = unit->nodes[env_node].parent;
	u64 parent_hash = parent == NODE_ROOT ? 0 : unit->nodes[parent].hash;
	for (size_t i = 0; i < unit->n_functions; i++) {
		const struct node *node = &unit->nodes[unit->functions[i].node];
		struct str name = str_of(node->name);
		if (name.len + 4 != env.len || node->parent == NODE_ROOT || unit->nodes[node->parent].hash != parent_hash)
			continue;
		if (str_eq(str_slice(name, 0, (size_t)at), str_slice(env, 0, (size_t)at)) && str_eq(str_from(name, (size_t)at), str_from(env, (size_t)at + 4)))
			return &unit->functions[i];
	}
	return NULL;
}

struct dbg_place dbg_coroutine_await_place(struct dbg_modules *modules, const struct dbg_type *type, u64 state)
{
	struct dbg_place none = {0};
	struct dbg_module *module = type ? type->module : NULL;
	struct unit *unit = module ? module_unit_of_die(module, type->die) : NULL;
	u32 node = unit ? unit_node_of_die(unit, type->die) : NODE_ROOT;
	const struct function_range *body = node == NODE_ROOT ? NULL : body_of(unit, node);
	Dwarf_Die die;
	if (!body || !module_die(module, unit->start + unit->nodes[body->node].die, &die))
		return none;
	u64 resume = coroutine_resume_address(module, body, state);
	struct dbg_place decl = die_decl(module, &die);
	struct arena scratch = {0};
	struct dbg_line_row *rows;
	size_t n = resume ? dbg_line_rows(modules, &scratch, resume, body->high + module->bias, &rows) : 0;
	struct dbg_place found = none;
	for (size_t i = 0; i < n && i < MAX_ROWS && !found.line; i++)
		if (rows[i].addr >= resume && rows[i].place.line && rows[i].place.line != decl.line && str_eq(rows[i].place.file, decl.file))
			found = rows[i].place;
	arena_deinit(&scratch);
	return found;
}
