// Which variant of an enum or coroutine is active (DWARF 5, 5.7.10).
//
// rustc's forms: one variant without discriminant; a tag with a value a variant; a niche, where the variant
// without value (the default one) is active when the discriminant, which overlaps its payload, is none of
// the others' values. A niche can't show garbage; a tag can, and is told.
#include "engine/value.h"

#include "reason.h"
#include "walk.h"

static u64 truncate(u64 value, u64 size)
{
	return size >= sizeof(u64) ? value : value & (((u64)1 << (8 * size)) - 1);
}

static const struct dbg_variant *none(struct dbg_value reason, struct dbg_value *payload, struct str *why)
{
	if (payload)
		*payload = reason;
	if (why)
		*why = reason.absent;
	return NULL;
}

static const struct dbg_variant *variant_with(const struct dbg_variant *variants, size_t n, u64 discriminant, u64 size)
{
	const struct dbg_variant *by_default = NULL;
	for (size_t i = 0; i < n; i++) {
		if (variants[i].is_default)
			by_default = &variants[i];
		else if (truncate(variants[i].value, size) == discriminant)
			return &variants[i];
	}
	return by_default;
}

static const struct dbg_variant *default_variant(const struct dbg_variant *variants, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (variants[i].is_default)
			return &variants[i];
	return NULL;
}

// An enum of no variants, or `!`: there is no value of it, nor of what has one among its members.
static bool is_uninhabited(const struct dbg_type *type, unsigned depth)
{
	const struct dbg_member *members;
	const struct dbg_variant *variants;
	if (!type || depth > 4)
		return false;
	if (type->kind == DBG_TYPE_VARIANTS)
		return dbg_type_variants(type, &variants) == 0;
	if (type->kind == DBG_TYPE_VOID)
		return str_eqc(type->name, "!");
	size_t n = type->kind == DBG_TYPE_STRUCT ? dbg_type_members(type, &members) : 0;
	for (size_t i = 0; i < n; i++)
		if (is_uninhabited(members[i].type, depth + 1))
			return true;
	return false;
}

// Result<u8, Infallible> needs no discriminant: one variant alone can be.
static const struct dbg_variant *only_inhabited(const struct dbg_variant *variants, size_t n)
{
	const struct dbg_variant *only = NULL;
	for (size_t i = 0; i < n; i++) {
		if (is_uninhabited(variants[i].member.type, 0))
			continue;
		if (only)
			return NULL;
		only = &variants[i];
	}
	return only;
}

const struct dbg_variant *dbg_value_variant(struct dbg_value value, struct dbg_value *payload, struct str *why)
{
	if (!dbg_value_ok(value))
		return none(value, payload, why);
	const struct dbg_variant *variants;
	size_t n = value.type->kind == DBG_TYPE_VARIANTS ? dbg_type_variants(value.type, &variants) : 0;
	if (n == 0)
		return none(value_absent("it has no variants", "%.*s has no variants", STRF(value.type->name)), payload, why);

	const struct dbg_member *member = dbg_type_discriminant(value.type);
	const struct dbg_variant *active = &variants[0];
	if (member) {
		struct dbg_value at = dbg_value_member_of(value, member);
		u64 discriminant = 0;
		bool wide = dbg_value_ok(at) && at.type->size == 2 * sizeof(u64); // a niche in u128
		u64 halves[2] = {0};
		if (wide) {
			err_t error = dbg_value_read(at, halves, sizeof(halves));
			if (error)
				return none(value_absent_err(error), payload, why);
			discriminant = halves[0];
		}
		if (!wide && !dbg_value_get(at, &discriminant)) {
			err_t error = dbg_value_uint(at, &discriminant);
			struct dbg_value reason =
			    error ? value_absent_err(error) : (struct dbg_value){.absent = STR("its discriminant can't be read")};
			return none(reason, payload, why);
		}
		bool is_small = halves[1] == 0 || (halves[1] == UINT64_MAX && (i64)halves[0] < 0); // else no variant's own value
		active = is_small ? variant_with(variants, n, discriminant, at.type->size) : default_variant(variants, n);
		if (!active)
			return none(value_absent("its discriminant names no variant", "suspect: discriminant %llu names no variant of %.*s",
			                         (unsigned long long)discriminant, STRF(value.type->name)),
			            payload, why);
	} else if (n > 1 && only_inhabited(variants, n)) {
		active = only_inhabited(variants, n);
	} else if (n > 1) {
		return none(value_absent("its discriminant is not in the debug info",
		                         "which variant of %.*s is active is not in the debug info", STRF(value.type->name)),
		            payload, why);
	}
	if (payload)
		*payload = dbg_value_member_of(value, &active->member);
	return active;
}

struct dbg_value walk_variant_named(struct dbg_value value, struct str name)
{
	struct dbg_value payload;
	const struct dbg_variant *active = dbg_value_variant(value, &payload, NULL);
	if (!active || str_eq(active->member.name, name))
		return payload;
	return value_absent("another variant is active", "it is %.*s, not %.*s", STRF(active->member.name), STRF(name));
}

struct dbg_value dbg_value_variant_named(struct dbg_value value, const char *name)
{
	return walk_variant_named(value, str_of(name));
}

struct str walk_variant_name(struct dbg_value value, struct dbg_value *payload)
{
	u64 number;
	const struct dbg_enumerator *enumerators;
	struct dbg_value ignored = {0};
	payload = payload ? payload : &ignored;
	*payload = (struct dbg_value){.absent = STR("no variant")};
	if (!dbg_value_ok(value))
		return STR("");
	if (value.type->kind == DBG_TYPE_VARIANTS) {
		const struct dbg_variant *active = dbg_value_variant(value, payload, NULL);
		return active ? active->member.name : STR("");
	}
	if (value.type->kind != DBG_TYPE_ENUM || !dbg_value_get(value, &number))
		return STR("");
	size_t n = dbg_type_enumerators(value.type, &enumerators);
	for (size_t i = 0; i < n; i++)
		if (truncate((u64)enumerators[i].value, value.type->size) == number)
			return enumerators[i].name;
	return STR("");
}
