// Types of DIEs, interned; members, variants and parameters are read when first asked for.
#include <dwarf.h>

#include "base/buf.h"
#include "engine/symbols/full_type.h"
#include "engine/symbols/private.h"

enum { MAX_PEEL = 16 };

static struct full_type unknown_type = {.children_read = true};

const struct dbg_type *type_unknown(void)
{
	return &unknown_type.pub;
}

static struct full_type *full(const struct dbg_type *type)
{
	return (struct full_type *)type;
} // caches in a const type

static enum dbg_type_kind base_kind(Dwarf_Die *die)
{
	u64 encoding = 0, size = 0;
	die_unsigned(die, DW_AT_encoding, &encoding);
	die_unsigned(die, DW_AT_byte_size, &size);
	if (size == 0)
		return DBG_TYPE_VOID;
	switch (encoding) {
	case DW_ATE_boolean: return DBG_TYPE_BOOL;
	case DW_ATE_float: return DBG_TYPE_FLOAT;
	case DW_ATE_signed:
	case DW_ATE_signed_char: return DBG_TYPE_INT;
	case DW_ATE_unsigned:
	case DW_ATE_unsigned_char:
	case DW_ATE_address: return DBG_TYPE_UINT;
	case DW_ATE_UTF: return DBG_TYPE_CHAR;
	default: return DBG_TYPE_UNKNOWN;
	}
}

static bool has_variant_part(Dwarf_Die *die)
{
	Dwarf_Die child;
	if (dwarf_child(die, &child))
		return false;
	do
		if (dwarf_tag(&child) == DW_TAG_variant_part)
			return true;
	while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

static enum dbg_type_kind kind_of(Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_base_type: return base_kind(die);
	case DW_TAG_unspecified_type: return DBG_TYPE_VOID;
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type: return DBG_TYPE_POINTER;
	case DW_TAG_structure_type:
	case DW_TAG_class_type: return has_variant_part(die) ? DBG_TYPE_VARIANTS : DBG_TYPE_STRUCT;
	case DW_TAG_union_type: return DBG_TYPE_UNION;
	case DW_TAG_enumeration_type: return DBG_TYPE_ENUM;
	case DW_TAG_array_type: return DBG_TYPE_ARRAY;
	case DW_TAG_subroutine_type: return DBG_TYPE_FUNCTION;
	default: return DBG_TYPE_UNKNOWN;
	}
}

static u64 array_count(Dwarf_Die *die)
{
	Dwarf_Die child;
	if (dwarf_child(die, &child))
		return 0;
	do {
		u64 count;
		if (dwarf_tag(&child) != DW_TAG_subrange_type)
			continue;
		if (die_unsigned(&child, DW_AT_count, &count))
			return count;
		if (die_unsigned(&child, DW_AT_upper_bound, &count))
			return count + 1;
	} while (dwarf_siblingof(&child, &child) == 0);
	return 0;
}

static void put_names(struct full_type *type, Dwarf_Die *die)
{
	struct dbg_module *module = type->pub.module;
	struct unit *unit = module_unit_of_die(module, type->pub.die);
	type->pub.name = str_of(dwarf_diename(die));
	u32 node = unit ? unit_node_of_die(unit, type->pub.die) : NODE_ROOT;
	type->pub.path = node == NODE_ROOT ? type->pub.name : node_path(unit, node);
	if (type->pub.name.len)
		return;
	// Arrays and function pointers have no name in DWARF.
	struct arena *arena = &module->arena;
	struct str target = type->pub.target ? type->pub.target->path : STR("()");
	if (type->pub.kind == DBG_TYPE_ARRAY)
		type->pub.name = str_printf(arena, "[%.*s; %llu]", STRF(target), (unsigned long long)type->pub.count);
	else if (type->pub.kind == DBG_TYPE_POINTER)
		type->pub.name = str_printf(arena, "*%.*s", STRF(target));
	else if (type->pub.kind == DBG_TYPE_FUNCTION)
		type->pub.name = STR("fn");
	type->pub.path = type->pub.name;
}

static bool is_qualifier(int tag)
{
	return tag == DW_TAG_typedef || tag == DW_TAG_const_type || tag == DW_TAG_volatile_type || tag == DW_TAG_restrict_type ||
	       tag == DW_TAG_atomic_type || tag == DW_TAG_member;
}

// A declaration's definition, from whatever unit has one.
static const struct dbg_type *complete(struct full_type *type)
{
	if (type->in_progress)
		return &type->pub;
	type->in_progress = true;
	const struct dbg_type *found = dbg_type_find(type->pub.module->owner, type->pub.path);
	type->in_progress = false;
	return found ? found : &type->pub;
}

