// rustc's own calling convention on x86-64, as far as it follows from a type (rustc_abi/src/layout.rs and
// rustc_ty_utils/src/abi.rs; it is not promised, so tests try it on each compiler): a scalar is in one register, what comes
// down to two scalars in two, anything else up to a word is put into one as its bytes, and anything larger is in memory (so of
// rustc 1.75 to 1.97).
#include "abi.h"

enum { WORD = 8, MOST_PARTS = 3, MOST_DEPTH = 16 };

struct leaves {
	size_t n; // MOST_PARTS: more than can be in registers
	struct leaf {
		struct dbg_call_part part;
		enum dbg_type_kind kind;
		u64 align;
	} items[MOST_PARTS];
	bool is_plain; // no array or union among them
	bool is_open;  // a union among them, which is passed as one of its fields or, if it is repr(C), as its bytes
};

static void add(struct leaves *leaves, const struct dbg_type *type, u64 offset)
{
	if (leaves->n == MOST_PARTS)
		return;
	leaves->items[leaves->n++] =
	    (struct leaf){.part = {.offset = offset, .size = type->size, .is_float = type->kind == DBG_TYPE_FLOAT},
	                  .kind = type->kind,
	                  .align = type->size};
}

static void collect(struct leaves *leaves, const struct dbg_type *type, u64 offset, int depth);

static void collect_members(struct leaves *leaves, const struct dbg_type *type, u64 offset, int depth)
{
	const struct dbg_member *members;
	size_t n = dbg_type_members(type, &members);
	for (size_t i = 0; i < n; i++)
		collect(leaves, members[i].type, offset + members[i].offset, depth);
}

static bool same_leaf(const struct leaf *a, const struct leaf *b)
{
	return a->part.offset == b->part.offset && a->part.size == b->part.size && a->part.is_float == b->part.is_float &&
	       (a->kind == DBG_TYPE_POINTER) == (b->kind == DBG_TYPE_POINTER);
}

// A union whose fields come down to the same scalars is passed as those, if it is not repr(C), which debug info does not tell
// (rustc_abi/src/layout.rs: layout_of_union); others as their bytes.
static void collect_union(struct leaves *leaves, const struct dbg_type *type, int depth)
{
	const struct dbg_member *members;
	size_t n = dbg_type_members(type, &members), with_contents = 0;
	struct leaves first = {.is_plain = true};
	bool alike = true;
	for (size_t i = 0; i < n; i++) {
		struct leaves own = {.is_plain = true};
		if (!members[i].type || !members[i].type->size)
			continue;
		collect(&own, members[i].type, 0, depth);
		leaves->is_open = leaves->is_open || own.is_open;
		first = with_contents++ ? first : own;
		alike = alike && own.is_plain && own.n == first.n && own.n <= 2;
		for (size_t k = 0; k < own.n && alike; k++)
			alike = same_leaf(&own.items[k], &first.items[k]);
	}
	leaves->is_plain = false;
	leaves->is_open = leaves->is_open || !with_contents || alike;
}

// A niche: one variant has contents, the others are values that they can't have; it is passed as its contents are. A tag:
// two registers if the variants have one scalar, all of the same kind at the same place.
static void collect_variants(struct leaves *leaves, const struct dbg_type *type, u64 offset, int depth)
{
	const struct dbg_variant *variants;
	const struct dbg_member *tag = dbg_type_discriminant(type);
	size_t n = dbg_type_variants(type, &variants), with_contents = 0;
	struct leaves contents = {.is_plain = true};
	bool is_niche = false, agree = true;
	for (size_t i = 0; i < n; i++) {
		struct leaves own = {.is_plain = true};
		collect(&own, variants[i].member.type, variants[i].member.offset, depth);
		leaves->is_open = leaves->is_open || own.is_open;
		is_niche = is_niche || variants[i].is_default;
		if (!own.n && own.is_plain)
			continue;
		agree = agree && own.is_plain &&
		        (!with_contents || (own.n == 1 && contents.n == 1 && same_leaf(&own.items[0], &contents.items[0])));
		contents = own;
		with_contents++;
	}
	bool ok = agree && (is_niche || !tag ? with_contents <= 1 : contents.n <= 1);
	if (!ok || dbg_type_is_coroutine(type)) {
		leaves->is_plain = false;
		return;
	}
	if (tag && (!is_niche || !with_contents))
		add(leaves, tag->type, offset + tag->offset);
	for (size_t i = 0; i < contents.n && leaves->n < MOST_PARTS; i++) {
		leaves->items[leaves->n] = contents.items[i];
		leaves->items[leaves->n++].part.offset += offset;
	}
}

