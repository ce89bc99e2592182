// locations: where a variable is declared, or the code behind a value (an async fn's body, what a fn pointer calls).
#include "engine/coroutine.h"

#include "adapter/dispatch.h"
#include "adapter/sourcemap.h"

static struct dbg_place place_of_code(struct dap_session *session, struct dbg_value value)
{
	struct dbg_coroutine_body body;
	struct dbg_scope *scopes;
	u64 addr;
	if (dbg_type_is_coroutine(value.type))
		return dbg_coroutine_body_of(session->modules, value.type, &body) ? body.scope.decl : (struct dbg_place){0};
	size_t n = dbg_value_get(value, &addr) ? dbg_scopes_at(session->modules, &session->turn, addr, &scopes) : 0;
	return n ? scopes[n - 1].decl : (struct dbg_place){0};
}

err_t req_locations(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	i64 id;
	struct dap_ref *ref;
	TRY(json_number(json_member(args, "locationReference"), 0, INT32_MAX, &id));
	TRY(dap_ids_place(&session->ids, id, "arguments.locationReference", &ref));
	struct dbg_place place = ref->kind == DAP_REF_CODE ? place_of_code(session, ref->value) : ref->place;
	if (!place.line || !place.file.len)
		return err_new(ERR_NOT_FOUND, "the debug info does not tell where this is declared");
	dap_sourcemap_put_place(session, body, place);
	return NULL;
}
