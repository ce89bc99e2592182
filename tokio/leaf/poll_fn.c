// A PollFn waits for what its closure asks: the async fn around it tells what that is.
#include "tokio/private.h"

static void tell_oneshot_end(struct tk_leaf *leaf)
{
	leaf_say(leaf, "oneshot's end", "waits until a oneshot channel's receiver is gone");
}

static void tell_set_once(struct tk_leaf *leaf)
{
	leaf_say(leaf, "SetOnce", "waits for a SetOnce to be set");
}

// The last components of the async fn's path (tokio 1.24 to 1.54).
static const struct {
	const char *async_fn;
	void (*tell)(struct tk_leaf *leaf);
} rows[] = {
    {"::Receiver::recv", leaf_mpsc},
    {"::Receiver::recv_many", leaf_mpsc},
    {"::UnboundedReceiver::recv", leaf_mpsc},
    {"::UnboundedReceiver::recv_many", leaf_mpsc},
    {"::oneshot::Sender::closed", tell_oneshot_end},
    {"::yield_now::yield_now", leaf_yield_now},
    {"::set_once::SetOnce::wait", tell_set_once},
    {"::lines::Lines::next_line", leaf_io_lines},
    {"::split::Split::next_segment", leaf_io_lines},
    {"::copy_bidirectional::copy_bidirectional", leaf_io_both_ways},
    {"::copy_bidirectional::copy_bidirectional_impl", leaf_io_both_ways},
    {"::TcpStream::connect_mio", leaf_connect},
    {"::UnixStream::connect_mio", leaf_connect},
    {"::signal::RxFuture::recv", leaf_signal},
    {"::signal::unix::Signal::recv", leaf_signal},
};

void leaf_poll_fn(struct tk_leaf *leaf)
{
	u32 at = leaf->tree->nodes[leaf->at].parent;
	while (at != UINT32_MAX && leaf->tree->nodes[at].kind != TK_NODE_ASYNC)
		at = leaf->tree->nodes[at].parent;
	for (size_t i = 0; at != UINT32_MAX && i < ARRAY_LEN(rows); i++)
		if (str_ends(leaf->tree->nodes[at].name, str_of(rows[i].async_fn))) {
			rows[i].tell(leaf);
			return;
		}
}
