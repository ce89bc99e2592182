// dataBreakpointInfo, setDataBreakpoints: places in memory that are watched, in all threads.
#include "adapter/breakpoints.h"
#include "adapter/data.h"
#include "adapter/dispatch.h"
#include "adapter/expression.h"
#include "adapter/memory.h"
#include "adapter/variables.h"

static const struct {
	const char *name;
	enum dbg_watch_on on;
} accesses[] = {{"write", DBG_WATCH_CHANGE}, {"read", DBG_WATCH_READ}, {"readWrite", DBG_WATCH_ACCESS}};

static err_t at_address(struct json_in args, struct str name, i64 bytes, struct dap_data *out)
{
	static const struct dbg_type word = {.kind = DBG_TYPE_UNKNOWN, .size = 8};
	struct dbg_value value = {.where = DBG_VALUE_MEMORY, .type = &word};
	TRY(dap_memory_address(args, "name", "", &value.addr));
	return dap_data_of_value(value, name, bytes, out);
}

// By a reference and a name, by an expression, or by an address.
static err_t find_data(struct dap_session *session, struct json_in args, struct str name, struct dap_data *out)
{
	i64 id, bytes;
	bool address;
	struct dap_ref *found;
	struct dbg_value value;
	TRY(json_number_or(json_member(args, "variablesReference"), 0, INT32_MAX, 0, &id));
	TRY(json_number_or(json_member(args, "bytes"), 0, INT32_MAX, 0, &bytes));
	TRY(json_flag_or(json_member(args, "asAddress"), false, &address));
	if (address)
		return at_address(args, name, bytes, out);
	if (!id) {
		TRY(dap_expression(session, args, name, &value));
		return dap_data_of_value(value, name, bytes, out);
	}
	TRY(dap_ids_variables(&session->ids, id, "arguments.variablesReference", &found));
	struct dap_ref ref = *found;
	TRY(dap_variables_find(session, &ref, name, &value));
	// "order.id" says more than "id", where the whole path is known.
	struct str path = ref.kind == DAP_REF_VALUE ? dap_variables_path(&session->turn, ref.path, name) : name;
	return dap_data_of_value(value, path.len ? path : name, bytes, out);
}

err_t req_data_breakpoint_info(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	struct str name;
	struct dap_data data;
	TRY(json_text(json_member(args, "name"), &name));
	err_t error = find_data(session, args, str_trim(name), &data);
	if (error && error->code != ERR_UNSUPPORTED)
		return error;
	if (error) { // an answer, by the specification: not a failure of the question
		json_set_null(body, "dataId");
		json_set_text(body, "description", error->what);
		return NULL;
	}
	json_set_text(body, "dataId", dap_data_id(&session->turn, &data));
	json_set_text(body, "description",
	              str_printf(&session->turn, "%.*s (%llu bytes at 0x%llx)", STRF(data.name), (unsigned long long)data.size,
	                         (unsigned long long)data.addr));
	struct cJSON *types = json_set_array(body, "accessTypes");
	for (size_t i = 0; i < ARRAY_LEN(accesses); i++)
		json_add_text(types, str_of(accesses[i].name));
	json_set_flag(body, "canPersist", false);
	return NULL;
}

static err_t read_access(struct json_in in, enum dbg_watch_on *out)
{
	struct str name;
	TRY(json_text_or(in, STR("write"), &name));
	for (size_t i = 0; i < ARRAY_LEN(accesses); i++) {
		if (!str_eqc(name, accesses[i].name))
			continue;
		*out = accesses[i].on;
		return NULL;
	}
	return json_expected(in, "\"read\", \"write\" or \"readWrite\"");
}

err_t req_set_data_breakpoints(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	struct json_in list = json_member(args, "breakpoints");
	struct dap_data data;
	TRY(json_array(list));
	size_t n = 0;
	struct dap_breakpoint *wishes = NEW_N(&session->turn, struct dap_breakpoint, json_count(list) + 1);
	for (struct json_in item = {0}; json_next(list, &item, NULL); n++) {
		struct dap_breakpoint *wish = &wishes[n];
		*wish = (struct dap_breakpoint){.kind = DAP_BREAK_DATA, .file = STR("")};
		TRY(dap_breakpoints_read_wish(item, wish));
		TRY(read_access(json_member(item, "accessType"), &wish->on));
		TRY(json_text(json_member(item, "dataId"), &wish->function));
		if (!dap_data_read_id(wish->function, &data))
			return json_expected(json_member(item, "dataId"), "an id of dataBreakpointInfo");
		wish->addr = data.addr;
		wish->size = data.size;
	}
	dap_breakpoints_replace(session, body, DAP_BREAK_DATA, STR(""), wishes, n);
	return NULL;
}
