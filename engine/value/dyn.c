// What lies behind pointers: through std's wrappers, reference counts and trait objects.
#include "reason.h"
#include "walk.h"

enum { MAX_HOPS = 24, LEAST_ADDRESS = 4096 };

// Types that add nothing to the pointer in them.
static const char *const wrappers[] = {
    "core::pin::Pin",
    "core::ptr::non_null::NonNull",
    "core::ptr::unique::Unique",
    "core::mem::manually_drop::ManuallyDrop",
    "core::mem::maybe_dangling::MaybeDangling",
    "core::mem::maybe_uninit::MaybeUninit",
    "core::cell::UnsafeCell",
    "core::cell::Cell",
    "core::cell::SyncUnsafeCell",
    "alloc::boxed::Box",
};

// Types that point to a block whose payload comes after counts.
static const char *const counted[] = {"alloc::sync::Arc", "alloc::rc::Rc"};
static const char *const counted_blocks[] = {"alloc::sync::ArcInner", "alloc::rc::RcInner", "alloc::rc::RcBox"};
static const char *const payload_names[] = {"data", "value"};

static bool is_one_of(const struct dbg_type *type, const char *const *paths, size_t n)
{
	if (!type || type->kind == DBG_TYPE_POINTER)
		return false;
	struct str base = dbg_type_base_path(type);
	for (size_t i = 0; i < n; i++)
		if (str_eqc(base, paths[i]))
			return true;
	return false;
}

static const struct dbg_member *data_member(const struct dbg_type *type)
{
	const struct dbg_member *pointer = walk_member(type, STR("pointer"));
	return pointer ? pointer : walk_member(type, STR("data_ptr"));
}

bool walk_is_dyn_pointer(const struct dbg_type *type)
{
	return type->kind == DBG_TYPE_STRUCT && walk_member(type, STR("vtable")) && data_member(type);
}

// A vtable begins with drop_in_place, size, align (core::ptr::metadata::DynMetadata).
static u64 vtable_align(const struct dbg_space *space, u64 vtable)
{
	u64 align;
	if (!space->mem || vtable > UINT64_MAX - 24 ||
	    dbg_mem_read_some(space->mem, vtable + 16, &align, sizeof(align)) != sizeof(align))
		return 0;
	return align && align <= 1u << 29 && (align & (align - 1)) == 0 ? align : 0;
}

static struct dbg_value counted_payload(struct dbg_value block)
{
	for (size_t i = 0; i < ARRAY_LEN(payload_names); i++)
		if (walk_member(block.type, str_of(payload_names[i])))
			return dbg_value_member(block, payload_names[i]);
	return value_absent("a reference count without payload", "no payload in %.*s", STRF(block.type->name));
}

// ---- vtables of types without debug info ---------------------------------------------------------------

// std's own types, which the debug info of a program does not have: what they are, by a part of their functions' names.
// StringError(String) is what Box<dyn Error> is made of from a text (alloc/src/boxed/convert.rs).
static const struct {
	const char *part, *path;
} known[] = {{"4from11StringError", "alloc::string::String"}, {"from..StringError", "alloc::string::String"}};

// The function at one of the vtable's words: 0 is drop_in_place, from 3 on the trait's.
static bool symbol_of_slot(const struct dbg_space *space, u64 vtable, unsigned slot, struct dbg_symbol *out)
{
	u64 addr;
	return vtable <= UINT64_MAX - 256 && dbg_mem_read_some(space->mem, vtable + 8 * slot, &addr, sizeof(addr)) == sizeof(addr) &&
	       addr && dbg_symbol_at(space->modules, addr, out) && out->addr == addr;
}

static const struct dbg_type *type_by_symbols(const struct dbg_space *space, u64 vtable)
{
	static const unsigned slots[] = {0, 3, 4, 5};
	struct dbg_symbol symbol;
	for (size_t i = 0; i < ARRAY_LEN(slots); i++)
		for (size_t k = 0; symbol_of_slot(space, vtable, slots[i], &symbol) && k < ARRAY_LEN(known); k++)
			if (str_find(symbol.name, str_of(known[k].part)) >= 0)
				return dbg_type_find(space->modules, str_of(known[k].path));
	return NULL;
}

