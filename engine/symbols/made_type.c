// Types that the program does not have, or whose debug info is not looked for: of literals, of slices, of `&x`. They belong to no
// module, but to an arena.
#include "base/buf.h"
#include "engine/symbols/full_type.h"

const struct dbg_type *dbg_type_made_array(struct arena *arena, const struct dbg_type *element, u64 count)
{
	struct dbg_type *type = NEW(arena, struct dbg_type);
	*type = (struct dbg_type){.kind = DBG_TYPE_ARRAY, .target = element, .count = count, .align = element->align};
	type->size = count * element->size;
	type->name = type->path = str_printf(arena, "[%.*s; %llu]", STRF(element->path), (unsigned long long)count);
	return type;
}

const struct dbg_type *dbg_type_made_text(struct arena *arena, u64 len)
{
	static const struct dbg_type byte = {.kind = DBG_TYPE_UINT, .name = STR("u8"), .path = STR("u8"), .size = 1, .align = 1};
	struct dbg_type *type = NEW(arena, struct dbg_type);
	*type = (struct dbg_type){.kind = DBG_TYPE_ARRAY, .target = &byte, .count = len, .size = len, .align = 1};
	type->name = type->path = STR("&str");
	return type;
}

const struct dbg_type *dbg_type_made_pointer(struct arena *arena, struct str sigil, const struct dbg_type *target)
{
	struct dbg_type *type = NEW(arena, struct dbg_type);
	*type = (struct dbg_type){.kind = DBG_TYPE_POINTER, .size = 8, .align = 8, .target = target};
	type->name = type->path = str_printf(arena, "%.*s%.*s", STRF(sigil), STRF(target->path));
	return type;
}

const struct dbg_type *dbg_type_made_struct(struct arena *arena, struct str path, struct dbg_member *members, size_t n)
{
	struct full_type *type = NEW(arena, struct full_type);
	u64 size = 0, align = 1;
	for (size_t i = 0; i < n; i++) {
		u64 own = members[i].type->align ? members[i].type->align : 1;
		size = (size + own - 1) / own * own;
		members[i].offset = size;
		size += members[i].type->size;
		align = own > align ? own : align;
	}
	ptrdiff_t colons = str_rfind(path, STR("::"));
	type->pub = (struct dbg_type){.kind = DBG_TYPE_STRUCT, .path = path, .name = path, .align = align};
	type->pub.size = (size + align - 1) / align * align;
	if (colons >= 0 && path.ptr[0] != '(')
		type->pub.name = str_from(path, (size_t)colons + 2);
	type->base_path = path;
	type->children_read = true;
	type->members = members;
	type->n_members = n;
	return &type->pub;
}

const struct dbg_type *dbg_type_kept(struct arena *arena, const struct dbg_type *type)
{
	if (!type || type->module || (type->kind != DBG_TYPE_STRUCT && !type->target))
		return type;
	if (type->kind != DBG_TYPE_STRUCT) {
		struct dbg_type *copy = NEW(arena, struct dbg_type);
		*copy = *type;
		copy->name = copy->path = str_dup(arena, type->path);
		copy->target = dbg_type_kept(arena, type->target);
		return copy;
	}
	const struct dbg_member *members;
	size_t n = dbg_type_members(type, &members);
	struct dbg_member *own = NEW_N(arena, struct dbg_member, n + 1);
	for (size_t i = 0; i < n; i++) {
		own[i] = members[i];
		own[i].name = str_dup(arena, members[i].name);
		own[i].type = dbg_type_kept(arena, members[i].type);
	}
	return dbg_type_made_struct(arena, str_dup(arena, type->path), own, n);
}
