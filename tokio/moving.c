// Which tasks moved between two looks at a process: by what each is, awaits, and has in memory.
#include "tokio/alike.h"
#include "tokio/private.h"

enum { MOST_BYTES = 64 << 10 }; // of a future: the rest of a larger one is not compared

static u64 print_bytes(u64 print, struct tk_snapshot *snapshot, struct dbg_value future)
{
	u8 piece[1024];
	if (!dbg_value_ok(future) || future.where != DBG_VALUE_MEMORY)
		return print;
	for (u64 at = 0, size = u64_min(future.type->size, MOST_BYTES); at < size; at += sizeof(piece)) {
		size_t len = (size_t)u64_min(size - at, sizeof(piece));
		size_t got = dbg_mem_read_some(snapshot->reader->space->mem, future.addr + at, piece, len);
		print = str_hash_on(print, str_n((const char *)piece, got));
	}
	return print;
}

static u64 print_of(struct tk_snapshot *snapshot, size_t task, u64 likeness)
{
	const struct tk_task *of = &snapshot->tasks[task];
	u64 print = str_hash_on(likeness, str_n((const char *)&of->id, sizeof(of->id)));
	return print_bytes(print, snapshot, of->future);
}

void tk_tasks_print(struct tk_snapshot *snapshot, struct arena *arena, struct map *out)
{
	struct arena scratch = {0};
	const u64 *keys = tasks_alike(snapshot, &scratch, ALIKE_IN_AWAITS, NULL, snapshot->n_tasks);
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		map_put(out, arena, snapshot->tasks[i].header, print_of(snapshot, i, keys[i]));
	arena_deinit(&scratch);
}

size_t tk_tasks_mark_moving(struct tk_snapshot *snapshot, const struct map *before)
{
	size_t moving = 0;
	struct arena scratch = {0};
	const u64 *keys = tasks_alike(snapshot, &scratch, ALIKE_IN_AWAITS, NULL, snapshot->n_tasks);
	for (size_t i = 0; i < snapshot->n_tasks; i++) {
		struct tk_task *task = &snapshot->tasks[i];
		const u64 *was = map_get(before, task->header);
		task->moving = task->state == TK_RUNNING || !was || *was != print_of(snapshot, i, keys[i]);
		moving += task->moving;
		if (task->moving)
			task->note = task->note.len ? str_printf(snapshot->arena, "moving; %.*s", STRF(task->note))
			                            : STR("moving: it changed while it was looked at");
	}
	arena_deinit(&scratch);
	return moving;
}
