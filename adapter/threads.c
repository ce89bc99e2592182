// Which tasks are rows, in which order, under which names.
#include "adapter/threads.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "adapter/stack.h"
#include "tokio/waits.h"

// ---- which tasks

const char dap_threads_show_names[] = "smart, all, running, user or none";

bool dap_threads_show_named(struct str name, enum dap_show *out)
{
	static const char *const names[] = {
	    [SHOW_SMART] = "smart", [SHOW_ALL] = "all", [SHOW_RUNNING] = "running", [SHOW_USER] = "user", [SHOW_NONE] = "none"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eqc(name, names[i])) {
			*out = (enum dap_show)i;
			return true;
		}
	}
	return false;
}

static pcre2_code *compile(struct str regex, int *number, size_t *offset)
{
	return pcre2_compile((PCRE2_SPTR)regex.ptr, regex.len, PCRE2_UTF, number, offset, NULL);
}

err_t dap_threads_check_filter(struct str regex)
{
	int number;
	size_t offset;
	pcre2_code *code = compile(regex, &number, &offset);
	if (code) {
		pcre2_code_free(code);
		return NULL;
	}
	PCRE2_UCHAR message[128] = "";
	pcre2_get_error_message(number, message, sizeof message);
	return err_new(ERR_SYNTAX, "%s at character %zu of \"%.*s\"", (const char *)message, offset + 1, STRF(regex));
}

bool dap_threads_show_tasks(const struct dap_session *session)
{
	return session->tasks.show != SHOW_NONE && session->tasks.max > 0;
}

// Whether the user wrote the root future: the place where its first await stands.
static bool is_users(const struct tk_task *task)
{
	const struct dbg_variant *variants;
	size_t n = task->future.type ? dbg_type_variants(task->future.type, &variants) : 0;
	for (size_t i = 0; i < n; i++)
		if (variants[i].member.decl.line)
			return !dbg_place_is_library(variants[i].member.decl);
	return true; // not known: not hidden
}

static bool is_shown(enum dap_show show, const struct tk_task *task)
{
	switch (show) {
	case SHOW_ALL: return true;
	case SHOW_SMART: return task->state != TK_COMPLETE;
	case SHOW_RUNNING: return task->state == TK_RUNNING || task->state == TK_QUEUED;
	case SHOW_USER: return task->state != TK_COMPLETE && is_users(task);
	case SHOW_NONE: break;
	}
	return false;
}

// ---- their order

enum rank { RANK_STOPPED, RANK_DEADLOCKED, RANK_PINNED, RANK_RUNNING, RANK_QUEUED, RANK_USERS, RANK_LIBRARY, RANKS };

bool dap_threads_is_pinned(const struct dap_session *session, u64 task)
{
	for (size_t i = 0; i < session->tasks.pinned.len; i++)
		if (session->tasks.pinned.items[i] == task)
			return true;
	return false;
}

// Which tasks are in a deadlock, one a task; NULL where that is not asked: a graph of all tasks is made for it, and who stops
// at a breakpoint or steps has other questions than who pauses, attaches, or opens a core file.
static bool *find_deadlocked(struct dap_session *session, struct tk_snapshot *snapshot, struct arena *arena)
{
	enum { MOST_TASKS = 100000 };
	struct tk_deadlock *deadlocks;
	bool asked = session->stopped.why == DBG_STOP_PAUSE || session->stopped.why == DBG_STOP_ATTACH;
	if (!asked || snapshot->n_tasks > MOST_TASKS)
		return NULL;
	size_t n = tk_deadlocks_find(tk_waits_find(snapshot), arena, &deadlocks);
	bool *found = n ? NEW_N(arena, bool, snapshot->n_tasks + 1) : NULL;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < deadlocks[i].n; k++)
			if (deadlocks[i].waits[k]->waiter < snapshot->n_tasks)
				found[deadlocks[i].waits[k]->waiter] = true;
	return found;
}

static enum rank rank_of(const struct dap_session *session, const struct tk_task *task, i32 id, bool deadlocked)
{
	if (deadlocked)
		return RANK_DEADLOCKED;
	if (id == session->stopped.thread)
		return RANK_STOPPED;
	if (dap_threads_is_pinned(session, task->id))
		return RANK_PINNED;
	if (task->state == TK_RUNNING)
		return RANK_RUNNING;
	if (task->state == TK_QUEUED)
		return RANK_QUEUED;
	return is_users(task) ? RANK_USERS : RANK_LIBRARY;
}

struct rows {
	struct dap_thread_row *items;
	size_t len, cap;
};

static void put(struct arena *arena, struct rows *rows, i32 id, struct str name)
{
	struct dap_thread_row row = {id, name};
	vec_push(arena, rows, row);
}