static void collect(struct leaves *leaves, const struct dbg_type *type, u64 offset, int depth)
{
	if (!type || depth > MOST_DEPTH || leaves->n == MOST_PARTS) {
		leaves->is_plain = false;
		return;
	}
	switch (type->kind) {
	case DBG_TYPE_VOID: return;
	case DBG_TYPE_UINT:
	case DBG_TYPE_INT:
	case DBG_TYPE_FLOAT:
	case DBG_TYPE_BOOL:
	case DBG_TYPE_CHAR:
	case DBG_TYPE_POINTER:
	case DBG_TYPE_ENUM: add(leaves, type, offset); return;
	case DBG_TYPE_STRUCT: collect_members(leaves, type, offset, depth + 1); return;
	case DBG_TYPE_VARIANTS: collect_variants(leaves, type, offset, depth + 1); return;
	case DBG_TYPE_UNION:
		if (type->size)
			collect_union(leaves, type, depth + 1);
		return;
	case DBG_TYPE_ARRAY:
		if (type->size)
			leaves->is_plain = false;
		return;
	case DBG_TYPE_UNKNOWN:
	case DBG_TYPE_FUNCTION: leaves->is_plain = false; return;
	}
}

static u64 round_up(u64 value, u64 align)
{
	return align ? (value + align - 1) / align * align : value;
}

// Is there nothing in the type but these leaves, where a compiler would put them?
static bool fills(const struct dbg_type *type, struct leaves *leaves)
{
	struct leaf *a = &leaves->items[0], *b = &leaves->items[1];
	if (leaves->n == 1)
		return a->part.offset == 0 && type->size == a->part.size;
	if (a->part.offset > b->part.offset) {
		struct leaf other = *a;
		*a = *b;
		*b = other;
	}
	u64 align = a->align > b->align ? a->align : b->align;
	return a->part.offset == 0 && b->part.offset == round_up(a->part.size, b->align) &&
	       type->size == round_up(b->part.offset + b->part.size, align);
}

struct pass abi_pass(const struct dbg_type *type)
{
	struct leaves leaves = {.is_plain = true};
	if (!type || (type->size == 0 && type->kind != DBG_TYPE_UNKNOWN))
		return (struct pass){.kind = PASS_NOTHING};
	if (type->kind == DBG_TYPE_UNKNOWN || type->kind == DBG_TYPE_FUNCTION)
		return (struct pass){.kind = PASS_UNKNOWN};
	collect(&leaves, type, 0, 0);
	bool known = leaves.is_plain && (leaves.n == 1 || leaves.n == 2) && fills(type, &leaves);
	if (known && leaves.n == 1 && type->size == 2 * WORD && !leaves.items[0].part.is_float) // u128
		return (struct pass){.kind = PASS_REGISTERS, .n = 2, .parts = {{0, WORD, false}, {WORD, WORD, false}}};
	if (known && leaves.items[0].part.size <= WORD && leaves.items[leaves.n - 1].part.size <= WORD)
		return (struct pass){.kind = PASS_REGISTERS, .n = leaves.n, .parts = {leaves.items[0].part, leaves.items[1].part}};
	if (known)
		return (struct pass){.kind = PASS_UNKNOWN}; // two of which one is a u128
	if (leaves.is_open)
		return (struct pass){.kind = PASS_UNKNOWN};
	if (type->size <= WORD)
		return (struct pass){.kind = PASS_REGISTERS, .n = 1, .parts = {{0, type->size, false}}};
	return (struct pass){.kind = PASS_MEMORY};
}
