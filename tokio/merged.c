// Task types that the optimiser made one of: LLVM's mergefunc and the linker's identical code folding keep one poll
// function of several whose code is the same, and the constants of their vtables then fall together too. Nothing in
// memory tells which of them a task was spawned as, so each is named as what it may be.
#include "tokio/private.h"

enum { MOST_NAMED = 3 };

static const char cell_base[] = "tokio::runtime::task::core::Cell";

// "FUTURE, SCHEDULER" of Cell<FUTURE, SCHEDULER> and of poll<FUTURE, SCHEDULER>
static u64 pair_hash(const struct dbg_type *future, const struct dbg_type *scheduler)
{
	return str_hash_on(str_hash_on(str_hash(future->path), STR(", ")), scheduler->path);
}

// The instances whose poll function is in the program.
static struct map polled_pairs(struct tk_reader *reader, struct arena *arena)
{
	struct map pairs = {0};
	for (size_t i = 0; i < reader->n_vtables; i++) {
		const struct tk_task_type *type = task_type_of(reader, reader->vtables[i]);
		if (type && type->future && type->schedule)
			map_put(&pairs, arena, pair_hash(type->future, type->schedule), 1);
	}
	return pairs;
}

// Cells without a poll function of their own.
static void read_orphans(struct tk_reader *reader)
{
	struct arena scratch = {0};
	struct map polled = polled_pairs(reader, &scratch);
	const struct dbg_type **cells;
	size_t n = dbg_types_indexed(reader->space->modules, &scratch, str_of(cell_base), &cells);
	for (size_t i = 0; i < n; i++) {
		const struct dbg_type *future = dbg_type_param(cells[i], "T"), *scheduler = dbg_type_param(cells[i], "S");
		if (future && scheduler && !map_get(&polled, pair_hash(future, scheduler)))
			vec_push(&reader->arena, &reader->orphans, cells[i]);
	}
	arena_deinit(&scratch);
}

static bool may_be(const struct tk_task_type *type, const struct dbg_type *cell)
{
	return type->cell && cell->size == type->cell->size && cell->align == type->cell->align &&
	       dbg_type_same(dbg_type_param(cell, "S"), type->schedule) &&
	       types_have_one_shape(dbg_type_param(cell, "T"), type->future);
}

// Asked once a type: a program has few types and may have many tasks.
static void settle_twins(struct tk_reader *reader, struct tk_task_type *type)
{
	type->twins_told = true;
	if (!type->cell || !dbg_function_is_optimised(reader->space->modules, type->poll))
		return;
	if (!reader->orphans_read)
		read_orphans(reader);
	reader->orphans_read = true;
	struct buf text = buf_on(&reader->arena);
	size_t found = 0;
	for (size_t i = 0; i < reader->orphans.len; i++) {
		if (!may_be(type, reader->orphans.items[i]))
			continue;
		struct str name = future_name(reader, dbg_type_param(reader->orphans.items[i], "T"));
		if (found++ < MOST_NAMED)
			buf_printf(&text, "%s%.*s", found > 1 ? ", " : "", STRF(name));
	}
	if (found > MOST_NAMED)
		buf_printf(&text, " and %zu more", found - MOST_NAMED);
	if (found)
		type->twins = str_printf(&reader->arena, "or an identical instantiation, merged with it by the optimiser: %.*s",
		                         STRF(buf_str(&text)));
}

void tell_merged(struct tk_taking *taking)
{
	struct tk_reader *reader = taking->reader;
	for (size_t i = 0; i < taking->tasks.len; i++) {
		struct tk_task *task = &taking->tasks.items[i];
		if (!task->type->twins_told)
			settle_twins(reader, task->type);
		if (!task->note.len)
			task->note = task->type->twins;
	}
}
