// The lists of tasks that a runtime owns, walked whole, in all their shards.
#include "tokio/private.h"

enum { MAX_SHARDS = 1 << 16, MAX_TASKS = 4000000 };

// From one LinkedList: `head` is the newest task. A list may be half linked if its thread stopped inside the lock:
// the walk ends at what can't be read, at a task seen before, or at the limit.
static void walk_list(struct tk_taking *taking, struct dbg_value list, size_t runtime)
{
	u64 header;
	if (!dbg_value_get(dbg_value_member(list, "head"), &header)) {
		complain(taking, "a list of owned tasks can't be read");
		return;
	}
	for (size_t guard = 0; header; guard++) {
		size_t known = taking_find(taking, header);
		if ((known != TK_NONE && taking->tasks.items[known].listed) || guard > MAX_TASKS) {
			complain(taking, "the list of owned tasks of runtime %zu has a cycle at task header 0x%llx", runtime,
			         (unsigned long long)header);
			return;
		}
		if (dbg_is_cancelled(taking->reader->space))
			return;
		size_t task = task_add(taking, header, runtime, TK_FOUND_LISTED);
		if (task == TK_NONE) {
			complain(taking, "the list of owned tasks of runtime %zu breaks off: no task at 0x%llx", runtime,
			         (unsigned long long)header);
			return;
		}
		taking->tasks.items[task].runtime = runtime;
		header = taking->next_owned.items[task];
	}
}

// util/sharded_list.rs, since 1.35: `lists: Box<[Mutex<LinkedList>]>`.
static bool walk_sharded(struct tk_taking *taking, struct dbg_value owned, size_t runtime)
{
	struct dbg_value lists = dbg_value_path(owned, "list.lists");
	u64 n;
	if (!dbg_value_ok(lists) || !dbg_value_get(dbg_value_member(lists, "length"), &n))
		return false;
	if (n > MAX_SHARDS) {
		complain(taking, "runtime %zu: %llu shards of owned tasks are not believed", runtime, (unsigned long long)n);
		return true;
	}
	for (u64 i = 0; i < n; i++)
		walk_list(taking, dbg_value_find(dbg_value_element(lists, i), "tokio::util::linked_list::LinkedList"), runtime);
	reader_took(taking->reader, "owned tasks", "ShardedList: lists, each behind a lock");
	return true;
}

// runtime/task/list.rs, up to 1.34: one list behind a Mutex.
static bool walk_single(struct tk_taking *taking, struct dbg_value owned, size_t runtime)
{
	struct dbg_value list = dbg_value_find(owned, "tokio::util::linked_list::LinkedList");
	if (!dbg_value_ok(list))
		return false;
	walk_list(taking, list, runtime);
	reader_took(taking->reader, "owned tasks", "one list behind a lock");
	return true;
}

static bool (*const walkers[])(struct tk_taking *, struct dbg_value, size_t) = {walk_sharded, walk_single};

void owned_walk(struct tk_taking *taking, struct dbg_value owned, size_t runtime)
{
	if (!taking->reader->layout.has_lists) // told once for all
		return;
	for (size_t i = 0; i < ARRAY_LEN(walkers); i++)
		if (walkers[i](taking, owned, runtime))
			return;
	complain(taking, "runtime %zu: its list of owned tasks has an unknown form (%.*s)", runtime,
	         STRF(dbg_value_ok(owned) ? owned.type->path : owned.absent));
}

void take_owned(struct tk_taking *taking)
{
	for (size_t r = 0; r < taking->runtimes.len; r++)
		owned_walk(taking, dbg_value_path(taking->handles.items[r], "shared.owned"), r);
}
