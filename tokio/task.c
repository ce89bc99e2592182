// One task: its header, state and future (tokio runtime/task/{core,state}.rs).
#include "tokio/private.h"

// runtime/task/state.rs, unchanged from 1.0 to 1.54.
enum { BIT_RUNNING = 1, BIT_COMPLETE = 2, BIT_NOTIFIED = 4, BIT_JOIN_INTEREST = 8, BIT_JOIN_WAKER = 16, REF_SHIFT = 6 };
enum { MAX_REFS = 1 << 24 };

enum tk_state task_state(u64 word)
{
	if (word & BIT_COMPLETE)
		return TK_COMPLETE;
	if (word & BIT_RUNNING) // also when it was aborted meanwhile: its poll goes on to its end
		return TK_RUNNING;
	if (word & TASK_CANCELLED)
		return TK_CANCELLED;
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

// The next header in a list of owned tasks; 0 at the end or if it can't be read.
static u64 next_owned(struct tk_reader *reader, const struct tk_task_type *type, u64 header)
{
	u64 next = 0;
	if (!reader->layout.has_lists)
		return 0;
	u64 at = header + type->trailer + reader->layout.trailer_owned + reader->layout.pointers_next;
	return dbg_mem_read_some(reader->space->mem, at, &next, sizeof(next)) == sizeof(next) ? next : 0;
}

// Where the cell keeps its Stage, behind wrappers that differ by version, is the same in each cell of the type.
static struct dbg_value task_stage(struct tk_reader *reader, struct tk_task_type *type, u64 header)
{
	if (type->stage)
		return dbg_value_at(reader->space, type->stage, header + type->stage_offset);
	struct dbg_value cell = dbg_value_at(reader->space, type->cell, header);
	struct dbg_value stage = dbg_value_find(cell, "tokio::runtime::task::core::Stage");
	if (dbg_value_ok(stage)) {
		type->stage = stage.type;
		type->stage_offset = stage.addr - header;
	}
	return stage;
}

// The future of a task in its cell; absent when finished. *no_stage: what is there is none of the three stages.
static struct dbg_value task_future(struct tk_reader *reader, struct tk_task_type *type, u64 header, bool *no_stage)
{
	*no_stage = false;
	if (!type->cell)
		return dbg_value_none(&reader->arena, "%.*s", STRF(reader->layout.typeless ? reader->layout.problem : type->problem));
	struct dbg_value stage = task_stage(reader, type, header), payload;
	struct str why;
	const struct dbg_variant *variant = dbg_value_variant(stage, &payload, &why);
	*no_stage = dbg_value_ok(stage) && !variant;
	if (!variant)
		return dbg_value_none(&reader->arena, "the task's stage can't be read: %.*s",
		                      STRF(dbg_value_ok(stage) ? why : stage.absent));
	if (!str_eqc(variant->member.name, "Running"))
		return dbg_value_none(&reader->arena, "the task's future is gone: its stage is %.*s", STRF(variant->member.name));
	return construct_bare(dbg_value_member(payload, "0"));
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
	size_t known = taking_find(taking, header);
	if (known != TK_NONE) {
		struct tk_task *task = &taking->tasks.items[known];
		task->listed |= found == TK_FOUND_LISTED;
		task->scanned |= found == TK_FOUND_SCANNED;
		return known;
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
	struct tk_task_type *type = task_type_of(reader, vtable);
	if (!type || refs == 0 || refs > MAX_REFS || dbg_mem_read_uint(mem, header + type->id, 8, &task.id) || task.id == 0)
		return TK_NONE;
	task.id += type->first_id;
	task.type = type;
	task.state = task_state(task.word);
	task.name = type->name;
	task.blocking = type->blocking;
	bool no_stage;
	task.future = task_future(reader, type, header, &no_stage);
	if (no_stage && found == TK_FOUND_SCANNED)
		return TK_NONE; // words of freed memory
	if (dbg_value_ok(task.future) && !dbg_type_is_coroutine(task.future.type)) {
		// A boxed future, by hand or by tokio for a large one, is named by what is in the box.
		struct dbg_value inner = construct_bare(dbg_value_pointee(task.future));
		if (dbg_value_ok(inner) && (dbg_type_is_coroutine(inner.type) || construct_is_box(task.future.type)))
			task.name = future_name(reader, inner.type);
	}
	task.listed = found == TK_FOUND_LISTED;
	task.scanned = found == TK_FOUND_SCANNED;
	put_note(taking, &task, type);
	taking_add(taking, &task, next_owned(reader, type, header));
	return taking->tasks.len - 1;
}

size_t task_by_id(const struct tk_snapshot *snapshot, u64 id)
{
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		if (snapshot->tasks[i].id == id)
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
