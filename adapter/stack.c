// Rows of stacks: machine frames as they are, tasks as the tokio floor tells them.
#include "adapter/stack.h"

enum { MAX_FRAMES = 1000, FEW_FRAMES = 4 };

size_t dap_stack_task(struct dap_session *session, i32 thread)
{
	struct dap_thread of = dap_ids_thread(&session->ids, thread);
	struct tk_snapshot *snapshot;
	if (of.kind != DAP_THREAD_TASK || dap_session_snapshot(session, &snapshot))
		return TK_NONE;
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		if (snapshot->tasks[i].id == of.task)
			return i;
	return TK_NONE;
}

static size_t root_thread(struct dap_session *session, pid_t tid)
{
	struct tk_snapshot *snapshot;
	if (dap_session_snapshot(session, &snapshot))
		return TK_NONE;
	for (size_t i = 0; i < snapshot->n_threads; i++)
		if (snapshot->threads[i].tid == tid && snapshot->threads[i].blocks_on)
			return i;
	return TK_NONE;
}

static bool is_alive(struct dap_session *session, pid_t tid)
{
	struct dbg_thread_info *threads;
	size_t n = dbg_target_threads(session->target, &session->turn, &threads);
	for (size_t i = 0; i < n; i++)
		if (threads[i].tid == tid)
			return true;
	return false;
}

pid_t dap_stack_tid(struct dap_session *session, i32 thread)
{
	struct dap_thread of = dap_ids_thread(&session->ids, thread);
	if (of.kind == DAP_THREAD_TASK) {
		size_t task = dap_stack_task(session, thread);
		return task == TK_NONE ? 0 : session->snapshot->tasks[task].tid;
	}
	return of.tid > 0 && is_alive(session, of.tid) ? of.tid : 0;
}

// ---- rows

static void one_label(struct dap_session *session, struct dap_stack *stack, struct str text)
{
	stack->rows = NEW(&session->stop, struct dbg_row);
	stack->rows[0] = (struct dbg_row){.kind = DBG_ROW_LABEL, .text = text};
	stack->rows[0].state = dbg_value_none(&session->stop, "a label has no value");
	stack->n = 1;
	stack->whole = true;
}

static struct str frame_name(struct dap_session *session, const struct dbg_frame *frame)
{
	if (frame->scope.name.len)
		return frame->scope.name;
	struct dbg_module *module = dbg_module_at(session->modules, frame->pc);
	return module ? str_printf(&session->stop, "0x%llx in %.*s", (unsigned long long)frame->pc, STRF(dbg_module_name(module)))
	              : str_printf(&session->stop, "0x%llx", (unsigned long long)frame->pc);
}

static void machine_rows(struct dap_session *session, struct dap_stack *stack, pid_t tid, size_t want)
{
	struct dbg_frame *frames;
	struct str why = STR("");
	bool whole = false;
	size_t max = want && want <= FEW_FRAMES ? want : MAX_FRAMES;
	size_t n = dbg_unwind(session->target, &session->stop, tid, max, &frames, &whole, &why);
	bool cut = !whole && n >= max;
	stack->whole = !cut || max == MAX_FRAMES;
	stack->rows = NEW_N(&session->stop, struct dbg_row, n + 1);
	stack->n = n;
	for (size_t i = 0; i < n; i++)
		stack->rows[i] = (struct dbg_row){.kind = DBG_ROW_FRAME,
		                                  .text = frame_name(session, &frames[i]),
		                                  .place = frames[i].place,
		                                  .subtle = !frames[i].place.line || dbg_place_is_library(frames[i].place),
		                                  .frame = &frames[i],
		                                  .state = dbg_value_none(&session->stop, "a machine frame has no state"),
		                                  .pc = frames[i].pc};
	if (stack->whole && !whole) { // never silently: say that there would be more
		struct str text = cut       ? str_printf(&session->stop, "more than %d frames", MAX_FRAMES)
		                  : why.len ? str_printf(&session->stop, "the stack can't be followed further: %.*s", STRF(why))
		                            : STR("the stack can't be followed further");
		stack->rows[stack->n++] = (struct dbg_row){
		    .kind = DBG_ROW_LABEL, .text = text, .state = dbg_value_none(&session->stop, "a label has no value")};
	}
}

