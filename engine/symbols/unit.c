// Compile units: which one covers an address or a DIE, and an index of the names in one, made when something
// in it is first needed (a whole program's worth of DIEs takes 0.1 to 2 s and most of it is never asked for).
#include <dwarf.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/symbols/private.h"
#include "engine/symbols/split.h"

enum { MAX_DEPTH = 64, PAGES_KEPT = 1 << 20 };

// rustc names a unit "PATH/@/CRATE.HASH-cgu.N" (rustc 1.63 to 1.96), and "PATH/@/HASH" in an incremental build, as
// those of the workspace's own crates are by default: then the crate is not known.
static struct str crate_of(struct str unit_name)
{
	ptrdiff_t at = str_find(unit_name, STR("/@/"));
	if (at < 0)
		return STR("");
	struct str rest = str_from(unit_name, (size_t)at + 3);
	ptrdiff_t dot = str_find(rest, STR("."));
	return dot < 0 ? STR("") : str_slice(rest, 0, (size_t)dot);
}

static int compare_ranges(const void *a, const void *b)
{
	const struct unit_range *x = a, *y = b;
	return (x->low > y->low) - (x->low < y->low);
}

static void add_unit_ranges(struct dbg_module *module, void *ranges_vec, u32 index)
{
	VEC(struct unit_range) *ranges = ranges_vec;
	Dwarf_Addr base, low, high;
	ptrdiff_t offset = 0;
	for (int guard = 0; guard < 100000 && (offset = dwarf_ranges(&module->units[index].skeleton, offset, &base, &low, &high)) > 0;
	     guard++)
		if (high > low && low != 0)
			vec_push(&module->arena, ranges, ((struct unit_range){low, high, index}));
}

static struct unit *unit_of_skeleton(struct dbg_module *module, Dwarf_Off die)
{
	u64 *split = map_get(&module->skeletons, die);
	return split ? &module->units[*split] : module_unit_of_die(module, die);
}

// .debug_aranges, and the units' own ranges for those that it does not name.
static void read_ranges(struct dbg_module *module)
{
	VEC(struct unit_range) ranges = {0};
	bool *named = NEW_N(&module->arena, bool, module->n_units + 1);
	Dwarf_Aranges *aranges;
	size_t n = 0;
	if (dwarf_getaranges(module->dwarf, &aranges, &n) == 0) {
		struct unit *unit = NULL;
		for (size_t i = 0; i < n; i++) {
			Dwarf_Addr low;
			Dwarf_Word length;
			Dwarf_Off die;
			if (dwarf_getarangeinfo(dwarf_onearange(aranges, i), &low, &length, &die) || !low || !length)
				continue;
			if (!unit || unit->offset != die)
				unit = unit_of_skeleton(module, die);
			if (!unit)
				continue;
			named[unit - module->units] = true;
			vec_push(&module->arena, &ranges, ((struct unit_range){low, low + length, (u32)(unit - module->units)}));
		}
	}
	for (size_t i = 0; i < module->n_units; i++)
		if (!named[i])
			add_unit_ranges(module, &ranges, (u32)i);
	vec_sort(ranges.items, ranges.len, sizeof(*ranges.items), compare_ranges);
	module->ranges = ranges.items;
	module->n_ranges = ranges.len;
}

static struct str string_of(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attr;
	return dwarf_attr(die, name, &attr) ? str_of(dwarf_formstring(&attr)) : STR("");
}

static Dwarf_Off die_start(Dwarf_Die *die)
{
	return dwarf_dieoffset(die) - dwarf_cuoffset(die);
}

// A unit whose own debug info is elsewhere; if it is not there, the skeleton is all there is of it.
static void follow_skeleton(struct unit *unit, Dwarf_Off *next_start)
{
	struct dbg_module *module = unit->module;
	Dwarf_Die split;
	Elf_Scn *scn;
	GElf_Shdr shdr;
	if (!split_unit(module->package, &unit->skeleton, &split)) {
		unit->name = str_of(split_name(&unit->skeleton));
		if (module->n_missing++ == 0)
			module->first_missing = unit->name;
		return;
	}
	unit->die = split;
	unit->dwarf = dwarf_cu_getdwarf(split.cu);
	unit->start = *next_start;
	unit->moved = *next_start - die_start(&split);
	u64 size = elf_section(dwarf_getelf(unit->dwarf), ".debug_info.dwo", &scn, &shdr) ? shdr.sh_size : 0;
	*next_start += size > dwarf_dieoffset(&split) ? size : dwarf_dieoffset(&split) + 1;
}

