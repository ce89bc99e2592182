// Literals as values: types that the program may not have are made for them, and their bytes lie on the evaluator's arena.
#include "made.h"
#include "method.h"

#include <float.h>
#include <math.h>

enum { MOST_ITEMS = 1000, MOST_BYTES = 1 << 20 };

static struct str last_part(struct str path)
{
	ptrdiff_t colons = str_rfind(path, STR("::"));
	return colons < 0 ? path : str_from(path, (size_t)colons + 2);
}

// ---- what holds others -------------------------------------------------------------------------------

struct dbg_value made_list(struct arena *arena, const struct dbg_space *space, const struct dbg_type *element,
                           const struct dbg_value *items, size_t n)
{
	const struct dbg_type *type = dbg_type_made_array(arena, element, n);
	u8 *bytes = NEW_N(arena, u8, type->size + 1);
	for (size_t i = 0; i < n; i++) {
		err_t error = dbg_value_read(items[i], bytes + i * element->size, element->size);
		if (error)
			return dbg_value_none(arena, "%.*s", STRF(error->what));
	}
	return dbg_value_of_bytes(space, type, bytes);
}

err_t made_struct(struct arena *arena, const struct dbg_space *space, struct str path, const struct str *names,
                  const struct dbg_value *values, size_t n, struct dbg_value *out)
{
	static const struct dbg_type unit = {.kind = DBG_TYPE_VOID, .name = STR("()"), .path = STR("()")};
	if (n == 0 && !path.len) {
		*out = dbg_value_of_bytes(space, &unit, NEW_N(arena, u8, 1));
		return NULL;
	}
	struct dbg_member *members = NEW_N(arena, struct dbg_member, n + 1);
	struct buf tuple = buf_on(arena);
	for (size_t i = 0; i < n; i++) {
		members[i] = (struct dbg_member){.name = names ? names[i] : str_printf(arena, "__%zu", i), .type = values[i].type};
		buf_printf(&tuple, "%s%.*s", i ? ", " : "(", STRF(values[i].type->path));
	}
	buf_puts(&tuple, n == 0 ? "()" : n == 1 ? ",)" : ")");
	const struct dbg_type *type = dbg_type_made_struct(arena, path.len ? path : buf_str(&tuple), members, n);
	if (type->size > MOST_BYTES)
		return err_new(ERR_UNSUPPORTED, "%.*s is too large", STRF(dbg_type_told(type)));
	u8 *bytes = NEW_N(arena, u8, type->size + 1);
	for (size_t i = 0; i < n; i++)
		TRY(dbg_value_read(values[i], bytes + members[i].offset, (size_t)values[i].type->size));
	*out = dbg_value_of_bytes(space, type, bytes);
	return NULL;
}

static err_t item_value(struct eval *eval, const struct node *node, struct dbg_value *out)
{
	struct operand operand;
	if (node->kind == NODE_REST)
		return err_new(ERR_SYNTAX, "`..` at column %zu: only what is compared with == or matches!() may leave out parts",
		               node->column);
	TRY(eval_operand(eval, node, &operand));
	TRY(settle(eval->arena, eval->space, operand, out));
	return dbg_value_ok(*out) ? NULL : err_new(ERR_NOT_FOUND, "%.*s", STRF(out->absent));
}

static err_t items_of(struct eval *eval, const struct node *node, struct dbg_value **values, struct str **names, size_t *n)
{
	*n = 0;
	for (const struct node *item = node->right; item; item = item->next)
		++*n;
	if (*n > MOST_ITEMS)
		return err_new(ERR_UNSUPPORTED, "more than %d items at column %zu", MOST_ITEMS, node->column);
	*values = NEW_N(eval->arena, struct dbg_value, *n + 1);
	*names = NEW_N(eval->arena, struct str, *n + 1);
	size_t i = 0;
	for (const struct node *item = node->right; item; item = item->next, i++) {
		TRY(item_value(eval, item->left, &(*values)[i]));
		(*names)[i] = item->name;
	}
	return NULL;
}

