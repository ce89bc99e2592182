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
	for (size_t i = 0; i < stack->inner; i++) {
		const struct dbg_scope *scope = &stack->frames[i].scope;
		hash = on_place(scope->name.len ? str_hash_on(hash, scope->name) : on_number(hash, stack->frames[i].pc),
		                stack->frames[i].place);
	}
	return hash;
}

// What the head of its text tells, and what does not come from its futures.
static u64 head_of(const struct tk_task *task)
{
	u64 hash = on_number(str_hash(task->name), (u64)task->state);
	hash = on_number(on_number(hash, task->state == TK_RUNNING ? task->worker : TK_NONE), task->runtime);
	return on_number(str_hash_on(hash, task->note), task->pool_queued);
}

static u64 stack_of(struct tk_snapshot *snapshot, enum likeness likeness, const struct tk_task *task)
{
	struct arena scratch = {0};
	struct tk_running stack;
	u64 hash = str_hash(STR(""));
	if (task->state == TK_RUNNING && task->tid && running_stack(snapshot, task->tid, &scratch, &stack))
		hash = on_frames(hash, &stack);
	else if (!task->pool_queued && dbg_value_ok(task->future))
		hash = on_tree(hash, likeness, future_tree(snapshot, task->future, &scratch));
	arena_deinit(&scratch);
	return hash;
}

u64 task_likeness(struct tk_snapshot *snapshot, enum likeness likeness, size_t index)
{
	const struct tk_task *task = &snapshot->tasks[index];
	return on_number(head_of(task), stack_of(snapshot, likeness, task));
}

// Kept with the snapshot: who asks twice, as often as not for the text and the list, has the first answer's use.
struct memos {
	struct tk_snapshot *snapshot;
	enum likeness likeness;
	struct map by_type;
	struct arena scratch; // empty between two calls
};

static struct memos *memos_of(struct tk_snapshot *snapshot, enum likeness likeness)
{
	if (!snapshot->memos[likeness]) {
		snapshot->memos[likeness] = NEW(snapshot->arena, struct memos);
		*snapshot->memos[likeness] = (struct memos){.snapshot = snapshot, .likeness = likeness};
	}
	return snapshot->memos[likeness];
}

static struct memo *memo_of(struct memos *memos, const struct tk_task_type *type)
{
	u64 *known = map_get(&memos->by_type, (uintptr_t)type);
	if (known)
		return (struct memo *)(uintptr_t)*known;
	struct memo *memo = memo_new(memos->snapshot, type, &memos->scratch);
	map_put(&memos->by_type, memos->snapshot->arena, (uintptr_t)type, (uintptr_t)memo);
	return memo;
}

static u64 stack_by_memo(struct memos *memos, const struct tk_task *task)
{
	u64 key;
	if (task->state == TK_RUNNING || task->pool_queued || !dbg_value_ok(task->future))
		return stack_of(memos->snapshot, memos->likeness, task);
	struct memo *memo = memo_of(memos, task->type);
	if (memo_find(memo, task->header, &key))
		return key;
	struct memo_recording *recording = memo_record(memo, task->header);
	key = stack_of(memos->snapshot, memos->likeness, task);
	if (recording)
		memo_done(recording, key);
	return key;
}

u64 *tasks_alike(struct tk_snapshot *snapshot, struct arena *arena, enum likeness likeness, const size_t *tasks, size_t n)
{
	enum { PIECE = 1 << 20, PAGE = 4096 };
	struct arena scratch = {0};
	struct memos *memos = memos_of(snapshot, likeness);
	u64 *keys = NEW_N(arena, u64, n + 1), held = 0;
	const struct tk_address *addresses = snapshot_addresses(snapshot);
	u32 *places = NEW_N(&scratch, u32, snapshot->n_tasks + 1); // in the caller's list, and one
	for (size_t i = 0; i < n; i++)
		places[tasks ? tasks[i] : i] = (u32)i + 1;
	// By their addresses, for memory is read in large pieces.
	for (size_t i = 0; i < snapshot->n_tasks && !dbg_is_cancelled(snapshot->reader->space); i++) {
		const struct tk_task *task = &snapshot->tasks[addresses[i].task];
		u32 place = places[addresses[i].task];
		if (!place)
			continue;
		u64 size = task->type->cell ? task->type->cell->size : PAGE;
		if (!held || task->header + size > held + PIECE) {
			size_t got;
			held = task->header & ~(u64)(PAGE - 1);
			dbg_mem_hold(snapshot->reader->space->mem, held, PIECE, &got);
		}
		keys[place - 1] = on_number(head_of(task), stack_by_memo(memos, task));
	}
	arena_deinit(&memos->scratch);
	arena_deinit(&scratch);
	return keys;
}
