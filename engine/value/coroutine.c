// The variables that a suspended coroutine keeps.
//
// A variant's members are its live locals and its captures, both by their own names; a name may appear
// twice, as a local that shadows a capture. `__awaitee`, `__state` and `__N` are the compiler's. The order of
// members is that of layout, so variables are told in the order of their decl_line.
#include "base/vec.h"
#include "engine/frame.h"

#include "walk.h"

enum { MAX_VARIABLES = 1000 };

static bool is_compilers(struct str name)
{
	return name.len == 0 || str_starts(name, STR("__"));
}

static const struct str by_ref = STR("_ref__");

struct str walk_capture_name(struct arena *arena, struct str name)
{
	struct str shown = str_starts(name, by_ref) ? str_from(name, by_ref.len) : name;
	ptrdiff_t at;
	while ((at = str_find(shown, STR("__"))) > 0)
		shown = str_printf(arena, "%.*s.%.*s", (int)at, shown.ptr, STRF(str_from(shown, (size_t)at + 2)));
	return shown;
}

struct dbg_value walk_capture_value(struct dbg_value env, const struct dbg_member *member)
{
	struct dbg_value value = dbg_value_member_of(env, member);
	bool is_pointer = dbg_value_ok(value) && value.type->kind == DBG_TYPE_POINTER;
	return is_pointer && str_starts(member->name, by_ref) ? dbg_value_deref(value) : value;
}

bool walk_is_closure(const struct dbg_type *type)
{
	return type->kind == DBG_TYPE_STRUCT && str_starts(type->name, STR("{closure_env#"));
}

static const struct dbg_member *named_after(const struct dbg_member *members, size_t n, size_t from, struct str name)
{
	for (size_t i = from; i < n; i++)
		if (str_eq(members[i].name, name))
			return &members[i];
	return NULL;
}

// What the unresumed state keeps are captures, and the arguments of an async fn. A state that has a name twice
// has the local first.
static bool is_capture(struct dbg_value coroutine, const struct dbg_member *members, size_t n, size_t i)
{
	const struct dbg_variant *variants;
	const struct dbg_member *captures;
	if (!dbg_type_variants(coroutine.type, &variants) || !variants[0].member.type)
		return false;
	size_t n_captures = dbg_type_members(variants[0].member.type, &captures);
	return named_after(captures, n_captures, 0, members[i].name) && !named_after(members, n, i + 1, members[i].name);
}

// The compiler lets a local take over the place of the capture it was made from: one variable, told twice.
static bool is_told_before(const struct dbg_member *members, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (str_eq(members[k].name, members[i].name) && members[k].offset == members[i].offset &&
		    members[k].type == members[i].type)
			return true;
	return false;
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
	bool is_fn = str_starts(coroutine.type->name, STR("{async_fn_env#"));
	for (int captures = 1; captures >= 0; captures--) { // captures first: a local of the same name shadows them
		for (size_t i = 0; i < n && found.len < MAX_VARIABLES; i++) {
			if (is_compilers(members[i].name) || is_capture(coroutine, members, n, i) != captures || is_told_before(members, i))
				continue;
			struct dbg_variable *variable = vec_add(arena, &found);
			variable->name = walk_capture_name(arena, members[i].name);
			variable->value = walk_capture_value(state, &members[i]);
			variable->kind = !captures ? DBG_VARIABLE_LOCAL : is_fn ? DBG_VARIABLE_ARGUMENT : DBG_VARIABLE_CAPTURE;
			variable->decl_line = members[i].decl.line;
		}
	}
	// In order of declaration; an insertion sort, since it is stable and there are few.
	for (size_t i = 1; i < found.len; i++) {
		struct dbg_variable moved = found.items[i];
		size_t at = i;
		for (; at > 0 && (found.items[at - 1].kind == DBG_VARIABLE_LOCAL) == (moved.kind == DBG_VARIABLE_LOCAL) &&
		       found.items[at - 1].decl_line > moved.decl_line;
		     at--)
			found.items[at] = found.items[at - 1];
		found.items[at] = moved;
	}
	*out = found.items;
	return found.len;
}