const struct dbg_type *type_of_die(struct dbg_module *module, Dwarf_Die *given)
{
	Dwarf_Die die = *given;
	for (int guard = 0; is_qualifier(dwarf_tag(&die)); guard++)
		if (guard > MAX_PEEL || !die_ref(&die, DW_AT_type, &die))
			return type_unknown();
	u64 offset = module_offset(module, &die);
	u64 *known = map_get(&module->types, offset);
	if (known)
		return (const struct dbg_type *)(uintptr_t)*known;
	struct full_type *type = NEW(&module->arena, struct full_type);
	type->pub.module = module;
	type->pub.die = offset;
	map_put(&module->types, &module->arena, offset, (uintptr_t)type); // before the target: types are recursive
	type->pub.kind = kind_of(&die);
	die_unsigned(&die, DW_AT_byte_size, &type->pub.size);
	die_unsigned(&die, DW_AT_alignment, &type->pub.align);
	if (type->pub.kind == DBG_TYPE_POINTER || type->pub.kind == DBG_TYPE_ARRAY) {
		type->pub.target = type_attribute(module, &die, DW_AT_type);
		if (type->pub.target == type_unknown())
			type->pub.target = NULL;
	}
	if (type->pub.kind == DBG_TYPE_POINTER && !type->pub.size)
		type->pub.size = 8;
	if (type->pub.kind == DBG_TYPE_ARRAY) {
		type->pub.count = array_count(&die);
		u64 element = type->pub.target ? type->pub.target->size : 0;
		if (!type->pub.size && __builtin_mul_overflow(element, type->pub.count, &type->pub.size))
			type->pub.size = type->pub.count = 0;
	}
	put_names(type, &die);
	if (die_flag(&die, DW_AT_declaration)) {
		const struct dbg_type *definition = complete(type);
		map_put(&module->types, &module->arena, offset, (uintptr_t)definition);
		return definition;
	}
	return &type->pub;
}

const struct dbg_type *type_attribute(struct dbg_module *module, Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attr;
	Dwarf_Die target;
	if (!dwarf_attr_integrate(die, name, &attr) || !dwarf_formref_die(&attr, &target))
		return type_unknown();
	return type_of_die(module, &target);
}

// ---- what is inside ------------------------------------------------------------------------------------

struct reader {
	struct full_type *type;
	struct arena *arena;
	VEC(struct dbg_member) members, params;
	VEC(struct dbg_variant) variants;
	VEC(struct dbg_enumerator) enumerators;
};

static struct dbg_member read_member(struct reader *reader, Dwarf_Die *die)
{
	struct dbg_module *module = reader->type->pub.module;
	struct dbg_member member = {.name = str_of(dwarf_diename(die)), .type = type_attribute(module, die, DW_AT_type)};
	die_unsigned(die, DW_AT_data_member_location, &member.offset);
	member.artificial = die_flag(die, DW_AT_artificial);
	member.decl = die_decl(module, die);
	return member;
}

static u64 truncated(u64 value, u64 size)
{
	return size >= 8 || size == 0 ? value : value & (((u64)1 << 8 * size) - 1);
}

static void read_variant(struct reader *reader, Dwarf_Die *die)
{
	Dwarf_Die child;
	struct dbg_variant variant = {.is_default = !dwarf_hasattr(die, DW_AT_discr_value)};
	die_unsigned(die, DW_AT_discr_value, &variant.value);
	if (reader->type->has_discriminant)
		variant.value = truncated(variant.value, reader->type->discriminant.type->size);
	if (dwarf_child(die, &child))
		return;
	do {
		if (dwarf_tag(&child) != DW_TAG_member)
			continue;
		variant.member = read_member(reader, &child);
		if (!variant.member.name.len)
			variant.member.name = variant.member.type->name;
		vec_push(reader->arena, &reader->variants, variant);
		return;
	} while (dwarf_siblingof(&child, &child) == 0);
}

static void read_variant_part(struct reader *reader, Dwarf_Die *part)
{
	Dwarf_Die discr, child;
	if (die_ref(part, DW_AT_discr, &discr)) {
		reader->type->discriminant = read_member(reader, &discr);
		reader->type->has_discriminant = true;
	}
	if (dwarf_child(part, &child))
		return;
	do
		if (dwarf_tag(&child) == DW_TAG_variant)
			read_variant(reader, &child);
	while (dwarf_siblingof(&child, &child) == 0);
}

