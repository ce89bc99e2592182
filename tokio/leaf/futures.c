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
	struct str text = str_printf(arena, " (%.*s, %.*s", STRF(count_text(arena, senders, "sender")),
	                             STRF(count_text(arena, messages, "message")));
	if (dbg_value_get(dbg_value_member(inner, "buffer"), &buffer))
		return str_printf(arena, "%.*s, buffer of %llu)", STRF(text), (unsigned long long)buffer);
	return str_printf(arena, "%.*s)", STRF(text));
}

static void tell_futures_mpsc(struct tk_leaf *leaf, struct dbg_value stream)
{
	struct str figures = figures_of(leaf->arena, stream);
	leaf_say(leaf, str_printf(leaf->arena, "mpsc recv%.*s", STRF(figures)).ptr,
	         "waits for a message on futures' mpsc channel%.*s", STRF(figures));
}

// tokio-stream wrappers/mpsc_*.rs: ReceiverStream { inner: Receiver }
static void tell_tokio_mpsc(struct tk_leaf *leaf, struct dbg_value stream)
{
	tell_mpsc(leaf, dbg_value_member(stream, "inner"));
}

// wrappers/*_listener.rs: TcpListenerStream { inner: TcpListener }
static void tell_listener(struct tk_leaf *leaf, struct dbg_value stream)
{
	tell_fd_in(leaf, stream, "accept on", "for a connection on");
}

// tokio-util 0.7 codec/framed*.rs
static void tell_frame(struct tk_leaf *leaf, struct dbg_value stream)
{
	tell_fd_in(leaf, stream, "frame from", "to read a frame from");
}

static void tell_lines(struct tk_leaf *leaf, struct dbg_value stream)
{
	tell_fd_in(leaf, stream, "line from", "to read a line from");
}

static const struct {
	const char *stream;
	void (*tell)(struct tk_leaf *leaf, struct dbg_value stream);
} streams[] = {
    {"futures_channel::mpsc::Receiver", tell_futures_mpsc},
    {"futures_channel::mpsc::UnboundedReceiver", tell_futures_mpsc},
    {"tokio_stream::wrappers::mpsc_bounded::ReceiverStream", tell_tokio_mpsc},
    {"tokio_stream::wrappers::mpsc_unbounded::UnboundedReceiverStream", tell_tokio_mpsc},
    {"tokio_stream::wrappers::tcp_listener::TcpListenerStream", tell_listener},
    {"tokio_stream::wrappers::unix_listener::UnixListenerStream", tell_listener},
    {"tokio_stream::wrappers::lines::LinesStream", tell_lines},
    {"tokio_util::codec::framed::Framed", tell_frame},
    {"tokio_util::codec::framed_read::FramedRead", tell_frame},
    {"tokio_util::udp::frame::UdpFramed", tell_frame},
};

// Next { stream: &mut S }; TryNext the same, tokio-stream's around a Next.
void leaf_stream_next(struct tk_leaf *leaf)
{
	struct dbg_value stream = dbg_value_pointee(dbg_value_member(leaf->value, "stream"));
	for (size_t i = 0; dbg_value_ok(stream) && i < ARRAY_LEN(streams); i++)
		if (str_eqc(dbg_type_base_path(stream.type), streams[i].stream))
			streams[i].tell(leaf, stream);
	if (!dbg_value_ok(stream))
		return;
	int fd;
	struct str text = fd_in(stream, &fd) ? fd_text(leaf->snapshot, fd, leaf->arena) : STR("");
	struct str fields = dbg_value_render(leaf->arena, stream, (struct dbg_render){.max_len = 100, .depth = 4});
	leaf->otherwise = str_printf(leaf->arena, "waits for the next item of a stream, %.*s",
	                             STRF(future_name(leaf->snapshot->reader, stream.type)));
	if (text.len)
		leaf->otherwise = str_printf(leaf->arena, "%.*s, which has fd %d (%.*s)", STRF(leaf->otherwise), fd, STRF(text));
	else if (fields.len)
		leaf->otherwise = str_printf(leaf->arena, "%.*s: %.*s", STRF(leaf->otherwise), STRF(fields));
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
	else if (str_starts(base, STR("tokio_util::codec::framed")))
		tell_fd_in(leaf, sink, "frame to", "to write a frame to");
	if (leaf->waits.len)
		return;
	bool is_given = dbg_value_ok(dbg_value_variant_named(dbg_value_member(leaf->value, "item"), "None"));
	leaf->otherwise = str_printf(leaf->arena, "waits %s a sink (%.*s)", is_given ? "for what was sent to leave" : "for room in",
	                             STRF(dbg_type_render(leaf->arena, sink.type)));
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
