// One task: its header, state and future (tokio runtime/task/{core,state}.rs).
#include "tokio/private.h"

// runtime/task/state.rs, unchanged from 1.0 to 1.54.
enum { BIT_RUNNING = 1, BIT_COMPLETE = 2, BIT_NOTIFIED = 4, BIT_JOIN_INTEREST = 8, BIT_JOIN_WAKER = 16, REF_SHIFT = 6 };
enum { MAX_REFS = 1 << 24 };

enum tk_state task_state(u64 word)
{
	if (word & BIT_COMPLETE)
		return TK_COMPLETE;
	if (word & TASK_CANCELLED)
		return TK_CANCELLED;
	if (word & BIT_RUNNING)
		return TK_RUNNING;
	return word & BIT_NOTIFIED ? TK_QUEUED : TK_IDLE;
}

bool task_is_asked_for(u64 word)
{
	return (word & (BIT_JOIN_INTEREST | BIT_JOIN_WAKER)) == (BIT_JOIN_INTEREST | BIT_JOIN_WAKER);
}

const char *tk_state_name(enum tk_state state)
{
	static const char *const names[] = {"running", "queued", "idle", "complete", "cancelled"};
	return names[state];
}

const struct tk_task_type *task_type_at(struct tk_reader *reader, u64 header)
{
	u64 vtable;
	if (dbg_mem_read_uint(reader->space->mem, header + reader->layout.header_vtable, 8, &vtable))
		return NULL;
	return task_type_of(reader, vtable);
}

u64 task_next_owned(struct tk_reader *reader, u64 header)
{
	const struct tk_layout *layout = &reader->layout;
	u64 next = 0;
	const struct tk_task_type *type = task_type_at(reader, header);
	if (!type ||
	    dbg_mem_read_uint(reader->space->mem, header + type->trailer + layout->trailer_owned + layout->pointers_next, 8, &next))
		return 0;
	return next;
}

struct dbg_value task_future(struct tk_reader *reader, const struct tk_task_type *type, u64 header)
{
	if (!type->cell)
		return dbg_value_none(&reader->arena, "%.*s", STRF(reader->layout.typeless ? reader->layout.problem : type->problem));
	struct dbg_value cell = dbg_value_at(reader->space, type->cell, header);
	struct dbg_value stage = dbg_value_find(cell, "tokio::runtime::task::core::Stage");
	struct dbg_value payload;
	struct str why;
	const struct dbg_variant *variant = dbg_value_variant(stage, &payload, &why);
	if (!variant)
		return dbg_value_none(&reader->arena, "the task's stage can't be read: %.*s",
		                      STRF(dbg_value_ok(stage) ? why : stage.absent));
	if (!str_eqc(variant->member.name, "Running"))
		return dbg_value_none(&reader->arena, "the task's future is gone: its stage is %.*s", STRF(variant->member.name));
	return dbg_value_member(payload, "0");
}

static void put_note(struct tk_taking *taking, struct tk_task *task, const struct tk_task_type *type)
{
	if (type->problem.len)
		task->note = type->problem;
	else if (!dbg_value_ok(task->future) && task->state != TK_COMPLETE && !task->blocking && !taking->reader->layout.typeless)
		task->note = task->future.absent; // without types it is told once for all
}

size_t task_add(struct tk_taking *taking, u64 header, size_t runtime, enum tk_found found)
{
	u64 *known = map_get(&taking->task_by_header, header);
	if (known) {
		struct tk_task *task = &taking->tasks.items[*known];
		task->listed |= found == TK_FOUND_LISTED;
		task->scanned |= found == TK_FOUND_SCANNED;
		return (size_t)*known;
	}
	struct tk_reader *reader = taking->reader;
	const struct tk_layout *layout = &reader->layout;
	struct dbg_mem *mem = reader->space->mem;
	u64 vtable;
	struct tk_task task = {.header = header, .runtime = runtime, .worker = TK_NONE};
	if (dbg_mem_read_uint(mem, header + layout->header_state, 8, &task.word) ||
	    dbg_mem_read_uint(mem, header + layout->header_vtable, 8, &vtable))
		return TK_NONE;
	u64 refs = task.word >> REF_SHIFT;
	const struct tk_task_type *type = task_type_of(reader, vtable);
	if (!type || refs == 0 || refs > MAX_REFS || dbg_mem_read_uint(mem, header + type->id, 8, &task.id) || task.id == 0)
		return TK_NONE;
	task.state = task_state(task.word);
	task.name = type->name;
	task.blocking = type->blocking;
	task.future = task_future(reader, type, header);
	if (dbg_value_ok(task.future) && !dbg_type_is_coroutine(task.future.type)) {
		// A boxed future, by hand or by tokio for a large one, is named by what is in the box.
		struct dbg_value inner = dbg_value_pointee(task.future);
		if (dbg_value_ok(inner) && (dbg_type_is_coroutine(inner.type) || construct_is_box(task.future.type)))
			task.name = future_name(reader, inner.type);
	}
	task.listed = found == TK_FOUND_LISTED;
	task.scanned = found == TK_FOUND_SCANNED;
	put_note(taking, &task, type);
	vec_push(taking->arena, &taking->tasks, task);
	map_put(&taking->task_by_header, taking->arena, header, taking->tasks.len - 1);
	return taking->tasks.len - 1;
}

size_t task_by_id(const struct tk_snapshot *snapshot, u64 id)
{
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		if (snapshot->tasks[i].id == id)
			return i;
	return TK_NONE;
}

size_t task_by_header(const struct tk_snapshot *snapshot, u64 header)
{
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		if (snapshot->tasks[i].header == header)
			return i;
	return TK_NONE;
}

size_t tk_task_of_thread(const struct tk_snapshot *snapshot, pid_t tid)
{
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		if (snapshot->tasks[i].tid == tid && snapshot->tasks[i].state == TK_RUNNING)
			return i;
	return TK_NONE;
}
