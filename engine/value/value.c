// Values: made, read, and walked by members, pointers and elements. What an enum's bytes mean is variant.c's
// affair, what lies behind a pointer's wrappers dyn.c's. Read include/engine/value.h first.
#include "engine/value.h"

#include <stdio.h>

#include "reason.h"
#include "walk.h"

struct dbg_value dbg_value_at(const struct dbg_space *space, const struct dbg_type *type, u64 addr)
{
	if (!type)
		return (struct dbg_value){.absent = STR("its type is not in the debug info")};
	return (struct dbg_value){.where = DBG_VALUE_MEMORY, .space = space, .type = type, .addr = addr};
}

struct dbg_value dbg_value_of_bytes(const struct dbg_space *space, const struct dbg_type *type, const u8 *bytes)
{
	if (!type)
		return (struct dbg_value){.absent = STR("its type is not in the debug info")};
	return (struct dbg_value){.where = DBG_VALUE_BYTES, .space = space, .type = type, .bytes = bytes};
}

struct dbg_value dbg_value_none(struct arena *arena, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	struct str reason = str_vprintf(arena, fmt, args);
	va_end(args);
	return (struct dbg_value){.absent = reason};
}

err_t dbg_value_read(struct dbg_value value, void *buf, size_t size)
{
	switch (value.where) {
	case DBG_VALUE_ABSENT: return err_new(ERR_NOT_FOUND, "%.*s", STRF(value.absent));
	case DBG_VALUE_MEMORY:
		if (!value.space || !value.space->mem)
			return err_fault(value.addr);
		return size ? dbg_mem_read(value.space->mem, value.addr, buf, size) : NULL;
	case DBG_VALUE_BYTES: break;
	}
	if (size > value.type->size)
		return err_new(ERR_ARGUMENT, "%zu bytes wanted of a value of %llu", size, (unsigned long long)value.type->size);
	for (size_t i = 0; value.known && i < size; i++)
		if (!value.known[i])
			return err_new(ERR_NOT_FOUND, "optimised out");
	if (size)
		memcpy(buf, value.bytes, size);
	return NULL;
}

err_t dbg_value_uint(struct dbg_value value, u64 *out)
{
	if (!dbg_value_ok(value))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(value.absent));
	if (value.type->size == 0 || value.type->size > sizeof(u64))
		return err_new(ERR_ARGUMENT, "%.*s is no scalar: it has %llu bytes", STRF(value.type->name),
		               (unsigned long long)value.type->size);
	u8 bytes[sizeof(u64)] = {0};
	TRY(dbg_value_read(value, bytes, (size_t)value.type->size));
	memcpy(out, bytes, sizeof(*out));
	return NULL;
}

// Without an error value: this is the walkers' hot path.
bool dbg_value_get(struct dbg_value value, u64 *out)
{
	if (!dbg_value_ok(value) || value.type->size == 0 || value.type->size > sizeof(u64))
		return false;
	size_t size = (size_t)value.type->size;
	u8 bytes[sizeof(u64)] = {0};
	if (value.where == DBG_VALUE_MEMORY) {
		if (!value.space || !value.space->mem || dbg_mem_read_some(value.space->mem, value.addr, bytes, size) != size)
			return false;
	} else {
		for (size_t i = 0; i < size; i++) {
			if (value.known && !value.known[i])
				return false;
			bytes[i] = value.bytes[i];
		}
	}
	memcpy(out, bytes, sizeof(*out));
	return true;
}

// ---- members ---------------------------------------------------------------------------------------

struct dbg_value dbg_value_member_of(struct dbg_value value, const struct dbg_member *member)
{
	if (!dbg_value_ok(value))
		return value;
	if (!member->type)
		return value_absent("a member's type is not in the debug info", "the type of `%.*s` is not in the debug info",
		                    STRF(member->name));
	struct dbg_value part = value;
	part.raw = false;
	part.type = member->type;
	if (value.where == DBG_VALUE_MEMORY) {
		part.addr = value.addr + member->offset;
		return part;
	}
	if (member->offset > value.type->size || member->type->size > value.type->size - member->offset)
		return value_absent("a member lies outside its type", "the debug info is broken: `%.*s` lies outside of %.*s",
		                    STRF(member->name), STRF(value.type->name));
	part.bytes = value.bytes + member->offset;
	part.known = value.known ? value.known + member->offset : NULL;
	return part;
}

// rustc names tuple members `__0`; a person writes `0`.
static bool is_member_name(struct str declared, struct str wanted)
{
	if (str_eq(declared, wanted))
		return true;
	return wanted.len && wanted.ptr[0] >= '0' && wanted.ptr[0] <= '9' && str_starts(declared, STR("__")) &&
	       str_eq(str_from(declared, 2), wanted);
}

const struct dbg_member *walk_member(const struct dbg_type *type, struct str name)
{
	const struct dbg_member *members;
	size_t n = dbg_type_members(type, &members);
	for (size_t i = 0; i < n; i++)
		if (is_member_name(members[i].name, name))
			return &members[i];
	return NULL;
}

