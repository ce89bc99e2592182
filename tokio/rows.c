// Stacks as rows, innermost first, for a debugger's call stack.
#include "tokio/private.h"

#define RULE "\xe2\x94\x80\xe2\x94\x80"

struct rows {
	struct arena *arena;
	VEC(struct dbg_row) list;
};

static void add_label(struct rows *rows, struct str text)
{
	struct dbg_row row = {.kind = DBG_ROW_LABEL, .text = text};
	row.state = dbg_value_none(rows->arena, "a label has no value");
	vec_push(rows->arena, &rows->list, row);
}

static void add_node(struct rows *rows, const struct tk_node *node)
{
	struct dbg_row row = {
	    .kind = node->kind == TK_NODE_ASYNC ? DBG_ROW_ASYNC : DBG_ROW_FUTURE,
	    .text = node->name,
	    .place = node->place,
	    .subtle = node->library,
	    .state = node->value,
	};
	vec_push(rows->arena, &rows->list, row);
}

// The index after the subtree at `at`.
static u32 subtree_end(const struct tk_tree *tree, u32 at)
{
	u32 end = at + 1;
	while (end < tree->len && tree->nodes[end].depth > tree->nodes[at].depth)
		end++;
	return end;
}

static void add_subtree(struct rows *rows, const struct tk_tree *tree, u32 from, u32 to);

