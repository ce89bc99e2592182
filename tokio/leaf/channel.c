// Waits for channels (tokio 1.24 to 1.54 sync/{oneshot,watch,broadcast}.rs, sync/mpsc/*.rs).
#include "tokio/private.h"

// The strong count of an Arc: alloc::sync::ArcInner { strong, weak, data } behind its pointer.
bool arc_strong(struct dbg_value arc, u64 *out)
{
	struct dbg_value inner = dbg_value_deref(dbg_value_path(arc, "ptr.pointer"));
	return dbg_value_get(dbg_value_member(inner, "strong"), out);
}

// sync/oneshot.rs: State bits RX_TASK_SET 1, VALUE_SENT 2, CLOSED 4, TX_TASK_SET 8.
void leaf_oneshot(struct tk_leaf *leaf)
{
	enum { VALUE_SENT = 2, CLOSED = 4 };
	struct dbg_value some = dbg_value_variant_named(dbg_value_member(leaf->value, "inner"), "Some");
	struct dbg_value arc = dbg_value_member(some, "0");
	u64 state, strong;
	if (!dbg_value_get(dbg_value_member(dbg_value_pointee(arc), "state"), &state)) {
		leaf_say(leaf, "oneshot", "waits for a oneshot message");
		return;
	}
	const char *sender = state & VALUE_SENT ? "message sent" : state & CLOSED ? "closed" : "sender alive";
	if (!(state & (VALUE_SENT | CLOSED)) && arc_strong(arc, &strong) && strong < 2)
		sender = "sender dropped";
	leaf_say(leaf, str_printf(leaf->arena, "oneshot, %s", sender).ptr, "waits for a oneshot message (%s)", sender);
}

// chan.rs: Chan { semaphore: S, tx_count, .. }, S the room in it: bounded.rs Semaphore { semaphore, bound }, unbounded.rs
// an AtomicUsize; both shifted by one, bit 0 is "closed". " (2 senders, 1 of 4 slots taken)"; "" if that can't be read.
struct str channel_figures(struct arena *arena, struct dbg_value end)
{
	struct dbg_value chan = dbg_value_pointee(dbg_value_find(end, "alloc::sync::Arc"));
	struct dbg_value room = dbg_value_member(chan, "semaphore");
	u64 senders, bound, left, sent;
	if (!dbg_value_get(dbg_value_member(chan, "tx_count"), &senders))
		return STR("");
	struct str who = count_text(arena, senders, "sender");
	if (dbg_value_get(dbg_value_member(room, "bound"), &bound) &&
	    dbg_value_get(dbg_value_member(dbg_value_member(room, "semaphore"), "permits"), &left) && left >> 1 <= bound)
		return str_printf(arena, " (%.*s, %llu of %.*s taken)", STRF(who), (unsigned long long)(bound - (left >> 1)),
		                  STRF(count_text(arena, bound, "slot")));
	if (dbg_value_ok(room) && str_starts(dbg_type_base_path(room.type), STR("tokio::sync::mpsc::unbounded::")) &&
	    dbg_value_get(room, &sent))
		return str_printf(arena, " (%.*s, %.*s)", STRF(who), STRF(count_text(arena, sent >> 1, "message")));
	return str_printf(arena, " (%.*s)", STRF(who));
}

// `recv` is a PollFn over the receiver that the async fn around it has as `self`.
void leaf_mpsc(struct tk_leaf *leaf)
{
	tell_mpsc(leaf, dbg_value_pointee(leaf_ancestor_member(leaf, "self")));
}

void tell_mpsc(struct tk_leaf *leaf, struct dbg_value receiver)
{
	struct str figures = channel_figures(leaf->arena, receiver);
	ptrdiff_t comma = str_find(figures, STR(",")); // the senders alone
	size_t end = comma > 0 ? (size_t)comma : figures.len ? figures.len - 1 : 0;
	struct str senders = end > 2 ? str_slice(figures, 2, end) : STR("");
	leaf_say(leaf, str_printf(leaf->arena, "mpsc recv%s%.*s", senders.len ? ", " : "", STRF(senders)).ptr,
	         "waits for a message on an mpsc channel%.*s", STRF(figures));
}

// watch.rs: changed_impl(shared: &Shared { ref_count_tx: AtomicUsize, .. }) since 1.37; before that there was one Sender,
// and bit 0 of `state` told that it was dropped.
static bool watch_senders(struct dbg_value shared, u64 *out)
{
	enum { CLOSED = 1 };
	u64 state;
	if (dbg_value_get(dbg_value_member(shared, "ref_count_tx"), out))
		return true;
	if (!dbg_value_get(dbg_value_member(shared, "state"), &state))
		return false;
	*out = !(state & CLOSED);
	return true;
}

void tell_watch(struct tk_leaf *leaf)
{
	u64 senders;
	struct dbg_value shared = leaf_ancestor_member(leaf, "shared");
	if (!dbg_value_ok(shared)) // of Receiver::changed itself, to 1.24
		shared = dbg_value_member(dbg_value_pointee(leaf_ancestor_member(leaf, "self")), "shared");
	if (watch_senders(dbg_value_pointee(shared), &senders))
		leaf_say(leaf, str_printf(leaf->arena, "watch, %.*s", STRF(count_text(leaf->arena, senders, "sender"))).ptr,
		         "waits for a watch channel to change (%.*s)", STRF(count_text(leaf->arena, senders, "sender")));
	else
		leaf_say(leaf, "watch", "waits for a watch channel to change");
}

// broadcast.rs: Recv { receiver: &mut Receiver { shared: Arc<Shared { num_tx, tail: Mutex<Tail { rx_cnt, .. }>, mask: slots
// - 1, .. }>, next } }.
void leaf_broadcast(struct tk_leaf *leaf)
{
	struct dbg_value receiver = dbg_value_pointee(dbg_value_member(leaf->value, "receiver"));
	struct dbg_value shared = dbg_value_pointee(dbg_value_member(receiver, "shared"));
	struct dbg_value tail = dbg_value_find(shared, "tokio::sync::broadcast::Tail");
	u64 senders, receivers, mask;
	if (!dbg_value_get(dbg_value_member(shared, "num_tx"), &senders)) {
		leaf_say(leaf, "broadcast", "waits for a message on a broadcast channel");
		return;
	}
	struct str who = count_text(leaf->arena, senders, "sender"), figures = who;
	if (dbg_value_get(dbg_value_member(tail, "rx_cnt"), &receivers) && dbg_value_get(dbg_value_member(shared, "mask"), &mask))
		figures = str_printf(leaf->arena, "%.*s, %.*s, %.*s", STRF(who), STRF(count_text(leaf->arena, receivers, "receiver")),
		                     STRF(count_text(leaf->arena, mask + 1, "slot")));
	leaf_say(leaf, str_printf(leaf->arena, "broadcast, %.*s", STRF(who)).ptr, "waits for a message on a broadcast channel (%.*s)",
	         STRF(figures));
}
