// What an await polls, by types alone: futures that were made on other lines and are awaited here, among others as in `join!`.
//
// The coroutine's variant for the await has `__awaitee`. The coroutines of the user's in its type are what it polls, through
// tuples, closures, references and the library's futures, but not what those of the user's await in turn.
#include "engine/coroutine.h"
#include "step.h"

enum { MOST_DEPTH = 12, MOST_LOOKED_AT = 3000 };

struct awaited {
	struct arena *arena;
	bool libraries;
	unsigned budget;
	VEC(const struct dbg_type *) seen, found;
};

static bool is_new(struct awaited *awaited, const struct dbg_type *type)
{
	for (size_t i = 0; i < awaited->seen.len; i++)
		if (awaited->seen.items[i] == type)
			return false;
	vec_push(awaited->arena, &awaited->seen, type);
	return true;
}

static void look_into(struct awaited *awaited, const struct dbg_type *type, unsigned depth)
{
	const struct dbg_member *members;
	const struct dbg_variant *variants;
	if (!type || !depth || !awaited->budget || !is_new(awaited, type))
		return;
	awaited->budget--;
	if (dbg_type_is_coroutine(type) && (awaited->libraries || !dbg_type_is_library(type))) {
		vec_push(awaited->arena, &awaited->found, type);
		return;
	}
	if (type->kind == DBG_TYPE_POINTER || type->kind == DBG_TYPE_ARRAY)
		look_into(awaited, type->target, depth - 1);
	size_t n = dbg_type_members(type, &members);
	for (size_t i = 0; i < n; i++)
		look_into(awaited, members[i].type, depth - 1);
	n = type->kind == DBG_TYPE_VARIANTS ? dbg_type_variants(type, &variants) : 0;
	for (size_t i = 0; i < n; i++)
		look_into(awaited, variants[i].member.type, depth - 1);
}

size_t step_awaited(struct arena *arena, const struct dbg_type *env, const struct dbg_place *line, bool libraries,
                    const struct dbg_type ***out)
{
	const struct dbg_variant *variants;
	struct awaited awaited = {.arena = arena, .libraries = libraries, .budget = MOST_LOOKED_AT};
	size_t n = env && env->kind == DBG_TYPE_VARIANTS ? dbg_type_variants(env, &variants) : 0;
	for (size_t i = 0; i < n; i++) {
		const struct dbg_member *awaitee = variants[i].member.type ? dbg_type_member(variants[i].member.type, "__awaitee") : NULL;
		struct dbg_place place = dbg_coroutine_await_place(env, variants[i].value);
		if (awaitee && place.line == line->line && str_eq(place.file, line->file))
			look_into(&awaited, awaitee->type, MOST_DEPTH);
	}
	*out = awaited.found.items;
	return awaited.found.len;
}
