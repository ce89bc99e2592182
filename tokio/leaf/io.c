// Waits for sockets and other file descriptors.
#include "engine/fd.h"
#include "tokio/memo.h"
#include "tokio/private.h"

static bool is_shared_by_halves(struct str path)
{
	static const char *const ends[] = {"Half", "::split::SplitStream", "::split::SplitSink", "tokio::fs::file::File"};
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (str_ends(path, str_of(ends[i])))
			return true;
	return false;
}

// The descriptor inside a TcpStream, TcpListener, UnixStream ...: std's OwnedFd, in place or behind references.
bool fd_in(struct dbg_value value, int *out)
{
	u64 fd;
	struct dbg_value pointee = dbg_value_pointee(value);
	value = dbg_value_ok(pointee) ? pointee : value;
	struct dbg_value owned = dbg_value_find(value, "std::os::fd::owned::OwnedFd");
	// Of a split stream, tokio's or futures', and of fs/file.rs: File { std: Arc<std::fs::File>, .. }
	if (!dbg_value_ok(owned) && dbg_value_ok(value) && is_shared_by_halves(dbg_type_base_path(value.type)))
		owned = dbg_value_find(dbg_value_pointee(dbg_value_find(value, "alloc::sync::Arc")), "std::os::fd::owned::OwnedFd");
	// net/{tcp,unix}/split.rs: ReadHalf(&TcpStream)
	if (!dbg_value_ok(owned) && dbg_value_ok(value) && str_ends(dbg_type_base_path(value.type), STR("Half")))
		owned = dbg_value_find(dbg_value_pointee(dbg_value_member(value, "__0")), "std::os::fd::owned::OwnedFd");
	// io/async_fd.rs: AsyncFd { inner: Option<T> }, T a number or something around one.
	if (!dbg_value_ok(owned) && dbg_value_ok(value) && str_eqc(dbg_type_base_path(value.type), "tokio::io::async_fd::AsyncFd")) {
		owned = dbg_value_member(dbg_value_variant_named(dbg_value_member(value, "inner"), "Some"), "0");
		owned = dbg_value_ok(owned) && owned.type->size == sizeof(i32) ? owned : (struct dbg_value){0};
	}
	if (!dbg_value_get(owned, &fd) || (i32)fd < 0)
		return false;
	*out = (i32)fd;
	return true;
}

// The descriptor of a reader or writer that others are around: BufReader, Framed, halves.
static bool fd_somewhere_in(struct dbg_value value, int *out)
{
	static const char *const wrapped[] = {"tokio::net::tcp::split_owned::OwnedReadHalf",
	                                      "tokio::net::tcp::split_owned::OwnedWriteHalf",
	                                      "tokio::net::unix::split_owned::OwnedReadHalf",
	                                      "tokio::net::unix::split_owned::OwnedWriteHalf",
	                                      "tokio::net::tcp::split::ReadHalf",
	                                      "tokio::net::tcp::split::WriteHalf",
	                                      "tokio::net::unix::split::ReadHalf",
	                                      "tokio::net::unix::split::WriteHalf",
	                                      "tokio::io::split::ReadHalf",
	                                      "tokio::io::split::WriteHalf",
	                                      "tokio::fs::file::File"};
	if (fd_in(value, out))
		return true;
	struct dbg_value pointee = dbg_value_pointee(value);
	value = dbg_value_ok(pointee) ? pointee : value;
	for (size_t i = 0; i < ARRAY_LEN(wrapped); i++)
		if (fd_in(dbg_value_find(value, wrapped[i]), out))
			return true;
	return false;
}

// tokio keeps no descriptor in its ScheduledIo: it is looked for in what the async fns around hold.
static bool fd_of_ancestors(const struct tk_leaf *leaf, int *out, struct str *type)
{
	for (u32 i = leaf->tree->nodes[leaf->at].parent; i != UINT32_MAX; i = leaf->tree->nodes[i].parent) {
		const struct tk_node *node = &leaf->tree->nodes[i];
		struct dbg_value payload;
		if (node->kind != TK_NODE_ASYNC || !dbg_value_variant(node->value, &payload, NULL))
			continue;
		struct dbg_value self = dbg_value_member(payload, "self");
		if (!fd_in(self, out))
			continue;
		*type = dbg_type_base_path(dbg_value_pointee(self).type);
		return true;
	}
	return false;
}

struct str fd_text(struct tk_snapshot *snapshot, int fd, struct arena *arena)
{
	pid_t pid = snapshot->reader->space->pid;
	memo_spoil(snapshot); // each number is another text
	if (!snapshot->sockets && pid)
		snapshot->sockets = dbg_sockets_read(pid, snapshot->arena);
	return dbg_fd_text(pid, fd, snapshot->sockets, arena);
}

static struct str fd_name(struct tk_leaf *leaf, int fd)
{
	struct str text = fd_text(leaf->snapshot, fd, leaf->arena);
	return text.len ? str_printf(leaf->arena, "fd %d (%.*s)", fd, STRF(text)) : str_printf(leaf->arena, "fd %d", fd);
}

