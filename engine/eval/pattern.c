// Patterns: a value is looked at from its outside in, and references, owners and guards are followed where a variant, a
// field or an element is asked for, as Rust's match ergonomics do.
#include "pattern.h"

#include "made.h"

enum { MAX_ITEMS = 1000 };

bool pattern_is(const struct node *node)
{
	switch (node->kind) {
	case NODE_CALL: return !made_is_function(node->name);
	case NODE_LIST:
	case NODE_TUPLE:
	case NODE_STRUCT:
	case NODE_REST:
	case NODE_RANGE: return true;
	default: return false;
	}
}

static struct str last_part(struct str path)
{
	ptrdiff_t colons = str_rfind(path, STR("::"));
	return colons < 0 ? path : str_from(path, (size_t)colons + 2);
}

static err_t shown_of(struct dbg_value value, struct dbg_value *out)
{
	*out = dbg_shown(value);
	return dbg_value_ok(*out) ? NULL : err_new(ERR_NOT_FOUND, "%.*s", STRF(out->absent));
}

// ---- names -----------------------------------------------------------------------------------------

// Is it of this variant, or a struct of this name? `payload` has its members.
static err_t has_name(struct dbg_value shown, struct str path, struct dbg_value *payload, bool *out)
{
	struct str why, name = last_part(path);
	*payload = shown;
	if (shown.type->kind == DBG_TYPE_VARIANTS) {
		const struct dbg_variant *active = dbg_value_variant(shown, payload, &why);
		if (!active)
			return err_new(ERR_ARGUMENT, "%.*s", STRF(why));
		*out = str_eq(active->member.name, name);
		return NULL;
	}
	*out = str_eq(last_part(dbg_type_base_path(shown.type)), name);
	return NULL;
}

static bool is_lower(struct str name)
{
	return name.len && str_find(name, STR("::")) < 0 && !(name.ptr[0] >= 'A' && name.ptr[0] <= 'Z');
}

static err_t match_path(const struct pattern_context *context, struct dbg_value value, const struct node *pattern, bool *out)
{
	struct eval *eval = context->eval;
	struct dbg_value shown, ignored;
	struct str name = pattern->name;
	if (str_eqc(name, "_") || (context->binds && is_lower(name))) {
		if (name.ptr[0] != '_' && eval->n_bound < ARRAY_LEN(eval->bound))
			eval->bound[eval->n_bound++] = (struct dbg_variable){.name = name, .value = value};
		*out = true;
		return NULL;
	}
	TRY(shown_of(value, &shown));
	if (!name_variable(eval, name, &ignored) && shown.type->kind == DBG_TYPE_VARIANTS)
		return has_name(shown, name, &ignored, out);
	if (!name_variable(eval, name, &ignored) && shown.type->kind == DBG_TYPE_ENUM) {
		*out = str_eq(dbg_value_render(eval->arena, shown, (struct dbg_render){0}), last_part(name));
		return NULL;
	}
	struct operand operand;
	TRY(context->evaluate(eval, pattern, &operand));
	*out = place_equals(eval->arena, eval->space, value, operand);
	return NULL;
}

// ---- contents --------------------------------------------------------------------------------------

static err_t match_members(const struct pattern_context *context, struct dbg_value payload, const struct node *items, bool *out)
{
	const struct dbg_member *members;
	size_t n = dbg_value_ok(payload) && payload.type->kind == DBG_TYPE_STRUCT ? dbg_type_members(payload.type, &members) : 0,
	       i = 0;
	for (; items && i < n && items->left->kind != NODE_REST; items = items->next, i++) {
		TRY(pattern_matches(context, dbg_value_member_of(payload, &members[i]), items->left, out));
		if (!*out)
			return NULL;
	}
	*out = items ? items->left->kind == NODE_REST : i == n; // what stands behind `..` is not looked at
	return NULL;
}

static err_t match_fields(const struct pattern_context *context, struct dbg_value value, const struct node *items, bool *out)
{
	*out = true;
	for (; items && *out; items = items->next) {
		struct dbg_value field;
		if (items->left->kind == NODE_REST)
			continue;
		TRY(place_field(context->eval->arena, value, items->name, &field));
		TRY(pattern_matches(context, field, items->left, out));
	}
	return NULL;
}

static err_t match_list(const struct pattern_context *context, struct dbg_value value, const struct node *items, bool *out)
{
	u64 len, i = 0;
	struct dbg_value element;
	TRY(place_len(value, &len));
	for (; items && items->left->kind != NODE_REST; items = items->next, i++) {
		*out = false;
		if (i >= len)
			return NULL;
		if (i >= MAX_ITEMS)
			return err_new(ERR_ARGUMENT, "a list of more than %d", MAX_ITEMS);
		TRY(place_element(context->eval->arena, value, i, &element));
		TRY(pattern_matches(context, element, items->left, out));
		if (!*out)
			return NULL;
	}
	*out = items || i == len;
	return NULL;
}

