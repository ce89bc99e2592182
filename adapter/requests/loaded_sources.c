// loadedSources: the files that the stacks of this stop have shown.
#include "adapter/dispatch.h"
#include "adapter/sourcemap.h"
#include "adapter/stack.h"

err_t req_loaded_sources(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)args;
	struct cJSON *array = json_set_array(body, "sources");
	struct map seen = {0};
	if (!dap_session_is_stopped(session))
		return NULL;
	for (const struct dap_stack *stack = session->stacks; stack; stack = stack->next) {
		for (size_t i = 0; i < stack->n; i++) {
			struct dbg_place place = stack->rows[i].place;
			if (!place.file.len || map_get(&seen, str_hash(place.file)))
				continue;
			map_put(&seen, &session->turn, str_hash(place.file), 1);
			json_add(array, dap_sourcemap_source(session, place.file, dbg_place_is_library(place),
			                                     dbg_place_origin(&session->turn, place)));
		}
	}
	return NULL;
}