static struct dbg_value no_member(const struct dbg_type *type, struct str name)
{
	const struct dbg_member *members;
	size_t n = dbg_type_members(type, &members);
	char names[200] = "";
	size_t len = 0;
	for (size_t i = 0; i < n && len + 40 < sizeof(names); i++) {
		struct str each = members[i].name;
		if (str_starts(each, STR("__")) && each.len > 2 && each.ptr[2] >= '0' && each.ptr[2] <= '9')
			each = str_from(each, 2);
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%.*s", i ? ", " : "", (int)size_min(each.len, 36), each.ptr);
	}
	return value_absent("no such member", "no member `%.*s` in %.*s, which has %s", STRF(name), (int)size_min(type->name.len, 80),
	                    type->name.ptr, n ? names : "none");
}

static struct dbg_value member_named(struct dbg_value value, struct str name)
{
	if (!dbg_value_ok(value))
		return value;
	const struct dbg_member *member = walk_member(value.type, name);
	return member ? dbg_value_member_of(value, member) : no_member(value.type, name);
}

struct dbg_value dbg_value_member(struct dbg_value value, const char *name)
{
	return member_named(value, str_of(name));
}

struct dbg_value dbg_value_path(struct dbg_value value, const char *path)
{
	for (struct str rest = str_of(path); rest.len && dbg_value_ok(value);) {
		ptrdiff_t dot = str_find(rest, STR("."));
		struct str name = dot < 0 ? rest : str_slice(rest, 0, (size_t)dot);
		rest = str_from(rest, name.len + (dot >= 0));
		bool variant = value.type->kind == DBG_TYPE_VARIANTS && !walk_member(value.type, name);
		value = variant ? walk_variant_named(value, name) : member_named(value, name);
	}
	return value;
}

struct dbg_value dbg_value_cast(struct dbg_value value, const struct dbg_type *type)
{
	if (!dbg_value_ok(value))
		return value;
	if (!type)
		return dbg_value_at(value.space, NULL, 0);
	if (value.where == DBG_VALUE_BYTES && type->size > value.type->size)
		return value_absent("a cast to a larger type", "%.*s is larger than %.*s", STRF(type->name), STRF(value.type->name));
	value.type = type;
	return value;
}

// ---- pointers and elements -------------------------------------------------------------------------

struct dbg_value dbg_value_deref(struct dbg_value value)
{
	if (!dbg_value_ok(value))
		return value;
	if (value.type->kind != DBG_TYPE_POINTER)
		return value_absent("not a pointer", "%.*s is not a pointer", STRF(value.type->name));
	if (!value.type->target)
		return value_absent("what it points to has no type", "what %.*s points to is not in the debug info",
		                    STRF(value.type->name));
	u64 addr;
	if (!dbg_value_get(value, &addr)) {
		err_t error = dbg_value_uint(value, &addr);
		return error ? value_absent_err(error) : (struct dbg_value){.absent = STR("the pointer changed while it was read")};
	}
	if (addr == 0)
		return (struct dbg_value){.absent = STR("null pointer")};
	return dbg_value_at(value.space, value.type->target, addr);
}

static struct dbg_value no_element(u64 index, u64 count)
{
	return value_absent("the index is out of bounds", "index %llu is out of bounds: the length is %llu",
	                    (unsigned long long)index, (unsigned long long)count);
}

static struct dbg_value element_at(const struct dbg_space *space, const struct dbg_type *type, u64 start, u64 index)
{
	u64 offset, addr;
	if (type && (__builtin_mul_overflow(index, type->size, &offset) || __builtin_add_overflow(start, offset, &addr)))
		return (struct dbg_value){.absent = STR("the element's address overflows")};
	return dbg_value_at(space, type, type ? addr : 0);
}

struct dbg_value dbg_value_element(struct dbg_value value, u64 index)
{
	if (!dbg_value_ok(value))
		return value;
	if (value.type->kind == DBG_TYPE_ARRAY) {
		if (index >= value.type->count)
			return no_element(index, value.type->count);
		if (value.where == DBG_VALUE_MEMORY)
			return element_at(value.space, value.type->target, value.addr, index);
		const struct dbg_type *type = value.type->target;
		struct dbg_member member = {.name = STR("element"), .type = type, .offset = type ? index * type->size : 0};
		return dbg_value_member_of(value, &member);
	}
	struct dbg_value data;
	u64 len, start;
	if (!walk_slice(value, &data, &len))
		return value_absent("not an array", "%.*s is no array or slice", STRF(value.type->name));
	if (index >= len)
		return no_element(index, len);
	if (!dbg_value_get(data, &start))
		return (struct dbg_value){.absent = STR("the slice's pointer can't be read")};
	return element_at(value.space, data.type->target, start, index);
}

bool walk_slice(struct dbg_value value, struct dbg_value *data, u64 *len)
{
	if (!dbg_value_ok(value) || value.type->kind != DBG_TYPE_STRUCT)
		return false;
	const struct dbg_member *pointer = walk_member(value.type, STR("data_ptr"));
	const struct dbg_member *length = walk_member(value.type, STR("length"));
	if (!pointer || !length || !pointer->type || pointer->type->kind != DBG_TYPE_POINTER)
		return false;
	*data = dbg_value_member_of(value, pointer);
	return dbg_value_get(dbg_value_member_of(value, length), len);
}
