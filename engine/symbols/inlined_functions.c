// The copies of functions that were inlined into others, by the functions' linkage names: for breakpoints on functions of
// which the optimiser left no code of their own, or some copies beside it.
//
// A unit that took a copy has an abstract instance of the function (DW_AT_inline), with its linkage name, and lines of the
// file where it is declared. That file is known by a copy that has code of its own, or by a unit of the function's crate;
// else (a crate that is all generic) each unit is looked at.
#include <dwarf.h>

#include "engine/symbols/private.h"

enum { MAX_FILES = 64, MAX_COPIES = 20000 };

struct search {
	struct dbg_modules *modules;
	struct dbg_module *module;
	struct arena *arena;
	const struct inlined_name *names;
	size_t n_names;
	struct map lasts;      // hash of the last part of a name
	struct map by_linkage; // hash of the mangled name -> index in `names`
	struct map met;        // index in `names` -> an abstract instance was seen
	struct map origins;    // DIE of an abstract instance -> index in `names`
	VEC(struct str) files; // where they are declared
	VEC(struct inlined_copy) found;
};

// ---- abstract instances ------------------------------------------------------------------------------

// Is the node what the name means: a fn, or the body of an async fn? (A closure of a fn has a linkage name like a body's.)
static bool is_meant(struct unit *unit, u32 node, const struct inlined_name *name)
{
	struct str own = str_of(unit->nodes[node].name);
	bool is_body = str_starts(own, STR("{async_fn#")) || is_macro_body(unit, node);
	return name->is_body == is_body;
}

static void note_file(struct search *search, struct str file)
{
	for (size_t i = 0; i < search->files.len; i++)
		if (str_eq(search->files.items[i], file))
			return;
	if (file.len && search->files.len < MAX_FILES)
		vec_push(search->arena, &search->files, file);
}

static bool may_be_named(const struct search *search, const struct unit *unit, u32 node)
{
	struct str name = name_without_generics(str_of(unit->nodes[node].name));
	return map_get(&search->lasts, str_hash(name)) || is_coroutine_name(name);
}

static void note_origins(void *context, struct unit *unit)
{
	struct search *search = context;
	unit_index(unit);
	for (u32 i = 0; i < unit->n_nodes; i++) {
		Dwarf_Die die;
		if (unit->nodes[i].tag != DW_TAG_subprogram || unit->nodes[i].has_code || !may_be_named(search, unit, i) ||
		    !unit_die(unit, i, &die) || !dwarf_hasattr(&die, DW_AT_inline))
			continue;
		const char *linkage = die_linkage_name(&die);
		u64 *known = linkage ? map_get(&search->by_linkage, str_hash(str_of(linkage))) : NULL;
		if (!known || !is_meant(unit, i, &search->names[*known]))
			continue;
		map_put(&search->origins, search->arena, module_offset(unit->module, &die), *known);
		map_put(&search->met, search->arena, *known, 1);
		note_file(search, die_decl(unit->module, &die).file);
	}
}

// ---- copies ------------------------------------------------------------------------------------------

// Where a copy of a coroutine's body begins in the source's order: of its own statements the one with the lowest line. Its
// lowest address may belong to the choice of the state that is made at each poll.
static u64 first_statement(struct search *search, Dwarf_Die *die, u64 low, u64 high)
{
	struct dbg_module *module = search->module;
	struct dbg_place decl = die_decl(module, die);
	struct dbg_line_row *rows, *first = NULL;
	struct arena scratch = {0};
	u64 offset = module_offset(module, die), addr = 0;
	size_t n = dbg_line_rows(search->modules, &scratch, low + module->bias, high + module->bias, &rows);
	for (size_t i = 0; i < n; i++) {
		struct dbg_scope *scopes;
		const struct dbg_place *place = &rows[i].place;
		if (!rows[i].is_stmt || place->line <= decl.line || (first && place->line >= first->place.line) ||
		    !str_eq(place->file, decl.file) || dwarf_haspc(die, rows[i].addr - module->bias) <= 0)
			continue;
		if (dbg_scopes_at(search->modules, &scratch, rows[i].addr, &scopes) && scopes[0].die == offset)
			first = &rows[i];
	}
	addr = first ? first->addr : 0;
	arena_deinit(&scratch);
	return addr;
}

