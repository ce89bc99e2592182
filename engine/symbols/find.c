// Types, vtables, statics and template parameters found by path or by address.
#include <dwarf.h>

#include "engine/symbols/private.h"

// ---- types by path -------------------------------------------------------------------------------------

static bool node_has_path(const struct unit *unit, u32 node, struct str path)
{
	// Compares from the end, component by component, without building the path.
	for (; node != NODE_ROOT; node = unit->nodes[node].parent) {
		struct str name = str_of(unit->nodes[node].name);
		if (!str_ends(path, name))
			return false;
		path.len -= name.len;
		if (unit->nodes[node].parent == NODE_ROOT)
			return path.len == 0;
		if (!str_ends(path, STR("::")))
			return false;
		path.len -= 2;
	}
	return false;
}

static const struct dbg_type *type_of_node(struct unit *unit, u32 node)
{
	Dwarf_Die die;
	return unit_die(unit, node, &die) ? type_of_die(unit->module, &die) : NULL;
}

static bool is_type(unsigned tag)
{
	return tag != DW_TAG_variable && tag != DW_TAG_subprogram;
}

const struct definition *module_definition(struct dbg_module *module, struct str path, bool (*wanted)(unsigned tag))
{
	u64 hash = str_hash(path);
	const struct definition *definition;
	for (u32 i = definitions_by_hash(module, hash); i; i = definition->next) {
		definition = definition_at(module, i);
		struct unit *unit = &module->units[definition->unit];
		if (unit->nodes[definition->node].hash == hash && wanted(unit->nodes[definition->node].tag) &&
		    node_has_path(unit, definition->node, path))
			return definition;
	}
	return NULL;
}

static const struct dbg_type *lookup(struct dbg_module *module, struct str path)
{
	const struct definition *found = module_definition(module, path, is_type);
	return found ? type_of_node(&module->units[found->unit], found->node) : NULL;
}

bool unit_is_of_crate(const struct unit *unit, void *crate)
{
	return unit->is_rust && str_eq(unit->crate, *(struct str *)crate);
}

bool unit_may_be_of_crate(const struct unit *unit, void *crate)
{
	return unit->is_rust && (!unit->crate.len || str_eq(unit->crate, *(struct str *)crate));
}

bool dbg_modules_may_have_crate(struct dbg_modules *modules, struct str crate)
{
	for (size_t i = 0; i < modules->len; i++) {
		module_read_units(modules->items[i]);
		for (size_t u = 0; u < modules->items[i]->n_units; u++)
			if (unit_may_be_of_crate(&modules->items[i]->units[u], &crate))
				return true;
	}
	// A program without debug info, or with some of it missing, can't tell.
	return modules->len && (!modules->items[0]->n_units || modules->items[0]->n_missing);
}

const struct dbg_type *dbg_type_find(struct dbg_modules *modules, struct str path)
{
	struct str crate = path_crate(path);
	// Cheap ways first: what is indexed already, the crate's own units, those that may be its, everything else.
	static bool (*const wanted[])(const struct unit *, void *) = {NULL, unit_is_of_crate, unit_may_be_of_crate, NULL};
	for (size_t effort = 0; effort < ARRAY_LEN(wanted); effort++) {
		for (size_t i = 0; i < modules->len; i++) {
			struct dbg_module *module = modules->items[i];
			if (!module->dwarf)
				continue;
			if (effort)
				module_index_all(module, wanted[effort], &crate);
			const struct dbg_type *found = lookup(module, path);
			if (found)
				return found;
		}
	}
	return NULL;
}

