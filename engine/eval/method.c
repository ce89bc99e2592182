// Methods as a Rust programmer writes them, answered from memory: nothing is called, no lock is taken.
#include "method.h"

#include "engine/eval.h"

static const struct method methods[] = {
    {.name = "len", .call = method_len, .suits = SUITS_LIST | SUITS_MAP | SUITS_TEXT},
    {.name = "is_empty", .call = method_len, .suits = SUITS_LIST | SUITS_MAP | SUITS_TEXT},
    {.name = "count", .call = method_len, .suits = SUITS_LIST | SUITS_MAP},
    {.name = "capacity", .call = method_capacity, .suits = SUITS_LIST | SUITS_TEXT},
    {.name = "get", .most = 1, .call = method_get, .optional = true, .finds = true, .suits = SUITS_LIST | SUITS_MAP},
    {.name = "first", .call = method_first_or_last, .optional = true, .suits = SUITS_LIST},
    {.name = "last", .call = method_first_or_last, .optional = true, .suits = SUITS_LIST},
    {.name = "front", .call = method_first_or_last, .optional = true},
    {.name = "back", .call = method_first_or_last, .optional = true},
    {.name = "peek", .call = method_first_or_last, .optional = true},
    {.name = "nth", .least = 1, .most = 1, .call = method_nth, .optional = true},
    {.name = "next", .call = method_nth, .optional = true},
    {.name = "sum", .call = method_fold, .suits = SUITS_LIST},
    {.name = "product", .call = method_fold},
    {.name = "min", .most = 1, .call = method_fold, .optional = true, .suits = SUITS_LIST | SUITS_NUMBER},
    {.name = "max", .most = 1, .call = method_fold, .optional = true, .suits = SUITS_LIST | SUITS_NUMBER},
    {.name = "contains", .least = 1, .most = 1, .call = method_contains, .finds = true, .suits = SUITS_LIST | SUITS_TEXT},
    {.name = "contains_key", .least = 1, .most = 1, .call = method_contains, .finds = true, .suits = SUITS_MAP},
    {.name = "starts_with", .least = 1, .most = 1, .call = method_in_text, .suits = SUITS_TEXT},
    {.name = "ends_with", .least = 1, .most = 1, .call = method_in_text, .suits = SUITS_TEXT},
    {.name = "find", .least = 1, .most = 1, .call = method_text, .optional = true, .suits = SUITS_TEXT},
    {.name = "trim", .call = method_text, .suits = SUITS_TEXT},
    {.name = "chars", .call = method_text, .suits = SUITS_TEXT},
    {.name = "as_bytes", .call = method_text, .suits = SUITS_TEXT},
    {.name = "bytes", .call = method_text},
    {.name = "to_ascii_lowercase", .call = method_text, .suits = SUITS_TEXT},
    {.name = "to_ascii_uppercase", .call = method_text, .suits = SUITS_TEXT},
    {.name = "eq_ignore_ascii_case", .least = 1, .most = 1, .call = method_text, .suits = SUITS_TEXT},
    {.name = "is_some", .call = method_is_variant, .suits = SUITS_OPTION},
    {.name = "is_none", .call = method_is_variant, .suits = SUITS_OPTION},
    {.name = "is_ok", .call = method_is_variant, .suits = SUITS_RESULT},
    {.name = "is_err", .call = method_is_variant, .suits = SUITS_RESULT},
    {.name = "is_ready", .call = method_is_variant, .suits = SUITS_POLL},
    {.name = "is_pending", .call = method_is_variant, .suits = SUITS_POLL},
    {.name = "unwrap", .call = method_unwrap, .suits = SUITS_OPTION | SUITS_RESULT},
    {.name = "expect", .least = 1, .most = 1, .call = method_unwrap, .ignores_them = true},
    {.name = "unwrap_or", .least = 1, .most = 1, .call = method_unwrap, .suits = SUITS_OPTION | SUITS_RESULT},
    {.name = "unwrap_err", .call = method_unwrap, .suits = SUITS_RESULT},
    {.name = "ok", .call = method_unwrap, .optional = true, .suits = SUITS_RESULT},
    {.name = "err", .call = method_unwrap, .optional = true, .suits = SUITS_RESULT},
    {.name = "load", .most = 1, .call = method_get, .ignores_them = true},
    {.name = "borrow", .call = method_guarded},
    {.name = "borrow_mut", .call = method_guarded},
    {.name = "lock", .call = method_guarded, .wrapped = true},
    {.name = "read", .call = method_guarded, .wrapped = true},
    {.name = "write", .call = method_guarded, .wrapped = true},
    {.name = "try_lock", .call = method_tried, .optional = true},
    {.name = "try_read", .call = method_tried, .optional = true},
    {.name = "try_write", .call = method_tried, .optional = true},
    {.name = "try_borrow", .call = method_tried, .optional = true},
    {.name = "try_borrow_mut", .call = method_tried, .optional = true},
    {.name = "available_permits", .call = method_len},
    {.name = "is_poisoned", .call = method_is_poisoned},
    {.name = "iter", .call = method_itself},
    {.name = "into_iter", .call = method_itself},
    {.name = "as_ref", .call = method_itself},
    {.name = "as_str", .call = method_itself},
    {.name = "as_slice", .call = method_itself},
    {.name = "clone", .call = method_itself},
    {.name = "as_deref", .call = method_itself},
    {.name = "as_mut", .call = method_itself},
    {.name = "as_path", .call = method_itself},
    {.name = "to_owned", .call = method_itself},
    {.name = "to_vec", .call = method_itself},
    {.name = "to_string", .call = method_text},
    {.name = "into", .call = method_itself},
    {.name = "copied", .call = method_itself},
    {.name = "cloned", .call = method_itself},
    {.name = "deref", .call = method_itself},
    {.name = "is_null", .call = method_is_null},
    {.name = "upgrade", .call = method_upgrade, .optional = true},
    {.name = "strong_count", .call = method_count},
    {.name = "weak_count", .call = method_count},
    {.name = "start", .call = method_bound},
    {.name = "end", .call = method_bound},
    {.name = "as_secs", .call = method_in_time, .suits = SUITS_DURATION},
    {.name = "as_millis", .call = method_in_time, .suits = SUITS_DURATION},
    {.name = "as_micros", .call = method_in_time, .suits = SUITS_DURATION},
    {.name = "as_nanos", .call = method_in_time, .suits = SUITS_DURATION},
    {.name = "as_secs_f64", .call = method_in_time, .suits = SUITS_DURATION},
    {.name = "abs", .call = method_number, .suits = SUITS_NUMBER},
    {.name = "pow", .least = 1, .most = 1, .call = method_number, .suits = SUITS_NUMBER},
    {.name = "abs_diff", .least = 1, .most = 1, .call = method_number},
    {.name = "wrapping_add", .least = 1, .most = 1, .call = method_number},
    {.name = "wrapping_sub", .least = 1, .most = 1, .call = method_number},
    {.name = "wrapping_mul", .least = 1, .most = 1, .call = method_number},
    {.name = "saturating_add", .least = 1, .most = 1, .call = method_number},
    {.name = "saturating_sub", .least = 1, .most = 1, .call = method_number},
    {.name = "saturating_mul", .least = 1, .most = 1, .call = method_number},
    {.name = "checked_add", .least = 1, .most = 1, .call = method_number, .optional = true},
    {.name = "checked_sub", .least = 1, .most = 1, .call = method_number, .optional = true},
    {.name = "checked_mul", .least = 1, .most = 1, .call = method_number, .optional = true},
    {.name = "checked_div", .least = 1, .most = 1, .call = method_number, .optional = true},
    {.name = "count_ones", .call = method_number, .suits = SUITS_NUMBER},
    {.name = "leading_zeros", .call = method_number},
    {.name = "trailing_zeros", .call = method_number},
    {.name = "is_power_of_two", .call = method_number},
    {.name = "sqrt", .call = method_float, .suits = SUITS_FLOAT},
    {.name = "floor", .call = method_float, .suits = SUITS_FLOAT},
    {.name = "ceil", .call = method_float, .suits = SUITS_FLOAT},
    {.name = "round", .call = method_float, .suits = SUITS_FLOAT},
    {.name = "trunc", .call = method_float, .suits = SUITS_FLOAT},
    {.name = "powi", .least = 1, .most = 1, .call = method_float},
    {.name = "powf", .least = 1, .most = 1, .call = method_float},
    {.name = "is_nan", .call = method_float, .suits = SUITS_FLOAT},
    {.name = "is_finite", .call = method_float, .suits = SUITS_FLOAT},
    {.name = "is_infinite", .call = method_float},
};