static void add_copy(struct search *search, Dwarf_Die *die, const struct inlined_name *name)
{
	u64 low, high;
	// A copy in a function that the linker threw away lies at address 0.
	if (!die_extent(die, &low, &high) || low < search->module->low || high > search->module->high ||
	    search->found.len >= MAX_COPIES)
		return;
	u64 addr = name->is_body ? first_statement(search, die, low, high) : 0;
	vec_push(search->arena, &search->found, ((struct inlined_copy){name, addr ? addr : low + search->module->bias}));
}

static enum inlined_way visit(void *context, Dwarf_Die *die, bool is_block)
{
	struct search *search = context;
	Dwarf_Die origin;
	u64 *known = !is_block && die_ref(die, DW_AT_abstract_origin, &origin)
	                 ? map_get(&search->origins, module_offset(search->module, &origin))
	                 : NULL;
	if (known)
		add_copy(search, die, &search->names[*known]);
	return INLINED_INTO;
}

static void walk_unit(void *context, struct unit *unit)
{
	struct search *search = context;
	for (u32 i = 0; i < unit->n_nodes; i++) {
		Dwarf_Die die;
		if (unit->nodes[i].has_code && unit->nodes[i].tag == DW_TAG_subprogram && unit_die(unit, i, &die))
			inlined_walk(&die, visit, search);
	}
	unit_walked(unit);
}

static bool is_of_their_crates(const struct unit *unit, void *context)
{
	const struct search *search = context;
	for (size_t i = 0; i < search->n_names; i++) {
		struct str crate = search->names[i].crate;
		if (!search->names[i].has_code && unit_may_be_of_crate(unit, &crate))
			return true;
	}
	return false;
}

static void look_into_units(struct search *search, bool (*wanted)(const struct unit *unit, void *context))
{
	for (size_t u = 0; u < search->module->n_units; u++)
		if (search->module->units[u].is_rust && (!wanted || wanted(&search->module->units[u], search)))
			note_origins(search, &search->module->units[u]);
}

static bool is_any_missed(const struct search *search)
{
	for (size_t i = 0; i < search->n_names; i++)
		if (!search->names[i].has_code && !map_get(&search->met, i))
			return true;
	return false;
}

size_t inlined_functions_find(struct dbg_modules *modules, struct arena *arena, const struct inlined_name *names, size_t n,
                              bool anywhere, const struct inlined_copy **out)
{
	struct search search = {.modules = modules, .arena = arena, .names = names, .n_names = n};
	for (size_t i = 0; i < n; i++) {
		map_put(&search.by_linkage, arena, str_hash(names[i].mangled), i);
		map_put(&search.lasts, arena, str_hash(names[i].last), 1);
	}
	for (size_t m = 0; n && m < modules->len; m++) {
		struct dbg_module *module = search.module = modules->items[m];
		if (!module->dwarf)
			continue;
		module_read_units(module);
		search.files.len = 0;
		search.origins = (struct map){0};
		for (size_t i = 0; i < n; i++)
			note_file(&search, names[i].file);
		look_into_units(&search, is_of_their_crates);
		if (anywhere && is_any_missed(&search))
			look_into_units(&search, NULL);
		size_t n_files = search.files.len;
		for (size_t i = 0; i < n_files; i++)
			module_units_naming_file(module, search.files.items[i], note_origins, &search);
		for (size_t i = 0; search.origins.count && i < n_files; i++)
			module_units_naming_file(module, search.files.items[i], walk_unit, &search);
	}
	*out = search.found.items;
	return search.found.len;
}
