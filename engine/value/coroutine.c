// The variables that a suspended coroutine keeps.
//
// A variant's members are its live locals and its captures, both by their own names; a name may appear
// twice, as a local that shadows a capture. `__awaitee`, `__state` and `__N` are the compiler's. The order of
// members is that of layout, so variables are told in the order of their decl_line.
#include "base/vec.h"
#include "engine/frame.h"

#include "walk.h"

enum { MAX_VARIABLES = 1000 };

static bool is_compilers(struct str name) { return name.len == 0 || str_starts(name, STR("__")); }

// "_ref__self" is a capture by reference, "_ref__self__chan" one of a single field.
static struct str capture_name(struct arena *arena, struct str name, bool *by_ref)
{
	*by_ref = str_starts(name, STR("_ref__"));
	struct str shown = *by_ref ? str_from(name, 6) : name;
	ptrdiff_t at;
	while ((at = str_find(shown, STR("__"))) > 0)
		shown = str_printf(arena, "%.*s.%.*s", (int)at, shown.ptr, STRF(str_from(shown, (size_t)at + 2)));
	return shown;
}

static bool names_member(const struct dbg_type *type, const struct dbg_member *wanted)
{
	const struct dbg_member *members;
	size_t n = dbg_type_members(type, &members);
	for (size_t i = 0; i < n; i++)
		if (str_eq(members[i].name, wanted->name) && members[i].offset == wanted->offset)
			return true;
	return false;
}

// A capture keeps its place in every state: it is the member that the unresumed state has too.
static bool is_capture(struct dbg_value coroutine, const struct dbg_member *member)
{
	const struct dbg_variant *variants;
	size_t n = dbg_type_variants(coroutine.type, &variants);
	return n && variants[0].member.type && names_member(variants[0].member.type, member);
}

size_t dbg_coroutine_variables(struct arena *arena, struct dbg_value coroutine, struct dbg_variable **out)
{
	VEC(struct dbg_variable) found = {0};
	struct dbg_value state;
	*out = NULL;
	if (!dbg_value_variant(coroutine, &state, NULL) || !dbg_value_ok(state))
		return 0;
	const struct dbg_member *members;
	size_t n = dbg_type_members(state.type, &members);
	for (int captures = 1; captures >= 0; captures--) { // captures first: a local of the same name shadows them
		for (size_t i = 0; i < n && found.len < MAX_VARIABLES; i++) {
			if (is_compilers(members[i].name) || is_capture(coroutine, &members[i]) != captures)
				continue;
			struct dbg_variable *variable = vec_add(arena, &found);
			bool by_ref;
			variable->name = capture_name(arena, members[i].name, &by_ref);
			variable->value = dbg_value_member_of(state, &members[i]);
			if (by_ref && dbg_value_ok(variable->value) && variable->value.type->kind == DBG_TYPE_POINTER)
				variable->value = dbg_value_deref(variable->value);
			variable->kind = captures ? DBG_VARIABLE_CAPTURE : DBG_VARIABLE_LOCAL;
			variable->decl_line = members[i].decl.line;
		}
	}
	// In order of declaration; an insertion sort, since it is stable and there are few.
	for (size_t i = 1; i < found.len; i++) {
		struct dbg_variable moved = found.items[i];
		size_t at = i;
		for (; at > 0 && found.items[at - 1].kind == moved.kind && found.items[at - 1].decl_line > moved.decl_line; at--)
			found.items[at] = found.items[at - 1];
		found.items[at] = moved;
	}
	*out = found.items;
	return found.len;
}
