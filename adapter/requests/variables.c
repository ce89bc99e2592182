// variables: what is behind a reference, by page.
#include "adapter/variables.h"

#include "adapter/dispatch.h"

err_t req_variables(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	i64 id;
	struct dap_ref *ref;
	struct dap_page page = {0};
	struct str filter;
	TRY(json_number(json_member(args, "variablesReference"), 0, INT32_MAX, &id));
	TRY(json_number_or(json_member(args, "start"), 0, INT32_MAX, 0, &page.start));
	TRY(json_number_or(json_member(args, "count"), 0, INT32_MAX, 0, &page.count));
	TRY(json_text_or(json_member(args, "filter"), STR(""), &filter));
	if (str_eqc(filter, "named"))
		page.filter = DBG_CHILDREN_NAMED;
	else if (str_eqc(filter, "indexed"))
		page.filter = DBG_CHILDREN_INDEXED;
	else if (filter.len)
		return err_new(ERR_ARGUMENT, "arguments.filter: expected \"named\" or \"indexed\", not \"%.*s\"", STRF(filter));
	TRY(dap_ids_variables(&session->ids, id, "arguments.variablesReference", &ref));
	return dap_variables_put(session, json_set_array(body, "variables"), ref, page);
}
