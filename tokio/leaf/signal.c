// Waits for signals (tokio 1.24 to 1.54 signal/*.rs).
#include <signal.h>
#include <string.h>

#include "tokio/private.h"

// A Signal does not keep its number. It holds a watch::Receiver; the sender is at the signal's number in the registry:
// GLOBALS: OnceLock<Globals { registry: Registry { storage: OsStorage(Box<[SignalInfo { event_info: EventInfo { tx:
// watch::Sender<()>, .. }, .. }]>) }, .. }>. Both point to one Shared.
static u64 shared_of(struct dbg_value end)
{
	u64 addr;
	return dbg_value_get(dbg_value_member(end, "shared"), &addr) ? addr : 0;
}

static struct dbg_value storage_of(const struct tk_leaf *leaf)
{
	struct tk_reader *reader = leaf->snapshot->reader;
	if (!reader->signals_read)
		reader->n_signals = dbg_statics_find(reader->space->modules, &reader->arena,
		                                     STR("tokio::signal::registry::globals::GLOBALS"), &reader->signals);
	reader->signals_read = true;
	for (size_t i = 0; i < reader->n_signals; i++) {
		struct dbg_value global = dbg_value_at(reader->space, reader->signals[i].type, reader->signals[i].addr);
		struct dbg_value storage = dbg_value_find(global, "tokio::signal::registry::Globals");
		storage = dbg_value_member(dbg_value_member(dbg_value_ok(storage) ? storage : dbg_value_pointee(global), "registry"),
		                           "storage");
		if (dbg_value_ok(storage))
			return storage;
	}
	return dbg_value_none(leaf->arena, "no registry of signals");
}

// The number of the signal whose sender shares this; 0 if none is found.
static int signal_of(const struct tk_leaf *leaf, u64 shared)
{
	enum { MAX_SIGNALS = 128 };
	struct dbg_child *parts;
	struct dbg_value storage = storage_of(leaf);
	// unix.rs up to 1.47: a list by number; since then a struct of its own around one that begins with signal 1.
	int first = dbg_value_ok(storage) && str_eqc(dbg_type_base_path(storage.type), "tokio::signal::unix::OsStorage");
	while (dbg_value_ok(storage) && !dbg_value_child_counts(storage).indexed && dbg_value_child_counts(storage).named == 1) {
		if (!dbg_value_children(leaf->arena, storage, DBG_CHILDREN_NAMED, 0, 1, &parts))
			return 0;
		storage = parts[0].value; // OsStorage(..)
	}
	size_t n = dbg_value_ok(storage) ? dbg_value_children(leaf->arena, storage, DBG_CHILDREN_INDEXED, 0, MAX_SIGNALS, &parts) : 0;
	for (size_t i = 0; i < n; i++)
		if (shared_of(dbg_value_find(parts[i].value, "tokio::sync::watch::Sender")) == shared)
			return first + (int)i;
	return 0;
}

// What the ReusableBoxFuture of RxFuture holds: an async fn with the Receiver among its variables.
static u64 awaited_shared(const struct tk_leaf *leaf)
{
	struct dbg_value rx = dbg_value_pointee(leaf_ancestor_member(leaf, "self"));
	for (int i = 0; i < 4 && dbg_value_ok(rx); i++) {
		struct dbg_value receiver = dbg_value_find(rx, "tokio::sync::watch::Receiver");
		if (dbg_value_ok(receiver))
			return shared_of(receiver);
		struct dbg_value box = dbg_value_find(rx, "alloc::boxed::Box");
		rx = dbg_value_pointee(dbg_value_ok(box) ? box : dbg_value_find(rx, "core::ptr::non_null::NonNull"));
	}
	return 0;
}

void leaf_signal(struct tk_leaf *leaf)
{
	u64 shared = awaited_shared(leaf);
	int number = shared ? signal_of(leaf, shared) : 0;
	const char *name = number > 0 && number < NSIG ? sigabbrev_np(number) : NULL;
	if (name)
		leaf_say(leaf, str_printf(leaf->arena, "SIG%s", name).ptr, "waits for SIG%s", name);
	else if (number)
		leaf_say(leaf, str_printf(leaf->arena, "signal %d", number).ptr, "waits for signal %d", number);
	else
		leaf_say(leaf, "a signal", "waits for a signal (which is not known)");
}