static void say_fd(struct tk_leaf *leaf, const char *brief, const char *what, int fd)
{
	struct str text = fd_text(leaf->snapshot, fd, leaf->arena);
	struct str short_name = text.len ? text : str_printf(leaf->arena, "fd %d", fd);
	leaf_say(leaf, str_printf(leaf->arena, "%s %.*s", brief, STRF(short_name)).ptr, "waits %s %.*s", what,
	         STRF(fd_name(leaf, fd)));
}

// io/{stdin,stdout,stderr}.rs: Stdin { std: Blocking { state: Idle | Busy(JoinHandle) .. } }: the blocking pool does it.
static bool tell_stdio(struct tk_leaf *leaf, struct dbg_value stream, const char *brief, const char *what)
{
	static const char *const types[] = {"tokio::io::stdin::Stdin", "tokio::io::stdout::Stdout", "tokio::io::stderr::Stderr"};
	struct str base = dbg_type_base_path(stream.type);
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (!str_eqc(base, types[i]))
			continue;
		const char *name = strrchr(types[i], ':') + 1;
		leaf_say(leaf, str_printf(leaf->arena, "%s std%s", brief, name + 3).ptr, "waits %s std%s", what, name + 3);
		leaf->inner = dbg_value_find(stream, "tokio::runtime::task::join::JoinHandle");
		return true;
	}
	return false;
}

static void tell_stream(struct tk_leaf *leaf, const char *member, const char *brief, const char *what)
{
	int fd;
	struct str type;
	struct dbg_value stream = dbg_value_pointee(dbg_value_member(leaf->value, member));
	if (dbg_value_ok(stream) && tell_stdio(leaf, stream, brief, what))
		return;
	if (fd_somewhere_in(dbg_value_member(leaf->value, member), &fd) || fd_of_ancestors(leaf, &fd, &type))
		say_fd(leaf, brief, what, fd);
	else if (dbg_value_ok(stream) && (str_eqc(dbg_type_base_path(stream.type), "tokio::io::util::mem::DuplexStream") ||
	                                  str_eqc(dbg_type_base_path(stream.type), "tokio::io::util::mem::SimplexStream")))
		leaf_say(leaf, str_printf(leaf->arena, "%s %.*s", brief, STRF(stream.type->name)).ptr, "waits %s a %.*s", what,
		         STRF(stream.type->name));
	else if (dbg_value_ok(stream)) // it may hold other futures
		leaf->otherwise = str_printf(leaf->arena, "waits %s a %.*s", what, STRF(dbg_type_render(leaf->arena, stream.type)));
}

void tell_fd_in(struct tk_leaf *leaf, struct dbg_value value, const char *brief, const char *what)
{
	int fd;
	if (fd_somewhere_in(value, &fd))
		say_fd(leaf, brief, what, fd);
}

// net/{tcp,unix}/stream.rs connect_mio: a poll_fn of a local's, `stream.io`, until the kernel says that it is connected, or not.
void leaf_connect(struct tk_leaf *leaf)
{
	tell_fd_in(leaf, leaf_ancestor_member(leaf, "stream"), "connect", "to be connected:");
}

// io/util/{lines,split}.rs: an async fn of the reader.
void leaf_io_lines(struct tk_leaf *leaf)
{
	tell_fd_in(leaf, leaf_ancestor_member(leaf, "self"), "line from", "to read a line from");
}

static void tell_both_ways(struct tk_leaf *leaf, struct dbg_value a, struct dbg_value b)
{
	int one, other;
	if (fd_somewhere_in(a, &one) && fd_somewhere_in(b, &other))
		leaf_say(leaf, str_printf(leaf->arena, "copy between fd %d and fd %d", one, other).ptr,
		         "copies both ways between %.*s and %.*s", STRF(fd_name(leaf, one)), STRF(fd_name(leaf, other)));
	else
		leaf_say(leaf, "copy both ways", "copies both ways");
}

// io/util/copy_bidirectional.rs: an async fn of `a` and `b`; to 1.24 a future that has them.
void leaf_io_both_ways(struct tk_leaf *leaf)
{
	tell_both_ways(leaf, leaf_ancestor_member(leaf, "a"), leaf_ancestor_member(leaf, "b"));
}

void leaf_io_copy_both(struct tk_leaf *leaf)
{
	tell_both_ways(leaf, dbg_value_member(leaf->value, "a"), dbg_value_member(leaf->value, "b"));
}

// io/util/copy.rs: Copy { reader: &mut R, writer: &mut W, buf: CopyBuffer { pos, cap, .. } }: bytes in between are
// still to be written.
void leaf_io_copy(struct tk_leaf *leaf)
{
	u64 at, filled;
	struct dbg_value buffer = dbg_value_member(leaf->value, "buf");
	if (dbg_value_get(dbg_value_member(buffer, "pos"), &at) && dbg_value_get(dbg_value_member(buffer, "cap"), &filled) &&
	    at < filled)
		tell_stream(leaf, "writer", "copy, write to", "to write what it copies to");
	else
		tell_stream(leaf, "reader", "copy, read from", "to read what it copies from");
}

