// The text of `async backtrace`, `async backtrace all` and `async task`: stacks from their roots, for people.
#include "tokio/alike.h"
#include "tokio/groups.h"
#include "tokio/private.h"
#include "tokio/select.h"
#include "tokio/waits.h"

enum { PLACE_COLUMN = 53 };

struct page {
	struct buf buf;
	struct tk_snapshot *snapshot;
	struct arena *arena;
	bool ansi;
	const size_t *waiters; // of each task how many wait for it, NULL: not asked for
};

enum ink { BOLD, USER, WAIT, DIM };

static void put_inked(struct page *page, enum ink ink, struct str text)
{
	static const char *const codes[] = {"1", "36", "33", "90"};
	if (page->ansi)
		buf_printf(&page->buf, "\x1b[%sm", codes[ink]);
	buf_put(&page->buf, text);
	if (page->ansi)
		buf_puts(&page->buf, "\x1b[0m");
}

// "  #3 name            at file:line"
static void put_row(struct page *page, unsigned number, struct str name, struct dbg_place place, bool library, unsigned indent)
{
	struct str head = str_printf(page->arena, "%*s#%u ", (int)indent, "", number);
	buf_put(&page->buf, head);
	if (library)
		buf_put(&page->buf, name);
	else
		put_inked(page, USER, name);
	if (place.line) {
		size_t used = str_columns(head) + str_columns(name);
		buf_pad(&page->buf, ' ', used + 2 < PLACE_COLUMN ? PLACE_COLUMN - used : 2);
		struct str where = str_printf(page->arena, "at %.*s:%u", STRF(dbg_place_short_path(page->arena, place)), place.line);
		if (library)
			put_inked(page, DIM, where);
		else
			buf_put(&page->buf, where);
	}
	buf_putc(&page->buf, '\n');
}

static void put_note(struct page *page, unsigned indent, struct str text)
{
	if (!text.len)
		return;
	buf_pad(&page->buf, ' ', indent);
	put_inked(page, WAIT, text);
	buf_putc(&page->buf, '\n');
}

// `first`: the number of its root.
static void put_tree(struct page *page, const struct tk_tree *tree, u32 first)
{
	unsigned indents[64] = {2};
	u32 branch_depths[64] = {0}, *numbers = NEW_N(page->arena, u32, tree->len + 1); // a row's is its parent's, and one
	unsigned level = 0;
	for (u32 i = 0; i < tree->len; i++) {
		const struct tk_node *node = &tree->nodes[i];
		while (level && node->depth <= branch_depths[level])
			level--;
		bool under_row = node->parent < i && tree->nodes[node->parent].kind != TK_NODE_BRANCH;
		numbers[i] = node->parent < i ? numbers[node->parent] + under_row : first;
		if (node->kind == TK_NODE_BRANCH) {
			buf_pad(&page->buf, ' ', indents[level] + 3);
			put_inked(page, DIM, node->name);
			if (node->kept && under_row && str_starts(node->name, STR("kept in")))
				put_inked(page, DIM, str_printf(page->arena, " (%.*s)", STRF(tree->nodes[node->parent].name)));
			buf_putc(&page->buf, '\n');
			if (level + 1 < ARRAY_LEN(indents)) {
				level++;
				indents[level] = indents[level - 1] + 4;
				branch_depths[level] = node->depth;
			}
			continue;
		}
		put_row(page, numbers[i], node->name, node->place, node->library, indents[level]);
		put_note(page, indents[level] + 3, node->waits.len ? node->waits : node->state);
	}
	if (tree->cut)
		put_note(page, 5, STR("cut: too many futures"));
}

// The machine frames of a running task, from its root, and what a block_on of its own waits for.
static void put_frames(struct page *page, const struct tk_running *stack)
{
	unsigned number = 0;
	for (size_t i = stack->inner; i-- > stack->newest;) {
		const struct dbg_frame *frame = &stack->frames[i];
		struct str name =
		    frame->scope.name.len ? frame->scope.name : str_printf(page->arena, "0x%llx", (unsigned long long)frame->pc);
		put_row(page, number++, name, frame->place, dbg_place_is_library(frame->place), 2);
	}
	if (stack->blocks_on)
		put_tree(page, stack->blocks_on, number);
}

