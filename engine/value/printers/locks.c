// Mutex, RwLock and their guards. Whether they are locked is told for the futex forms (Linux).
#include "engine/value/printer.h"

static struct dbg_value data_member(struct dbg_value value)
{
	return dbg_value_member(value, "data");
}

static void poison_note(struct buf *buf, struct dbg_value value)
{
	u64 failed;
	if (dbg_value_get(walk_find_member(dbg_value_member(value, "poison"), "failed"), &failed) && failed)
		buf_puts(buf, " (poisoned)");
}

// std/src/sys/sync/mutex/futex.rs: 0 unlocked, 1 locked, 2 locked and others wait.
static void mutex_note(struct buf *buf, struct dbg_value value)
{
	u64 futex;
	if (dbg_value_get(walk_find_member(dbg_value_member(value, "inner"), "futex"), &futex) && futex)
		buf_puts(buf, futex == 1 ? " (locked)" : futex == 2 ? " (locked, others wait)" : " (suspect: no state of a lock)");
	poison_note(buf, value);
}

const struct printer printer_mutex = {.inner = data_member, .label = "Mutex", .note = mutex_note};

// std/src/sys/sync/rwlock/futex.rs: the low 30 bits count readers, all of them set is a writer.
static void rw_lock_note(struct buf *buf, struct dbg_value value)
{
	static const u64 mask = (1u << 30) - 1;
	u64 state;
	if (dbg_value_get(walk_find_member(dbg_value_member(value, "inner"), "state"), &state) && (state & mask)) {
		u64 readers = state & mask;
		if (readers == mask)
			buf_puts(buf, " (write-locked)");
		else if (readers == 1)
			buf_puts(buf, " (read-locked)");
		else
			buf_printf(buf, " (read-locked %llu times)", (unsigned long long)readers);
	}
	poison_note(buf, value);
}

const struct printer printer_rw_lock = {.inner = data_member, .label = "RwLock", .note = rw_lock_note};

// {lock: &Mutex}, or {data: NonNull} (read guards, mapped guards).
static struct dbg_value guard_inner(struct dbg_value value)
{
	if (walk_member(value.type, STR("lock")))
		return dbg_value_member(dbg_value_deref(dbg_value_member(value, "lock")), "data");
	struct dbg_value pointer = walk_peel(dbg_value_member(value, "data"));
	return dbg_value_ok(pointer) && pointer.type->kind == DBG_TYPE_POINTER ? dbg_value_deref(pointer) : pointer;
}

const struct printer printer_lock_guard = {.inner = guard_inner};
