// Tasks and threads in block_on as rows of views. An index below n_tasks is a task's (tokio/waits.h).
#include "adapter/parties.h"

#include "adapter/json.h"
#include "adapter/sourcemap.h"

struct dbg_place dap_party_place(struct dap_session *session, size_t party)
{
	struct tk_snapshot *snapshot = session->snapshot;
	struct dbg_row *rows;
	struct dbg_place any = {0};
	size_t n = party < snapshot->n_tasks ? tk_task_rows(snapshot, party, &session->turn, &rows)
	                                     : tk_thread_rows(snapshot, party - snapshot->n_tasks, &session->turn, &rows);
	for (size_t i = 0; i < n; i++) {
		if (!rows[i].place.line)
			continue;
		if (!dbg_place_is_library(rows[i].place))
			return rows[i].place;
		if (!any.line)
			any = rows[i].place;
	}
	return any;
}

struct str dap_party_brief(struct dap_session *session, size_t party)
{
	struct tk_snapshot *snapshot = session->snapshot;
	if (party >= snapshot->n_tasks)
		return tk_thread_title(snapshot, party - snapshot->n_tasks, &session->turn);
	if (!session->briefs)
		session->briefs = NEW_N(&session->stop, struct str, snapshot->n_tasks + 1);
	if (!session->briefs[party].ptr)
		session->briefs[party] = str_dup(&session->stop, tk_task_brief(snapshot, party, &session->turn));
	return session->briefs[party];
}

void dap_party_put(struct dap_session *session, struct cJSON *object, size_t party)
{
	const struct tk_snapshot *snapshot = session->snapshot;
	if (party < snapshot->n_tasks) {
		const struct tk_task *task = &snapshot->tasks[party];
		json_set_text(object, "kind", STR("task"));
		json_set_text(object, "id", str_printf(&session->turn, "%llu", (unsigned long long)task->id)); // a u64 is no JSON number
		json_set_number(object, "threadId", dap_ids_of_task(&session->ids, task->id));
		json_set_text(object, "root", task->name);
	} else {
		const struct tk_thread *thread = &snapshot->threads[party - snapshot->n_tasks];
		json_set_text(object, "kind", STR("thread"));
		json_set_text(object, "id", str_printf(&session->turn, "%d", thread->tid));
		json_set_number(object, "threadId", dap_ids_of_root(thread->tid));
		json_set_text(object, "root", thread->future_name);
	}
	json_set_text(object, "text", dap_party_brief(session, party));
	dap_sourcemap_put_place(session, object, dap_party_place(session, party));
}
