// breakpointLocations: the lines of a range that have code, and the places on a line that has several.
#include "adapter/dispatch.h"
#include "adapter/sourcemap.h"

enum { MAX_LINES = 1000, BUDGET_MS = 200 };

static void put_columns(struct dap_session *session, struct str file, u32 found, i64 line, struct cJSON *array)
{
	u32 *columns;
	size_t n = dbg_breakpoint_columns(session->modules, &session->turn, file, found, &columns);
	for (size_t i = 0; n > 1 && i < n; i++) {
		struct cJSON *place = json_add_object(array);
		json_set_number(place, "line", line);
		json_set_number(place, "column", (i64)columns[i] - !session->client.columns_from_1);
	}
}

err_t req_breakpoint_locations(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	struct str file;
	i64 line, end;
	TRY(dap_sourcemap_read_source(session, json_member(args, "source"), &file));
	TRY(json_number(json_member(args, "line"), 0, INT32_MAX - 1, &line));
	TRY(json_number_or(json_member(args, "endLine"), 0, INT32_MAX - 1, line, &end));
	struct cJSON *array = json_set_array(body, "breakpoints");
	file = dap_sourcemap_from_client(&session->config, &session->turn, file);
	i64 first = !session->client.lines_from_1;
	u64 start = loop_now_ms();
	for (size_t n = 0; line <= end && n < MAX_LINES && dap_session_is_live(session) && loop_now_ms() - start < BUDGET_MS; n++) {
		u64 *addresses;
		size_t count;
		u32 found;
		TRY(dbg_breakpoint_addresses(session->modules, &session->turn, file, (u32)(line + first), &addresses, &count, &found));
		if (!count || (i64)found - first > end)
			break;
		line = (i64)found - first;
		json_set_number(json_add_object(array), "line", line);
		put_columns(session, file, found, line++, array);
	}
	return NULL;
}
