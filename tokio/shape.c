// Could the same code serve both types? Only if what they are made of lies at the same places in them.
#include "tokio/private.h"

enum { DEPTH = 12, BUDGET = 4000 };

static bool same(const struct dbg_type *a, const struct dbg_type *b, int depth, int *budget);

// The only member that has a size, through any number of wrappers: a struct of one is its member to the optimiser.
static const struct dbg_type *peeled(const struct dbg_type *type)
{
	for (int guard = 0; guard < DEPTH && type && type->kind == DBG_TYPE_STRUCT; guard++) {
		const struct dbg_member *members;
		size_t n = dbg_type_members(type, &members), sized = 0, only = 0;
		for (size_t i = 0; i < n; i++)
			if (members[i].type && members[i].type->size) {
				sized++;
				only = i;
			}
		if (sized != 1 || members[only].type->size != type->size)
			break;
		type = members[only].type;
	}
	return type;
}

static bool same_members(const struct dbg_type *a, const struct dbg_type *b, int depth, int *budget)
{
	const struct dbg_member *of_a, *of_b;
	size_t n_a = dbg_type_members(a, &of_a), n_b = dbg_type_members(b, &of_b), k = 0;
	for (size_t i = 0; i < n_a; i++) {
		if (!of_a[i].type || !of_a[i].type->size)
			continue;
		while (k < n_b && (!of_b[k].type || !of_b[k].type->size))
			k++;
		if (k == n_b || of_a[i].offset != of_b[k].offset || !same(of_a[i].type, of_b[k].type, depth, budget))
			return false;
		k++;
	}
	while (k < n_b && (!of_b[k].type || !of_b[k].type->size))
		k++;
	return k == n_b;
}

static bool same_variants(const struct dbg_type *a, const struct dbg_type *b, int depth, int *budget)
{
	const struct dbg_variant *of_a, *of_b;
	size_t n = dbg_type_variants(a, &of_a);
	if (n != dbg_type_variants(b, &of_b))
		return false;
	for (size_t i = 0; i < n; i++)
		if (of_a[i].value != of_b[i].value || of_a[i].is_default != of_b[i].is_default ||
		    !same_members(of_a[i].member.type, of_b[i].member.type, depth, budget))
			return false;
	return true;
}

static bool same(const struct dbg_type *a, const struct dbg_type *b, int depth, int *budget)
{
	a = peeled(a);
	b = peeled(b);
	if (!a || !b || dbg_type_same(a, b))
		return a == b || (a && b);
	if (depth == 0 || --*budget < 0 || a->size != b->size)
		return false;
	bool is_int = a->kind == DBG_TYPE_INT || a->kind == DBG_TYPE_UINT;
	if (is_int && (b->kind == DBG_TYPE_INT || b->kind == DBG_TYPE_UINT))
		return true;
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case DBG_TYPE_STRUCT:
	case DBG_TYPE_UNION: return same_members(a, b, depth - 1, budget);
	case DBG_TYPE_VARIANTS: return same_variants(a, b, depth - 1, budget);
	case DBG_TYPE_ARRAY: return a->count == b->count && same(a->target, b->target, depth - 1, budget);
	default: return true; // scalars of one size, and pointers: what they lead to is not the type's own
	}
}

bool types_have_one_shape(const struct dbg_type *a, const struct dbg_type *b)
{
	int budget = BUDGET;
	return same(a, b, DEPTH, &budget);
}
