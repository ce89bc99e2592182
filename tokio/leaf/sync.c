// Waits for locks, permits, notifications (tokio 1.24 to 1.54 sync/*.rs).
#include "tokio/groups.h"
#include "tokio/waiting.h"

enum { MAX_WAITERS = 1 << 20, MOST_LOOKED_AT = 16 };

// The task that a waiter's waker wakes: RawWaker.data is the task's header (tokio 1.54 runtime/task/waker.rs), unless
// it is the waker of something in between (FuturesUnordered). TK_NONE then.
static size_t task_of_waiter(const struct tk_leaf *leaf, struct dbg_value waiter)
{
	u64 header;
	struct dbg_value waker = dbg_value_find(dbg_value_member(waiter, "waker"), "core::task::wake::RawWaker");
	return dbg_value_get(dbg_value_member(waker, "data"), &header) ? task_by_header(leaf->snapshot, header) : TK_NONE;
}

// What is known of lines by now: who was asked about once need not be asked again, or 10,000 in a line would be read 50
// million times. A waiter's address -> 1 + how many are ahead of it; a Notify's -> 1 + how many wait for it.
static struct map *lines_of(struct tk_snapshot *snapshot)
{
	if (!snapshot->lines)
		snapshot->lines = NEW(snapshot->arena, struct map);
	return snapshot->lines;
}

static u64 *known_length(struct tk_snapshot *snapshot, u64 address)
{
	return map_get(lines_of(snapshot), address);
}

static bool next_in_list(struct dbg_value waiter, u64 *out)
{
	struct dbg_value pointers = dbg_value_find(dbg_value_member(waiter, "pointers"), "tokio::util::linked_list::PointersInner");
	return dbg_value_get(dbg_value_member(pointers, "next"), out);
}

// How many stand before the waiter; false if the list can't be followed.
static bool count_ahead(struct tk_snapshot *snapshot, struct dbg_value waiter, u64 *out)
{
	struct arena scratch = {0};
	VEC(u64) passed = {0};
	u64 next, ahead = 0, *known = NULL;
	bool followed = true;
	while (followed && !known) {
		vec_push(&scratch, &passed, waiter.addr);
		followed = passed.len < MAX_WAITERS && next_in_list(waiter, &next);
		if (!followed || !next)
			break;
		known = known_length(snapshot, next);
		waiter = dbg_value_at(waiter.space, waiter.type, next);
	}
	ahead = known ? *known : 0; // of the last that was passed
	for (size_t i = passed.len; followed && i-- > 0; ahead++)
		map_put(lines_of(snapshot), snapshot->arena, passed.items[i], ahead + 1);
	*out = ahead - 1;
	arena_deinit(&scratch);
	return followed;
}

// batch_semaphore.rs: a waiter's `next` leads to the one that queued before it, which is served first. Its place in the
// line in words: "next in line", "2 ahead: tasks 5, 8".
static struct str line_before(struct tk_leaf *leaf)
{
	enum { MOST_NAMED = 4 };
	struct dbg_value waiter = dbg_value_member(leaf->value, "node");
	struct buf names = buf_on(leaf->arena);
	u64 ahead, named = 0, next;
	if (!dbg_value_ok(waiter) || waiter.where != DBG_VALUE_MEMORY || !count_ahead(leaf->snapshot, waiter, &ahead))
		return STR("");
	if (!ahead)
		return STR(", next in line");
	for (u64 i = 0; i < ahead && named < MOST_NAMED && i < MOST_LOOKED_AT && next_in_list(waiter, &next) && next; i++) {
		waiter = dbg_value_at(waiter.space, waiter.type, next);
		size_t task = task_of_waiter(leaf, waiter);
		if (task != TK_NONE)
			buf_printf(&names, "%s%llu", named++ ? ", " : "", (unsigned long long)leaf->snapshot->tasks[task].id);
	}
	if (!named)
		return str_printf(leaf->arena, ", %llu ahead", (unsigned long long)ahead);
	struct str ids = buf_str(&names);
	return str_printf(leaf->arena, ", %llu ahead: task%s %.*s%s", (unsigned long long)ahead, named == 1 ? "" : "s", STRF(ids),
	                  ahead > named ? " .." : "");
}

