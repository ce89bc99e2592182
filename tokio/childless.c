// A future that no row of leaf.def knows and that has no futures inside: done, or a wait that is told by its type, and by its
// descriptor or its fields.
#include "tokio/private.h"

// A poll_fn may poll a socket that its closure has a reference to.
static bool fd_captured(struct dbg_value value, int *fd)
{
	enum { MAX_CAPTURES = 20 };
	const struct dbg_member *captures;
	struct dbg_value closure = dbg_value_member(value, "f");
	bool is_poll_fn = str_ends(dbg_type_base_path(value.type), STR("::poll_fn::PollFn")) && dbg_value_ok(closure);
	size_t n = is_poll_fn ? dbg_type_members(closure.type, &captures) : 0;
	for (size_t i = 0; i < n && i < MAX_CAPTURES; i++)
		if (fd_in(dbg_value_member_of(closure, &captures[i]), fd))
			return true;
	return false;
}

// A stream of any kind that is boxed: two boxes deep, since those of TLS or of a client's own are in one more.
static bool fd_boxed(struct arena *arena, struct dbg_value value, int *fd)
{
	struct dbg_value *boxes, *inner;
	size_t n = dbg_value_find_all(arena, value, "alloc::boxed::Box", &boxes);
	for (size_t i = 0; i < n; i++) {
		struct dbg_value held = dbg_value_pointee(boxes[i]);
		if (!dbg_value_ok(held))
			continue;
		if (fd_in(held, fd))
			return true;
		size_t n_inner = dbg_value_find_all(arena, held, "alloc::boxed::Box", &inner);
		for (size_t k = 0; k < n_inner; k++)
			if (fd_in(inner[k], fd))
				return true;
	}
	return false;
}

void childless_tell(struct tk_snapshot *snapshot, struct arena *arena, struct tk_node *node, struct str otherwise)
{
	const struct dbg_variant *variant =
	    node->value.type->kind == DBG_TYPE_VARIANTS ? dbg_value_variant(node->value, NULL, NULL) : NULL;
	if (variant && (str_eqc(variant->member.name, "Done") || str_eqc(variant->member.name, "Gone"))) {
		node->state = STR("done");
		return;
	}
	// futures' Fuse { inner: Option<F> } forgets what is complete.
	if (str_ends(dbg_type_base_path(node->value.type), STR("::Fuse")) &&
	    dbg_value_ok(dbg_value_variant_named(dbg_value_member(node->value, "inner"), "None"))) {
		node->state = STR("done");
		return;
	}
	node->brief = node->name;
	int fd;
	struct str what = otherwise.len ? otherwise : str_printf(arena, "waits in %.*s", STRF(node->name));
	if (fd_in(node->value, &fd) || fd_captured(node->value, &fd) || fd_boxed(arena, node->value, &fd)) {
		struct str text = fd_text(snapshot, fd, arena);
		node->waits = str_printf(arena, "%.*s, which has fd %d%s%.*s%s", STRF(what), fd, text.len ? " (" : "", STRF(text),
		                         text.len ? ")" : "");
		return;
	}
	if (otherwise.len) {
		node->waits = otherwise;
		return;
	}
	struct str fields = dbg_value_render(arena, node->value, (struct dbg_render){.max_len = 100, .depth = 2});
	node->waits = str_printf(arena, "%.*s%s%.*s", STRF(what), fields.len ? ": " : "", STRF(fields));
}
