// Tokio's own types among variables, in one line: what a person wants to know of a socket, a channel, a lock.
#include "engine/fd.h"
#include "tokio/private.h"

#define SHOWN(path, function) static bool shown_##function(struct buf *buf, struct dbg_value value);
#include "tokio/shown.def"
#undef SHOWN

static const struct dbg_text_row rows[] = {
#define SHOWN(path, function) {path, shown_##function},
#include "tokio/shown.def"
#undef SHOWN
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
static bool shown_socket(struct buf *buf, struct dbg_value value)
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
static bool shown_oneshot(struct buf *buf, struct dbg_value value)
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
static bool shown_mpsc(struct buf *buf, struct dbg_value value)
{
	u64 senders;
	struct dbg_value chan = dbg_value_pointee(dbg_value_find(value, "alloc::sync::Arc"));
	if (!dbg_value_get(dbg_value_member(chan, "tx_count"), &senders))
		return false;
	put_type(buf, value);
	buf_printf(buf, " (%llu sender%s)", (unsigned long long)senders, senders == 1 ? "" : "s");
	return true;
}

// The permits of the semaphore inside (sync/batch_semaphore.rs: shifted by one, bit 0 is "closed").
static bool permits_in(struct dbg_value value, u64 *out)
{
	struct dbg_value semaphore = dbg_value_find(value, "tokio::sync::batch_semaphore::Semaphore");
	if (!dbg_value_get(dbg_value_member(semaphore, "permits"), out))
		return false;
	*out >>= 1;
	return true;
}

// A Mutex is a semaphore of one permit around its data (sync/mutex.rs).
static bool shown_mutex(struct buf *buf, struct dbg_value value)
{
	u64 permits;
	struct dbg_value data = dbg_value_member(value, "c");
	if (!permits_in(value, &permits) || !dbg_value_ok(data))
		return false;
	buf_printf(buf, "Mutex(%.*s)%s", STRF(dbg_value_render(buf->arena, data, (struct dbg_render){.max_len = 80, .depth = 2})),
	           permits ? "" : " (locked)");
	return true;
}

static bool shown_semaphore(struct buf *buf, struct dbg_value value)
{
	u64 permits;
	if (!permits_in(value, &permits))
		return false;
	buf_printf(buf, "Semaphore (%llu permit%s)", (unsigned long long)permits, permits == 1 ? "" : "s");
	return true;
}

// The header of the joined task; its vtable tells where the id is (runtime/task/raw.rs).
static bool shown_join_handle(struct buf *buf, struct dbg_value value)
{
	u64 id_offset, id, header_addr;
	const struct dbg_type *header_type = dbg_type_find(value.space->modules, STR("tokio::runtime::task::core::Header"));
	if (!dbg_value_get(value, &header_addr) || !header_type)
		return false;
	struct dbg_value header = dbg_value_at(value.space, header_type, header_addr);
	if (!dbg_value_get(dbg_value_member(dbg_value_deref(dbg_value_member(header, "vtable")), "id_offset"), &id_offset) ||
	    id_offset > 1 << 30 || dbg_mem_read_uint(value.space->mem, header.addr + id_offset, 8, &id))
		return false;
	put_type(buf, value);
	buf_printf(buf, " (task %llu)", (unsigned long long)id);
	return true;
}

static bool put_left(struct buf *buf, struct dbg_value value, const char *name)
{
	double left;
	if (!value.space->pid || !seconds_left(value, &left))
		return false;
	buf_printf(buf, left < 0 ? "%s (%s ago)" : "%s (in %s)", name, span_text(buf->arena, left < 0 ? -left : left));
	return true;
}

static bool shown_sleep(struct buf *buf, struct dbg_value value)
{
	return put_left(buf, value, "Sleep");
}
static bool shown_instant(struct buf *buf, struct dbg_value value)
{
	return put_left(buf, value, "Instant");
}
