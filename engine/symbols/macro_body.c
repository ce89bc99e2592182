// Attribute macros such as `#[tokio::main]` turn `async fn main` into a plain `fn main` around an async block that holds
// the source's body. For people that block is the fn: it is told by its place, which is the attribute's, before the fn.
#include <dwarf.h>

#include "engine/symbols/private.h"

// The declaration of a function with code and this path's hash; false if there is none in what is indexed.
static bool function_decl(struct dbg_module *module, u64 path_hash, struct dbg_place *out)
{
	const struct definition *definition;
	for (u32 i = definitions_by_hash(module, path_hash); i; i = definition->next) {
		definition = definition_at(module, i);
		struct unit *unit = &module->units[definition->unit];
		const struct node *node = &unit->nodes[definition->node];
		Dwarf_Die die;
		if (node->hash != path_hash || node->tag != DW_TAG_subprogram || !module_die(module, unit->start + node->die, &die))
			continue;
		*out = die_decl(module, &die);
		return out->line != 0;
	}
	return false;
}

bool is_macro_body(struct unit *unit, u32 node)
{
	const struct node *block = &unit->nodes[node];
	struct str name = str_of(block->name);
	if (!str_starts(name, STR("{async_block")) || block->parent == NODE_ROOT)
		return false;
	struct dbg_module *module = unit->module;
	u64 outer = unit->nodes[block->parent].hash;
	u64 *known = map_get(&module->macro_bodies, block->hash);
	if (known)
		return *known;
	// The block's env and its namespace are called as its body is, but for "_env".
	ptrdiff_t env = str_find(name, STR("_env#"));
	u64 body = block->hash;
	if (env > 0) {
		struct arena scratch = {0};
		body = hash_below(outer, str_printf(&scratch, "%.*s%.*s", (int)env, name.ptr, STRF(str_from(name, (size_t)env + 4))));
		arena_deinit(&scratch);
	}
	struct dbg_place fn_decl, block_decl;
	if (!function_decl(module, outer, &fn_decl) || !function_decl(module, body, &block_decl))
		return false; // not known yet: asked again
	bool is_body = str_eq(fn_decl.file, block_decl.file) && block_decl.line < fn_decl.line;
	map_put(&module->macro_bodies, &module->arena, block->hash, is_body);
	return is_body;
}
