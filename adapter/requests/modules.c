// modules: the program and its libraries.
#include "adapter/dispatch.h"
#include "adapter/loaded.h"

err_t req_modules(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	i64 start, count;
	TRY(json_number_or(json_member(args, "startModule"), 0, INT32_MAX, 0, &start));
	TRY(json_number_or(json_member(args, "moduleCount"), 0, INT32_MAX, 0, &count));
	size_t n = dap_session_is_live(session) ? dbg_modules_count(session->modules) : 0;
	struct cJSON *array = json_set_array(body, "modules");
	for (size_t i = (size_t)start; i < n && (!count || i < (size_t)(start + count)); i++)
		dap_loaded_put_module(session, json_add_object(array), dbg_modules_get(session->modules, i));
	json_set_number(body, "totalModules", (i64)n);
	return NULL;
}
