// Debug info does not tell when a local has been moved out or dropped: rustc's drop flags are no variables, and where no
// flag is needed there is none. What tells is the allocator, if the block that the value owns was freed.
#include "owner.h"

#include "printer.h"
#include "span.h"

static u64 span_block(struct dbg_value value)
{
	struct span span;
	return span_within(value, &span) && !span.suspect.len && span.element->size ? span.start : 0;
}

static u64 first_pointer(struct dbg_value value)
{
	u64 addr;
	return dbg_value_get(walk_first_pointer(value), &addr) ? addr : 0;
}

static u64 boxed_block(struct dbg_value value)
{
	bool is_thin = value.type->kind == DBG_TYPE_POINTER;
	return is_thin && (!value.type->target || !value.type->target->size) ? 0 : first_pointer(value);
}

static u64 ring_block(struct dbg_value value)
{
	return first_pointer(dbg_value_member(value, "buf"));
}

static u64 tree_block(struct dbg_value value)
{
	return first_pointer(dbg_value_member(value, "root"));
}

// The buckets lie before `ctrl`, and the block begins with them (hashbrown raw/mod.rs: TableLayout).
static u64 table_block(struct dbg_value value)
{
	u64 mask, ctrl, size;
	struct dbg_value table = dbg_value_find(value, "hashbrown::raw::RawTable");
	const struct dbg_type *bucket = dbg_value_ok(table) ? dbg_type_param(table.type, "T") : NULL;
	if (!bucket || !dbg_value_get(walk_find_member(table, "bucket_mask"), &mask) || mask == 0 ||
	    !dbg_value_get(walk_first_pointer(walk_find_member(table, "ctrl")), &ctrl) ||
	    __builtin_mul_overflow(mask + 1, bucket->size, &size) || size > INT64_MAX)
		return 0;
	size = (size + 15) & ~(u64)15;
	return size < ctrl ? ctrl - size : 0;
}

static const struct {
	struct str path;
	u64 (*block)(struct dbg_value value);
} owners[] = {
    {STR("alloc::vec::Vec"), span_block},
    {STR("alloc::string::String"), span_block},
    {STR("std::path::PathBuf"), span_block},
    {STR("std::ffi::os_str::OsString"), span_block},
    {STR("alloc::ffi::c_str::CString"), span_block},
    {STR("alloc::boxed::Box"), boxed_block},
    {STR("alloc::rc::Rc"), first_pointer},
    {STR("alloc::sync::Arc"), first_pointer},
    {STR("alloc::collections::vec_deque::VecDeque"), ring_block},
    {STR("alloc::collections::btree::map::BTreeMap"), tree_block},
    {STR("std::collections::hash::map::HashMap"), table_block},
    {STR("std::collections::hash::set::HashSet"), table_block},
};

static bool has_other_allocator(const struct dbg_type *type)
{
	const struct dbg_type *allocator = dbg_type_param(type, "A");
	return allocator && !str_eqc(dbg_type_base_path(allocator), "alloc::alloc::Global");
}

static u64 block_of(struct dbg_value value)
{
	if (value.type->kind == DBG_TYPE_POINTER)
		return str_starts(value.type->name, STR("alloc::boxed::Box<")) ? boxed_block(value) : 0;
	if (value.type->kind != DBG_TYPE_STRUCT)
		return 0;
	struct str base = dbg_type_base_path(value.type);
	for (size_t i = 0; i < ARRAY_LEN(owners); i++)
		if (owners[i].path.len == base.len && str_eq(owners[i].path, base))
			return has_other_allocator(value.type) ? 0 : owners[i].block(value);
	return 0;
}

bool owner_is_gone(struct dbg_value value)
{
	enum { FIRST_PAGE = 4096 }; // below are the dangling addresses of what owns nothing
	const struct dbg_space *space = dbg_value_ok(value) && !value.raw ? value.space : NULL;
	if (!space || !space->is_freed)
		return false;
	u64 block = block_of(value);
	return block >= FIRST_PAGE && space->is_freed(space->freed_context, block);
}

struct dbg_value owner_gone(void)
{
	return (struct dbg_value){.absent = STR("moved or dropped: its memory was freed")};
}
