// Tokio's locks, channels and the like among variables, in one line (tokio 1.24 to 1.54 sync/*.rs, task/join_set.rs).
#include "tokio/private.h"
#include "tokio/shown.h"

static void put_type(struct buf *buf, struct dbg_value value)
{
	buf_put(buf, dbg_type_render(buf->arena, value.type));
}

static void put_short(struct buf *buf, struct dbg_value value)
{
	buf_put(buf, dbg_value_render(buf->arena, value, (struct dbg_render){.max_len = 80, .depth = 2}));
}

// "JoinSet<u32> (3 tasks)"
static void put_type_of(struct buf *buf, struct dbg_value value, u64 n, const char *what)
{
	put_type(buf, value);
	buf_puts(buf, " (");
	buf_put(buf, count_text(buf->arena, n, what));
	buf_putc(buf, ')');
}

// ---- semaphores ------------------------------------------------------------------------------------

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
bool shown_mutex(struct buf *buf, struct dbg_value value)
{
	u64 permits;
	struct dbg_value data = dbg_value_member(value, "c");
	if (!permits_in(value, &permits) || !dbg_value_ok(data))
		return false;
	buf_puts(buf, "Mutex(");
	put_short(buf, data);
	buf_printf(buf, ")%s", permits ? "" : " (locked)");
	return true;
}

// A RwLock has `mr` permits, of which a reader takes one and a writer all (sync/rwlock.rs).
bool shown_rw_lock(struct buf *buf, struct dbg_value value)
{
	u64 permits, most;
	struct dbg_value data = dbg_value_member(value, "c");
	if (!permits_in(value, &permits) || !dbg_value_get(dbg_value_member(value, "mr"), &most) || !dbg_value_ok(data) ||
	    permits > most)
		return false;
	buf_puts(buf, "RwLock(");
	put_short(buf, data);
	buf_puts(buf, ")");
	if (!permits)
		buf_puts(buf, " (write-locked)");
	else if (permits < most)
		buf_printf(buf, most - permits == 1 ? " (read-locked)" : " (read-locked %llu times)",
		           (unsigned long long)(most - permits));
	return true;
}

// What a guard lets at: by its lock, or by a pointer of its own.
struct dbg_value held_by_guard(struct dbg_value value)
{
	struct dbg_value lock = dbg_value_member(value, "lock"), data = dbg_value_member(value, "data");
	return dbg_value_ok(data) ? dbg_value_deref(data) : dbg_value_member(dbg_value_pointee(lock), "c");
}

struct dbg_value held_by_lock(struct dbg_value value)
{
	return dbg_value_member(value, "c");
}

bool shown_guard(struct buf *buf, struct dbg_value value)
{
	struct dbg_value data = held_by_guard(value);
	if (!dbg_value_ok(data))
		return false;
	put_short(buf, data);
	return true;
}

bool count_permits(struct dbg_value value, u64 *out)
{
	return permits_in(value, out);
}

bool shown_semaphore(struct buf *buf, struct dbg_value value)
{
	u64 permits;
	if (!permits_in(value, &permits))
		return false;
	buf_puts(buf, "Semaphore (");
	buf_put(buf, count_text(buf->arena, permits, "permit"));
	buf_putc(buf, ')');
	return true;
}

bool shown_permit(struct buf *buf, struct dbg_value value)
{
	u64 permits;
	if (!dbg_value_get(dbg_value_member(value, "permits"), &permits))
		return false;
	put_type_of(buf, value, permits, "permit");
	return true;
}

// sync/notify.rs: the two low bits of `state`.
bool shown_notify(struct buf *buf, struct dbg_value value)
{
	static const char *const states[] = {"nobody waits", "waited for", "notified, and nobody has seen it yet"};
	u64 state;
	if (!dbg_value_get(dbg_value_member(value, "state"), &state) || (state & 3) >= ARRAY_LEN(states))
		return false;
	buf_printf(buf, "Notify (%s)", states[state & 3]);
	return true;
}

// ---- channels --------------------------------------------------------------------------------------

struct dbg_value held_by_watch(struct dbg_value value)
{
	static const char *const locks[] = {"std::sync::poison::rwlock::RwLock", "std::sync::rwlock::RwLock",
	                                    "lock_api::rwlock::RwLock"};
	struct dbg_value shared = dbg_value_pointee(dbg_value_member(value, "shared")), data = {0};
	for (size_t i = 0; i < ARRAY_LEN(locks) && !dbg_value_ok(data); i++)
		data = dbg_value_member(dbg_value_find(dbg_value_member(shared, "value"), locks[i]), "data");
	return data;
}