size_t dbg_types_indexed(struct dbg_modules *modules, struct arena *arena, struct str base, const struct dbg_type ***out)
{
	VEC(const struct dbg_type *) found = {0};
	struct map seen = {0};
	for (size_t m = 0; m < modules->len; m++) {
		struct dbg_module *module = modules->items[m];
		const struct definition *definition;
		for (u32 i = definitions_by_base_hash(module, str_hash(base)); i; i = definition->next_base) {
			definition = definition_at(module, i);
			struct unit *unit = &module->units[definition->unit];
			u32 node = definition->node;
			if (node_base_hash(unit, node) != str_hash(base) || !is_type(unit->nodes[node].tag) ||
			    map_get(&seen, unit->nodes[node].hash))
				continue;
			const struct dbg_type *type = type_of_node(unit, node);
			if (!type || !str_eq(dbg_type_base_path(type), base))
				continue;
			map_put(&seen, arena, unit->nodes[node].hash, 1);
			vec_push(arena, &found, type);
		}
	}
	*out = found.items;
	return found.len;
}

size_t dbg_types_find_all(struct dbg_modules *modules, struct arena *arena, struct str base, const struct dbg_type ***out)
{
	for (size_t m = 0; m < modules->len; m++)
		module_index_all(modules->items[m], NULL, NULL);
	return dbg_types_indexed(modules, arena, base, out);
}

// ---- functions -----------------------------------------------------------------------------------------

static void collect_params(struct dbg_module *module, struct arena *arena, Dwarf_Die *die, void *params_vec)
{
	VEC(struct dbg_member) *params = params_vec;
	Dwarf_Die child;
	if (dwarf_child(die, &child))
		return;
	do
		if (dwarf_tag(&child) == DW_TAG_template_type_parameter)
			vec_push(
			    arena, params,
			    ((struct dbg_member){.name = str_of(dwarf_diename(&child)), .type = type_attribute(module, &child, DW_AT_type)}));
	while (dwarf_siblingof(&child, &child) == 0);
}

// Those of the DIE itself, or of what it is a copy of.
static size_t params_of_die(struct dbg_module *module, struct arena *arena, u64 offset, const struct dbg_member **out)
{
	Dwarf_Die die, origin;
	VEC(struct dbg_member) params = {0};
	if (!module_die(module, offset, &die))
		return 0;
	for (int guard = 0; guard < 8; guard++) {
		collect_params(module, arena, &die, &params);
		if (params.len || (!die_ref(&die, DW_AT_abstract_origin, &origin) && !die_ref(&die, DW_AT_specification, &origin)))
			break;
		die = origin;
	}
	*out = params.items;
	return params.len;
}

// The function that covers addr; false if there is none.
static bool function_die(struct dbg_modules *modules, u64 addr, struct dbg_module **out_module, Dwarf_Die *out)
{
	struct dbg_module *module = *out_module = dbg_module_at(modules, addr);
	struct unit *unit = module ? module_unit_at(module, addr - module->bias) : NULL;
	const struct function_range *function = unit ? unit_function_at(unit, addr - module->bias) : NULL;
	return function && unit_die(unit, function->node, out);
}

size_t dbg_function_params(struct dbg_modules *modules, struct arena *arena, u64 addr, const struct dbg_member **out)
{
	struct dbg_module *module;
	Dwarf_Die die;
	*out = NULL;
	return function_die(modules, addr, &module, &die) ? params_of_die(module, arena, module_offset(module, &die), out) : 0;
}

bool module_function_die(struct dbg_modules *modules, u64 addr, struct dbg_module **module, Dwarf_Die *out)
{
	return function_die(modules, addr, module, out);
}

static enum inlined_way end_at_call(void *context, Dwarf_Die *die, bool is_block)
{
	(void)context, (void)die;
	return is_block ? INLINED_INTO : INLINED_END;
}

bool dbg_function_is_optimised(struct dbg_modules *modules, u64 addr)
{
	struct dbg_module *module;
	Dwarf_Die die;
	return function_die(modules, addr, &module, &die) && inlined_walk(&die, end_at_call, NULL);
}

