// The rows of construct.def, asked by type.
#include "tokio/private.h"

enum kind { KIND_PASS, KIND_WRAP, KIND_MACRO, KIND_NAME, KIND_ELSE, KIND_OPEN, KIND_LIST, KIND_BARE };

static const struct row {
	enum kind kind;
	const char *path, *name;
	void (*walk)(struct children *children, struct dbg_value list);
} rows[] = {
#define PASS(path)           {KIND_PASS, path, NULL, NULL},
#define WRAP(path)           {KIND_WRAP, path, NULL, NULL},
#define MACRO(file, name)    {KIND_MACRO, file, name, NULL},
#define NAME(path, name)     {KIND_NAME, path, name, NULL},
#define ELSE(path, name)     {KIND_ELSE, path, name, NULL},
#define OPEN(path)           {KIND_OPEN, path, NULL, NULL},
#define LIST(path, function) {KIND_LIST, path, NULL, list_##function},
#define BARE(path)           {KIND_BARE, path, NULL, NULL},
#include "tokio/construct.def"
};

static const struct row *row_of(enum kind kind, const struct dbg_type *type)
{
	struct str base = dbg_type_base_path(type);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].kind == kind && str_eqc(base, rows[i].path))
			return &rows[i];
	return NULL;
}

static const struct dbg_member *wrapped_by(const struct dbg_type *type)
{
	const struct dbg_member *members;
	return type && type->kind == DBG_TYPE_STRUCT && row_of(KIND_BARE, type) && dbg_type_members(type, &members) == 1 ? members
	                                                                                                                 : NULL;
}

const struct dbg_type *construct_bare_type(const struct dbg_type *type)
{
	const struct dbg_member *inner = wrapped_by(type);
	return inner ? inner->type : type;
}

struct dbg_value construct_bare(struct dbg_value value)
{
	const struct dbg_member *inner = dbg_value_ok(value) ? wrapped_by(value.type) : NULL;
	return inner ? dbg_value_member_of(value, inner) : value;
}

bool construct_is_passed(const struct dbg_type *type)
{
	return row_of(KIND_PASS, type) || row_of(KIND_WRAP, type);
}

bool construct_is_box(const struct dbg_type *type)
{
	struct str base = dbg_type_base_path(type);
	return str_eqc(base, "core::pin::Pin") || str_eqc(base, "alloc::boxed::Box");
}

bool construct_is_open(const struct dbg_type *type)
{
	return row_of(KIND_OPEN, type) != NULL;
}

struct str construct_name(const struct dbg_type *type)
{
	const struct row *row = row_of(KIND_NAME, type);
	return str_of(row ? row->name : NULL);
}

struct str construct_otherwise(const struct dbg_type *type)
{
	const struct row *row = row_of(KIND_ELSE, type);
	return str_of(row ? row->name : NULL);
}

bool construct_holds_list(const struct dbg_type *type)
{
	return row_of(KIND_LIST, type) != NULL;
}

bool construct_list(struct children *children, struct dbg_value value)
{
	const struct row *row = row_of(KIND_LIST, value.type);
	if (row)
		row->walk(children, value);
	return row != NULL;
}

struct str construct_of_macro(struct dbg_place await_declared)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].kind == KIND_MACRO && str_ends(await_declared.file, str_of(rows[i].path)))
			return str_of(rows[i].name);
	return STR("");
}

bool construct_is_macro(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].kind == KIND_MACRO && str_eqc(name, rows[i].name))
			return true;
	return false;
}
