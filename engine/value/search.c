// Searches in place: through members and active variants, never through pointers. So a value is found behind
// whatever wrappers a version of a library puts around it.
#include "base/vec.h"
#include "reason.h"
#include "walk.h"

enum { MAX_DEPTH = 40, MAX_NODES = 4000 };

struct search {
	bool (*wanted)(const void *context, struct dbg_value value, const struct dbg_member *member);
	const void *context;
	unsigned nodes;
};

// True with *value being what was found.
static bool search_in(struct search *search, struct dbg_value *value, const struct dbg_member *member, unsigned depth)
{
	if (!dbg_value_ok(*value) || search->nodes++ > MAX_NODES)
		return false;
	if (search->wanted(search->context, *value, member))
		return true;
	enum dbg_type_kind kind = value->type->kind;
	// Of unions only std's MaybeUninit, which is a wrapper: what it holds may be uninitialised, the caller must know.
	bool wrapper = kind == DBG_TYPE_UNION && str_starts(value->type->path, STR("core::mem::maybe_uninit::MaybeUninit<"));
	if (depth >= MAX_DEPTH || (kind != DBG_TYPE_STRUCT && kind != DBG_TYPE_VARIANTS && !wrapper))
		return false;
	const struct dbg_member *members;
	size_t n = dbg_type_members(value->type, &members);
	for (size_t i = 0; i < n; i++) {
		struct dbg_value part = dbg_value_member_of(*value, &members[i]);
		if (search_in(search, &part, &members[i], depth + 1)) {
			*value = part;
			return true;
		}
	}
	struct dbg_value payload;
	const struct dbg_variant *active = kind == DBG_TYPE_VARIANTS ? dbg_value_variant(*value, &payload, NULL) : NULL;
	if (active && search_in(search, &payload, &active->member, depth + 1)) {
		*value = payload;
		return true;
	}
	return false;
}

static struct dbg_value search_for(struct dbg_value value, struct search search, const char *what)
{
	if (!dbg_value_ok(value))
		return value;
	struct dbg_value found = value;
	if (search_in(&search, &found, NULL, 0))
		return found;
	return value_absent("nothing of that kind is in it", "no %s in %.*s", what, (int)size_min(value.type->name.len, 120),
	                    value.type->name.ptr);
}

static bool has_base_path(const void *context, struct dbg_value value, const struct dbg_member *member)
{
	(void)member;
	return str_eq(dbg_type_base_path(value.type), *(const struct str *)context);
}

struct dbg_value dbg_value_find(struct dbg_value value, const char *base_path)
{
	struct str path = str_of(base_path);
	return search_for(value, (struct search){.wanted = has_base_path, .context = &path}, base_path);
}

struct collecting {
	struct arena *arena;
	struct str path;
	VEC(struct dbg_value) found;
};

static bool collects(const void *context, struct dbg_value value, const struct dbg_member *member)
{
	enum { MOST_FOUND = 64 };
	struct collecting *collecting = (struct collecting *)context;
	if (has_base_path(&collecting->path, value, member) && collecting->found.len < MOST_FOUND)
		vec_push(collecting->arena, &collecting->found, value);
	return false; // on to the others
}

size_t dbg_value_find_all(struct arena *arena, struct dbg_value value, const char *base_path, struct dbg_value **out)
{
	struct collecting collecting = {.arena = arena, .path = str_of(base_path)};
	if (dbg_value_ok(value))
		search_in(&(struct search){.wanted = collects, .context = &collecting}, &value, NULL, 0);
	*out = collecting.found.items;
	return collecting.found.len;
}

static bool is_pointer(const void *context, struct dbg_value value, const struct dbg_member *member)
{
	(void)context;
	(void)member;
	return value.type->kind == DBG_TYPE_POINTER;
}

struct dbg_value walk_first_pointer(struct dbg_value value)
{
	return search_for(value, (struct search){.wanted = is_pointer}, "pointer");
}

static bool has_name(const void *context, struct dbg_value value, const struct dbg_member *member)
{
	(void)value;
	return member && str_eqc(member->name, context);
}

struct dbg_value walk_find_member(struct dbg_value value, const char *name)
{
	return search_for(value, (struct search){.wanted = has_name, .context = name}, name);
}

const struct dbg_member *walk_only_member(const struct dbg_type *type)
{
	if (type->kind != DBG_TYPE_STRUCT)
		return NULL;
	const struct dbg_member *members, *only = NULL;
	size_t n = dbg_type_members(type, &members);
	for (size_t i = 0; i < n; i++) {
		if (!members[i].type || members[i].type->size == 0)
			continue;
		if (only)
			return NULL;
		only = &members[i];
	}
	return only;
}

struct dbg_value walk_peel(struct dbg_value value)
{
	for (unsigned depth = 0; depth < MAX_DEPTH && dbg_value_ok(value); depth++) {
		const struct dbg_member *only = walk_only_member(value.type);
		if (!only)
			break;
		value = dbg_value_member_of(value, only);
	}
	return value;
}

bool walk_int(struct dbg_value value, i64 *out)
{
	u64 bits;
	value = walk_peel(value);
	if (!dbg_value_get(value, &bits) || (value.type->kind != DBG_TYPE_INT && value.type->kind != DBG_TYPE_UINT))
		return false;
	unsigned unused = 64 - 8 * (unsigned)value.type->size;
	*out = value.type->kind == DBG_TYPE_INT ? (i64)(bits << unused) >> unused : (i64)bits;
	return true;
}