static int compare_units(const void *a, const void *b)
{
	const struct unit *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
}

static void open_package(struct dbg_module *module)
{
	const struct str files[] = {module->beside, module->debug_path};
	for (size_t i = 0; i < ARRAY_LEN(files) && !module->package && !module->image; i++)
		if (files[i].len)
			module->package = package_open(str_cstr(&module->arena, str_printf(&module->arena, "%.*s.dwp", STRF(files[i]))));
}

void module_read_units(struct dbg_module *module)
{
	if (module->units_read || !module->dwarf)
		return;
	module->units_read = true;
	VEC(struct unit) units = {0};
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	Dwarf_Off next_start = SPLIT_BASE;
	u8 type;
	while (dwarf_get_units(module->dwarf, cu, &cu, NULL, &type, &die, NULL) == 0) {
		if (type == DW_UT_type || type == DW_UT_split_type)
			continue;
		struct unit unit = {.module = module, .die = die, .skeleton = die, .dwarf = module->dwarf};
		unit.offset = dwarf_dieoffset(&die);
		unit.start = die_start(&die);
		if (type == DW_UT_skeleton) {
			if (next_start == SPLIT_BASE && !module->n_missing) // the first
				open_package(module);
			follow_skeleton(&unit, &next_start);
		}
		if (!unit.name.len)
			unit.name = str_of(dwarf_diename(&unit.die));
		unit.crate = crate_of(unit.name);
		unit.is_rust = str_find(unit.name, STR("/@/")) >= 0;
		unit.comp_dir = string_of(&unit.skeleton, DW_AT_comp_dir);
		vec_push(&module->arena, &units, unit);
		if (units.len % UNITS_A_RELEASE == 0)
			module_release_pages(module);
	}
	package_close(module->package);
	module->package = NULL;
	vec_sort(units.items, units.len, sizeof(*units.items), compare_units);
	for (size_t i = 0; i < units.len; i++) {
		units.items[i].end = i + 1 < units.len ? units.items[i + 1].start : UINT64_MAX;
		if (units.items[i].start >= SPLIT_BASE) {
			map_put(&module->split_units, &module->arena, (uintptr_t)units.items[i].die.cu, i);
			map_put(&module->skeletons, &module->arena, units.items[i].offset, i);
		}
	}
	module->units = units.items;
	module->n_units = units.len;
	read_ranges(module);
	module_release_pages(module);
}

struct unit *module_unit_of_die(struct dbg_module *module, u64 die)
{
	module_read_units(module);
	size_t low = vec_first_above(module->units, module->n_units, start, die);
	return low && die < module->units[low - 1].end ? &module->units[low - 1] : NULL;
}

struct unit *module_unit_at(struct dbg_module *module, u64 file_addr)
{
	module_read_units(module);
	size_t low = vec_first_above(module->ranges, module->n_ranges, low, file_addr);
	if (!low || file_addr >= module->ranges[low - 1].high)
		return NULL;
	return &module->units[module->ranges[low - 1].unit];
}

bool module_die(struct dbg_module *module, u64 offset, Dwarf_Die *out)
{
	if (offset < SPLIT_BASE)
		return module->dwarf && dwarf_offdie(module->dwarf, offset, out) != NULL;
	struct unit *unit = module_unit_of_die(module, offset);
	return unit && dwarf_offdie(unit->dwarf, offset - unit->moved, out) != NULL;
}

bool unit_die(const struct unit *unit, u32 node, Dwarf_Die *out)
{
	return module_die(unit->module, unit->start + unit->nodes[node].die, out);
}