// "drop_in_place::<foo::Bar>" tells that it is a foo::Bar; functions of the same code are one, so it is said, not believed.
static struct dbg_value unknown_type(const struct dbg_space *space, u64 vtable)
{
	struct dbg_symbol symbol;
	struct arena scratch = {0};
	struct str name = symbol_of_slot(space, vtable, 0, &symbol) ? dbg_demangle(&scratch, symbol.name) : STR("");
	ptrdiff_t open = str_find(name, STR("drop_in_place")),
	          from = open < 0 ? -1 : str_find(str_from(name, (size_t)open), STR("<"));
	struct dbg_value none = value_absent("the trait object's type is not known",
	                                     "no type in the debug info for the vtable at 0x%llx", (unsigned long long)vtable);
	if (from >= 0 && str_ends(name, STR(">"))) {
		struct str type = str_slice(name, (size_t)(open + from) + 1, name.len - 1);
		none = value_absent("the trait object's type is not in the debug info", "not in the debug info: %.*s",
		                    (int)size_min(type.len, 200), type.ptr);
	}
	arena_deinit(&scratch);
	return none;
}

struct dbg_value dbg_value_dyn(struct dbg_value fat)
{
	for (unsigned hops = 0; hops < MAX_HOPS && dbg_value_ok(fat) && !walk_is_dyn_pointer(fat.type); hops++) {
		const struct dbg_member *only = walk_only_member(fat.type);
		if (!only)
			return value_absent("not a trait object", "%.*s is no pointer to a trait object", STRF(fat.type->name));
		fat = dbg_value_member_of(fat, only);
	}
	if (!dbg_value_ok(fat))
		return fat;
	u64 data, vtable;
	const struct dbg_member *pointer = data_member(fat.type);
	err_t error = dbg_value_uint(dbg_value_member_of(fat, pointer), &data);
	error = error ? error : dbg_value_uint(dbg_value_member(fat, "vtable"), &vtable);
	if (error)
		return value_absent_err(error);
	if (!fat.space || !fat.space->modules)
		return (struct dbg_value){.absent = STR("there is no debug info")};
	if (vtable < LEAST_ADDRESS)
		return (struct dbg_value){.absent = STR("no value: its vtable is null")}; // not there yet, or no more
	const struct dbg_type *type = dbg_vtable_type(fat.space->modules, fat.space->mem, vtable);
	type = type ? type : type_by_symbols(fat.space, vtable);
	if (!type)
		return unknown_type(fat.space, vtable);
	if (pointer->type && is_one_of(pointer->type->target, counted_blocks, ARRAY_LEN(counted_blocks))) {
		// repr(C) {strong, weak, payload}: the payload at its own alignment behind two words.
		u64 align = vtable_align(fat.space, vtable);
		if (!align)
			return value_absent("the vtable can't be read", "suspect: the vtable at 0x%llx has no alignment",
			                    (unsigned long long)vtable);
		data += align > 16 ? align : 16;
	}
	return dbg_value_at(fat.space, type, data);
}

struct dbg_value dbg_value_pointee(struct dbg_value value)
{
	for (unsigned hops = 0; dbg_value_ok(value); hops++) {
		if (hops > MAX_HOPS)
			return (struct dbg_value){.absent = STR("suspect: pointers without end")};
		if (value.type->kind == DBG_TYPE_POINTER) {
			if (!value.type->target || value.type->target->kind == DBG_TYPE_FUNCTION)
				return value;
			value = dbg_value_deref(value);
		} else if (walk_is_dyn_pointer(value.type)) {
			value = dbg_value_dyn(value);
		} else if (is_one_of(value.type, counted, ARRAY_LEN(counted))) {
			struct dbg_value pointer = walk_peel(value);
			if (dbg_value_ok(pointer) && walk_is_dyn_pointer(pointer.type)) {
				value = dbg_value_dyn(pointer);
				continue;
			}
			pointer = walk_first_pointer(value);
			struct dbg_value block = dbg_value_deref(pointer);
			if (dbg_value_ok(pointer) && !is_one_of(pointer.type->target, counted_blocks, ARRAY_LEN(counted_blocks)))
				return value; // Arc<str>, Arc<[T]>: not a single thing
			value = dbg_value_ok(block) ? counted_payload(block) : block;
		} else if (is_one_of(value.type, wrappers, ARRAY_LEN(wrappers))) {
			const struct dbg_member *only = walk_only_member(value.type);
			if (!only)
				return value;
			value = dbg_value_member_of(value, only);
		} else {
			return value;
		}
	}
	return value;
}