static void put_tasks(struct dap_session *session, struct tk_snapshot *snapshot, struct arena *arena, struct rows *rows)
{
	struct rank_list {
		size_t *items;
		size_t len, cap;
	} lists[RANKS] = {0};
	int number;
	size_t offset, wanted = 0, shown = 0;
	struct str filter = session->tasks.filter;
	pcre2_code *code = filter.len ? compile(filter, &number, &offset) : NULL;
	pcre2_match_data *match = code ? pcre2_match_data_create_from_pattern(code, NULL) : NULL;
	const bool *deadlocked = find_deadlocked(session, snapshot, arena);
	for (size_t i = 0; i < snapshot->n_tasks; i++) {
		const struct tk_task *task = &snapshot->tasks[i];
		i32 id = dap_ids_of_task(&session->ids, task->id);
		enum rank rank = rank_of(session, task, id, deadlocked && deadlocked[i]);
		if (rank > RANK_PINNED) { // the stopped one, those that are pinned or in a deadlock are always there
			if (!is_shown(session->tasks.show, task))
				continue;
			if (match && pcre2_match(code, (PCRE2_SPTR)task->name.ptr, task->name.len, 0, 0, match, NULL) < 0)
				continue;
		}
		vec_push(arena, &lists[rank], i);
		wanted++;
	}
	pcre2_match_data_free(match);
	pcre2_code_free(code);
	for (int rank = 0; rank < RANKS; rank++) {
		for (size_t i = 0; i < lists[rank].len; i++) {
			if (shown >= session->tasks.max && rank > RANK_PINNED)
				break;
			size_t task = lists[rank].items[i];
			struct str title = tk_task_title(snapshot, task, arena);
			if (rank == RANK_DEADLOCKED)
				title = str_printf(arena, "deadlock? \xc2\xb7 %.*s", STRF(title));
			put(arena, rows, dap_ids_of_task(&session->ids, snapshot->tasks[task].id), title);
			shown++;
		}
	}
	if (wanted > shown)
		put(arena, rows, IDS_MORE,
		    str_printf(arena, "… %zu more tasks (`async bt all`, or `tasks max %zu`)", wanted - shown, wanted));
}

// ---- the list

static bool is_root(const struct tk_snapshot *snapshot, pid_t tid, size_t *thread)
{
	for (size_t i = 0; snapshot && i < snapshot->n_threads; i++) {
		if (snapshot->threads[i].tid == tid && snapshot->threads[i].blocks_on) {
			*thread = i;
			return true;
		}
	}
	return false;
}

static struct str os_title(struct tk_snapshot *snapshot, const struct dbg_thread_info *info, struct arena *arena)
{
	for (size_t i = 0; snapshot && i < snapshot->n_workers; i++)
		if (snapshot->workers[i].tid == info->tid)
			return tk_worker_title(snapshot, i, arena);
	size_t root;
	return str_printf(arena, "%.*s (tid %d)%s", STRF(info->name), info->tid,
	                  is_root(snapshot, info->tid, &root) ? " · block_on" : "");
}

static void list_stopped(struct dap_session *session, struct rows *rows, const struct dbg_thread_info *infos, size_t n)
{
	struct arena *stop = &session->stop;
	struct tk_snapshot *snapshot = NULL;
	size_t root;
	if (dap_threads_show_tasks(session) && !dap_session_snapshot(session, &snapshot)) {
		put_tasks(session, snapshot, stop, rows);
		for (size_t i = 0; i < n; i++)
			if (is_root(snapshot, infos[i].tid, &root))
				put(stop, rows, dap_ids_of_root(infos[i].tid), tk_thread_title(snapshot, root, stop));
	}
	for (size_t i = 0; i < n; i++)
		put(stop, rows, infos[i].tid, os_title(snapshot, &infos[i], stop));
}

size_t dap_threads_list(struct dap_session *session, struct arena *arena, struct dap_thread_row **out)
{
	struct rows rows = {0};
	struct dbg_thread_info *infos = NULL;
	size_t n = 0;
	if (!session->threads && dap_session_is_live(session))
		n = dbg_target_threads(session->target, arena, &infos);
	if (!dap_session_is_stopped(session)) {
		for (size_t i = 0; i < n; i++)
			put(arena, &rows, infos[i].tid, os_title(NULL, &infos[i], arena));
		*out = rows.items;
		return rows.len;
	}
	if (!session->threads) { // titles cost: told once a stop
		list_stopped(session, &rows, infos, n);
		session->threads = rows.items;
		session->n_threads = rows.len;
	}
	*out = session->threads;
	return session->threads ? session->n_threads : 0;
}

i32 dap_threads_id_of(struct dap_session *session, pid_t tid)
{
	struct tk_snapshot *snapshot;
	if (!dap_threads_show_tasks(session) || dap_session_snapshot(session, &snapshot))
		return tid;
	size_t task = tk_task_of_thread(snapshot, tid), root;
	if (task != TK_NONE)
		return dap_ids_of_task(&session->ids, snapshot->tasks[task].id);
	// In block_on: the root future's id, if it is polled at this moment, which its stack of machine frames tells.
	struct dap_stack *stack;
	if (!is_root(snapshot, tid, &root) || dap_stack_get(session, dap_ids_of_root(tid), 0, &stack))
		return tid;
	return stack->rows[0].frame ? dap_ids_of_root(tid) : tid;
}

// ---- news

// The list costs: it is not made if nothing can have come to it.
static bool may_be_new(struct dap_session *session)
{
	u64 ids = 0;
	struct dbg_thread_info *infos;
	size_t n = dbg_target_threads(session->target, &session->turn, &infos);
	bool known = session->reader && tk_ids_given(session->reader, &ids);
	if (known && ids == session->told_ids && n == session->told_os_threads)
		return false;
	session->told_ids = ids;
	session->told_os_threads = n;
	return true;
}

void dap_threads_tell_new(struct dap_session *session, i32 stopped)
{
	if (!session->client.thread_events || !may_be_new(session))
		return;
	struct dap_thread_row *rows;
	size_t n = dap_threads_list(session, &session->turn, &rows);
	i32 news = 0;
	for (size_t i = 0; i < n; i++) {
		if (map_get(&session->told_threads, (u64)rows[i].id) || rows[i].id == IDS_MORE)
			continue;
		if (!news || rows[i].id == stopped)
			news = rows[i].id;
	}
	if (!news)
		return;
	map_put(&session->told_threads, &session->told_arena, (u64)news, 1);
	struct cJSON *body = json_new_object();
	json_set_text(body, "reason", STR("started"));
	json_set_number(body, "threadId", news);
	dap_session_event(session, "thread", body);
}
