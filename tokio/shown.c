// Tokio's own types among variables, in one line: what a person wants to know of a socket, a channel, a lock.
#include "tokio/shown.h"
#include "engine/fd.h"
#include "tokio/copies.h"
#include "tokio/private.h"

static const struct dbg_text_row rows[] = {
#define SHOWN(path, function)        {path, shown_##function, NULL, NULL},
#define HOLDS(path, function, what)  {path, shown_##function, held_##what, NULL},
#define COUNTS(path, function, what) {path, shown_##function, NULL, count_##what},
#include "tokio/shown.def"
#undef SHOWN
#undef HOLDS
#undef COUNTS
};

size_t shown_rows(const struct dbg_text_row **out)
{
	*out = rows;
	return ARRAY_LEN(rows);
}

static void put_type(struct buf *buf, struct dbg_value value)
{
	buf_put(buf, dbg_type_render(buf->arena, value.type));
}

// "TcpStream fd 11 127.0.0.1:8080 â 127.0.0.1:51234"
bool shown_socket(struct buf *buf, struct dbg_value value)
{
	int fd;
	if (!fd_in(value, &fd))
		return false;
	struct str text = value.space->pid ? dbg_fd_text(value.space->pid, fd, NULL, buf->arena) : STR("");
	put_type(buf, value);
	buf_printf(buf, " fd %d%s%.*s", fd, text.len ? " " : "", STRF(text));
	return true;
}

// Either half of a oneshot channel (sync/oneshot.rs): `inner: Option<Arc<Inner>>`, None once it is used up.
bool shown_oneshot(struct buf *buf, struct dbg_value value)
{
	enum { VALUE_SENT = 2, CLOSED = 4 };
	struct dbg_value inner = dbg_value_member(value, "inner"), payload;
	const struct dbg_variant *variant = dbg_value_variant(inner, &payload, NULL);
	if (!variant)
		return false;
	struct dbg_value arc = dbg_value_member(payload, "0");
	u64 state, strong;
	const char *text = "used up";
	if (str_eqc(variant->member.name, "Some")) {
		if (!dbg_value_get(dbg_value_member(dbg_value_pointee(arc), "state"), &state))
			return false;
		bool alone = arc_strong(arc, &strong) && strong < 2;
		text = state & VALUE_SENT ? "a message is in it"
		       : state & CLOSED   ? "closed"
		       : alone            ? "empty, its other half is dropped"
		                          : "empty";
	}
	put_type(buf, value);
	buf_printf(buf, " (%s)", text);
	return true;
}

// Either half of an mpsc channel (sync/mpsc/chan.rs: Chan).
static struct dbg_value mpsc_channel(struct dbg_value value)
{
	return dbg_value_pointee(dbg_value_find(value, "alloc::sync::Arc"));
}

// sync/mpsc/list.rs: positions count what was sent and what was received; the last sender takes one to say that it is gone.
bool count_messages(struct dbg_value value, u64 *out)
{
	u64 tail, next, senders;
	struct dbg_value chan = mpsc_channel(value);
	if (!dbg_value_get(dbg_value_member(dbg_value_find(chan, "tokio::sync::mpsc::list::Tx"), "tail_position"), &tail) ||
	    !dbg_value_get(dbg_value_member(dbg_value_find(chan, "tokio::sync::mpsc::list::Rx"), "index"), &next) ||
	    !dbg_value_get(dbg_value_member(chan, "tx_count"), &senders) || tail < next)
		return false;
	*out = tail - next - (senders == 0 && tail > next);
	return true;
}

bool shown_mpsc(struct buf *buf, struct dbg_value value)
{
	u64 senders, messages;
	if (!dbg_value_get(dbg_value_member(mpsc_channel(value), "tx_count"), &senders))
		return false;
	put_type(buf, value);
	buf_puts(buf, " (");
	if (count_messages(value, &messages) && messages)
		buf_printf(buf, "%.*s to receive, ", STRF(count_text(buf->arena, messages, "message")));
	buf_printf(buf, "%.*s)", STRF(count_text(buf->arena, senders, "sender")));
	return true;
}

// The header of a task; its vtable tells where the id is (runtime/task/raw.rs).
static bool task_id_at(const struct dbg_space *space, u64 header_addr, u64 *out)
{
	u64 id_offset;
	const struct dbg_type *header_type = dbg_type_find(space->modules, STR("tokio::runtime::task::core::Header"));
	if (!header_type || !header_addr)
		return false;
	struct dbg_value header = dbg_value_at(space, header_type, header_addr);
	struct dbg_value vtable = dbg_value_deref(dbg_value_member(header, "vtable"));
	if (!dbg_value_get(dbg_value_member(vtable, "id_offset"), &id_offset) || id_offset > 1 << 30 ||
	    dbg_mem_read_uint(space->mem, header.addr + id_offset, 8, out))
		return false;
	*out += tokio_first_id(space->modules, dbg_module_at(space->modules, vtable.addr));
	return true;
}

// A JoinHandle's or AbortHandle's first word is the header of the task.
bool shown_join_handle(struct buf *buf, struct dbg_value value)
{
	u64 id, header_addr;
	if (!dbg_value_get(value, &header_addr) || !task_id_at(value.space, header_addr, &id))
		return false;
	put_type(buf, value);
	buf_printf(buf, " (task %llu)", (unsigned long long)id);
	return true;
}

// A task's waker has its header as data (runtime/task/waker.rs); block_on's its thread's parker (runtime/park.rs).
bool shown_waker(struct buf *buf, struct dbg_value value)
{
	static const char prefix[] = "tokio::runtime::";
	u64 data, wake, id;
	struct dbg_scope *scopes;
	struct dbg_value raw = dbg_value_find(value, "core::task::wake::RawWaker");
	struct dbg_value vtable = dbg_value_deref(dbg_value_member(raw, "vtable"));
	if (!dbg_value_get(dbg_value_member(raw, "data"), &data) || !dbg_value_get(dbg_value_member(vtable, "wake"), &wake) || !wake)
		return false;
	size_t depth = dbg_scopes_at(value.space->modules, buf->arena, wake, &scopes);
	struct str name = depth ? scopes[depth - 1].name : STR("");
	if (!str_starts(name, str_of(prefix)))
		return false;
	name = str_from(name, sizeof(prefix) - 1);
	if (str_starts(name, STR("park::")))
		buf_puts(buf, "Waker(of block_on)");
	else if (str_starts(name, STR("task::waker::")) && task_id_at(value.space, data, &id))
		buf_printf(buf, "Waker(task %llu)", (unsigned long long)id);
	else
		return false;
	return true;
}

static bool put_left(struct buf *buf, struct dbg_value value, const char *name)
{
	double left;
	if (!value.space->pid || !seconds_left(value, moment_of(value.space), &left))
		return false;
	buf_printf(buf, left < 0 ? "%s (%s ago)" : "%s (in %s)", name, span_text(buf->arena, left < 0 ? -left : left));
	return true;
}

bool shown_sleep(struct buf *buf, struct dbg_value value)
{
	return put_left(buf, value, "Sleep");
}
bool shown_instant(struct buf *buf, struct dbg_value value)
{
	return put_left(buf, value, "Instant");
}