static void read_child(struct reader *reader, Dwarf_Die *child)
{
	switch (dwarf_tag(child)) {
	case DW_TAG_member:
	case DW_TAG_inheritance: vec_push(reader->arena, &reader->members, read_member(reader, child)); break;
	case DW_TAG_variant_part: read_variant_part(reader, child); break;
	case DW_TAG_template_type_parameter: vec_push(reader->arena, &reader->params, read_member(reader, child)); break;
	case DW_TAG_enumerator: {
		u64 value = 0;
		die_unsigned(child, DW_AT_const_value, &value);
		vec_push(reader->arena, &reader->enumerators, ((struct dbg_enumerator){str_of(dwarf_diename(child)), (i64)value}));
		break;
	}
	default: break;
	}
}

static struct full_type *with_children(const struct dbg_type *pub)
{
	struct full_type *type = full(pub && (pub->module || type_is_made(pub)) ? pub : type_unknown()); // others have no children
	if (type->children_read)
		return type;
	type->children_read = true;
	Dwarf_Die die, child;
	struct reader reader = {.type = type, .arena = &pub->module->arena};
	if (!module_die(pub->module, pub->die, &die) || dwarf_child(&die, &child))
		return type;
	do
		read_child(&reader, &child);
	while (dwarf_siblingof(&child, &child) == 0);
	type->members = reader.members.items;
	type->n_members = reader.members.len;
	type->params = reader.params.items;
	type->n_params = reader.params.len;
	type->variants = reader.variants.items;
	type->n_variants = reader.variants.len;
	type->enumerators = reader.enumerators.items;
	type->n_enumerators = reader.enumerators.len;
	return type;
}

size_t dbg_type_members(const struct dbg_type *type, const struct dbg_member **out)
{
	struct full_type *whole = with_children(type);
	*out = whole->members;
	return whole->n_members;
}

size_t dbg_type_variants(const struct dbg_type *type, const struct dbg_variant **out)
{
	struct full_type *whole = with_children(type);
	*out = whole->variants;
	return whole->n_variants;
}

const struct dbg_member *dbg_type_discriminant(const struct dbg_type *type)
{
	struct full_type *whole = with_children(type);
	return whole->has_discriminant ? &whole->discriminant : NULL;
}

size_t dbg_type_enumerators(const struct dbg_type *type, const struct dbg_enumerator **out)
{
	struct full_type *whole = with_children(type);
	*out = whole->enumerators;
	return whole->n_enumerators;
}

size_t dbg_type_params(const struct dbg_type *type, const struct dbg_member **out)
{
	struct full_type *whole = with_children(type);
	*out = whole->params;
	return whole->n_params;
}

static const struct dbg_member *by_name(const struct dbg_member *members, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eqc(members[i].name, name))
			return &members[i];
	return NULL;
}

const struct dbg_type *dbg_type_param(const struct dbg_type *type, const char *name)
{
	struct full_type *whole = with_children(type);
	const struct dbg_member *param = by_name(whole->params, whole->n_params, name);
	return param ? param->type : NULL;
}

const struct dbg_member *dbg_type_member(const struct dbg_type *type, const char *name)
{
	struct full_type *whole = with_children(type);
	return by_name(whole->members, whole->n_members, name);
}

bool dbg_type_same(const struct dbg_type *a, const struct dbg_type *b)
{
	return a == b || (a && b && a->size == b->size && a->path.len && str_eq(a->path, b->path));
}

struct str dbg_type_base_path(const struct dbg_type *pub)
{
	if (!pub || (!pub->module && !type_is_made(pub)))
		return STR("");
	struct full_type *type = full(pub);
	if (!type->base_path.ptr) {
		struct str stripped = name_without_generics(pub->name);
		// Only the last component of a type's path has arguments (its parents are namespaces), but for types
		// inside of types.
		type->base_path = str_find(str_slice(pub->path, 0, pub->path.len - pub->name.len), STR("<")) >= 0
		                      ? dbg_path_without_generics(&pub->module->arena, pub->path)
		                      : str_slice(pub->path, 0, pub->path.len - pub->name.len + stripped.len);
	}
	return type->base_path;
}

bool dbg_type_is_coroutine(const struct dbg_type *type)
{
	static const char *const names[] = {"{async_fn_env#",        "{async_block_env#", "{async_closure_env#", "{gen_block_env#",
	                                    "{async_gen_block_env#", "{coroutine_env#",   "{generator_env#"};
	if (!type || type->kind != DBG_TYPE_VARIANTS)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_starts(type->name, str_of(names[i])))
			return true;
	return false;
}

struct str dbg_coroutine_name(struct arena *arena, const struct dbg_type *type)
{
	struct unit *unit = type && type->module ? module_unit_of_die(type->module, type->die) : NULL;
	u32 node = unit ? unit_node_of_die(unit, type->die) : NODE_ROOT;
	return node == NODE_ROOT ? (type ? type->path : STR("")) : str_dup(arena, node_nice_path(unit, node));
}