// "  idle  many::request", behind the id or ids.
static void put_task_kind(struct page *page, const struct tk_task *task)
{
	struct tk_snapshot *snapshot = page->snapshot;
	buf_printf(&page->buf, "  %s", tk_state_name(task->state));
	if (task->state == TK_RUNNING && task->worker != TK_NONE)
		buf_printf(&page->buf, " on worker %zu", snapshot->workers[task->worker].index);
	buf_puts(&page->buf, "  ");
	put_inked(page, USER, task->name.len ? task->name : STR("future not known"));
	if (snapshot->n_runtimes > 1 && task->runtime != TK_NONE)
		put_inked(page, DIM, str_printf(page->arena, "  runtime %zu", task->runtime));
	struct dbg_place spawned = tk_task_spawned(snapshot, (size_t)(task - snapshot->tasks), page->arena);
	if (spawned.line)
		put_inked(
		    page, DIM,
		    str_printf(page->arena, "  spawned at %.*s:%u", STRF(dbg_place_short_path(page->arena, spawned)), spawned.line));
	size_t waiters = page->waiters ? page->waiters[task - snapshot->tasks] : 0;
	if (waiters)
		put_inked(page, WAIT, str_printf(page->arena, "  %zu task%s for it", waiters, waiters == 1 ? " waits" : "s wait"));
	buf_putc(&page->buf, '\n');
}

static void put_task_stack(struct page *page, size_t index)
{
	struct tk_snapshot *snapshot = page->snapshot;
	const struct tk_task *task = &snapshot->tasks[index];
	struct tk_running stack;
	if (task->state == TK_RUNNING && task->tid && running_task(snapshot, task->tid, page->arena, &stack))
		put_frames(page, &stack);
	else if (task->pool_queued)
		put_note(page, 5, STR("waits for a thread of the blocking pool"));
	else if (dbg_value_ok(task->future)) {
		put_tree(page, future_tree(snapshot, task->future, page->arena), 0);
		if (task->state == TK_RUNNING)
			put_note(page, 5, STR("being polled: what memory says of it is out of date"));
	}
	put_note(page, 5, task->note);
}

static void put_task(struct page *page, size_t index)
{
	const struct tk_task *task = &page->snapshot->tasks[index];
	put_inked(page, BOLD, str_printf(page->arena, "Task %llu", (unsigned long long)task->id));
	put_task_kind(page, task);
	put_task_stack(page, index);
}

enum { MOST_SINGLE_TASKS = 100, MOST_WAITED_FOR = 20000 /* tasks: a graph of all is made */ };

// Each by itself, or, if they are many, equal ones under one head: "Tasks 4-127, 130  x 125  idle  many::request".
static void put_tasks(struct page *page, const size_t *indices, size_t n, bool each)
{
	if (each || n <= MOST_SINGLE_TASKS) {
		if (n && page->snapshot->n_tasks <= MOST_WAITED_FOR)
			page->waiters = tk_waits_counts(tk_waits_find(page->snapshot), page->arena);
		for (size_t i = 0; i < n && !dbg_is_cancelled(page->snapshot->reader->space); i++)
			put_task(page, indices[i]);
		return;
	}
	const u64 *keys = tasks_alike(page->snapshot, page->arena, ALIKE_IN_TEXT, indices, n);
	struct task_group *groups;
	size_t n_groups = group_tasks(page->snapshot, page->arena, indices, keys, n, &groups);
	for (size_t i = 0; i < n_groups; i++) {
		if (groups[i].count == 1) {
			put_task(page, groups[i].first);
			continue;
		}
		put_inked(page, BOLD, str_printf(page->arena, "Tasks %.*s", STRF(groups[i].ids)));
		buf_printf(&page->buf, "  \xc3\x97 %zu", groups[i].count);
		put_task_kind(page, &page->snapshot->tasks[groups[i].first]);
		put_task_stack(page, groups[i].first);
	}
}

