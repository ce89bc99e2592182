// loadedSources: the files that the program was made of, the user's own first.
#include "adapter/dispatch.h"
#include "adapter/sourcemap.h"

err_t req_loaded_sources(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)args;
	struct str *files;
	struct cJSON *array = json_set_array(body, "sources");
	size_t n = dbg_source_files(session->modules, &session->turn, &files);
	for (int library = 0; library < 2; library++) {
		for (size_t i = 0; i < n; i++) {
			struct dbg_place place = {.file = files[i]};
			if (dbg_place_is_library(place) == library)
				json_add(array, dap_sourcemap_source(session, files[i], library, dbg_place_origin(&session->turn, place)));
		}
	}
	return NULL;
}