u64 module_offset(struct dbg_module *module, Dwarf_Die *die)
{
	u64 *split = module->split_units.cap ? map_get(&module->split_units, (uintptr_t)die->cu) : NULL;
	return dwarf_dieoffset(die) + (split ? module->units[*split].moved : 0);
}

// ---- the index of one unit ---------------------------------------------------------------------------

struct indexer {
	struct unit *unit;
	VEC(struct node) nodes;
	VEC(struct function_range) functions;
	struct arena scratch;
};

struct str name_without_generics(struct str name)
{
	if (!name.len || name.ptr[0] == '<' || name.ptr[0] == '&' || name.ptr[0] == '*' || name.ptr[0] == '(' || name.ptr[0] == '[')
		return name;
	ptrdiff_t at = str_find(name, STR("<"));
	return at > 0 ? str_slice(name, 0, (size_t)at) : name;
}

static u64 hash_on(u64 parent, bool at_root, struct str name)
{
	return at_root ? str_hash(name) : str_hash_on(str_hash_on(parent, STR("::")), name);
}

u64 hash_below(u64 outer, struct str name)
{
	return hash_on(outer, false, name);
}

u64 node_base_hash(const struct unit *unit, u32 index)
{
	const struct node *node = &unit->nodes[index];
	bool at_root = node->parent == NODE_ROOT;
	return hash_on(at_root ? 0 : unit->nodes[node->parent].hash, at_root, name_without_generics(str_of(node->name)));
}

static bool is_type_tag(unsigned tag)
{
	return tag == DW_TAG_structure_type || tag == DW_TAG_union_type || tag == DW_TAG_enumeration_type ||
	       tag == DW_TAG_base_type || tag == DW_TAG_class_type;
}

static bool is_node_tag(unsigned tag)
{
	return is_type_tag(tag) || tag == DW_TAG_namespace || tag == DW_TAG_subprogram || tag == DW_TAG_variable;
}

static u32 add_node(struct indexer *indexer, Dwarf_Die *die, unsigned tag, u32 parent)
{
	const char *name = dwarf_diename(die);
	struct node node = {
	    .die = (u32)(dwarf_dieoffset(die) + indexer->unit->moved - indexer->unit->start),
	    .parent = parent,
	    .tag = (u16)tag,
	    .name = name ? name : "",
	    .declaration = is_type_tag(tag) && die_flag(die, DW_AT_declaration),
	};
	bool at_root = parent == NODE_ROOT;
	node.hash = hash_on(at_root ? 0 : indexer->nodes.items[parent].hash, at_root, str_of(node.name));
	vec_push(&indexer->scratch, &indexer->nodes, node);
	return (u32)indexer->nodes.len - 1;
}

static void add_function(struct indexer *indexer, Dwarf_Die *die, u32 node)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t offset = 0;
	for (int guard = 0; guard < 1000 && (offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0; guard++)
		if (high > low && low != 0)
			vec_push(&indexer->scratch, &indexer->functions, ((struct function_range){low, high, node}));
}

static void index_children(struct indexer *indexer, Dwarf_Die *parent, u32 parent_node, int depth)
{
	Dwarf_Die die;
	if (depth > MAX_DEPTH || dwarf_child(parent, &die))
		return;
	do {
		unsigned tag = (unsigned)dwarf_tag(&die);
		bool within = tag == DW_TAG_variant_part || tag == DW_TAG_variant;
		u32 node = parent_node;
		if (is_node_tag(tag)) {
			node = add_node(indexer, &die, tag, parent_node);
			if (tag == DW_TAG_subprogram)
				add_function(indexer, &die, node);
		}
		if (within || tag == DW_TAG_namespace || tag == DW_TAG_structure_type || tag == DW_TAG_union_type ||
		    tag == DW_TAG_class_type) {
			index_children(indexer, &die, node, depth + 1);
			if (!within)
				indexer->nodes.items[node].end = (u32)indexer->nodes.len;
		}
	} while (dwarf_siblingof(&die, &die) == 0);
}

static int compare_functions(const void *a, const void *b)
{
	const struct function_range *x = a, *y = b;
	return (x->low > y->low) - (x->low < y->low);
}

