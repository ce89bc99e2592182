// Futures that are kept in lists (construct.def: LIST).
#include "tokio/private.h"

enum { MAX_LIST = 1000 };

// What an AtomicPtr<T> points to; newer compilers call it Atomic<*mut T>.
static struct dbg_value atomic_target(struct dbg_value atomic)
{
	u64 addr;
	const struct dbg_type *type = dbg_value_ok(atomic) ? dbg_type_param(atomic.type, "T") : NULL;
	if (type && type->kind == DBG_TYPE_POINTER)
		type = type->target;
	return type && dbg_value_get(atomic, &addr) && addr ? dbg_value_at(atomic.space, type, addr) : (struct dbg_value){0};
}

// futures-util 0.3 stream/futures_unordered/mod.rs: head_all is the newest Task { future: UnsafeCell<Option<Fut>>,
// next_all }; one whose future is done holds None until it is released.
void list_unordered(struct children *children, struct dbg_value list)
{
	struct dbg_value task = atomic_target(dbg_value_member(list, "head_all"));
	struct map seen = {0};
	for (int i = 0; i < MAX_LIST && dbg_value_ok(task) && !map_get(&seen, task.addr); i++) {
		map_put(&seen, children->arena, task.addr, 1);
		struct dbg_value option = dbg_value_find(dbg_value_member(task, "future"), "core::option::Option");
		struct dbg_value some = dbg_value_variant_named(option, "Some");
		if (dbg_value_ok(some))
			children_add(children, dbg_value_member(some, "0"));
		task = atomic_target(dbg_value_member(task, "next_all"));
	}
}

// One LinkedList of tokio's IdleNotifiedSet: its head is a ListEntry<T>, of which `value` is a JoinHandle.
static void add_entries(struct children *children, struct dbg_value list, const struct dbg_type *entry_type)
{
	u64 addr;
	struct map seen = {0};
	if (!entry_type || !dbg_value_get(dbg_value_member(list, "head"), &addr))
		return;
	for (int i = 0; i < MAX_LIST && addr && !map_get(&seen, addr); i++) {
		map_put(&seen, children->arena, addr, 1);
		struct dbg_value entry = dbg_value_at(list.space, entry_type, addr);
		struct dbg_value handle = dbg_value_find(dbg_value_member(entry, "value"), "tokio::runtime::task::join::JoinHandle");
		if (dbg_value_ok(handle))
			children_add(children, handle);
		struct dbg_value pointers =
		    dbg_value_find(dbg_value_member(entry, "pointers"), "tokio::util::linked_list::PointersInner");
		if (!dbg_value_get(dbg_value_member(pointers, "next"), &addr))
			break;
	}
}

// tokio 1.21 to 1.54 util/idle_notified_set.rs: { lists: Arc<Mutex<ListsInner { notified, idle, waker }>>, length }.
void list_idle_notified(struct children *children, struct dbg_value list)
{
	struct dbg_value inner =
	    dbg_value_find(dbg_value_pointee(dbg_value_member(list, "lists")), "tokio::util::idle_notified_set::ListsInner");
	static const char *const names[] = {"notified", "idle"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct dbg_value linked = dbg_value_find(dbg_value_member(inner, names[i]), "tokio::util::linked_list::LinkedList");
		struct dbg_value link = dbg_value_member(linked, "head");
		const struct dbg_type *entry = dbg_value_ok(linked) ? dbg_type_param(linked.type, "T") : NULL;
		struct dbg_value first = dbg_value_pointee(dbg_value_member(dbg_value_variant_named(link, "Some"), "0"));
		add_entries(children, linked, dbg_value_ok(first) ? first.type : entry);
	}
}

// A Vec of futures, or of what holds some, as hand-written ones have (futures' select_all, tokio-stream's StreamMap too).
void list_vector(struct children *children, struct dbg_value list)
{
	struct dbg_child *items;
	const struct dbg_type *element = dbg_type_param(list.type, "T");
	if (!element || !kept_may_hold(children->reader, element))
		return;
	size_t n = dbg_value_children(children->arena, list, DBG_CHILDREN_INDEXED, 0, MAX_LIST, &items);
	for (size_t i = 0; i < n; i++)
		children_look_into(children, items[i].value);
}