// sync/watch.rs: Shared has the value, and counts either half; bit 0 of its state is "closed".
static bool put_watch(struct buf *buf, struct dbg_value value, const char *counter, const char *others)
{
	u64 n, state;
	struct dbg_value shared = dbg_value_pointee(dbg_value_member(value, "shared"));
	if (!dbg_value_get(dbg_value_member(shared, counter), &n) || !dbg_value_get(dbg_value_member(shared, "state"), &state))
		return false;
	struct dbg_value data = held_by_watch(value);
	put_type(buf, value);
	buf_puts(buf, " (");
	if (dbg_value_ok(data)) {
		put_short(buf, data);
		buf_puts(buf, ", ");
	}
	buf_put(buf, count_text(buf->arena, n, others));
	buf_printf(buf, "%s)", state & 1 ? ", closed" : "");
	return true;
}

bool shown_watch_sender(struct buf *buf, struct dbg_value value)
{
	return put_watch(buf, value, "ref_count_rx", "receiver");
}
bool shown_watch_receiver(struct buf *buf, struct dbg_value value)
{
	return put_watch(buf, value, "ref_count_tx", "sender");
}

// sync/broadcast.rs: Tail counts what was sent and who receives; a receiver has the number of its next message.
static struct dbg_value broadcast_tail(struct dbg_value shared)
{
	return dbg_value_find(dbg_value_member(shared, "tail"), "tokio::sync::broadcast::Tail");
}

bool shown_broadcast_sender(struct buf *buf, struct dbg_value value)
{
	u64 n;
	struct dbg_value shared = dbg_value_pointee(dbg_value_member(value, "shared"));
	if (!dbg_value_get(dbg_value_member(broadcast_tail(shared), "rx_cnt"), &n))
		return false;
	put_type(buf, value);
	buf_puts(buf, " (");
	buf_put(buf, count_text(buf->arena, n, "receiver"));
	buf_putc(buf, ')');
	return true;
}

bool count_broadcast(struct dbg_value value, u64 *out)
{
	u64 sent, next;
	struct dbg_value shared = dbg_value_pointee(dbg_value_member(value, "shared"));
	if (!dbg_value_get(dbg_value_member(broadcast_tail(shared), "pos"), &sent) ||
	    !dbg_value_get(dbg_value_member(value, "next"), &next))
		return false;
	*out = sent - next;
	return true;
}

bool shown_broadcast_receiver(struct buf *buf, struct dbg_value value)
{
	u64 sent, next, senders;
	struct dbg_value shared = dbg_value_pointee(dbg_value_member(value, "shared"));
	if (!dbg_value_get(dbg_value_member(broadcast_tail(shared), "pos"), &sent) ||
	    !dbg_value_get(dbg_value_member(value, "next"), &next) || !dbg_value_get(dbg_value_member(shared, "num_tx"), &senders))
		return false;
	put_type(buf, value);
	buf_puts(buf, " (");
	buf_put(buf, count_text(buf->arena, sent - next, "message"));
	buf_puts(buf, " to receive, ");
	buf_put(buf, count_text(buf->arena, senders, "sender"));
	buf_putc(buf, ')');
	return true;
}

// ---- the rest --------------------------------------------------------------------------------------

bool count_join_set(struct dbg_value value, u64 *out)
{
	return dbg_value_get(dbg_value_member(dbg_value_member(value, "inner"), "length"), out);
}

bool shown_join_set(struct buf *buf, struct dbg_value value)
{
	u64 n;
	if (!count_join_set(value, &n))
		return false;
	put_type_of(buf, value, n, "task");
	return true;
}

// A Handle, or a Runtime, which has one: the flavour, and of several threads how many.
bool shown_runtime(struct buf *buf, struct dbg_value value)
{
	struct dbg_value payload, handle = dbg_value_find(value, "tokio::runtime::scheduler::Handle");
	const struct dbg_variant *variant = dbg_value_variant(handle, &payload, NULL);
	if (!variant)
		return false;
	struct dbg_value remotes = dbg_value_path(dbg_value_pointee(dbg_value_member(payload, "0")), "shared.remotes");
	u64 workers = 0;
	bool several = dbg_value_get(dbg_value_member(remotes, "length"), &workers);
	put_type(buf, value);
	buf_printf(buf, " (%.*s", STRF(variant->member.name));
	if (several) {
		buf_puts(buf, ", ");
		buf_put(buf, count_text(buf->arena, workers, "worker"));
	}
	buf_putc(buf, ')');
	return true;
}