static bool is_definition(const struct node *node)
{
	return (is_type_tag(node->tag) || node->tag == DW_TAG_variable || (node->tag == DW_TAG_subprogram && node->has_code)) &&
	       !node->declaration && node->name[0];
}

// Definitions become known to the module by their hashes.
static void publish(struct unit *unit)
{
	struct dbg_module *module = unit->module;
	u32 unit_index_ = (u32)(unit - module->units);
	for (size_t i = 0; i < unit->n_functions; i++)
		unit->nodes[unit->functions[i].node].has_code = true;
	for (size_t i = 0; i < unit->n_nodes; i++)
		if (is_definition(&unit->nodes[i]))
			definitions_add(module, unit_index_, (u32)i);
}

void unit_walked(const struct unit *unit)
{
	struct dbg_module *module = unit->module;
	module->walked += u64_min(unit->end, unit->start + PAGES_KEPT) - unit->start;
	if (module->walked >= PAGES_KEPT) {
		module->walked = 0;
		module_release_pages(module);
	}
}

void unit_index(struct unit *unit)
{
	if (unit->indexed)
		return;
	unit->indexed = true;
	unit->module->n_indexed++;
	struct indexer indexer = {.unit = unit};
	index_children(&indexer, &unit->die, NODE_ROOT, 0);
	struct dbg_module *module = unit->module;
	struct arena *arena = &module->arena;
	unit->n_nodes = indexer.nodes.len;
	unit->nodes = NEW_N(arena, struct node, unit->n_nodes + 1);
	unit->n_functions = indexer.functions.len;
	unit->functions = NEW_N(arena, struct function_range, unit->n_functions + 1);
	if (unit->n_nodes)
		memcpy(unit->nodes, indexer.nodes.items, unit->n_nodes * sizeof(struct node));
	if (unit->n_functions)
		memcpy(unit->functions, indexer.functions.items, unit->n_functions * sizeof(struct function_range));
	arena_deinit(&indexer.scratch);
	for (size_t i = 0; i < unit->n_nodes; i++)
		if (unit->nodes[i].end == 0)
			unit->nodes[i].end = (u32)i + 1;
	vec_sort(unit->functions, unit->n_functions, sizeof(*unit->functions), compare_functions);
	publish(unit);
	unit_walked(unit);
	LOG(LOG_DWARF, "indexed %.*s: %zu names, %zu function ranges", STRF(unit->name), unit->n_nodes, unit->n_functions);
}

void module_index_all(struct dbg_module *module, bool (*wanted)(const struct unit *, void *), void *context)
{
	module_read_units(module);
	for (size_t i = 0; i < module->n_units; i++)
		if (!module->units[i].indexed && (!wanted || wanted(&module->units[i], context)))
			unit_index(&module->units[i]);
}

u32 unit_node_of_die(struct unit *unit, Dwarf_Off die)
{
	unit_index(unit);
	u64 wanted = die - unit->start;
	size_t after = vec_first_above(unit->nodes, unit->n_nodes, die, wanted);
	return after && unit->nodes[after - 1].die == wanted ? (u32)after - 1 : NODE_ROOT;
}

const struct function_range *unit_function_at(struct unit *unit, u64 file_addr)
{
	unit_index(unit);
	size_t low = vec_first_above(unit->functions, unit->n_functions, low, file_addr);
	return low && file_addr < unit->functions[low - 1].high ? &unit->functions[low - 1] : NULL;
}

const struct function_range *unit_function_of(const struct unit *unit, u32 node)
{
	for (size_t i = 0; i < unit->n_functions; i++)
		if (unit->functions[i].node == node)
			return &unit->functions[i];
	return NULL;
}

bool node_is_inside(const struct unit *unit, u32 node, u64 path_hash)
{
	for (; node != NODE_ROOT; node = unit->nodes[node].parent)
		if (unit->nodes[node].hash == path_hash)
			return true;
	return false;
}

bool is_coroutine_name(struct str name)
{
	return str_starts(name, STR("{async_")) || str_starts(name, STR("{coroutine"));
}

bool is_coroutine_body(const struct unit *unit, u32 node)
{
	return is_coroutine_name(str_of(unit->nodes[node].name));
}
