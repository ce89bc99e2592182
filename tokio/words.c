// Tasks, workers and threads in one line each, and the facts of a task.
#include "tokio/private.h"

struct str tree_brief(const struct tk_tree *tree, struct arena *arena)
{
	u32 at = 0;
	while (at < tree->len && tree->nodes[at].n_children == 1)
		at++;
	if (at >= tree->len)
		return STR("");
	const struct tk_node *node = &tree->nodes[at];
	if (node->n_children > 1)
		return str_printf(arena, "%.*s of %u", STRF(node->construct), node->n_children);
	return node->brief.len ? node->brief : node->state;
}

static struct str where_it_is(struct tk_snapshot *snapshot, const struct tk_task *task, struct arena *arena)
{
	const char *ends = tk_task_is_aborted(task) ? ", cancelled" : ""; // when its poll ends
	switch (task->state) {
	case TK_RUNNING:
		if (task->worker != TK_NONE)
			return str_printf(arena, "running on worker %zu%s", snapshot->workers[task->worker].index, ends);
		return task->tid ? str_printf(arena, "running on thread %d%s", task->tid, ends) : str_printf(arena, "running%s", ends);
	case TK_IDLE: {
		struct str brief = dbg_value_ok(task->future) ? tree_brief(future_tree(snapshot, task->future, arena), arena) : STR("");
		return brief.len ? str_printf(arena, "idle: %.*s", STRF(brief)) : STR("idle");
	}
	default: return task->pool_queued ? STR("queued for the blocking pool") : str_of(tk_state_name(task->state));
	}
}

struct str tk_task_brief(struct tk_snapshot *snapshot, size_t index, struct arena *arena)
{
	return where_it_is(snapshot, &snapshot->tasks[index], arena);
}

struct str tk_task_title(struct tk_snapshot *snapshot, size_t index, struct arena *arena)
{
	const struct tk_task *task = &snapshot->tasks[index];
	return str_printf(arena, "task %llu \xc2\xb7 %.*s \xc2\xb7 %.*s", (unsigned long long)task->id,
	                  STRF(task->name.len ? task->name : STR("future not known")), STRF(where_it_is(snapshot, task, arena)));
}

struct str tk_worker_title(struct tk_snapshot *snapshot, size_t index, struct arena *arena)
{
	const struct tk_worker *worker = &snapshot->workers[index];
	struct buf text = buf_on(arena);
	buf_printf(&text, "worker %zu (tid %d) \xc2\xb7 %.*s", worker->index, worker->tid, STRF(worker->doing));
	if (worker->queue_known && worker->activity != TK_WORKER_PARKED && worker->activity != TK_WORKER_PARKED_DRIVER)
		buf_printf(&text, " \xc2\xb7 queue %llu", (unsigned long long)worker->local_queue);
	return buf_str(&text);
}

struct str tk_thread_title(struct tk_snapshot *snapshot, size_t index, struct arena *arena)
{
	const struct tk_thread *thread = &snapshot->threads[index];
	struct tk_running stack;
	bool polls = thread->blocks_on && running_stack(snapshot, thread->tid, arena, &stack) && thread_is_polling(thread, &stack);
	if (polls || (thread->blocks_on && dbg_value_ok(thread->future))) {
		struct str brief = polls ? STR("") : tree_brief(future_tree(snapshot, thread->future, arena), arena);
		return str_printf(arena, "block_on \xc2\xb7 %.*s \xc2\xb7 %s%.*s", STRF(thread->future_name),
		                  brief.len ? "idle: " : "running", STRF(brief));
	}
	if (thread->gave_up != TK_NONE && thread->task != TK_NONE)
		return str_printf(arena, "block_in_place (tid %d) \xc2\xb7 task %llu \xc2\xb7 %.*s", thread->tid,
		                  (unsigned long long)snapshot->tasks[thread->task].id, STRF(snapshot->tasks[thread->task].name));
	if (thread->task == TK_NONE && thread->pool)
		return str_printf(arena, "blocking pool, idle (tid %d)", thread->tid);
	if (thread->task != TK_NONE)
		return str_printf(arena, "blocking (tid %d) \xc2\xb7 %.*s", thread->tid, STRF(snapshot->tasks[thread->task].name));
	return str_printf(arena, "%.*s (tid %d)%s", STRF(thread->name), thread->tid, thread->blocks_on ? " \xc2\xb7 block_on" : "");
}

struct str count_text(struct arena *arena, u64 n, const char *noun)
{
	return str_printf(arena, "%llu %s%s", (unsigned long long)n, noun, n == 1 ? "" : "s");
}

struct facts {
	struct arena *arena;
	VEC(struct tk_fact) list;
};

static void add_fact(struct facts *facts, const char *name, struct str text)
{
	vec_push(facts->arena, &facts->list, ((struct tk_fact){str_of(name), text}));
}

size_t tk_task_facts(struct tk_snapshot *snapshot, size_t index, struct arena *arena, struct tk_fact **out)
{
	enum { JOIN_INTEREST = 8, JOIN_WAKER = 16, REF_SHIFT = 6 };
	const struct tk_task *task = &snapshot->tasks[index];
	struct facts facts = {.arena = arena};
	add_fact(&facts, "id", str_printf(arena, "%llu", (unsigned long long)task->id));
	add_fact(&facts, "state", where_it_is(snapshot, task, arena));
	if (task->runtime != TK_NONE) {
		const struct tk_runtime *runtime = &snapshot->runtimes[task->runtime];
		add_fact(&facts, "runtime",
		         runtime->name.len ? runtime->name : str_printf(arena, "%llu", (unsigned long long)runtime->id));
	}
	struct dbg_place spawned = tk_task_spawned(snapshot, index, arena);
	if (spawned.line)
		add_fact(&facts, "spawned at",
		         str_printf(arena, "%.*s:%u:%u", STRF(dbg_place_short_path(arena, spawned)), spawned.line, spawned.column));
	add_fact(&facts, "join handle",
	         !(task->word & JOIN_INTEREST) ? STR("dropped")
	         : task->word & JOIN_WAKER     ? STR("awaited")
	                                       : STR("held"));
	add_fact(&facts, "references", str_printf(arena, "%llu", (unsigned long long)(task->word >> REF_SHIFT)));
	if (dbg_value_ok(task->future)) {
		add_fact(&facts, "future", dbg_type_render(arena, task->future.type));
		add_fact(&facts, "size", str_printf(arena, "%llu bytes", (unsigned long long)task->future.type->size));
	}
	add_fact(&facts, "header", str_printf(arena, "0x%llx", (unsigned long long)task->header));
	if (task->note.len)
		add_fact(&facts, "note", task->note);
	*out = facts.list.items;
	return facts.list.len;
}

size_t tk_task_waits(struct tk_snapshot *snapshot, size_t index, struct arena *arena, struct str **out)
{
	const struct tk_task *task = &snapshot->tasks[index];
	VEC(struct str) waits = {0};
	if (dbg_value_ok(task->future) && task->state != TK_RUNNING) {
		struct tk_tree *tree = future_tree(snapshot, task->future, arena);
		for (u32 i = 0; i < tree->len; i++)
			if (tree->nodes[i].waits.len)
				vec_push(arena, &waits,
				         tree->nodes[i].kept ? str_printf(arena, "not polled: %.*s", STRF(tree->nodes[i].waits))
				                             : tree->nodes[i].waits);
	}
	*out = waits.items;
	return waits.len;
}