// The items take one type: that of the first that is no bare number.
static err_t make_list(struct eval *eval, const struct node *node, struct dbg_value *values, size_t n, struct dbg_value *out)
{
	const struct dbg_type *element = primitive_type(STR("i32"));
	size_t i = 0;
	for (const struct node *item = node->right; item; item = item->next, i++) {
		bool is_bare = item->left->kind == NODE_INT && !item->left->suffix.len;
		if (i == 0 || (!is_bare && is_integer(values[i].type)))
			element = values[i].type;
	}
	for (i = 0; i < n; i++) {
		if (dbg_type_same(values[i].type, element))
			continue;
		bool numbers = is_integer(element) && is_integer(values[i].type);
		if (!numbers)
			return err_new(ERR_ARGUMENT, "the items at column %zu are of several types: %.*s and %.*s", node->column,
			               STRF(dbg_type_told(element)), STRF(dbg_type_told(values[i].type)));
		TRY(cast_scalar(eval->arena, values[i], element, &values[i]));
	}
	*out = made_list(eval->arena, eval->space, element, values, n);
	return NULL;
}

static err_t make_range(struct eval *eval, const struct node *node, struct dbg_value *out)
{
	struct dbg_value bounds[2];
	const struct str names[] = {STR("start"), STR("end")};
	struct operand left, right;
	TRY(eval_operand(eval, node->left, &left));
	if (node->right) {
		TRY(eval_operand(eval, node->right, &right));
		if (left.kind == OPERAND_INT && right.kind == OPERAND_VALUE && is_integer(right.value.type)) { // `0..x.len()`
			TRY(settle(eval->arena, eval->space, left, &bounds[0]));
			TRY(cast_scalar(eval->arena, bounds[0], right.value.type, &bounds[0]));
			left = (struct operand){.value = bounds[0]};
		}
		TRY(settle(eval->arena, eval->space, right, &bounds[1]));
	}
	TRY(settle(eval->arena, eval->space, left, &bounds[0]));
	const char *path = !node->right      ? "core::ops::range::RangeFrom"
	                   : node->inclusive ? "core::ops::range::RangeInclusive"
	                                     : "core::ops::range::Range";
	return made_struct(eval->arena, eval->space, str_of(path), names, bounds, node->right ? 2 : 1, out);
}

err_t made_contents(struct eval *eval, const struct node *node, struct dbg_value *out)
{
	struct dbg_value *values = NULL;
	struct str *names = NULL;
	size_t n = 0;
	if (node->kind == NODE_RANGE)
		return make_range(eval, node, out);
	if (node->kind == NODE_REST)
		return err_new(ERR_SYNTAX, "what is at column %zu can only be compared with, by == or matches!()", node->column);
	TRY(items_of(eval, node, &values, &names, &n));
	if (node->kind == NODE_LIST)
		return make_list(eval, node, values, n, out);
	struct str path = node->kind == NODE_TUPLE ? STR("") : last_part(node->name);
	return made_struct(eval->arena, eval->space, path, node->kind == NODE_STRUCT ? names : NULL, values, n, out);
}

// ---- paths -------------------------------------------------------------------------------------------