static unsigned suits(struct dbg_value value)
{
	static const struct {
		const char *path;
		unsigned suits;
	} rows[] = {{"core::option::Option", SUITS_OPTION},
	            {"core::result::Result", SUITS_RESULT},
	            {"core::task::poll::Poll", SUITS_POLL},
	            {"core::time::Duration", SUITS_DURATION}};
	u64 length;
	struct dbg_items items;
	struct dbg_value shown = dbg_shown(value);
	if (!dbg_value_ok(shown))
		return 0;
	if (dbg_shown_text_len(shown, &length))
		return SUITS_TEXT;
	if (dbg_shown_items(shown, &items))
		return items.is_map ? SUITS_MAP : SUITS_LIST;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eqc(dbg_type_base_path(shown.type), rows[i].path))
			return rows[i].suits;
	return is_integer(shown.type) ? SUITS_NUMBER : shown.type->kind == DBG_TYPE_FLOAT ? SUITS_FLOAT : 0;
}

// Those that suit the value.
static struct str names_for(struct arena *arena, struct dbg_value value)
{
	struct buf names = buf_on(arena);
	unsigned wanted = suits(value);
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (methods[i].suits & wanted)
			buf_printf(&names, "%s%s()", names.len ? ", " : "", methods[i].name);
	return names.len ? str_printf(arena, "of its own it has %.*s here; ", STRF(buf_str(&names))) : STR("");
}

bool method_is_known(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (str_eqc(name, methods[i].name))
			return true;
	return false;
}

err_t method_none(struct arena *arena, struct dbg_value value, struct str name)
{
	return err_new(ERR_NOT_FOUND,
	               "`%.*s` of %.*s is not known without a call: %.*s`call x.%.*s()` in the console runs the program's",
	               STRF(name), STRF(dbg_type_render(arena, value.type)), STRF(names_for(arena, value)), STRF(name));
}

err_t method_find(struct str name, unsigned n_arguments, const struct method **out)
{
	*out = NULL;
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (!str_eqc(name, methods[i].name))
			continue;
		*out = &methods[i];
		if (n_arguments >= methods[i].least && n_arguments <= methods[i].most)
			return NULL;
		return err_new(ERR_ARGUMENT, "`%.*s` takes %u argument%s, not %u", STRF(name), methods[i].most,
		               methods[i].most == 1 ? "" : "s", n_arguments);
	}
	return NULL;
}

size_t dbg_eval_methods(struct arena *arena, struct dbg_value value, struct str **out)
{
	size_t n = 0;
	unsigned wanted = suits(value);
	*out = NEW_N(arena, struct str, ARRAY_LEN(methods));
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (methods[i].suits & wanted)
			(*out)[n++] = str_printf(arena, "%s(%s", methods[i].name, methods[i].most ? "" : ")");
	return n;
}