struct str dbg_function_full_name(struct dbg_modules *modules, struct dbg_mem *mem, u64 addr)
{
	for (int hop = 0; hop < 2; hop++) {
		struct dbg_module *module;
		Dwarf_Die die;
		Dwarf_Attribute attr;
		const char *name = function_die(modules, addr, &module, &die) && dwarf_attr_integrate(&die, DW_AT_name, &attr)
		                       ? dwarf_formstring(&attr)
		                       : NULL;
		if (name)
			return str_of(name);
		// x86-64: jmp rel32, alone in a function that only calls another
		enum { JMP_REL32 = 0xe9, LENGTH = 5 };
		u8 code[LENGTH];
		i32 distance;
		err_t error = dbg_mem_read(mem, addr, code, sizeof(code));
		if (error || code[0] != JMP_REL32)
			break;
		memcpy(&distance, code + 1, sizeof(distance));
		addr += (u64)(LENGTH + (i64)distance);
	}
	return STR("");
}

size_t dbg_scope_params(const struct dbg_scope *scope, struct arena *arena, const struct dbg_member **out)
{
	*out = NULL;
	return scope->module && scope->die ? params_of_die(scope->module, arena, scope->die, out) : 0;
}

// ---- variables -----------------------------------------------------------------------------------------

// The location of a static: DW_OP_addr, or a TLS offset (DWARF 5, 2.5.1.1 and GNU's form of DWARF 4).
static bool static_location(Dwarf_Die *die, u64 *addr, bool *is_tls)
{
	Dwarf_Attribute attr;
	Dwarf_Op *ops;
	size_t n;
	if (!dwarf_attr(die, DW_AT_location, &attr) || dwarf_getlocation(&attr, &ops, &n) || n == 0)
		return false;
	*is_tls = n > 1 && (ops[1].atom == DW_OP_GNU_push_tls_address || ops[1].atom == DW_OP_form_tls_address);
	switch (ops[0].atom) {
	case DW_OP_addr:
	case DW_OP_const8u:
	case DW_OP_const4u:
	case DW_OP_constu: *addr = ops[0].number; return true;
	case DW_OP_addrx:
	case DW_OP_constx:
	case DW_OP_GNU_addr_index:
	case DW_OP_GNU_const_index: {
		Dwarf_Attribute resolved;
		if (dwarf_getlocation_attr(&attr, &ops[0], &resolved))
			return false;
		Dwarf_Addr value;
		if (dwarf_formaddr(&resolved, &value) == 0 || dwarf_formudata(&resolved, &value) == 0) {
			*addr = value;
			return true;
		}
		return false;
	}
	default: return false;
	}
}

static void statics_in_unit(struct unit *unit, struct arena *arena, u64 prefix_hash, void *found_vec)
{
	VEC(struct dbg_static) *found = found_vec;
	struct dbg_module *module = unit->module;
	for (u32 i = 0; i < unit->n_nodes; i++) {
		Dwarf_Die die;
		struct dbg_static variable = {.module = module};
		if (unit->nodes[i].tag != DW_TAG_variable || !node_is_inside(unit, i, prefix_hash) || !unit_die(unit, i, &die) ||
		    !static_location(&die, &variable.addr, &variable.is_tls))
			continue;
		variable.path = node_path(unit, i);
		variable.type = type_attribute(module, &die, DW_AT_type);
		if (variable.is_tls && variable.addr == 0) {
			Dwarf_Attribute linkage;
			const char *name = dwarf_attr_integrate(&die, DW_AT_linkage_name, &linkage) ? dwarf_formstring(&linkage) : NULL;
			if (name && !module_has_first_tls(module, str_of(name)))
				continue;
		}
		// What the linker left out has an address that nothing lies at: 0 as a rule.
		bool is_there = variable.addr >= module->low && variable.addr < module->high && variable.addr;
		if (!variable.is_tls)
			variable.addr = is_there ? variable.addr + module->bias : 0;
		vec_push(arena, found, variable);
	}
}

static bool has_units_of(struct dbg_module *module, struct str *crate)
{
	module_read_units(module);
	for (size_t u = 0; u < module->n_units; u++)
		if (unit_is_of_crate(&module->units[u], crate))
			return true;
	return false;
}

