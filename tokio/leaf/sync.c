// Waits for channels, locks, permits and notifications (tokio 1.24 to 1.54 sync/*.rs).
#include "tokio/private.h"

enum { MAX_WAITERS = 100000 };

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

// batch_semaphore.rs: a waiter's `next` leads to the one that queued before it, which is served first.
static bool waiters_ahead(struct tk_leaf *leaf, u64 *out)
{
	struct dbg_value waiter = dbg_value_member(leaf->value, "node");
	*out = 0;
	for (; *out < MAX_WAITERS; (*out)++) {
		struct dbg_value pointers =
		    dbg_value_find(dbg_value_member(waiter, "pointers"), "tokio::util::linked_list::PointersInner");
		u64 next;
		if (!dbg_value_get(dbg_value_member(pointers, "next"), &next))
			return false;
		if (!next)
			return true;
		waiter = dbg_value_at(waiter.space, waiter.type, next);
	}
	return false;
}

// Acquire { node: Waiter { state: permits that it still lacks, .. }, queued, .. }: what is released is given to those in
// the queue at once, whether they are polled or not.
bool acquire_has_its_turn(struct dbg_value acquire)
{
	u64 lacks, queued;
	return dbg_value_get(dbg_value_path(acquire, "node.state"), &lacks) && !lacks &&
	       dbg_value_get(dbg_value_member(acquire, "queued"), &queued) && queued;
}

// What the semaphore stands for is told by the async fn that waits on it.
static const struct {
	const char *ending, *brief, *what;
} semaphore_users[] = {
    {"Mutex::lock", "Mutex", "a Mutex"},
    {"Mutex::lock_owned", "Mutex", "a Mutex"},
    {"RwLock::read", "RwLock read", "an RwLock, to read"},
    {"RwLock::read_owned", "RwLock read", "an RwLock, to read"},
    {"RwLock::write", "RwLock write", "an RwLock, to write"},
    {"RwLock::write_owned", "RwLock write", "an RwLock, to write"},
    {"Sender::reserve_inner", "mpsc send", "room in an mpsc channel"},
    {"OnceCell::get_or_init", "OnceCell", "another task to set a OnceCell"},
    {"OnceCell::get_or_try_init", "OnceCell", "another task to set a OnceCell"},
};

void leaf_semaphore(struct tk_leaf *leaf)
{
	const char *brief = NULL, *what = NULL;
	for (size_t i = 0; i < ARRAY_LEN(semaphore_users) && !what; i++)
		if (leaf_ancestor_named(leaf, semaphore_users[i].ending)) {
			brief = semaphore_users[i].brief;
			what = semaphore_users[i].what;
		}
	u64 wanted = 0, permits, ahead;
	struct str place = STR("");
	if (acquire_has_its_turn(leaf->value))
		place = STR(", its turn has come");
	else if (waiters_ahead(leaf, &ahead))
		place = ahead ? str_printf(leaf->arena, ", %llu ahead", (unsigned long long)ahead) : STR(", next in line");
	if (what) {
		leaf_say(leaf, str_printf(leaf->arena, "%s%.*s", brief, STRF(place)).ptr, "waits for %s%.*s", what, STRF(place));
		return;
	}
	struct dbg_value semaphore = dbg_value_pointee(dbg_value_member(leaf->value, "semaphore"));
	dbg_value_get(dbg_value_member(leaf->value, "num_permits"), &wanted);
	if (dbg_value_get(dbg_value_member(semaphore, "permits"), &permits)) // >> 1: bit 0 is "closed"
		leaf_say(leaf, str_printf(leaf->arena, "Semaphore%.*s", STRF(place)).ptr,
		         "waits for %llu permit%s of a Semaphore (%llu available)%.*s", (unsigned long long)wanted,
		         wanted == 1 ? "" : "s", (unsigned long long)(permits >> 1), STRF(place));
	else
		leaf_say(leaf, "Semaphore", "waits for a Semaphore%.*s", STRF(place));
}

