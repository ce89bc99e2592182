// stackTrace: rows of a stack as frames. Labels have no source, so that every client's focus lands on a line.
#include "adapter/dispatch.h"
#include "adapter/sourcemap.h"
#include "adapter/stack.h"

static void put_row(struct dap_session *session, struct cJSON *frame, struct dap_stack *stack, size_t row)
{
	const struct dbg_row *from = &stack->rows[row];
	json_set_number(frame, "id", dap_stack_frame_id(session, stack, row));
	json_set_text(frame, "name", from->text.len ? from->text : STR("?"));
	// A future without a place is told as a label, too: a frame that leads nowhere helps nobody.
	if (from->kind == DBG_ROW_LABEL || (!from->frame && !from->place.line)) {
		json_set_number(frame, "line", 0);
		json_set_number(frame, "column", 0);
		json_set_text(frame, "presentationHint", STR("label"));
		return;
	}
	dap_sourcemap_put_place(session, frame, from->place);
	json_set_flag(frame, "canRestart", false);
	if (from->subtle)
		json_set_text(frame, "presentationHint", STR("subtle"));
	if (!from->pc)
		return;
	json_set_text(frame, "instructionPointerReference", str_printf(&session->turn, "0x%llx", (unsigned long long)from->pc));
	struct dbg_module *module = dbg_module_at(session->modules, from->pc);
	if (module)
		json_set_text(frame, "moduleId", dbg_module_path(module));
}

err_t req_stack_trace(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	i64 thread, start, levels;
	struct dap_stack *stack;
	TRY(json_number(json_member(args, "threadId"), 1, INT32_MAX, &thread));
	TRY(json_number_or(json_member(args, "startFrame"), 0, INT32_MAX, 0, &start));
	TRY(json_number_or(json_member(args, "levels"), 0, INT32_MAX, 0, &levels));
	TRY(dap_stack_get(session, (i32)thread, levels ? (size_t)(start + levels) : 0, &stack));
	struct cJSON *array = json_set_array(body, "stackFrames");
	for (size_t row = (size_t)start; row < stack->n && (!levels || row < (size_t)(start + levels)); row++)
		put_row(session, json_add_object(array), stack, row);
	if (stack->whole)
		json_set_number(body, "totalFrames", (i64)stack->n);
	return NULL;
}