size_t dbg_statics_find(struct dbg_modules *modules, struct arena *arena, struct str prefix, struct dbg_static **out)
{
	enum { MAX_ANSWERS = 1000 };
	u64 hash = str_hash(prefix), *known = map_get(&modules->statics, hash);
	if (known) { // a condition asks at each hit
		struct statics *answer = (struct statics *)(uintptr_t)*known;
		*out = NEW_N(arena, struct dbg_static, answer->n + 1);
		if (answer->n)
			memcpy(*out, answer->items, answer->n * sizeof(**out));
		return answer->n;
	}
	VEC(struct dbg_static) found = {0};
	struct str crate = path_crate(prefix);
	// A static is in its own crate's units (instances for other crates are of functions and types).
	for (size_t m = 0; m < modules->len; m++) {
		struct dbg_module *module = modules->items[m];
		module_index_all(module, crate.len ? (has_units_of(module, &crate) ? unit_is_of_crate : unit_may_be_of_crate) : NULL,
		                 &crate);
		for (size_t u = 0; u < module->n_units; u++)
			statics_in_unit(&module->units[u], arena, hash, &found);
	}
	if (modules->statics.count >= MAX_ANSWERS)
		module_forget_statics(modules);
	struct statics *answer = NEW(&modules->statics_arena, struct statics);
	answer->n = found.len;
	answer->items = NEW_N(&modules->statics_arena, struct dbg_static, found.len + 1);
	if (found.len)
		memcpy(answer->items, found.items, found.len * sizeof(*found.items));
	map_put(&modules->statics, &modules->statics_arena, hash, (u64)(uintptr_t)answer);
	*out = found.items;
	return found.len;
}

// ---- vtables -------------------------------------------------------------------------------------------

// rustc emits a variable `<T as Trait>::{vtable}` whose type's DW_AT_containing_type is T (seen from 1.63 to 1.96).
static const struct dbg_type *containing_type(struct dbg_module *module, struct unit *unit, u64 file_addr)
{
	unit_index(unit);
	for (u32 i = 0; i < unit->n_nodes; i++) {
		Dwarf_Die die, type;
		u64 addr;
		bool is_tls;
		if (unit->nodes[i].tag != DW_TAG_variable || !str_ends(str_of(unit->nodes[i].name), STR("{vtable}")) ||
		    !unit_die(unit, i, &die) || !static_location(&die, &addr, &is_tls) || is_tls || addr != file_addr)
			continue;
		if (die_ref(&die, DW_AT_type, &type))
			return type_attribute(module, &type, DW_AT_containing_type);
	}
	return NULL;
}

// The type argument of the function at one of the vtable's slots: drop_in_place<T>, null if T needs no drop.
static const struct dbg_type *dropped_type(struct dbg_modules *modules, struct dbg_mem *mem, u64 vtable)
{
	u64 drop;
	const struct dbg_member *params;
	struct arena scratch = {0};
	const struct dbg_type *type = NULL;
	err_t error = dbg_mem_read_uint(mem, vtable, 8, &drop);
	if (!error && drop && dbg_function_params(modules, &scratch, drop, &params) == 1)
		type = params[0].type;
	arena_deinit(&scratch);
	return type;
}

const struct dbg_type *dbg_vtable_type(struct dbg_modules *modules, struct dbg_mem *mem, u64 vtable_addr)
{
	struct dbg_module *module = dbg_module_at(modules, vtable_addr);
	if (!module || !module->dwarf)
		return NULL;
	u64 file_addr = vtable_addr - module->bias;
	u64 *known = map_get(&module->vtables, file_addr);
	if (known)
		return (const struct dbg_type *)(uintptr_t)*known;
	struct unit *unit = module_unit_at(module, file_addr);
	const struct dbg_type *type = unit ? containing_type(module, unit, file_addr) : NULL;
	if (!type || type == type_unknown())
		type = dropped_type(modules, mem, vtable_addr);
	if (type)
		map_put(&module->vtables, &module->arena, file_addr, (uintptr_t)type);
	return type;
}
