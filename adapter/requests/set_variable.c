// setVariable: writes a scalar.
#include "adapter/dispatch.h"
#include "adapter/memory.h"
#include "adapter/variables.h"

err_t req_set_variable(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	i64 id;
	struct str name, text;
	struct dap_ref *found;
	struct dbg_value value;
	TRY(json_number(json_member(args, "variablesReference"), 0, INT32_MAX, &id));
	TRY(json_text(json_member(args, "name"), &name));
	TRY(json_text(json_member(args, "value"), &text));
	TRY(dap_ids_variables(&session->ids, id, "arguments.variablesReference", &found));
	struct dap_ref ref = *found;
	TRY(dap_variables_find(session, &ref, name, &value));
	TRY(dbg_value_assign(value, str_trim(text)));
	TRY(dap_variables_find(session, &ref, name, &value)); // as it reads now
	dap_variables_put_value(session, body, "value", value, name);
	dap_memory_changed(session, value.addr, value.type->size);
	return NULL;
}