static void tell_line(struct tk_leaf *leaf)
{
	leaf->waits = line_before(leaf);
}

static u64 which_line(struct tk_leaf *leaf)
{
	return group_key(line_before(leaf));
}

static struct str place_in_line(const struct tk_leaf *leaf)
{
	struct tk_leaf line = {.snapshot = leaf->snapshot, .arena = leaf->arena, .value = leaf->value};
	leaf_by_itself(&line, tell_line, which_line);
	return line.waits;
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
	enum tk_wait_for wait;
} semaphore_users[] = {
    {"Mutex::lock", "Mutex", "a Mutex", TK_WAITS_FOR_ALL},
    {"Mutex::lock_owned", "Mutex", "a Mutex", TK_WAITS_FOR_ALL},
    {"RwLock::read", "RwLock read", "an RwLock, to read", TK_WAITS_FOR_SHARE},
    {"RwLock::read_owned", "RwLock read", "an RwLock, to read", TK_WAITS_FOR_SHARE},
    {"RwLock::write", "RwLock write", "an RwLock, to write", TK_WAITS_FOR_ALL},
    {"RwLock::write_owned", "RwLock write", "an RwLock, to write", TK_WAITS_FOR_ALL},
    {"Sender::reserve_inner", "mpsc send", "room in an mpsc channel", TK_WAITS_FOR_ROOM},
    {"OnceCell::get_or_init", "OnceCell", "another task to set a OnceCell", TK_WAITS_FOR_ALL},
    {"OnceCell::get_or_try_init", "OnceCell", "another task to set a OnceCell", TK_WAITS_FOR_ALL},
};

enum tk_wait_for leaf_acquires(const struct tk_leaf *leaf)
{
	for (size_t i = 0; i < ARRAY_LEN(semaphore_users); i++)
		if (leaf_ancestor_named(leaf, semaphore_users[i].ending))
			return semaphore_users[i].wait;
	return TK_WAITS_FOR_PERMITS;
}

// Of a channel, how full it is. Of an RwLock { mr: most readers, s: Semaphore of as many permits, .. }, who has it, as
// the first in line can tell: it is given what is free, and lacks what others have; a writer takes all.
static struct str what_is_taken(const struct tk_leaf *leaf, struct str place)
{
	u64 most, lacks;
	struct dbg_value self = dbg_value_pointee(leaf_ancestor_member(leaf, "self"));
	if (dbg_value_ok(self) && str_starts(dbg_type_base_path(self.type), STR("tokio::sync::mpsc::")))
		return channel_figures(leaf->arena, self);
	if (!dbg_value_get(dbg_value_member(dbg_value_find(self, "tokio::sync::rwlock::RwLock"), "mr"), &most) ||
	    !str_eqc(place, ", next in line") || !dbg_value_get(dbg_value_path(leaf->value, "node.state"), &lacks) || !lacks)
		return STR("");
	u64 wanted = 0;
	dbg_value_get(dbg_value_member(leaf->value, "num_permits"), &wanted);
	if (wanted == 1 || lacks == most)
		return STR(" (a writer has it)");
	return str_printf(leaf->arena, " (%llu reader%s it)", (unsigned long long)lacks, lacks == 1 ? " has" : "s have");
}

// What becomes free is given to the first in line, until it has all that it wants.
static struct str given_text(const struct tk_leaf *leaf, u64 wanted)
{
	u64 lacks;
	if (!dbg_value_get(dbg_value_path(leaf->value, "node.state"), &lacks) || !lacks || lacks >= wanted)
		return STR("");
	return str_printf(leaf->arena, ", %llu given to it already", (unsigned long long)(wanted - lacks));
}

