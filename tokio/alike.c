// Keys of tasks: from the tree of futures, or, of the many that are like others, from what was remembered of those.
#include "tokio/alike.h"

#include "tokio/groups.h"
#include "tokio/memo.h"
#include "tokio/private.h"

static u64 on_number(u64 hash, u64 number)
{
	hash = (hash ^ number) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

static u64 on_place(u64 hash, struct dbg_place place)
{
	return str_hash_on(on_number(hash, place.line), place.file);
}

static u64 on_tree(u64 hash, enum likeness likeness, const struct tk_tree *tree)
{
	for (size_t i = 0; i < tree->len; i++) {
		const struct tk_node *node = &tree->nodes[i];
		hash = on_place(str_hash_on(on_number(hash, (u64)node->depth << 8 | node->kind), node->name), node->place);
		if (likeness == ALIKE_IN_TEXT)
			hash = on_number(hash, group_key(node->waits.len ? node->waits : node->state));
	}
	return on_number(hash, tree->cut);
}

static u64 on_frames(u64 hash, const struct tk_running *stack)
{
	for (size_t i = stack->newest; i < stack->inner; i++) {
		const struct dbg_scope *scope = &stack->frames[i].scope;
		hash = on_place(scope->name.len ? str_hash_on(hash, scope->name) : on_number(hash, stack->frames[i].pc),
		                stack->frames[i].place);
	}
	return hash;
}

// What the head of its text tells, and what does not come from its futures.
static u64 head_of(struct tk_snapshot *snapshot, size_t index)
{
	u64 spawned = 0;
	const struct tk_task *task = &snapshot->tasks[index];
	if (task->type->spawned_at &&
	    dbg_mem_read_uint(snapshot->reader->space->mem, task->header + task->type->spawned_at, 8, &spawned))
		spawned = 0;
	u64 hash = on_number(str_hash(task->name), (u64)task->state);
	hash = on_number(on_number(hash, task->state == TK_RUNNING ? task->worker : TK_NONE), task->runtime);
	return on_number(on_number(str_hash_on(hash, task->note), task->pool_queued), spawned);
}

static u64 stack_of(struct tk_snapshot *snapshot, enum likeness likeness, const struct tk_task *task)
{
	struct arena scratch = {0};
	struct tk_running stack;
	u64 hash = str_hash(STR(""));
	if (task->state == TK_RUNNING && task->tid && running_task(snapshot, task->tid, &scratch, &stack)) {
		hash = on_frames(hash, &stack);
		hash = stack.blocks_on ? on_tree(hash, likeness, stack.blocks_on) : hash;
	} else if (!task->pool_queued && dbg_value_ok(task->future))
		hash = on_tree(hash, likeness, future_tree(snapshot, task->future, &scratch));
	arena_deinit(&scratch);
	return hash;
}

u64 task_likeness(struct tk_snapshot *snapshot, enum likeness likeness, size_t index)
{
	return on_number(head_of(snapshot, index), stack_of(snapshot, likeness, &snapshot->tasks[index]));
}

static u64 stack_by_memo(struct tk_snapshot *snapshot, enum likeness likeness, size_t index)
{
	static const enum memo_purpose purposes[] = {[ALIKE_IN_TEXT] = MEMO_TEXT, [ALIKE_IN_AWAITS] = MEMO_AWAITS};
	u64 key, cell = snapshot->tasks[index].header;
	struct memo *memo = memo_of(snapshot, purposes[likeness], index);
	if (memo && memo_find(memo, cell, &key))
		return key;
	struct memo_recording *recording = memo ? memo_record(memo, cell) : NULL;
	key = stack_of(snapshot, likeness, &snapshot->tasks[index]);
	memo_done(recording, key);
	return key;
}

struct asked {
	struct tk_snapshot *snapshot;
	enum likeness likeness;
	u32 *places; // of each task in the caller's list, and one
	u64 *keys;
};

static void look_at(void *context, size_t task)
{
	struct asked *asked = context;
	if (asked->places[task])
		asked->keys[asked->places[task] - 1] =
		    on_number(head_of(asked->snapshot, task), stack_by_memo(asked->snapshot, asked->likeness, task));
}

u64 *tasks_alike(struct tk_snapshot *snapshot, struct arena *arena, enum likeness likeness, const size_t *tasks, size_t n)
{
	struct arena scratch = {0};
	struct asked asked = {.snapshot = snapshot,
	                      .likeness = likeness,
	                      .places = NEW_N(&scratch, u32, snapshot->n_tasks + 1),
	                      .keys = NEW_N(arena, u64, n + 1)};
	for (size_t i = 0; i < n; i++)
		asked.places[tasks ? tasks[i] : i] = (u32)i + 1;
	snapshot_each_by_address(snapshot, look_at, &asked);
	arena_deinit(&scratch);
	return asked.keys;
}

size_t tk_task_like(struct tk_snapshot *snapshot, size_t task)
{
	if (!snapshot->alike) {
		struct arena scratch = {0};
		struct map first = {0};
		const u64 *keys = tasks_alike(snapshot, &scratch, ALIKE_IN_TEXT, NULL, snapshot->n_tasks);
		snapshot->alike = NEW_N(snapshot->arena, u32, snapshot->n_tasks + 1);
		for (size_t i = 0; i < snapshot->n_tasks; i++) {
			u64 *known = keys[i] ? map_get(&first, keys[i]) : NULL;
			snapshot->alike[i] = known ? (u32)*known : (u32)i;
			if (!known && keys[i])
				map_put(&first, &scratch, keys[i], i);
		}
		arena_deinit(&scratch);
	}
	return snapshot->alike[task];
}
