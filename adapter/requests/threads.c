// threads: tasks and OS threads; while the program runs, the OS threads.
#include "adapter/threads.h"

#include "adapter/dispatch.h"

err_t req_threads(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)args;
	struct dap_thread_row *rows;
	size_t n = dap_threads_list(session, &session->turn, &rows);
	struct cJSON *array = json_set_array(body, "threads");
	for (size_t i = 0; i < n; i++) {
		struct cJSON *thread = json_add_object(array);
		json_set_number(thread, "id", rows[i].id);
		json_set_text(thread, "name", rows[i].name);
		map_put(&session->told_threads, &session->told_arena, (u64)rows[i].id, 1);
	}
	return NULL;
}