// `i32::MAX`, `f64::EPSILON`: of primitive types, which are in no debug info.
bool made_limit(struct eval *eval, struct str path, struct operand *out)
{
	static const struct {
		const char *name;
		double real, single;
	} floats[] = {
	    {"MAX", DBL_MAX, (double)FLT_MAX}, {"MIN", -DBL_MAX, (double)-FLT_MAX},    {"EPSILON", DBL_EPSILON, (double)FLT_EPSILON},
	    {"INFINITY", INFINITY, INFINITY},  {"NEG_INFINITY", -INFINITY, -INFINITY}, {"NAN", NAN, NAN}};
	ptrdiff_t colons = str_rfind(path, STR("::"));
	struct str name = last_part(path);
	const struct dbg_type *type = colons > 0 ? primitive_type(last_part(str_slice(path, 0, (size_t)colons))) : NULL;
	*out = (struct operand){0};
	if (!type)
		return false;
	bool is_max = str_eqc(name, "MAX"), is_min = str_eqc(name, "MIN");
	for (size_t i = 0; type->kind == DBG_TYPE_FLOAT && i < ARRAY_LEN(floats); i++)
		if (str_eqc(name, floats[i].name)) {
			struct operand real = {.kind = OPERAND_FLOAT, .real = type->size == 4 ? floats[i].single : floats[i].real};
			struct dbg_value value;
			err_t error = settle(eval->arena, eval->space, real, &value);
			error = error ? error : cast_scalar(eval->arena, value, type, &out->value);
			return !error;
		}
	if (type->kind == DBG_TYPE_CHAR && is_max)
		out->value = make_value(eval->arena, eval->space, type, 0x10ffff);
	else if (is_integer(type) && str_eqc(name, "BITS"))
		out->value = make_value(eval->arena, eval->space, primitive_type(STR("u32")), 8 * type->size);
	else if (is_integer(type) && (is_max || is_min)) {
		unsigned bits = (unsigned)(8 * type->size);
		bool is_signed = type->kind == DBG_TYPE_INT;
		u128 most = is_signed ? ((u128)1 << (bits - 1)) - 1 : bits == 128 ? ~(u128)0 : ((u128)1 << bits) - 1;
		out->value = make_value(eval->arena, eval->space, type, is_max ? most : is_signed ? ~most : 0);
	} else {
		return false;
	}
	return true;
}

static bool variant_of(struct eval *eval, struct str parent, struct str name, struct operand *out)
{
	const struct dbg_type *type;
	const struct dbg_enumerator *enumerators;
	const struct dbg_variant *variants;
	const struct dbg_member *members;
	err_t error = name_type(eval, parent, &type);
	if (error)
		return false;
	size_t n = type->kind == DBG_TYPE_ENUM ? dbg_type_enumerators(type, &enumerators) : 0;
	for (size_t i = 0; i < n; i++)
		if (str_eq(enumerators[i].name, name)) {
			out->value = make_value(eval->arena, eval->space, type, (u128)(i128)enumerators[i].value);
			return true;
		}
	n = type->kind == DBG_TYPE_VARIANTS && type->size <= MOST_BYTES ? dbg_type_variants(type, &variants) : 0;
	for (size_t i = 0; i < n; i++) {
		const struct dbg_member *tag = dbg_type_discriminant(type);
		bool is_it = str_eq(variants[i].member.name, name) && tag && tag->type && !variants[i].is_default &&
		             tag->type->size <= 8 && tag->offset + tag->type->size <= type->size;
		if (!is_it || (variants[i].member.type && dbg_type_members(variants[i].member.type, &members)))
			continue; // with contents
		u8 *bytes = NEW_N(eval->arena, u8, type->size + 16);
		memcpy(bytes + tag->offset, &variants[i].value, (size_t)tag->type->size);
		out->value = dbg_value_of_bytes(eval->space, type, bytes);
		return true;
	}
	return false;
}

bool made_path(struct eval *eval, struct str path, struct operand *out)
{
	static const char *const common[] = {"None"};
	ptrdiff_t colons = str_rfind(path, STR("::"));
	*out = (struct operand){0};
	if (colons > 0 && variant_of(eval, str_slice(path, 0, (size_t)colons), str_from(path, (size_t)colons + 2), out))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		if (str_eqc(last_part(path), common[i])) {
			err_t error = made_struct(eval->arena, eval->space, last_part(path), NULL, NULL, 0, &out->value);
			return !error;
		}
	return false;
}

// ---- functions ---------------------------------------------------------------------------------------