// "Thread 4711 "name""
static void put_thread(struct page *page, const struct tk_thread *thread)
{
	struct buf text = buf_on(page->arena);
	buf_printf(&text, "Thread %d", thread->tid);
	if (thread->name.len) // a core file has none
		buf_printf(&text, " \"%.*s\"", STRF(thread->name));
	put_inked(page, BOLD, buf_str(&text));
}

static void put_block_ons(struct page *page)
{
	for (size_t i = 0; i < page->snapshot->n_threads; i++) {
		const struct tk_thread *thread = &page->snapshot->threads[i];
		if (!thread->blocks_on)
			continue;
		put_thread(page, thread);
		buf_puts(&page->buf, "  block_on\n");
		struct tk_running stack;
		if (running_stack(page->snapshot, thread->tid, page->arena, &stack) && thread_is_polling(thread, &stack))
			put_frames(page, &stack);
		else if (dbg_value_ok(thread->future))
			put_tree(page, future_tree(page->snapshot, thread->future, page->arena), 0);
		else
			put_note(page, 5, thread->future.absent);
	}
}

static void put_blocking(struct page *page)
{
	for (size_t i = 0; i < page->snapshot->n_threads; i++) {
		const struct tk_thread *thread = &page->snapshot->threads[i];
		if (thread->task == TK_NONE && !thread->pool)
			continue;
		put_thread(page, thread);
		if (thread->task == TK_NONE) {
			buf_puts(&page->buf, "  blocking pool: idle\n");
			continue;
		}
		const struct tk_task *task = &page->snapshot->tasks[thread->task];
		if (thread->gave_up != TK_NONE)
			buf_printf(&page->buf, "  gave up worker %zu in block_in_place", thread->gave_up);
		else
			buf_puts(&page->buf, "  blocking pool");
		buf_printf(&page->buf, ": task %llu, %.*s\n", (unsigned long long)task->id, STRF(task->name));
	}
}

static void put_workers(struct page *page, size_t runtime)
{
	struct tk_snapshot *snapshot = page->snapshot;
	size_t workers = 0;
	for (size_t i = 0; i < snapshot->n_workers; i++) {
		const struct tk_worker *worker = &snapshot->workers[i];
		if (worker->runtime != runtime)
			continue;
		workers += worker->tid != 0;
		put_inked(page, BOLD, str_printf(page->arena, "Worker %zu", worker->index));
		if (worker->tid)
			buf_printf(&page->buf, "  tid %d", worker->tid);
		buf_printf(&page->buf, "  %.*s   local queue: ", STRF(worker->doing));
		if (worker->queue_known)
			buf_printf(&page->buf, "%llu\n", (unsigned long long)worker->local_queue);
		else
			buf_puts(&page->buf, "not known\n");
	}
	const struct tk_runtime *at = &snapshot->runtimes[runtime];
	if (at->doing.len) {
		buf_printf(&page->buf, "%s", at->tid ? str_printf(page->arena, "Thread %d  ", at->tid).ptr : "");
		buf_put(&page->buf, at->doing);
		if (at->queue_known)
			buf_printf(&page->buf, "   local queue: %llu", (unsigned long long)at->local_queue);
		buf_putc(&page->buf, '\n');
	}
	if (at->injected_known)
		buf_printf(&page->buf, "Injection queue: %llu\n", (unsigned long long)at->injected);
	if (at->pool_known && (at->pool_threads > workers || at->pool_queued))
		buf_printf(&page->buf, "Blocking pool: %llu thread%s beside the workers, %llu idle, %llu closure%s queued\n",
		           (unsigned long long)(at->pool_threads - workers), at->pool_threads - workers == 1 ? "" : "s",
		           (unsigned long long)at->pool_idle, (unsigned long long)at->pool_queued, at->pool_queued == 1 ? "" : "s");
}

static void put_runtimes(struct page *page)
{
	struct tk_snapshot *snapshot = page->snapshot;
	static const char *const flavours[] = {"multi_thread", "current_thread", "LocalSet", "flavour not known"};
	for (size_t i = 0; i < snapshot->n_runtimes; i++) {
		const struct tk_runtime *runtime = &snapshot->runtimes[i];
		if (snapshot->n_runtimes > 1 || runtime->name.len) {
			put_inked(page, BOLD, str_printf(page->arena, "Runtime %zu", i));
			buf_printf(&page->buf, "%s%.*s%s  %s\n", runtime->name.len ? " \"" : "", STRF(runtime->name),
			           runtime->name.len ? "\"" : "", flavours[runtime->flavour]);
		}
		put_workers(page, i);
	}
}