static void read_rows(struct dap_session *session, struct dap_stack *stack, size_t want)
{
	struct dap_thread of = dap_ids_thread(&session->ids, stack->thread);
	struct arena *stop = &session->stop;
	stack->whole = true;
	if (of.kind == DAP_THREAD_MORE) {
		one_label(session, stack, STR("`async backtrace all` tells them all; `tasks max N` lists more of them"));
	} else if (of.kind == DAP_THREAD_TASK) {
		size_t task = dap_stack_task(session, stack->thread);
		if (task == TK_NONE)
			one_label(session, stack, str_printf(stop, "task %llu has ended", (unsigned long long)of.task));
		else
			stack->n = tk_task_rows(session->snapshot, task, stop, &stack->rows);
	} else if (of.kind == DAP_THREAD_ROOT) {
		size_t thread = root_thread(session, of.tid);
		if (thread == TK_NONE)
			one_label(session, stack, str_printf(stop, "thread %d is no longer in block_on", of.tid));
		else
			stack->n = tk_thread_rows(session->snapshot, thread, stop, &stack->rows);
	} else if (!is_alive(session, of.tid)) {
		one_label(session, stack, str_printf(stop, "thread %d has ended", of.tid));
	} else {
		machine_rows(session, stack, of.tid, want);
	}
	if (stack->n == 0)
		one_label(session, stack, STR("no stack is known"));
}

err_t dap_stack_get(struct dap_session *session, i32 thread, size_t want, struct dap_stack **out)
{
	if (thread < 1)
		return err_new(ERR_ARGUMENT, "arguments.threadId: %d is no thread", thread);
	struct dap_stack *stack = session->stacks;
	while (stack && stack->thread != thread)
		stack = stack->next;
	if (!stack) {
		stack = NEW(&session->stop, struct dap_stack);
		*stack = (struct dap_stack){.next = session->stacks, .thread = thread};
		session->stacks = stack;
		read_rows(session, stack, want);
	} else if (!stack->whole && (!want || want > stack->n)) {
		read_rows(session, stack, 0);
	}
	*out = stack;
	return NULL;
}

i32 dap_stack_frame_id(struct dap_session *session, struct dap_stack *stack, size_t row)
{
	while (stack->frame_ids.len <= row)
		vec_push(&session->stop, &stack->frame_ids, 0);
	i32 *id = &stack->frame_ids.items[row];
	if (!*id)
		*id = dap_ids_add(&session->ids, &session->stop, (struct dap_ref){.kind = DAP_REF_FRAME, .stack = stack, .row = row});
	return *id;
}

// A frame without variables in a program whose debug info has no types says so, rather than nothing.
static size_t frame_variables(struct dap_session *session, const struct dbg_frame *frame, struct dbg_variable **out)
{
	size_t n = dbg_frame_variables(dbg_target_space(session->target), &session->stop, frame, out);
	struct str note = n || !frame->scope.module ? STR("") : dbg_module_note(frame->scope.module);
	if (!note.len)
		return n;
	*out = NEW(&session->stop, struct dbg_variable);
	(*out)->name = STR("no values");
	(*out)->value = dbg_value_none(&session->stop, "%.*s", STRF(note));
	return 1;
}

size_t dap_stack_variables(struct dap_session *session, const struct dbg_row *row, struct dbg_variable **out)
{
	*out = NULL;
	if (row->frame)
		return frame_variables(session, row->frame, out);
	return dbg_value_ok(row->state) ? dbg_coroutine_variables(&session->stop, row->state, out) : 0;
}
