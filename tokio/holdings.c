// What a party has, by the guards, permits and ends of channels among the locals of its futures.
#include "tokio/waiting.h"

enum { TYPE_DEPTH = 10 };

static const struct row {
	const char *type, *member, *resource;
	enum tk_part part;
} rows[] = {
#define HOLDER(type, member, resource, part) {type, member, resource, TK_HAS_##part},
#include "tokio/holder.def"
#undef HOLDER
};
_Static_assert(ARRAY_LEN(rows) <= 64, "a bit a row");

void holdings_init(struct holdings *holdings, struct tk_snapshot *snapshot, struct arena *arena)
{
	*holdings = (struct holdings){.snapshot = snapshot, .arena = arena};
	vec_push(arena, &holdings->list, (struct holding){0});
}

bool holdings_any(const struct holdings *holdings)
{
	return holdings->list.len > 1;
}

const struct holding *holdings_of(const struct holdings *holdings, u64 resource)
{
	u64 *newest = map_get(&holdings->by_resource, resource);
	return newest ? &holdings->list.items[*newest] : NULL;
}

const struct holding *holdings_next(const struct holdings *holdings, const struct holding *holding)
{
	return holding->next ? &holdings->list.items[holding->next] : NULL;
}

void holdings_add(struct holdings *holdings, u64 resource, struct tk_holder holder)
{
	const struct holding *newest = holdings_of(holdings, resource);
	for (const struct holding *it = newest; it; it = holdings_next(holdings, it))
		if (it->holder.party == holder.party && it->holder.part == holder.part)
			return; // seen twice: in a variable and in the temporary that it was moved from
	u32 next = newest ? (u32)(newest - holdings->list.items) : 0;
	vec_push(holdings->arena, &holdings->list, ((struct holding){resource, holder, next}));
	map_put(&holdings->by_resource, holdings->arena, resource, holdings->list.len - 1);
}

// ---- which rows a value of a type may have in it: told once a type, before anything is read ------------------------

static u64 rows_in(struct holdings *holdings, const struct dbg_type *type, unsigned depth)
{
	const struct dbg_member *members;
	const struct dbg_variant *variants;
	// What a future has is told where that future stands in the tree.
	if (!type || depth > TYPE_DEPTH || dbg_type_is_coroutine(type) ||
	    (type->kind != DBG_TYPE_STRUCT && type->kind != DBG_TYPE_VARIANTS))
		return 0;
	u64 *known = map_get(&holdings->rows, (uintptr_t)type), found = 0;
	if (known)
		return *known;
	map_put(&holdings->rows, holdings->arena, (uintptr_t)type, 0); // a type that holds itself holds nothing by that
	struct str base = dbg_type_base_path(type);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eqc(base, rows[i].type))
			found |= (u64)1 << i;
	size_t n = dbg_type_members(type, &members);
	for (size_t i = 0; i < n; i++)
		found |= rows_in(holdings, members[i].type, depth + 1);
	n = type->kind == DBG_TYPE_VARIANTS ? dbg_type_variants(type, &variants) : 0;
	for (size_t i = 0; i < n; i++)
		found |= rows_in(holdings, variants[i].member.type, depth + 1);
	map_put(&holdings->rows, holdings->arena, (uintptr_t)type, found);
	return found;
}

// The address of what the guard has, 0 if that can't be told.
static u64 held_by(const struct row *row, struct dbg_value guard)
{
	struct dbg_value member = dbg_value_member(guard, row->member);
	struct dbg_value some = dbg_value_variant_named(member, "Some"); // a oneshot Sender's is an Option
	struct dbg_value to = dbg_value_pointee(dbg_value_ok(some) ? dbg_value_member(some, "0") : member);
	struct dbg_value found = dbg_value_find(to, row->resource);
	return dbg_value_ok(found) && found.where == DBG_VALUE_MEMORY ? found.addr : 0;
}

void holdings_look(struct holdings *holdings, size_t party, const struct tk_tree *tree, u32 at,
                   const struct dbg_variable *variable)
{
	u64 in = dbg_value_ok(variable->value) ? rows_in(holdings, variable->value.type, 0) : 0;
	for (size_t i = 0; in >> i && i < ARRAY_LEN(rows); i++) {
		struct dbg_value *guards;
		size_t n = in >> i & 1 ? dbg_value_find_all(holdings->arena, variable->value, rows[i].type, &guards) : 0;
		for (size_t k = 0; k < n; k++) {
			u64 resource = held_by(&rows[i], guards[k]);
			struct str how = str_printf(holdings->arena, "as `%.*s` in %.*s", STRF(variable->name), STRF(tree->nodes[at].name));
			struct tk_holder holder = {
			    .party = party, .part = rows[i].part, .how = how, .node = at, .kept = tree->nodes[at].kept};
			if (resource)
				holdings_add(holdings, resource, holder);
		}
	}
}