// sync/barrier.rs: Barrier { state: Mutex<BarrierState { waker, arrived, generation }>, wait, n }.
static bool tell_barrier(struct tk_leaf *leaf)
{
	if (!leaf_ancestor_named(leaf, "Barrier::wait") && !leaf_ancestor_named(leaf, "Barrier::wait_internal"))
		return false;
	for (u32 i = leaf->tree->nodes[leaf->at].parent; i != UINT32_MAX; i = leaf->tree->nodes[i].parent) {
		struct dbg_value payload;
		if (leaf->tree->nodes[i].kind != TK_NODE_ASYNC || !dbg_value_variant(leaf->tree->nodes[i].value, &payload, NULL))
			continue;
		struct dbg_value barrier = dbg_value_pointee(dbg_value_member(payload, "self"));
		struct dbg_value state = dbg_value_find(barrier, "tokio::sync::barrier::BarrierState");
		u64 arrived, wanted;
		if (!dbg_value_get(dbg_value_member(state, "arrived"), &arrived) ||
		    !dbg_value_get(dbg_value_member(barrier, "n"), &wanted))
			continue;
		struct str count = str_printf(leaf->arena, "%llu of %llu", (unsigned long long)arrived, (unsigned long long)wanted);
		leaf_say(leaf, str_printf(leaf->arena, "Barrier, %.*s", STRF(count)).ptr, "waits at a Barrier (%.*s have come)",
		         STRF(count));
		return true;
	}
	leaf_say(leaf, "Barrier", "waits at a Barrier");
	return true;
}

// A wait on a Notify; Barrier, watch and others are built on it and told by the async fn around it.
void leaf_notified(struct tk_leaf *leaf)
{
	if (tell_barrier(leaf))
		return;
	if (leaf_ancestor_named(leaf, "Tx::closed") || leaf_ancestor_named(leaf, "Sender::closed"))
		leaf_say(leaf, "channel's end", "waits until a channel's receivers are gone");
	else if (leaf_ancestor_named(leaf, "watch::changed_impl") || leaf_ancestor_named(leaf, "Receiver::changed"))
		leaf_say(leaf, "watch", "waits for a watch channel to change");
	else
		leaf_say(leaf, "Notify", "waits for a notification (Notify)");
}

// mpsc: `recv` is a PollFn over the receiver that the async fn around it has as `self`.
static bool tell_mpsc(struct tk_leaf *leaf)
{
	if (!leaf_ancestor_named(leaf, "Receiver::recv") && !leaf_ancestor_named(leaf, "Receiver::recv_many"))
		return false;
	struct dbg_value receiver = dbg_value_pointee(leaf_ancestor_member(leaf, "self"));
	struct dbg_value chan = dbg_value_pointee(dbg_value_find(receiver, "alloc::sync::Arc"));
	u64 senders;
	if (!dbg_value_get(dbg_value_member(chan, "tx_count"), &senders)) {
		leaf_say(leaf, "mpsc recv", "waits for a message on an mpsc channel");
		return true;
	}
	leaf_say(leaf, str_printf(leaf->arena, "mpsc recv, %llu sender%s", (unsigned long long)senders, senders == 1 ? "" : "s").ptr,
	         "waits for a message on an mpsc channel (%llu sender%s)", (unsigned long long)senders, senders == 1 ? "" : "s");
	return true;
}

void leaf_poll_fn(struct tk_leaf *leaf)
{
	if (tell_mpsc(leaf))
		return;
	// signal/mod.rs: RxFuture::recv; a Signal does not keep its number.
	if (leaf_ancestor_named(leaf, "signal::RxFuture::recv") || leaf_ancestor_named(leaf, "signal::unix::Signal::recv"))
		leaf_say(leaf, "a signal", "waits for a signal (Unix)");
}

// sync/broadcast.rs: Recv { receiver: &mut Receiver { shared: Arc<Shared { num_tx, .. }>, next } }.
void leaf_broadcast(struct tk_leaf *leaf)
{
	struct dbg_value receiver = dbg_value_pointee(dbg_value_member(leaf->value, "receiver"));
	struct dbg_value shared = dbg_value_pointee(dbg_value_member(receiver, "shared"));
	u64 senders;
	if (dbg_value_get(dbg_value_member(shared, "num_tx"), &senders))
		leaf_say(
		    leaf, str_printf(leaf->arena, "broadcast, %llu sender%s", (unsigned long long)senders, senders == 1 ? "" : "s").ptr,
		    "waits for a message on a broadcast channel (%llu sender%s)", (unsigned long long)senders, senders == 1 ? "" : "s");
	else
		leaf_say(leaf, "broadcast", "waits for a message on a broadcast channel");
}
