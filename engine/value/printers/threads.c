// Threads and what waits for their end (std/src/thread): id, name, and whether it runs.
#include "engine/value/printer.h"

// Some(ThreadNameString) or Other(CString) where it has one; Main in some versions.
static struct str name_of(struct arena *arena, struct dbg_value thread)
{
	struct dbg_value payload, name = walk_find_member(thread, "name");
	struct str variant = walk_variant_name(name, &payload);
	if (str_eqc(variant, "Main"))
		return STR("\"main\"");
	struct dbg_value text = str_eqc(variant, "Some") || str_eqc(variant, "Other")
	                            ? dbg_value_find(payload, "alloc::ffi::c_str::CString")
	                            : (struct dbg_value){0};
	return dbg_value_ok(text) ? dbg_value_render(arena, text, (struct dbg_render){.max_len = 60}) : STR("");
}

// The main thread's is a variant of its own, which refers to a pair (1.84, 1.85).
static bool put_main(struct buf *buf, struct dbg_value value)
{
	i64 id;
	struct dbg_value inner = dbg_value_find(value, "std::thread::Inner"), payload;
	if (!str_eqc(walk_variant_name(inner, &payload), "Main") ||
	    !walk_int(dbg_value_find(dbg_value_pointee(dbg_value_member(payload, "0")), "std::thread::ThreadId"), &id))
		return false;
	buf_printf(buf, "ThreadId(%lld), \"main\"", (long long)id);
	return true;
}

static bool put_thread(struct buf *buf, struct dbg_value value)
{
	i64 id;
	if (put_main(buf, value))
		return true;
	struct dbg_value thread = dbg_value_pointee(dbg_value_find(value, "alloc::sync::Arc"));
	if (!walk_int(walk_find_member(thread, "id"), &id))
		return false;
	struct str name = name_of(buf->arena, thread);
	buf_printf(buf, "ThreadId(%lld)%s%.*s", (long long)id, name.len ? ", " : "", STRF(name));
	return true;
}

static bool thread_text(struct buf *buf, struct dbg_value value)
{
	struct buf text = buf_on(buf->arena);
	if (!put_thread(&text, value))
		return false;
	buf_printf(buf, "Thread(%.*s)", STRF(buf_str(&text)));
	return true;
}

const struct printer printer_thread = {.text = thread_text};

// The packet has the thread's result once it has ended.
static bool join_text(struct buf *buf, struct dbg_value value)
{
	struct buf text = buf_on(buf->arena);
	struct dbg_value thread = walk_find_member(value, "thread"), packet = walk_find_member(value, "packet");
	struct dbg_value result = walk_peel(walk_find_member(dbg_value_pointee(packet), "result"));
	struct str variant = walk_variant_name(result, NULL);
	if (!put_thread(&text, thread))
		return false;
	buf_printf(buf, "JoinHandle(%.*s%s)", STRF(buf_str(&text)),
	           str_eqc(variant, "Some")   ? ", finished"
	           : str_eqc(variant, "None") ? ", running"
	                                      : "");
	return true;
}

const struct printer printer_join_handle = {.text = join_text};
