// Whose code a type is: the user's, or a library's.
#include <dwarf.h>

#include "engine/symbols/private.h"

// The crate that a path names first: "<&tokio::x::Y as Z>" and "tokio::x" give "tokio".
struct str path_crate(struct str path)
{
	while (path.len && strchr("<&*[( ", path.ptr[0]))
		path = str_from(path, 1);
	ptrdiff_t end = str_find(path, STR("::"));
	return end < 0 ? STR("") : str_slice(path, 0, (size_t)end);
}

// A crate whose code is all generic has no unit of its own: its functions are in the units that use them.
static bool declares_in_library(struct unit *unit, struct str crate)
{
	enum { MOST_LOOKED_AT = 200 };
	size_t looked_at = 0;
	for (u32 i = 0; i < unit->n_nodes; i++) {
		if (unit->nodes[i].parent != NODE_ROOT || unit->nodes[i].tag != DW_TAG_namespace || !str_eqc(crate, unit->nodes[i].name))
			continue;
		for (u32 k = i + 1; k < unit->nodes[i].end && looked_at < MOST_LOOKED_AT; k++) {
			Dwarf_Die die;
			struct dbg_place decl = {0};
			if (unit->nodes[k].tag != DW_TAG_subprogram || !unit_die(unit, k, &die))
				continue;
			looked_at++;
			decl = die_decl(unit->module, &die);
			if (decl.file.len)
				return dbg_place_is_library(decl);
		}
	}
	return false;
}

// The units that have code of it, by their symbols: `_ZN12tokio_stream..`, `_ZN83_$LT$tokio_stream..stream_ext..`.
static bool units_declare_in_library(struct dbg_module *module, struct str crate)
{
	enum { MOST_UNITS = 8 };
	struct arena scratch = {0};
	struct str own = str_printf(&scratch, "%zu%.*s", crate.len, STRF(crate)),
	           within = str_printf(&scratch, "%.*s..", STRF(crate));
	struct map seen = {0};
	bool found = false;
	module_read_symbols(module);
	for (size_t i = 0; i < module->n_symbols && !found && seen.count < MOST_UNITS; i++) {
		const struct symbol *symbol = &module->symbols[i];
		if (!strstr(symbol->name, own.ptr) && !strstr(symbol->name, within.ptr))
			continue;
		struct unit *unit = module_unit_at(module, symbol->addr);
		if (!unit || map_get(&seen, (uintptr_t)unit))
			continue;
		map_put(&seen, &scratch, (uintptr_t)unit, 1);
		unit_index(unit);
		found = declares_in_library(unit, crate);
	}
	arena_deinit(&scratch);
	return found;
}

static bool is_librarys_generic(const struct dbg_type *type, struct str crate)
{
	struct dbg_module *module = type->module;
	u64 key = str_hash(crate), *known = map_get(&module->generic_crates, key);
	struct unit *unit = known ? NULL : module_unit_of_die(module, type->die);
	if (known || !unit)
		return known && *known;
	unit_index(unit);
	bool found = declares_in_library(unit, crate) || units_declare_in_library(module, crate);
	for (size_t i = 0; i < module->n_units && !found; i++) { // inlined everywhere: no symbols
		if (!unit_may_be_of_crate(&module->units[i], &unit->crate))
			continue;
		unit_index(&module->units[i]);
		found = declares_in_library(&module->units[i], crate);
	}
	map_put(&module->generic_crates, &module->arena, key, found);
	return found;
}

bool dbg_type_is_library(const struct dbg_type *type)
{
	static const char *const std[] = {"std", "core", "alloc"};
	struct str crate = path_crate(type->path);
	for (size_t i = 0; i < ARRAY_LEN(std); i++)
		if (str_eqc(crate, std[i]))
			return true;
	for (size_t i = 0; type->module && crate.len && i < type->module->n_units; i++)
		if (str_eq(type->module->units[i].crate, crate))
			return dbg_place_is_library(
			    (struct dbg_place){.file = unit_source(&type->module->units[i], type->module->units[i].name.ptr)});
	return type->module && crate.len && is_librarys_generic(type, crate);
}
