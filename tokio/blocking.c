// The blocking pool of each runtime: its threads and the closures that wait for one (tokio 1.24 to 1.54
// runtime/blocking/{pool,sharded}.rs). Closures that run are found by their threads (block_on.c).
#include "tokio/private.h"

enum { MAX_QUEUED = 100000, MAX_SHARDS = 4096 };

// A VecDeque of pool::Task { task: UnownedTask { raw: RawTask { ptr } }, mandatory }.
static void take_queue(struct tk_taking *taking, struct dbg_value queue, size_t runtime)
{
	u64 n = dbg_value_child_counts(queue).indexed;
	struct dbg_child *children;
	size_t got = dbg_value_children(taking->arena, queue, DBG_CHILDREN_INDEXED, 0, u64_min(n, MAX_QUEUED), &children);
	taking->runtimes.items[runtime].pool_queued += n;
	for (size_t i = 0; i < got; i++) {
		u64 header;
		if (!dbg_value_get(dbg_value_find(children[i].value, "tokio::runtime::task::raw::RawTask"), &header))
			continue;
		size_t task = task_add(taking, header, runtime, TK_FOUND_LISTED);
		if (task == TK_NONE)
			continue;
		taking->tasks.items[task].pool_queued = true;
		taking->tasks.items[task].runtime = runtime;
	}
}

// Since 1.54 the queue may be in shards: `inner_impl: InnerImpl::Sharded(ShardedImpl { shards: [Mutex<Shard>; N] })`.
static bool take_shards(struct tk_taking *taking, struct dbg_value inner, size_t runtime)
{
	struct dbg_value shards = dbg_value_member(dbg_value_find(inner, "tokio::runtime::blocking::sharded::ShardedImpl"), "shards");
	if (!dbg_value_ok(shards) || shards.type->kind != DBG_TYPE_ARRAY)
		return false;
	for (u64 i = 0; i < u64_min(shards.type->count, MAX_SHARDS); i++)
		take_queue(taking, dbg_value_find(dbg_value_element(shards, i), "alloc::collections::vec_deque::VecDeque"), runtime);
	reader_took(taking->reader, "blocking pool's queue", "ShardedImpl: shards");
	return true;
}

static void take_pool(struct tk_taking *taking, size_t runtime)
{
	struct tk_runtime *to = &taking->runtimes.items[runtime];
	struct dbg_value spawner = dbg_value_find(taking->handles.items[runtime], "tokio::runtime::blocking::pool::Spawner");
	struct dbg_value inner = dbg_value_pointee(dbg_value_member(spawner, "inner"));
	struct dbg_value metrics = dbg_value_find(inner, "tokio::runtime::blocking::pool::SpawnerMetrics");
	to->pool_known = dbg_value_get(dbg_value_member(metrics, "num_threads"), &to->pool_threads) &&
	                 dbg_value_get(dbg_value_member(metrics, "num_idle_threads"), &to->pool_idle);
	if (!dbg_value_ok(inner))
		complain(taking, "runtime %zu: its blocking pool can't be read: %.*s", runtime, STRF(inner.absent));
	else if (!take_shards(taking, inner, runtime)) {
		reader_took(taking->reader, "blocking pool's queue", "one VecDeque");
		take_queue(taking, dbg_value_find(inner, "alloc::collections::vec_deque::VecDeque"), runtime);
	}
}

void take_blocking_pools(struct tk_taking *taking)
{
	for (size_t r = 0; r < taking->runtimes.len; r++)
		if (taking->runtimes.items[r].flavour != TK_LOCAL_SET)
			take_pool(taking, r);
}
