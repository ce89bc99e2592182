// scopes: the locals of a row, and for a task's row its task and what it waits for.
#include "adapter/dispatch.h"
#include "adapter/forms.h"
#include "adapter/stack.h"

static void put_scope(struct dap_session *session, struct cJSON *array, const char *name, struct dap_ref ref)
{
	struct cJSON *scope = json_add_object(array);
	json_set_text(scope, "name", str_of(name));
	if (ref.kind == DAP_REF_LOCALS)
		json_set_text(scope, "presentationHint", STR("locals"));
	json_set_number(scope, "variablesReference", dap_ids_add(&session->ids, &session->stop, ref));
	json_set_flag(scope, "expensive", false);
}

err_t req_scopes(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	i64 id;
	struct dap_ref *found;
	TRY(json_number(json_member(args, "frameId"), 0, INT32_MAX, &id));
	TRY(dap_ids_frame(&session->ids, id, "arguments.frameId", &found));
	struct dap_ref ref = *found;
	dap_forms_refresh(session);
	const struct dbg_row *row = &ref.stack->rows[ref.row];
	struct cJSON *array = json_set_array(body, "scopes");
	if (row->kind == DBG_ROW_LABEL)
		return NULL;
	bool future = !row->frame && dbg_value_ok(row->state) && !dbg_type_is_coroutine(row->state.type);
	ref.kind = DAP_REF_LOCALS;
	if (future) { // a future written by hand: its fields
		ref.kind = DAP_REF_VALUE;
		ref.value = row->state;
		ref.path = STR("");
		put_scope(session, array, "Future", ref);
	} else if (row->frame || dbg_value_ok(row->state)) {
		put_scope(session, array, "Locals", ref);
	}
	size_t task = dap_stack_task(session, ref.stack->thread);
	if (task == TK_NONE)
		return NULL;
	ref.kind = DAP_REF_TASK;
	put_scope(session, array, "Task", ref);
	ref.kind = DAP_REF_AWAITING;
	if (!row->frame)
		put_scope(session, array, "Awaiting", ref);
	return NULL;
}