// "4 tasks: 1 running, 3 idle"
static void put_counts(struct page *page)
{
	struct tk_snapshot *snapshot = page->snapshot;
	size_t counts[5] = {0}, shown = 0;
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		counts[snapshot->tasks[i].state]++;
	buf_printf(&page->buf, "\n%zu task%s", snapshot->n_tasks, snapshot->n_tasks == 1 ? "" : "s");
	for (int state = 0; state < 5; state++)
		if (counts[state])
			buf_printf(&page->buf, "%s%zu %s", shown++ ? ", " : ": ", counts[state], tk_state_name((enum tk_state)state));
	buf_putc(&page->buf, '\n');
}

static struct page page_on(struct tk_snapshot *snapshot, struct arena *arena, struct tk_text style)
{
	return (struct page){.buf = buf_on(arena), .snapshot = snapshot, .arena = arena, .ansi = style.ansi};
}

static struct str finish(struct page *page)
{
	for (size_t i = 0; i < page->snapshot->n_complaints; i++)
		put_note(page, 0, str_printf(page->arena, "note: %.*s", STRF(page->snapshot->complaints[i])));
	struct str text = buf_str(&page->buf);
	while (text.len && text.ptr[text.len - 1] == '\n')
		text.len--;
	return text;
}

struct str tk_text_backtrace(struct tk_snapshot *snapshot, struct arena *arena, bool all, struct tk_text style)
{
	struct page page = page_on(snapshot, arena, style);
	put_block_ons(&page);
	put_runtimes(&page);
	put_blocking(&page);
	put_counts(&page);
	size_t *indices = NEW_N(arena, size_t, snapshot->n_tasks + 1), n = 0;
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		if (all || snapshot->tasks[i].state == TK_RUNNING)
			indices[n++] = i;
	put_tasks(&page, indices, n, style.each);
	return finish(&page);
}

// "3 of 19 tasks match `::locks$` --state idle; the first 2 are shown"
static void put_matched(struct page *page, const struct tk_choice *choice, size_t matched)
{
	size_t all = page->snapshot->n_tasks;
	buf_printf(&page->buf, "%zu of %zu task%s match%.*s", matched, all, all == 1 ? "" : "s",
	           STRF(tk_choice_text(choice, page->arena)));
	if (choice->limit && matched > choice->limit)
		buf_printf(&page->buf, "; the first %llu %s shown", (unsigned long long)choice->limit, choice->limit == 1 ? "is" : "are");
	buf_putc(&page->buf, '\n');
}

err_t tk_text_chosen(struct tk_snapshot *snapshot, struct arena *arena, const struct tk_choice *choice, struct tk_text style,
                     struct str *out)
{
	struct page page = page_on(snapshot, arena, style);
	struct tk_choice active = *choice;
	bool *chosen, none = tk_choice_is_empty(choice);
	size_t matched, shown = 0;
	if (none) {
		active.by_state = true;
		active.state = TK_RUNNING;
	}
	TRY(tk_tasks_choose(snapshot, arena, &active, &chosen, &matched));
	size_t *indices = NEW_N(arena, size_t, snapshot->n_tasks + 1);
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		if (chosen[i])
			indices[shown++] = i;
	put_tasks(&page, indices, shown, style.each);
	if (none && !matched)
		buf_printf(&page.buf, "no task is being polled now (%zu task%s in all: `async backtrace all` shows them)\n",
		           snapshot->n_tasks, snapshot->n_tasks == 1 ? "" : "s");
	else if (!none || active.limit)
		put_matched(&page, &active, matched);
	*out = finish(&page);
	return NULL;
}

err_t tk_text_tasks(struct tk_snapshot *snapshot, struct arena *arena, struct str regex, struct tk_text style, struct str *out)
{
	struct tk_choice choice = {.regex = str_trim(regex)};
	return tk_text_chosen(snapshot, arena, &choice, style, out);
}