static err_t duration(struct eval *eval, struct str name, struct operand argument, struct operand *out)
{
	static const struct {
		const char *name;
		u64 parts; // of a second
	} rows[] = {{"from_secs", 1}, {"from_millis", 1000}, {"from_micros", 1000000}, {"from_nanos", 1000000000}};
	enum { NANOS = 1000000000 };
	struct dbg_value value, parts[2];
	const struct str names[] = {STR("secs"), STR("nanos")};
	u128 bits = 0;
	TRY(settle(eval->arena, eval->space, argument, &value));
	value = dbg_shown(value);
	if (!dbg_value_ok(value) || !is_integer(value.type))
		return err_new(ERR_ARGUMENT, "`%.*s` wants an integer", STRF(name));
	TRY(integer_bits(value, &bits));
	if (bits > UINT64_MAX)
		return err_new(ERR_ARGUMENT, "`%.*s`: the number is negative or too large", STRF(name));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!str_eqc(name, rows[i].name))
			continue;
		parts[0] = make_value(eval->arena, eval->space, primitive_type(STR("u64")), (u64)bits / rows[i].parts);
		parts[1] =
		    make_value(eval->arena, eval->space, primitive_type(STR("u32")), (u64)bits % rows[i].parts * (NANOS / rows[i].parts));
	}
	return made_struct(eval->arena, eval->space, STR("core::time::Duration"), names, parts, 2, &out->value);
}

// `size_of::<T>()`.
static err_t size(struct eval *eval, const struct node *node, struct operand *out)
{
	const struct dbg_type *type;
	struct str name = node->suffix.len > 2 ? str_slice(node->suffix, 1, node->suffix.len - 1) : STR("");
	if (!name.len || node->right)
		return err_new(ERR_ARGUMENT, "column %zu: the type is wanted as in `size_of::<T>()`", node->column);
	TRY(err_wrap(name_type(eval, name, &type), "column %zu", node->column));
	out->value = make_value(eval->arena, eval->space, primitive_type(STR("usize")),
	                        str_eqc(last_part(node->name), "size_of") ? type->size : type->align);
	return NULL;
}

static err_t itself(struct eval *eval, struct str name, struct operand argument, struct operand *out)
{
	(void)eval;
	(void)name;
	*out = argument;
	return NULL;
}

// `Arc::strong_count(&a)`: a method by its whole name.
static err_t counts(struct eval *eval, struct str name, struct operand argument, struct operand *out)
{
	struct dbg_value value;
	TRY(settle(eval->arena, eval->space, argument, &value));
	return method_count(eval->arena, value, name, NULL, &out->value);
}

static const struct {
	const char *path; // its last two parts
	err_t (*make)(struct eval *eval, struct str name, struct operand argument, struct operand *out);
} functions[] = {{"Duration::from_secs", duration},
                 {"Duration::from_millis", duration},
                 {"Duration::from_micros", duration},
                 {"Duration::from_nanos", duration},
                 {"String::from", itself},
                 {"PathBuf::from", itself},
                 {"Path::new", itself},
                 {"Box::new", itself},
                 {"Rc::strong_count", counts},
                 {"Arc::strong_count", counts},
                 {"Weak::strong_count", counts},
                 {"Rc::weak_count", counts},
                 {"Arc::weak_count", counts}};

static bool is_path(struct str path, const char *wanted)
{
	struct str end = str_of(wanted);
	return str_eq(path, end) ||
	       (path.len > end.len + 2 && str_ends(path, end) && str_ends(str_slice(path, 0, path.len - end.len), STR("::")));
}

static bool is_size(struct str path)
{
	return is_path(path, "size_of") || is_path(path, "align_of");
}

bool made_is_function(struct str path)
{
	if (is_size(path))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(functions); i++)
		if (is_path(path, functions[i].path))
			return true;
	return false;
}

err_t made_function(struct eval *eval, const struct node *node, struct operand *out)
{
	struct operand argument;
	*out = (struct operand){0};
	if (is_size(node->name))
		return size(eval, node, out);
	if (!node->right || node->right->next)
		return err_new(ERR_ARGUMENT, "`%.*s` at column %zu takes 1 argument", STRF(node->name), node->column);
	TRY(eval_operand(eval, node->right->left, &argument));
	for (size_t i = 0; i < ARRAY_LEN(functions); i++)
		if (is_path(node->name, functions[i].path))
			return err_wrap(functions[i].make(eval, last_part(node->name), argument, out), "column %zu", node->column);
	return err_new(ERR_NOT_FOUND, "no function `%.*s`", STRF(node->name));
}