static err_t compare(const struct pattern_context *context, struct dbg_value value, const char *operator,
                     const struct node * node, bool *out)
{
	struct operand left = {.value = value}, right, result;
	struct eval *eval = context->eval;
	TRY(context->evaluate(eval, node, &right));
	TRY(binary_operator(eval->arena, eval->space, str_of(operator), left, right, &result));
	return dbg_value_read(result.value, out, 1);
}

static err_t match_range(const struct pattern_context *context, struct dbg_value value, const struct node *pattern, bool *out)
{
	struct dbg_value shown;
	TRY(shown_of(value, &shown));
	TRY(compare(context, shown, ">=", pattern->left, out));
	if (*out && pattern->right)
		TRY(compare(context, shown, pattern->inclusive ? "<=" : "<", pattern->right, out));
	return NULL;
}

// ---- any pattern -----------------------------------------------------------------------------------

static err_t match_named(const struct pattern_context *context, struct dbg_value value, const struct node *pattern, bool *out)
{
	struct dbg_value shown, payload;
	TRY(shown_of(value, &shown));
	TRY(has_name(shown, pattern->name, &payload, out));
	if (!*out)
		return NULL;
	return pattern->kind == NODE_STRUCT ? match_fields(context, shown, pattern->right, out)
	                                    : match_members(context, payload, pattern->right, out);
}

err_t pattern_matches(const struct pattern_context *context, struct dbg_value value, const struct node *pattern, bool *out)
{
	struct dbg_value shown;
	struct operand operand;
	switch (pattern->kind) {
	case NODE_REST: *out = true; return NULL;
	case NODE_PATH: return match_path(context, value, pattern, out);
	case NODE_RANGE: return match_range(context, value, pattern, out);
	case NODE_LIST: return match_list(context, value, pattern->right, out);
	case NODE_CALL:
		if (made_is_function(pattern->name))
			break;
		return match_named(context, value, pattern, out);
	case NODE_STRUCT: return match_named(context, value, pattern, out);
	case NODE_TUPLE: TRY(shown_of(value, &shown)); return match_members(context, shown, pattern->right, out);
	case NODE_BINARY:
		if (!str_eqc(pattern->name, "|"))
			break;
		TRY(pattern_matches(context, value, pattern->left, out)); // A | B
		return *out ? NULL : pattern_matches(context, value, pattern->right, out);
	case NODE_UNARY:
		if (str_eqc(pattern->name, "&"))
			return pattern_matches(context, value, pattern->left, out);
		break;
	default: break;
	}
	TRY(context->evaluate(context->eval, pattern, &operand));
	*out = place_equals(context->eval->arena, context->eval->space, value, operand);
	return NULL;
}

// ---- among many ------------------------------------------------------------------------------------

bool pattern_only(const struct eval *eval, const struct node *node)
{
	struct dbg_value ignored;
	while (node->kind == NODE_UNARY && str_eqc(node->name, "&"))
		node = node->left;
	if (node->kind != NODE_PATH)
		return pattern_is(node);
	struct str last = last_part(node->name);
	return !is_lower(last) && last.len && last.ptr[0] != '$' && !name_variable(eval, node->name, &ignored) &&
	       str_find(last, STR("_")) < 0 && !name_is_static(eval, node->name);
}

err_t pattern_find(const struct pattern_context *context, struct dbg_value list, const struct node *pattern,
                   struct dbg_value *item, bool *found)
{
	enum { PAGE = 64, MOST = 10000 };
	struct arena *arena = context->eval->arena;
	struct dbg_items items;
	struct dbg_item page[PAGE];
	*found = false;
	if (!dbg_shown_items(list, &items))
		return err_new(ERR_ARGUMENT, "%.*s has no elements", STRF(dbg_type_told(list.type)));
	if (items.suspect.len)
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(items.suspect));
	for (u64 at = 0; at < items.len; at += PAGE) {
		if (at >= MOST)
			return err_new(ERR_ARGUMENT, "not among the first %d, and more are not looked at", MOST);
		size_t n = dbg_shown_page(arena, list, at, PAGE, page);
		for (size_t i = 0; i < n && !*found; i++) {
			TRY(pattern_matches(context, items.is_map ? page[i].key : page[i].value, pattern, found));
			*item = page[i].value;
		}
		if (*found || n < PAGE)
			break;
	}
	return NULL;
}