// io/util/*.rs: a `reader: &mut R`. Nothing is said if R holds no descriptor: it may hold other futures.
void leaf_io_read(struct tk_leaf *leaf)
{
	tell_stream(leaf, "reader", "read from", "to read from");
}

void leaf_io_write(struct tk_leaf *leaf)
{
	tell_stream(leaf, "writer", "write to", "to write to");
	if (!leaf->waits.len)
		tell_stream(leaf, "a", "write to", "to write to");
}

// To 1.28 a ScheduledIo lay in a slab, and epoll was given its number there: util/slab.rs: Ref { value: *const Value<T> },
// Value { value: T, page: *const Page }, Page { slots: Mutex<Slots { slots: Vec<Slot>, .. }>, prev_len, .. }, a Slot begins
// with its Value. runtime/io/mod.rs: token = slot in bits 0 to 23, in 24 to 30 the generation, which `readiness` has there.
static bool slab_token(struct dbg_value registration, struct dbg_value io, u64 *out)
{
	enum { GENERATION_SHIFT = 24, GENERATION = 0x7f, SLOTS = 1 << 24 };
	struct dbg_value place = dbg_value_pointee(dbg_value_member(dbg_value_find(registration, "tokio::util::slab::Ref"), "value"));
	struct dbg_value page = dbg_value_pointee(dbg_value_member(place, "page"));
	struct dbg_value slots = dbg_value_member(dbg_value_find(page, "tokio::util::slab::Slots"), "slots");
	const struct dbg_type *slot = dbg_value_ok(slots) ? dbg_type_param(slots.type, "T") : NULL;
	u64 before, first, readiness;
	if (!slot || !slot->size || !dbg_value_get(dbg_value_member(page, "prev_len"), &before) ||
	    !dbg_value_get(dbg_value_find(slots, "core::ptr::unique::Unique"), &first) || place.addr < first ||
	    !dbg_value_get(dbg_value_member(io, "readiness"), &readiness))
		return false;
	u64 number = before + (place.addr - first) / slot->size;
	*out = (readiness >> GENERATION_SHIFT & GENERATION) << GENERATION_SHIFT | number;
	return number < SLOTS;
}

// What else is known of it: epoll was given the ScheduledIo's address with the descriptor (runtime/io/driver.rs).
static bool fd_of_registration(const struct tk_leaf *leaf, int *out)
{
	struct dbg_value io = dbg_value_pointee(dbg_value_member(leaf->value, "scheduled_io"));
	if (!dbg_value_ok(io) || !io.space->pid)
		return false;
	u64 datum = io.addr;
	memo_spoil(leaf->snapshot);
	for (u32 i = leaf->tree->nodes[leaf->at].parent; i != UINT32_MAX; i = leaf->tree->nodes[i].parent) {
		struct dbg_value payload, self;
		const struct tk_node *node = &leaf->tree->nodes[i];
		if (node->kind != TK_NODE_ASYNC || !dbg_value_variant(node->value, &payload, NULL))
			continue;
		self = dbg_value_pointee(dbg_value_member(payload, "self"));
		if (dbg_value_ok(self) && str_ends(dbg_type_base_path(self.type), STR("::Registration")) && slab_token(self, io, &datum))
			break;
	}
	*out = dbg_fd_of_epoll(io.space->pid, datum);
	return *out >= 0;
}

// tokio 1.24 to 1.54 io/interest.rs, on Linux: the first that is asked for.
static const struct {
	u64 bits;
	const char *brief, *what;
} interests[] = {
    {3, "read or write", "to read from or write to"}, {1, "read from", "to read from"},       {2, "write to", "to write to"},
    {16, "urgent data on", "for urgent data on"},     {32, "an error on", "for an error on"},
};

// runtime/io/scheduled_io.rs: Readiness, below `accept`, `readable`, `connect` ...
void leaf_readiness(struct tk_leaf *leaf)
{
	int fd;
	u64 interest = 1;
	struct str type = STR("");
	if (!fd_of_ancestors(leaf, &fd, &type) && !fd_of_registration(leaf, &fd)) {
		leaf_say(leaf, "I/O", "waits for I/O (which descriptor is not known)");
		return;
	}
	dbg_value_get(leaf_ancestor_member(leaf, "interest"), &interest);
	if (str_ends(type, STR("Listener")))
		say_fd(leaf, "accept on", "for a connection on", fd);
	else if (leaf_ancestor_named(leaf, "::connect") || leaf_ancestor_named(leaf, "::connect_mio"))
		say_fd(leaf, "connect", "to be connected:", fd);
	else {
		size_t i = 0;
		while (i + 1 < ARRAY_LEN(interests) && (interest & interests[i].bits) != interests[i].bits)
			i++;
		say_fd(leaf, interests[i].brief, interests[i].what, fd);
	}
}
