// What a step needs of futures: the one to step in a task that no thread polls, and who awaits a task's end, or how to find
// that out.
#include "tokio/private.h"

// As many trees of futures are read to find out who awaits a task.
enum { MOST_LOOKED_AT = 20000 };

static bool is_steppable(const struct tk_node *node)
{
	return node->kind == TK_NODE_ASYNC && !node->library && node->value.where == DBG_VALUE_MEMORY &&
	       dbg_type_is_coroutine(node->value.type);
}

// The innermost async fn of the user's before the chain branches: of the branches one can't know which is meant.
static struct dbg_value innermost(struct tk_snapshot *snapshot, struct dbg_value root, struct arena *arena)
{
	struct dbg_value found = dbg_value_none(arena, "it awaits nothing in an async fn of this program's");
	if (!dbg_value_ok(root))
		return root;
	const struct tk_tree *tree = future_tree(snapshot, root, arena);
	for (u32 i = 0; i < tree->len; i++) {
		if (is_steppable(&tree->nodes[i]))
			found = tree->nodes[i].value;
		if (tree->nodes[i].n_children != 1)
			break;
	}
	return found;
}

struct dbg_value tk_task_awaiting(struct tk_snapshot *snapshot, size_t task, struct arena *arena)
{
	return innermost(snapshot, snapshot->tasks[task].future, arena);
}

bool tk_thread_awaiting(struct tk_snapshot *snapshot, size_t index, struct arena *arena, struct dbg_value *out)
{
	const struct tk_thread *thread = &snapshot->threads[index];
	struct tk_running stack;
	running_stack(snapshot, thread->tid, arena, &stack);
	if (!thread->blocks_on || thread_is_polling(thread, &stack))
		return false;
	*out = innermost(snapshot, thread->future, arena);
	return true;
}

// ---- who awaits a task's end -----------------------------------------------------------------------------

// runtime/task/join.rs: the first word of a JoinHandle is the header of the task it joins.
static bool joins(const struct tk_node *node, u64 header)
{
	u64 word;
	return node->value.where == DBG_VALUE_MEMORY &&
	       str_eqc(dbg_type_base_path(node->value.type), "tokio::runtime::task::join::JoinHandle") &&
	       dbg_value_get(node->value, &word) && word == header;
}

static bool joiner_in(struct tk_snapshot *snapshot, struct dbg_value root, u64 header, struct arena *arena, struct dbg_value *out)
{
	if (!dbg_value_ok(root))
		return false;
	const struct tk_tree *tree = future_tree(snapshot, root, arena);
	for (u32 i = 0; i < tree->len; i++) {
		if (tree->nodes[i].kept || !joins(&tree->nodes[i], header))
			continue;
		for (u32 up = tree->nodes[i].parent; up < i; up = tree->nodes[up].parent) {
			if (!is_steppable(&tree->nodes[up]))
				continue;
			*out = tree->nodes[up].value;
			return true;
		}
	}
	return false;
}

bool tk_task_joiner(struct tk_snapshot *snapshot, size_t task, struct arena *arena, struct dbg_value *out)
{
	u64 header = snapshot->tasks[task].header;
	bool found = false;
	for (size_t i = 0; i < snapshot->n_threads && !found; i++) {
		struct tk_running stack;
		const struct tk_thread *thread = &snapshot->threads[i];
		if (!thread->blocks_on || !dbg_value_ok(thread->future))
			continue;
		running_stack(snapshot, thread->tid, arena, &stack);
		// Being polled, it is not known to await anything yet.
		found = !thread_is_polling(thread, &stack) && joiner_in(snapshot, thread->future, header, arena, out);
	}
	for (size_t i = 0; i < snapshot->n_tasks && i < MOST_LOOKED_AT && !found; i++) {
		const struct tk_task *other = &snapshot->tasks[i];
		if (i != task && (other->state == TK_IDLE || other->state == TK_QUEUED))
			found = joiner_in(snapshot, other->future, header, arena, out);
	}
	return found;
}

// runtime/task/harness.rs: try_read_output(ptr, dst, waker) and drop_join_handle_slow(ptr); both get the header.
bool tk_task_join_call(struct tk_snapshot *snapshot, size_t task, struct dbg_awaited_call *out)
{
	const struct tk_reader *reader = snapshot->reader;
	const struct tk_layout *layout = &reader->layout;
	struct dbg_mem *mem = reader->space->mem;
	u64 header = snapshot->tasks[task].header, word, vtable;
	*out = (struct dbg_awaited_call){.argument = header};
	if (!layout->has_vtable_read_output || !layout->has_vtable_drop_join ||
	    dbg_mem_read_uint(mem, header + layout->header_state, 8, &word) || !task_is_asked_for(word) ||
	    dbg_mem_read_uint(mem, header + layout->header_vtable, 8, &vtable) ||
	    dbg_mem_read_uint(mem, vtable + layout->vtable_read_output, 8, &out->function) ||
	    dbg_mem_read_uint(mem, vtable + layout->vtable_drop_join, 8, &out->given_up))
		return false;
	return out->function && out->given_up;
}
