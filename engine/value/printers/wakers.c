// Whom a waker wakes, as far as std knows: the type behind `impl Wake`, or the function that is called (core/src/task/wake.rs).
#include "engine/value/printer.h"

static bool waker_text(struct buf *buf, struct dbg_value value)
{
	u64 data, wake;
	const struct dbg_member *params;
	struct dbg_scope *scopes;
	struct dbg_value vtable = dbg_value_deref(walk_peel(walk_find_member(value, "vtable")));
	if (!dbg_value_get(walk_find_member(value, "data"), &data) || !dbg_value_get(dbg_value_member(vtable, "wake"), &wake) ||
	    !wake)
		return false;
	size_t depth = dbg_scopes_at(value.space->modules, buf->arena, wake, &scopes);
	struct str name = depth ? scopes[depth - 1].name : STR("");
	if (!data && (!name.len || str_starts(name, STR("core::"))))
		buf_puts(buf, "Waker(noop)");
	else if (str_starts(name, STR("alloc::task::")) &&
	         dbg_function_params(value.space->modules, buf->arena, wake, &params) == 1 && params[0].type)
		buf_printf(buf, "Waker(Arc<%.*s>)", STRF(dbg_type_render(buf->arena, params[0].type)));
	else if (name.len)
		buf_printf(buf, "Waker(0x%llx, %.*s)", (unsigned long long)data, STRF(name));
	else
		return false;
	return true;
}

const struct printer printer_waker = {.text = waker_text};

static struct dbg_value context_waker(struct dbg_value value)
{
	struct dbg_value waker = dbg_value_member(value, "waker");
	return dbg_value_ok(waker) && waker.type->kind == DBG_TYPE_POINTER ? dbg_value_deref(waker) : waker;
}

static bool context_text(struct buf *buf, struct dbg_value value)
{
	struct dbg_value waker = context_waker(value);
	if (!dbg_value_ok(waker))
		return false;
	buf_printf(buf, "Context(%.*s)", STRF(dbg_value_render(buf->arena, waker, (struct dbg_render){.depth = 2, .max_len = 160})));
	return true;
}

const struct printer printer_context = {.text = context_text};
