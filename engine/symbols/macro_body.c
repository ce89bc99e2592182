// Attribute macros such as `#[tokio::main]` turn `async fn main` into a plain `fn main` around an async block that holds
// the source's body. For people that block is the fn: it is told by its place, which is the attribute's, before the fn.
//
// A name must not depend on what happens to be indexed: the fn's unit is found by its symbol, and that unit has the
// block's type, too, since the fn makes it.
#include <dwarf.h>

#include "engine/symbols/private.h"

// The DIE of a definition with this path's hash that `wanted` lets through, in what is indexed; false if there is none.
static bool definition_die(struct dbg_module *module, u64 path_hash, bool (*wanted)(unsigned tag), Dwarf_Die *out)
{
	const struct definition *definition;
	for (u32 i = definitions_by_hash(module, path_hash); i; i = definition->next) {
		definition = definition_at(module, i);
		struct unit *unit = &module->units[definition->unit];
		const struct node *node = &unit->nodes[definition->node];
		if (node->hash == path_hash && wanted(node->tag) && module_die(module, unit->start + node->die, out))
			return true;
	}
	return false;
}

static bool is_function(unsigned tag)
{
	return tag == DW_TAG_subprogram;
}

static bool is_env(unsigned tag)
{
	return tag == DW_TAG_structure_type;
}

// Symbols end in the last component with its length before it: `_ZN4echo4main17h..E`, `_RNvCs.._4echo4main`.
static bool may_name(const char *symbol, struct str component)
{
	const char *at = strstr(symbol, component.ptr);
	return at && (!strncmp(symbol, "_R", 2) || !strncmp(at + component.len, "17h", 3));
}

static void index_units_with(struct dbg_module *module, struct str name, struct str crate)
{
	struct arena scratch = {0};
	struct str component = str_printf(&scratch, "%zu%.*s", name.len, STRF(name));
	module_read_symbols(module);
	for (size_t i = 0; i < module->n_symbols; i++) {
		struct unit *unit = may_name(module->symbols[i].name, component) ? module_unit_at(module, module->symbols[i].addr) : NULL;
		if (unit && unit_may_be_of_crate(unit, &crate))
			unit_index(unit);
	}
	if (!module->n_symbols) // stripped
		module_index_all(module, unit_may_be_of_crate, &crate);
	arena_deinit(&scratch);
}

// Of a future's type the place is that of its first state.
static bool env_decl(struct dbg_module *module, Dwarf_Die *die, struct dbg_place *out)
{
	const struct dbg_variant *variants;
	size_t n = dbg_type_variants(type_of_die(module, die), &variants);
	if (n)
		*out = variants[0].member.decl;
	return n > 0 && out->line;
}

static bool find(struct unit *unit, u32 fn, u64 env)
{
	struct dbg_module *module = unit->module;
	u32 root = fn;
	while (unit->nodes[root].parent != NODE_ROOT)
		root = unit->nodes[root].parent;
	u64 fn_hash = unit->nodes[fn].hash;
	Dwarf_Die die;
	struct dbg_place fn_decl, block_decl;
	if (!definition_die(module, fn_hash, is_function, &die))
		index_units_with(module, name_without_generics(str_of(unit->nodes[fn].name)), str_of(unit->nodes[root].name));
	if (!definition_die(module, fn_hash, is_function, &die))
		return false;
	fn_decl = die_decl(module, &die);
	return definition_die(module, env, is_env, &die) && env_decl(module, &die, &block_decl) &&
	       str_eq(fn_decl.file, block_decl.file) && block_decl.line < fn_decl.line;
}

bool is_macro_body(struct unit *unit, u32 node)
{
	static const char prefix[] = "{async_block";
	const struct node *block = &unit->nodes[node];
	struct str name = str_of(block->name);
	if (!str_starts(name, STR("{async_block")) || block->parent == NODE_ROOT || unit->nodes[block->parent].name[0] == '{')
		return false;
	struct dbg_module *module = unit->module;
	// The block's body and its namespace are called as its type is, but for "_env".
	u64 env = block->hash;
	if (str_find(name, STR("_env#")) < 0) {
		struct arena scratch = {0};
		size_t at = sizeof(prefix) - 1;
		env = hash_below(unit->nodes[block->parent].hash, str_printf(&scratch, "%s_env%.*s", prefix, STRF(str_from(name, at))));
		arena_deinit(&scratch);
	}
	u64 *known = map_get(&module->macro_bodies, env);
	if (known)
		return *known;
	bool is_body = find(unit, block->parent, env);
	map_put(&module->macro_bodies, &module->arena, env, is_body);
	return is_body;
}
