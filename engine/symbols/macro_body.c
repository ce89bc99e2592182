// Attribute macros such as `#[tokio::main]` turn `async fn main` into a plain `fn main` around an async block that holds
// the source's body; `#[instrument]` puts such a block into an async fn; `#[async_trait]` boxes one. For people that block is
// the fn: it is told by its place, which is the attribute's, before the fn, or by what the fn gives.
//
// A name must not depend on what happens to be indexed: the fn's unit is found by its symbol, and that unit has the
// block's type, too, since the fn makes it.
#include <dwarf.h>

#include "engine/symbols/private.h"

// The DIE of a definition with this tag and this path's hash, whatever its generic arguments, in what is indexed; false if there
// is none.
static bool definition_die(struct dbg_module *module, u64 path_hash, u16 tag, Dwarf_Die *out)
{
	const struct definition *definition;
	for (u32 i = definitions_by_base_hash(module, path_hash); i; i = definition->next_base) {
		definition = definition_at(module, i);
		struct unit *unit = &module->units[definition->unit];
		if (unit->nodes[definition->node].tag == tag && node_base_hash(unit, definition->node) == path_hash &&
		    unit_die(unit, definition->node, out))
			return true;
	}
	return false;
}

// Symbols end in the last component with its length before it: `_ZN4echo4main17h..E`, `_RNvCs.._4echo4main`; an async
// fn's body is called `{{closure}}` below it.
static bool may_name(const char *symbol, struct str component, struct str behind)
{
	const char *at = strstr(symbol, component.ptr);
	return at && (!strncmp(symbol, "_R", 2) || !strncmp(at + component.len, behind.ptr, behind.len));
}

static void index_units_with(struct dbg_module *module, struct str name, bool is_async, struct str crate)
{
	struct arena scratch = {0};
	struct str component = str_printf(&scratch, "%zu%.*s", name.len, STRF(name));
	struct str behind = is_async ? STR("28_$u7b$$u7b$closure$u7d$$u7d$17h") : STR("17h");
	module_read_symbols(module);
	for (size_t i = 0; i < module->n_symbols; i++) {
		struct unit *unit =
		    may_name(module->symbols[i].name, component, behind) ? module_unit_at(module, module->symbols[i].addr) : NULL;
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

// Where the fn is declared: a plain one by its function, an async one by its future's type.
static bool fn_decl(struct unit *unit, u32 fn, u64 async_env, struct dbg_place *out)
{
	Dwarf_Die die;
	struct dbg_module *module = unit->module;
	if (async_env)
		return definition_die(module, async_env, DW_TAG_structure_type, &die) && env_decl(module, &die, out);
	if (!definition_die(module, node_base_hash(unit, fn), DW_TAG_subprogram, &die))
		return false;
	*out = die_decl(module, &die);
	return out->line;
}

bool gives_boxed_future(struct dbg_module *module, Dwarf_Die *fn)
{
	const struct dbg_type *type = type_attribute(module, fn, DW_AT_type);
	return type && str_starts(type->path, STR("core::pin::Pin<alloc::boxed::Box<")) &&
	       str_find(type->path, STR("core::future::future::Future<")) > 0;
}

// `#[async_trait]` makes `fn f(..) -> Pin<Box<dyn Future ..>>` of `async fn f(..)`, whose block has the place of the `async fn`;
// one that a person writes begins behind the parameters.
static bool is_boxed_by(struct dbg_module *module, Dwarf_Die *fn, struct dbg_place block)
{
	Dwarf_Die child;
	if (!gives_boxed_future(module, fn) || dwarf_child(fn, &child))
		return false;
	do {
		struct dbg_place parameter = die_decl(module, &child);
		if (dwarf_tag(&child) == DW_TAG_formal_parameter && parameter.line)
			return block.line <= parameter.line && str_eq(block.file, parameter.file);
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

static bool find(struct unit *unit, u32 fn, u64 async_env, u64 env)
{
	Dwarf_Die die;
	struct dbg_place outer, block;
	struct dbg_module *module = unit->module;
	u32 root = fn;
	while (unit->nodes[root].parent != NODE_ROOT)
		root = unit->nodes[root].parent;
	if (!fn_decl(unit, fn, async_env, &outer))
		index_units_with(module, name_without_generics(str_of(unit->nodes[fn].name)), async_env, str_of(unit->nodes[root].name));
	if (!fn_decl(unit, fn, async_env, &outer) || !definition_die(module, env, DW_TAG_structure_type, &die) ||
	    !env_decl(module, &die, &block) || !str_eq(outer.file, block.file))
		return false;
	return block.line < outer.line || (!async_env && definition_die(module, node_base_hash(unit, fn), DW_TAG_subprogram, &die) &&
	                                   is_boxed_by(module, &die, block));
}

// The hash of the future's type whose body or namespace is called `name`: "{async_fn#0}" gives "{async_fn_env#0}".
static u64 env_below(u64 outer, struct str name)
{
	ptrdiff_t number = str_find(name, STR("#"));
	if (number < 0 || str_find(name, STR("_env#")) >= 0)
		return hash_below(outer, name);
	struct arena scratch = {0};
	u64 hash =
	    hash_below(outer, str_printf(&scratch, "%.*s_env%.*s", (int)number, name.ptr, STRF(str_from(name, (size_t)number))));
	arena_deinit(&scratch);
	return hash;
}

bool is_macro_body(struct unit *unit, u32 node)
{
	const struct node *nodes = unit->nodes, *block = &nodes[node];
	u32 fn = block->parent;
	u64 async_env = 0;
	if (!str_starts(str_of(block->name), STR("{async_block")) || fn == NODE_ROOT)
		return false;
	if (str_starts(str_of(nodes[fn].name), STR("{async_fn#")) && nodes[fn].parent != NODE_ROOT) {
		async_env = env_below(nodes[nodes[fn].parent].hash, str_of(nodes[fn].name));
		fn = nodes[fn].parent;
	}
	if (nodes[fn].name[0] == '{')
		return false;
	u64 env = env_below(nodes[block->parent].hash, str_of(block->name));
	u64 *known = map_get(&unit->module->macro_bodies, env);
	if (known)
		return *known;
	bool is_body = find(unit, fn, async_env, env);
	map_put(&unit->module->macro_bodies, &unit->module->arena, env, is_body);
	return is_body;
}
