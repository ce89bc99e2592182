// tasks pin, tasks unpin: tasks that stay in the list of threads.
#include "adapter/console.h"
#include "adapter/threads.h"

enum { MOST_PINNED = 100 };

static err_t read_task(struct str command, struct str rest, u64 *out)
{
	if (str_to_u64(rest, out))
		return NULL;
	return err_new(ERR_SYNTAX, "%.*s: expected the number of a task, not `%.*s`", STRF(command), STRF(rest));
}

static void tell(struct dap_session *session, struct buf *out)
{
	buf_puts(out, "pinned:");
	for (size_t i = 0; i < session->tasks.pinned.len; i++)
		buf_printf(out, "%s task %llu", i ? "," : "", (unsigned long long)session->tasks.pinned.items[i]);
	if (!session->tasks.pinned.len)
		buf_puts(out, " no task");
	dap_console_threads_changed(session);
}

err_t cmd_tasks_pin(struct dap_session *session, struct str rest, struct buf *out)
{
	u64 id;
	TRY(read_task(STR("tasks pin"), rest, &id));
	const struct tk_snapshot *snapshot = session->snapshot; // NULL while the program runs: it may be there
	bool found = !snapshot;
	for (size_t i = 0; snapshot && !found && i < snapshot->n_tasks; i++)
		found = snapshot->tasks[i].id == id;
	if (!found)
		return err_new(ERR_NOT_FOUND, "there is no task %llu now", (unsigned long long)id);
	if (session->tasks.pinned.len >= MOST_PINNED)
		return err_new(ERR_ARGUMENT, "%d tasks are pinned, and that is all that can be: `tasks unpin` some", MOST_PINNED);
	if (!dap_threads_is_pinned(session, id))
		vec_push(&session->forever, &session->tasks.pinned, id);
	tell(session, out);
	return NULL;
}

err_t cmd_tasks_unpin(struct dap_session *session, struct str rest, struct buf *out)
{
	u64 id;
	size_t kept = 0, n = session->tasks.pinned.len;
	if (rest.len) {
		TRY(read_task(STR("tasks unpin"), rest, &id));
		for (size_t i = 0; i < n; i++)
			if (session->tasks.pinned.items[i] != id)
				session->tasks.pinned.items[kept++] = session->tasks.pinned.items[i];
		if (kept == n)
			return err_new(ERR_NOT_FOUND, "task %llu is not pinned", (unsigned long long)id);
	}
	session->tasks.pinned.len = kept;
	tell(session, out);
	return NULL;
}
