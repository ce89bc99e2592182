// stackful/taskTree: one task's awaits as a tree in one list. stackful/workers: who polls what.
#include "adapter/dispatch.h"
#include "adapter/sourcemap.h"

err_t req_stackful_task_tree(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	struct tk_snapshot *snapshot;
	struct str text;
	u64 id;
	struct json_in in = json_member(args, "id");
	TRY(json_text(in, &text));
	if (!str_to_u64(text, &id))
		return json_expected(in, "the number of a task, as text");
	TRY(dap_session_snapshot(session, &snapshot));
	size_t task = 0;
	while (task < snapshot->n_tasks && snapshot->tasks[task].id != id)
		task++;
	if (task == snapshot->n_tasks)
		return err_new(ERR_NOT_FOUND, "there is no task %llu now", (unsigned long long)id);
	struct tk_await *awaits;
	size_t n = tk_task_awaits(snapshot, task, &session->turn, &awaits);
	struct cJSON *array = json_set_array(body, "awaits");
	for (size_t i = 0; i < n; i++) {
		struct cJSON *row = json_add_object(array);
		json_set_number(row, "depth", awaits[i].depth);
		json_set_text(row, "name", awaits[i].name);
		if (awaits[i].waits.len)
			json_set_text(row, "waits", awaits[i].waits);
		json_set_flag(row, "branch", awaits[i].branch);
		json_set_flag(row, "library", awaits[i].library);
		dap_sourcemap_put_place(session, row, awaits[i].place);
	}
	return NULL;
}

err_t req_stackful_workers(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)args;
	struct tk_snapshot *snapshot;
	TRY(dap_session_snapshot(session, &snapshot));
	struct cJSON *array = json_set_array(body, "workers");
	for (size_t i = 0; i < snapshot->n_workers; i++) {
		const struct tk_worker *worker = &snapshot->workers[i];
		struct cJSON *row = json_add_object(array);
		json_set_number(row, "runtime", (i64)worker->runtime);
		json_set_number(row, "index", (i64)worker->index);
		json_set_text(row, "doing", worker->doing);
		if (worker->tid)
			json_set_number(row, "threadId", worker->tid);
		if (worker->queue_known)
			json_set_number(row, "queue", (i64)worker->local_queue);
		if (worker->task != TK_NONE)
			json_set_text(row, "task", str_printf(&session->turn, "%llu", (unsigned long long)snapshot->tasks[worker->task].id));
	}
	array = json_set_array(body, "runtimes");
	for (size_t i = 0; i < snapshot->n_runtimes; i++) {
		struct cJSON *row = json_add_object(array);
		json_set_text(row, "name", snapshot->runtimes[i].name);
		if (snapshot->runtimes[i].injected_known)
			json_set_number(row, "injected", (i64)snapshot->runtimes[i].injected);
	}
	return NULL;
}
