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

// mpsc/mod.rs: a Receiver's inner is None once it is closed and empty.
static const struct {
	const char *stream, *inner;
} receivers[] = {
    {"futures_channel::mpsc::Receiver", "futures_channel::mpsc::BoundedInner"},
    {"futures_channel::mpsc::UnboundedReceiver", "futures_channel::mpsc::UnboundedInner"},
};

void leaf_futures_next(struct tk_leaf *leaf)
{
	struct dbg_value stream = dbg_value_pointee(dbg_value_member(leaf->value, "stream"));
	for (size_t i = 0; dbg_value_ok(stream) && i < ARRAY_LEN(receivers); i++) {
		if (!str_eqc(dbg_type_base_path(stream.type), receivers[i].stream))
			continue;
		struct dbg_value arc = dbg_value_find(stream, "alloc::sync::Arc");
		u64 senders;
		if (dbg_value_get(dbg_value_member(dbg_value_pointee(arc), "num_senders"), &senders))
			leaf_say(
			    leaf,
			    str_printf(leaf->arena, "mpsc recv, %llu sender%s", (unsigned long long)senders, senders == 1 ? "" : "s").ptr,
			    "waits for a message on futures' mpsc channel (%llu sender%s)", (unsigned long long)senders,
			    senders == 1 ? "" : "s");
		else
			leaf_say(leaf, "mpsc recv", "waits for a message on futures' mpsc channel");
	}
}

// sink/feed.rs: Feed { sink: &mut Si, item }, also inside Send.
void leaf_futures_feed(struct tk_leaf *leaf)
{
	struct dbg_value sink = dbg_value_pointee(dbg_value_member(leaf->value, "sink"));
	if (!dbg_value_ok(sink))
		return;
	struct str base = dbg_type_base_path(sink.type);
	if (str_eqc(base, "futures_channel::mpsc::Sender") || str_eqc(base, "futures_channel::mpsc::UnboundedSender"))
		leaf_say(leaf, "mpsc send", "waits for room in futures' mpsc channel");
	else
		leaf_say(leaf, "sink", "waits for room in a sink (%.*s)", STRF(dbg_type_render(leaf->arena, sink.type)));
}

void leaf_futures_lock(struct tk_leaf *leaf)
{
	leaf_say(leaf, "Mutex", "waits for a Mutex (futures' own)");
}
