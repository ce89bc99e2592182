// The futures inside of one that is no async fn: found by looking among its fields, through tuples, closures, Option,
// MaybeDone, cells, boxes and references; never through the runtime's handles or shared state, from which one would
// wander through the whole program.
#include "tokio/private.h"

enum { FIELD_DEPTH = 20, FIELD_NODES = 2000, MAX_CHILDREN = 1000 };

bool children_leads_on(const struct dbg_type *type)
{
	static const char *const closed[] = {"tokio::runtime::", "tokio::sync::", "tokio::net::",    "core::task::", "std::", "mio::",
	                                     "alloc::sync::Arc", "alloc::rc::Rc", "alloc::string::", "tracing::"};
	struct str path = type->path;
	for (size_t i = 0; i < ARRAY_LEN(closed); i++)
		if (str_starts(path, str_of(closed[i])))
			return false;
	return true;
}

void children_add(struct children *children, struct dbg_value child)
{
	if (children->list.len < MAX_CHILDREN)
		vec_push(children->arena, &children->list, child);
}

static void collect(struct children *children, struct dbg_value value, unsigned depth);

// To poll a future one needs a `&mut` to it: what is behind a `&` of its own type is polled by somebody else (RunUntil's
// LocalSet), if at all.
static bool is_only_seen(struct children *children, const struct dbg_type *pointer)
{
	bool is_shared = str_starts(pointer->name, STR("&")) && !str_starts(pointer->name, STR("&mut "));
	return is_shared && pointer->target && pointer->target->kind != DBG_TYPE_POINTER &&
	       is_future_type(children->reader, pointer->target);
}

static void collect_pointer(struct children *children, struct dbg_value pointer, unsigned depth)
{
	if (is_only_seen(children, pointer.type))
		return;
	struct dbg_value target = dbg_value_pointee(pointer);
	if (dbg_value_ok(target) && target.type != pointer.type && target.type->kind != DBG_TYPE_POINTER)
		collect(children, target, depth + 1);
}

// `Box<[T]>` and slices of futures.
static bool collect_slice(struct children *children, struct dbg_value value)
{
	u64 n;
	const struct dbg_member *members;
	if (str_eqc(dbg_type_base_path(value.type), "core::pin::Pin") && dbg_type_members(value.type, &members) == 1)
		value = dbg_value_member_of(value, &members[0]);
	if (value.type->kind != DBG_TYPE_STRUCT || !dbg_type_member(value.type, "data_ptr") ||
	    !dbg_value_get(dbg_value_member(value, "length"), &n))
		return false;
	for (u64 i = 0; i < u64_min(n, MAX_CHILDREN); i++) {
		struct dbg_value element = dbg_value_element(value, i);
		if (!dbg_value_ok(element) || !is_future_type(children->reader, element.type))
			break;
		children_add(children, element);
	}
	return true;
}

static void collect_parts(struct children *children, struct dbg_value value, unsigned depth)
{
	const struct dbg_type *type = value.type;
	const struct dbg_member *members;
	struct dbg_value payload;
	size_t n = dbg_type_members(type, &members);
	for (size_t i = 0; i < n; i++)
		collect(children, dbg_value_member_of(value, &members[i]), depth + 1);
	if (type->kind == DBG_TYPE_VARIANTS && dbg_value_variant(value, &payload, NULL))
		collect(children, payload, depth + 1);
	for (u64 i = 0; type->kind == DBG_TYPE_ARRAY && i < u64_min(type->count, MAX_CHILDREN); i++)
		collect(children, dbg_value_element(value, i), depth + 1);
}

static void collect(struct children *children, struct dbg_value value, unsigned depth)
{
	if (!dbg_value_ok(value) || depth > FIELD_DEPTH || children->budget-- == 0) {
		children->budget += !children->budget;
		return;
	}
	const struct dbg_type *type = value.type;
	if (!children->name.len)
		children->name = construct_name(type);
	if (construct_list(children, value) || collect_slice(children, value))
		return;
	if (depth > 0 && construct_is_box(type)) {
		struct dbg_value held = dbg_value_pointee(value);
		if (dbg_value_ok(held) && held.type != type && !is_future_type(children->reader, held.type)) {
			collect(children, held, depth + 1);
			return;
		}
	}
	if (depth > 0 && is_future_type(children->reader, type)) {
		children_add(children, value);
		return;
	}
	if (type->kind == DBG_TYPE_POINTER) {
		collect_pointer(children, value, depth);
		return;
	}
	if (construct_is_open(type)) {
		collect(children, dbg_value_pointee(dbg_value_find(value, "alloc::sync::Arc")), depth + 1);
		return;
	}
	if (!children_leads_on(type) && depth > 0)
		return;
	struct dbg_value concrete = type->kind == DBG_TYPE_STRUCT && dbg_type_member(type, "vtable") ? dbg_value_dyn(value) : value;
	if (dbg_value_ok(concrete) && concrete.type != type)
		collect(children, concrete, depth + 1);
	else
		collect_parts(children, value, depth);
}

void children_look_into(struct children *children, struct dbg_value part)
{
	collect(children, part, 1);
}

// futures' join! and try_join! are one but for what their futures give: all of try_join!'s give a Result. MaybeDone {
// Future(F), Done(F::Output), Gone }.
static struct str join_name(const struct children *children, struct str known)
{
	for (size_t i = 0; str_eqc(known, "join! or try_join!") && i < children->n; i++) {
		const struct dbg_variant *variants;
		struct dbg_value maybe = future_behind(children->reader, children->items[i]);
		size_t n = dbg_value_ok(maybe) && maybe.type->kind == DBG_TYPE_VARIANTS ? dbg_type_variants(maybe.type, &variants) : 0;
		for (size_t k = 0; k < n; k++) {
			const struct dbg_member *output =
			    str_eqc(variants[k].member.name, "Done") ? dbg_type_member(variants[k].member.type, "__0") : NULL;
			if (output && !str_eqc(dbg_type_base_path(output->type), "core::result::Result"))
				return STR("join!");
		}
	}
	return known;
}

struct children *children_collect(struct tk_reader *reader, struct arena *arena, struct dbg_value future)
{
	struct children *children = NEW(arena, struct children);
	*children = (struct children){.budget = FIELD_NODES, .reader = reader, .arena = arena};
	collect(children, future, 0);
	children->items = children->list.items;
	children->n = children->list.len;
	struct dbg_value first = children->n ? dbg_value_pointee(children->items[0]) : dbg_value_none(arena, "no child");
	if (!children->name.len && dbg_value_ok(first))
		children->name = construct_name(first.type);
	children->name = join_name(children, children->name);
	return children;
}