void leaf_semaphore(struct tk_leaf *leaf)
{
	const char *brief = NULL, *what = NULL;
	for (size_t i = 0; i < ARRAY_LEN(semaphore_users) && !what; i++)
		if (leaf_ancestor_named(leaf, semaphore_users[i].ending)) {
			brief = semaphore_users[i].brief;
			what = semaphore_users[i].what;
		}
	u64 wanted = 0, permits;
	struct str place = acquire_has_its_turn(leaf->value) ? STR(", its turn has come") : place_in_line(leaf);
	if (what) {
		struct str figures = what_is_taken(leaf, place);
		leaf_say(leaf, str_printf(leaf->arena, "%s%.*s", brief, STRF(place)).ptr, "waits for %s%.*s%.*s", what, STRF(figures),
		         STRF(place));
		return;
	}
	struct dbg_value semaphore = dbg_value_pointee(dbg_value_member(leaf->value, "semaphore"));
	dbg_value_get(dbg_value_member(leaf->value, "num_permits"), &wanted);
	if (dbg_value_get(dbg_value_member(semaphore, "permits"), &permits)) // >> 1: bit 0 is "closed"
		leaf_say(leaf, str_printf(leaf->arena, "Semaphore%.*s", STRF(place)).ptr,
		         "waits for %llu permit%s of a Semaphore (%llu available%.*s)%.*s", (unsigned long long)wanted,
		         wanted == 1 ? "" : "s", (unsigned long long)(permits >> 1), STRF(given_text(leaf, wanted)), STRF(place));
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

static u64 count_waiters(struct tk_leaf *leaf, struct dbg_value notify)
{
	struct dbg_value list = dbg_value_find(dbg_value_member(notify, "waiters"), "tokio::util::linked_list::LinkedList");
	struct dbg_value waiter = dbg_value_find(dbg_value_member(leaf->value, "waiter"), "tokio::sync::notify::Waiter");
	u64 next, waiting = 0, *known = dbg_value_ok(notify) ? known_length(leaf->snapshot, notify.addr) : NULL;
	if (known)
		return *known - 1;
	for (bool more = dbg_value_get(dbg_value_member(list, "head"), &next); more && next && waiting < MAX_WAITERS; waiting++) {
		waiter = dbg_value_at(waiter.space, waiter.type, next);
		more = next_in_list(waiter, &next);
	}
	if (dbg_value_ok(notify))
		map_put(lines_of(leaf->snapshot), leaf->snapshot->arena, notify.addr, waiting + 1);
	return waiting;
}

// sync/notify.rs: Notify { state, waiters: Mutex<LinkedList<Waiter>> }, this one among them.
static void tell_notify(struct tk_leaf *leaf)
{
	struct dbg_value notify = dbg_value_pointee(dbg_value_member(leaf->value, "notify"));
	u64 waiting = count_waiters(leaf, notify);
	if (waiting > 1)
		leaf_say(leaf, str_printf(leaf->arena, "Notify, %llu wait", (unsigned long long)waiting).ptr,
		         "waits for a notification (Notify, %llu wait for it)", (unsigned long long)waiting);
	else
		leaf_say(leaf, "Notify", "waits for a notification (Notify)");
}

static u64 which_notify(struct tk_leaf *leaf)
{
	return count_waiters(leaf, dbg_value_pointee(dbg_value_member(leaf->value, "notify"))) > 1;
}

// A wait on a Notify; Barrier, watch and others are built on it and told by the async fn around it.
void leaf_notified(struct tk_leaf *leaf)
{
	if (tell_barrier(leaf))
		return;
	if (leaf_ancestor_named(leaf, "Tx::closed") || leaf_ancestor_named(leaf, "Sender::closed"))
		leaf_say(leaf, "channel's end", "waits until a channel's receivers are gone");
	else if (leaf_ancestor_named(leaf, "::signal::make_future")) // of a Signal that is polled by hand
		leaf_signal(leaf);
	else if (leaf_ancestor_named(leaf, "watch::changed_impl") || leaf_ancestor_named(leaf, "Receiver::changed"))
		tell_watch(leaf);
	else
		leaf_by_itself(leaf, tell_notify, which_notify);
}
