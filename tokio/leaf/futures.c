// Waits for the channels and locks of the crate `futures` (futures-channel and futures-util 0.3).
#include "tokio/private.h"

// oneshot.rs: Receiver { inner: Arc<Inner { complete: AtomicBool, .. }> }; complete is set when either end is gone.
void leaf_futures_oneshot(struct tk_leaf *leaf)
{
	u64 complete;
	struct dbg_value inner = dbg_value_pointee(dbg_value_member(leaf->value, "inner"));
	bool over = dbg_value_get(dbg_value_member(inner, "complete"), &complete) && complete;
	leaf_say(leaf, over ? "oneshot, sent or closed" : "oneshot, sender alive", "waits for a oneshot message (%s)",
	         over ? "sent, or its sender is gone" : "sender alive");
}

// ---- mpsc/mod.rs

// BoundedInner { buffer, state: how many messages, the highest bit is "open", num_senders, .. }; UnboundedInner has no
// buffer. " (1 sender, 0 messages)"; "" if that can't be read.
static struct str figures_of(struct arena *arena, struct dbg_value end)
{
	struct dbg_value inner = dbg_value_pointee(dbg_value_find(end, "alloc::sync::Arc"));
	u64 senders, messages, buffer;
	if (!dbg_value_get(dbg_value_member(inner, "num_senders"), &senders) ||
	    !dbg_value_get(dbg_value_member(inner, "state"), &messages))
		return STR("");
	messages &= ~(1ull << 63);
	struct str text = str_printf(arena, " (%llu sender%s, %llu message%s", (unsigned long long)senders, senders == 1 ? "" : "s",
	                             (unsigned long long)messages, messages == 1 ? "" : "s");
	if (dbg_value_get(dbg_value_member(inner, "buffer"), &buffer))
		return str_printf(arena, "%.*s, buffer of %llu)", STRF(text), (unsigned long long)buffer);
	return str_printf(arena, "%.*s)", STRF(text));
}

static bool is_receiver(const struct dbg_type *type)
{
	struct str base = dbg_type_base_path(type);
	return str_eqc(base, "futures_channel::mpsc::Receiver") || str_eqc(base, "futures_channel::mpsc::UnboundedReceiver");
}

void leaf_futures_next(struct tk_leaf *leaf)
{
	struct dbg_value stream = dbg_value_pointee(dbg_value_member(leaf->value, "stream"));
	if (!dbg_value_ok(stream) || !is_receiver(stream.type))
		return;
	struct str figures = figures_of(leaf->arena, stream);
	leaf_say(leaf, str_printf(leaf->arena, "mpsc recv%.*s", STRF(figures)).ptr,
	         "waits for a message on futures' mpsc channel%.*s", STRF(figures));
}

// sink/feed.rs: Feed { sink: &mut Si, item }, also inside Send.
void leaf_futures_feed(struct tk_leaf *leaf)
{
	struct dbg_value sink = dbg_value_pointee(dbg_value_member(leaf->value, "sink"));
	if (!dbg_value_ok(sink))
		return;
	struct str base = dbg_type_base_path(sink.type);
	if (str_eqc(base, "futures_channel::mpsc::Sender") || str_eqc(base, "futures_channel::mpsc::UnboundedSender"))
		leaf_say(leaf, "mpsc send", "waits for room in futures' mpsc channel%.*s", STRF(figures_of(leaf->arena, sink)));
	else
		leaf_say(leaf, "sink", "waits for room in a sink (%.*s)", STRF(dbg_type_render(leaf->arena, sink.type)));
}

// lock/mutex.rs: MutexLockFuture { mutex: Option<&Mutex { state, waiters: Mutex<Slab<Waiter>>, .. }>, wait_key }.
void leaf_futures_lock(struct tk_leaf *leaf)
{
	u64 waiting;
	struct dbg_value mutex = dbg_value_member(leaf->value, "mutex");
	struct dbg_value some = dbg_value_variant_named(mutex, "Some");
	mutex = dbg_value_pointee(dbg_value_ok(some) ? dbg_value_member(some, "0") : mutex);
	if (dbg_value_get(dbg_value_member(dbg_value_find(mutex, "slab::Slab"), "len"), &waiting) && waiting)
		leaf_say(leaf, "Mutex", "waits for a Mutex (futures' own, %llu wait%s for it)", (unsigned long long)waiting,
		         waiting == 1 ? "s" : "");
	else
		leaf_say(leaf, "Mutex", "waits for a Mutex (futures' own)");
}