// What the async fn at `at` keeps and does not poll, below what it awaits, which a label separates from it.
static void add_kept(struct rows *rows, const struct tk_tree *tree, u32 at)
{
	u32 end = subtree_end(tree, at), child = at + 1;
	for (u32 i = 0; i < tree->nodes[at].n_children && child < end; i++)
		child = subtree_end(tree, child);
	if (child > at + 1)
		add_label(rows, STR(RULE " awaited here " RULE));
	for (; child < end; child = subtree_end(tree, child)) {
		add_subtree(rows, tree, child + 1, subtree_end(tree, child));
		add_label(rows, str_printf(rows->arena, RULE " %.*s " RULE, STRF(tree->nodes[child].name)));
	}
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

// A label "sleep" over a row "Sleep" tells nothing: a wait without figures in the words of its type.
static bool says_no_more(struct str brief, struct str name)
{
	size_t i = 0;
	for (; i < brief.len && i < name.len; i++)
		if (lower(brief.ptr[i]) != lower(name.ptr[i]))
			return false;
	return i == brief.len && (i == name.len || name.ptr[i] == '<');
}

// Children before their parent; a leaf's wait as a label before the leaf. Iterative: chains can be 1,000 deep.
static void add_subtree(struct rows *rows, const struct tk_tree *tree, u32 from, u32 to)
{
	// A chain without branches is walked back to front; at a branch point the branches come in their order.
	u32 chain_end = from;
	while (chain_end < to && tree->nodes[chain_end].n_children == 1)
		chain_end++;
	if (chain_end >= to)
		return;
	const struct tk_node *last = &tree->nodes[chain_end];
	u32 child = chain_end + 1;
	for (u32 i = 0; i < last->n_children && child < to; i++, child = subtree_end(tree, child)) {
		const struct tk_node *branch = &tree->nodes[child];
		if (branch->kind == TK_NODE_BRANCH) {
			add_subtree(rows, tree, child + 1, subtree_end(tree, child));
			add_label(rows, str_printf(rows->arena, RULE " %.*s " RULE, STRF(branch->name)));
		} else {
			add_subtree(rows, tree, child, subtree_end(tree, child));
		}
	}
	if (last->brief.len && !says_no_more(last->brief, last->name))
		add_label(rows, last->brief);
	else if (last->state.len)
		add_label(rows, last->state);
	for (u32 i = chain_end + 1; i-- > from;) {
		if (i != chain_end && tree->nodes[i].brief.len) // a limit on what is inside: Timeout
			add_label(rows, tree->nodes[i].brief);
		if (tree->nodes[i].n_kept)
			add_kept(rows, tree, i);
		if (tree->nodes[i].kind != TK_NODE_BRANCH)
			add_node(rows, &tree->nodes[i]);
	}
}

static size_t finish(struct rows *rows, struct dbg_row **out)
{
	*out = rows->list.items;
	return rows->list.len;
}

static void add_frames(struct rows *rows, const struct tk_running *stack, size_t from, size_t to, bool subtle)
{
	for (size_t i = from; i < to; i++) {
		const struct dbg_frame *frame = &stack->frames[i];
		struct dbg_row row = {
		    .kind = DBG_ROW_FRAME,
		    .text = frame->scope.name.len ? frame->scope.name : str_printf(rows->arena, "0x%llx", (unsigned long long)frame->pc),
		    .place = frame->place,
		    .subtle = subtle || dbg_place_is_library(frame->place),
		    .frame = frame,
		    .pc = frame->pc,
		};
		row.state = dbg_value_none(rows->arena, "a machine frame");
		vec_push(rows->arena, &rows->list, row);
	}
}

static void add_running(struct rows *rows, struct tk_snapshot *snapshot, pid_t tid, struct str label)
{
	struct tk_running stack;
	running_task(snapshot, tid, rows->arena, &stack);
	if (stack.blocks_on) {
		add_subtree(rows, stack.blocks_on, 0, (u32)stack.blocks_on->len);
		add_label(rows, str_printf(rows->arena, RULE " block_on on thread %d " RULE, tid));
	}
	add_frames(rows, &stack, stack.newest, stack.inner, false);
	if (stack.inner < stack.n) {
		add_label(rows, label);
		add_frames(rows, &stack, stack.inner, stack.n, true);
	}
}

size_t tk_task_rows(struct tk_snapshot *snapshot, size_t index, struct arena *arena, struct dbg_row **out)
{
	struct rows rows = {.arena = arena};
	const struct tk_task *task = &snapshot->tasks[index];
	if (task->state == TK_RUNNING && task->tid) {
		struct str label = task->worker == TK_NONE
		                       ? str_printf(arena, RULE " thread %d " RULE, task->tid)
		                       : str_printf(arena, RULE " tokio worker %zu " RULE, snapshot->workers[task->worker].index);
		add_running(&rows, snapshot, task->tid, label);
		return finish(&rows, out);
	}
	if (task->pool_queued || !dbg_value_ok(task->future)) {
		if (task->pool_queued)
			add_label(&rows, STR("waits for a thread of the blocking pool"));
		else
			add_label(&rows, task->note.len ? task->note : task->future.absent);
		return finish(&rows, out);
	}
	struct tk_tree *tree = future_tree(snapshot, task->future, arena);
	if (task->state == TK_RUNNING)
		add_label(&rows, STR("being polled: what memory says of it is out of date"));
	add_subtree(&rows, tree, 0, (u32)tree->len);
	if (tree->cut)
		add_label(&rows, STR("cut: too many futures"));
	return finish(&rows, out);
}

size_t tk_thread_rows(struct tk_snapshot *snapshot, size_t index, struct arena *arena, struct dbg_row **out)
{
	struct rows rows = {.arena = arena};
	const struct tk_thread *thread = &snapshot->threads[index];
	struct tk_running stack;
	running_stack(snapshot, thread->tid, arena, &stack);
	bool polls = thread->blocks_on && thread_is_polling(thread, &stack);
	if (!thread->blocks_on || (!dbg_value_ok(thread->future) && !polls)) {
		add_frames(&rows, &stack, 0, stack.n, false);
		return finish(&rows, out);
	}
	if (polls) {
		add_frames(&rows, &stack, 0, stack.inner, false);
	} else {
		struct tk_tree *tree = future_tree(snapshot, thread->future, arena);
		add_subtree(&rows, tree, 0, (u32)tree->len);
	}
	add_label(&rows, str_printf(arena, RULE " block_on on thread %d " RULE, thread->tid));
	add_frames(&rows, &stack, polls ? stack.inner : 0, stack.n, true);
	return finish(&rows, out);
}
