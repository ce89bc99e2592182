// gotoTargets, goto: the thread goes on at another line of the function that it is in. What lies between is neither run
// nor undone; into another function there is no way that would leave a frame for it.
#include "adapter/dispatch.h"
#include "adapter/events.h"
#include "adapter/memory.h"
#include "adapter/sourcemap.h"
#include "adapter/stack.h"

static struct str function_at(struct dap_session *session, u64 addr, u64 *low)
{
	struct dbg_scope *scopes;
	size_t n = dbg_scopes_at(session->modules, &session->turn, addr, &scopes);
	*low = n ? scopes[n - 1].low : 0;
	return n ? scopes[n - 1].name : STR("");
}

err_t req_goto_targets(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	struct str file;
	i64 line;
	u64 *addresses, low;
	size_t n;
	u32 found;
	TRY(dap_sourcemap_read_source(session, json_member(args, "source"), &file));
	TRY(json_number(json_member(args, "line"), 0, INT32_MAX - 1, &line));
	file = dap_sourcemap_from_client(&session->config, &session->turn, file);
	u32 wanted = (u32)(line + !session->client.lines_from_1);
	TRY(dbg_breakpoint_addresses(session->modules, &session->turn, file, wanted, &addresses, &n, &found));
	struct cJSON *array = json_set_array(body, "targets");
	for (size_t i = 0; i < n; i++) {
		struct dap_ref ref = {.kind = DAP_REF_TARGET, .start = addresses[i]};
		struct str function = function_at(session, addresses[i], &low);
		struct cJSON *object = json_add_object(array);
		json_set_number(object, "id", dap_ids_add(&session->ids, &session->stop, ref));
		json_set_text(object, "label", str_printf(&session->turn, "line %u of %.*s", found, STRF(function)));
		json_set_number(object, "line", (i64)found - !session->client.lines_from_1);
		json_set_text(object, "instructionPointerReference", dap_memory_reference(&session->turn, addresses[i]));
	}
	return NULL;
}

err_t req_goto(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)body;
	i64 thread, id;
	struct dap_ref *target;
	struct dbg_regs regs;
	u64 here, there;
	TRY(json_number(json_member(args, "threadId"), 1, INT32_MAX, &thread));
	TRY(json_number(json_member(args, "targetId"), 0, INT32_MAX, &id));
	TRY(dap_ids_target(&session->ids, id, "arguments.targetId", &target));
	pid_t tid = dap_stack_tid(session, (i32)thread);
	if (!tid)
		return err_new(ERR_ARGUMENT, "arguments.threadId: no thread runs this now, so there is nothing to set to another line");
	TRY(dbg_thread_regs(session->target, tid, &regs));
	struct str from = function_at(session, dbg_regs_pc(&regs), &here), to = function_at(session, target->start, &there);
	if (!here)
		from = STR("code without debug info");
	if (!here || here != there)
		return err_new(ERR_UNSUPPORTED,
		               "the line is in %.*s and the thread in %.*s: a thread can go to lines of its function only", STRF(to),
		               STRF(from));
	dbg_regs_set(&regs, DBG_REG_RIP, target->start);
	TRY(dbg_thread_set_regs(session->target, tid, &regs));
	dap_events_moved(session, tid);
	return NULL;
}
