// source: the text of a file, or what to do about one that is not here.
#include "adapter/dispatch.h"
#include "adapter/process_name.h"
#include "adapter/sourcemap.h"

enum { MAX_SOURCE = 16 << 20 };

err_t req_source(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	i64 reference;
	struct str path, text;
	struct json_in source = json_member(args, "source");
	TRY(json_number_or(json_member(source, "sourceReference"), 0, INT32_MAX, 0, &reference));
	if (!reference)
		TRY(json_number_or(json_member(args, "sourceReference"), 0, INT32_MAX, 0, &reference));
	if (reference) {
		if (!dap_missing_sources_text(&session->missing, reference, &session->turn, &text))
			return err_new(ERR_ARGUMENT, "arguments.sourceReference: %lld was never given", (long long)reference);
	} else {
		TRY(json_text(json_member(source, "path"), &path));
		TRY(dap_process_read_file(&session->turn, dap_sourcemap_to_client(session, path), MAX_SOURCE, &text));
	}
	json_set_text(body, "content", text);
	json_set_text(body, "mimeType", STR("text/x-rust"));
	return NULL;
}
