// A task's awaits as plain data, for views that draw a tree.
#include "tokio/private.h"
#include "tokio/select.h"

struct awaits {
	struct arena *arena;
	VEC(struct tk_await) list;
};

static void add_frames(struct awaits *awaits, const struct tk_running *stack)
{
	u32 depth = 0;
	for (size_t i = stack->inner; i-- > stack->newest;) {
		const struct dbg_frame *frame = &stack->frames[i];
		struct tk_await row = {.depth = depth,
		                       .parent = depth ? depth - 1 : UINT32_MAX,
		                       .place = frame->place,
		                       .library = dbg_place_is_library(frame->place),
		                       .frame = true};
		depth++;
		row.name = frame->scope.name.len ? frame->scope.name : str_printf(awaits->arena, "0x%llx", (unsigned long long)frame->pc);
		vec_push(awaits->arena, &awaits->list, row);
	}
}

// Below the rows that are there, if there are any.
static void add_tree(struct awaits *awaits, const struct tk_tree *tree)
{
	u32 first = (u32)awaits->list.len, above = first ? awaits->list.items[first - 1].depth + 1 : 0;
	for (size_t i = 0; i < tree->len; i++) {
		const struct tk_node *node = &tree->nodes[i];
		u32 root_parent = first ? first - 1 : UINT32_MAX;
		struct tk_await row = {.depth = node->depth + above,
		                       .parent = node->parent == UINT32_MAX ? root_parent : node->parent + first,
		                       .branch = node->kind == TK_NODE_BRANCH,
		                       .async = node->kind == TK_NODE_ASYNC,
		                       .library = node->library,
		                       .kept = node->kept,
		                       .name = node->name,
		                       .waits = node->waits.len ? node->waits : node->state,
		                       .place = node->place};
		vec_push(awaits->arena, &awaits->list, row);
	}
	if (tree->cut) {
		struct tk_await row = {.parent = UINT32_MAX, .cut = true, .name = STR("cut: too many futures")};
		vec_push(awaits->arena, &awaits->list, row);
	}
}

size_t tk_task_awaits(struct tk_snapshot *snapshot, size_t index, struct arena *arena, struct tk_await **out)
{
	const struct tk_task *task = &snapshot->tasks[index];
	struct awaits awaits = {.arena = arena};
	struct tk_running stack;
	if (task->state == TK_RUNNING && task->tid && running_task(snapshot, task->tid, arena, &stack)) {
		add_frames(&awaits, &stack);
		if (stack.blocks_on)
			add_tree(&awaits, stack.blocks_on);
	} else if (!dbg_value_ok(task->future)) {
		struct tk_await row = {.parent = UINT32_MAX,
		                       .name = task->name.len ? task->name : STR("future not known"),
		                       .waits = task->note.len ? task->note : task->future.absent};
		vec_push(arena, &awaits.list, row);
	} else {
		add_tree(&awaits, future_tree(snapshot, task->future, arena));
	}
	*out = awaits.list.items;
	return awaits.list.len;
}

err_t tk_tasks_select(const struct tk_snapshot *snapshot, struct arena *arena, struct str regex, bool **out)
{
	return select_tasks(snapshot, arena, regex, out);
}
