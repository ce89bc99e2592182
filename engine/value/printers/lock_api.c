// Locks of parking_lot, and of other crates that make theirs by lock_api: {raw, data}. Whether one is locked is
// told where `raw` is parking_lot's (parking_lot 0.12 src/raw_{mutex,rwlock}.rs, once.rs).
#include "engine/value/printer.h"

static struct dbg_value data_member(struct dbg_value value)
{
	return dbg_value_member(value, "data");
}

static bool raw_state(struct dbg_value value, const char *raw_path, u64 *out)
{
	return dbg_value_get(walk_find_member(dbg_value_find(dbg_value_member(value, "raw"), raw_path), "state"), out);
}

static void mutex_note(struct buf *buf, struct dbg_value value)
{
	enum { LOCKED = 1, PARKED = 2 };
	u64 state;
	if (raw_state(value, "parking_lot::raw_mutex::RawMutex", &state) && (state & LOCKED))
		buf_puts(buf, state & PARKED ? " (locked, others wait)" : " (locked)");
}

static void rw_lock_note(struct buf *buf, struct dbg_value value)
{
	enum { PARKED = 1, WRITER_PARKED = 2, UPGRADABLE = 4, WRITER = 8, READER = 16 };
	u64 state;
	if (!raw_state(value, "parking_lot::raw_rwlock::RawRwLock", &state))
		return;
	const char *wait = state & (PARKED | WRITER_PARKED) ? ", others wait" : "";
	u64 readers = state / READER;
	if (state & WRITER)
		buf_printf(buf, " (write-locked%s)", wait);
	else if (state & UPGRADABLE)
		buf_printf(buf, " (upgradably read-locked%s)", wait);
	else if (readers == 1)
		buf_printf(buf, " (read-locked%s)", wait);
	else if (readers)
		buf_printf(buf, " (read-locked %llu times%s)", (unsigned long long)readers, wait);
}

// RawReentrantMutex {owner, lock_count, mutex, get_thread_id}, whatever the mutex. `owner` is an address in the
// owning thread, not its number.
static void reentrant_note(struct buf *buf, struct dbg_value value)
{
	u64 owner, count;
	struct dbg_value raw = dbg_value_member(value, "raw");
	if (!dbg_value_get(dbg_value_member(raw, "owner"), &owner) || owner == 0 ||
	    !dbg_value_get(dbg_value_member(raw, "lock_count"), &count))
		return;
	if (count == 1)
		buf_puts(buf, " (locked)");
	else
		buf_printf(buf, " (locked %llu times)", (unsigned long long)count);
}

// The first member, whatever it is called, is the lock or the data (mapped guards: {raw, data}).
static struct dbg_value guard_inner(struct dbg_value value)
{
	static const char *const locks[] = {"mutex", "rwlock", "remutex"};
	struct dbg_value data = dbg_value_member(value, "data");
	if (dbg_value_ok(data))
		return dbg_value_deref(data);
	for (size_t i = 0; i < ARRAY_LEN(locks); i++)
		if (walk_member(value.type, str_of(locks[i])))
			return dbg_value_member(dbg_value_pointee(dbg_value_member(value, locks[i])), "data");
	value.raw = true;
	return value;
}

static bool once_text(struct buf *buf, struct dbg_value value)
{
	enum { DONE = 1, POISONED = 2, LOCKED = 4 };
	u64 state;
	if (!dbg_value_get(walk_peel(value), &state))
		return false;
	buf_printf(buf, "Once (%s)",
	           state & DONE       ? "done"
	           : state & LOCKED   ? "in progress"
	           : state & POISONED ? "poisoned"
	                              : "not done");
	return true;
}

const struct printer printer_lock_api_mutex = {.inner = data_member, .label = "Mutex", .note = mutex_note};
const struct printer printer_lock_api_rw_lock = {.inner = data_member, .label = "RwLock", .note = rw_lock_note};
const struct printer printer_lock_api_reentrant = {.inner = data_member, .label = "ReentrantMutex", .note = reentrant_note};
const struct printer printer_lock_api_guard = {.inner = guard_inner};
const struct printer printer_parking_lot_once = {.text = once_text};
