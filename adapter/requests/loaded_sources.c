// loadedSources: the files that the program was made of, the user's own first.
#include "adapter/dispatch.h"
#include "adapter/loaded.h"

err_t req_loaded_sources(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)args;
	struct cJSON *array = json_set_array(body, "sources");
	const struct dap_sources *sources = dap_loaded_sources(session);
	for (int library = 0; library < 2; library++)
		for (size_t i = 0; i < sources->n; i++)
			if (dbg_place_is_library((struct dbg_place){.file = sources->paths[i]}) == library)
				json_add(array, dap_loaded_source(session, sources->paths[i]));
	return NULL;
}
