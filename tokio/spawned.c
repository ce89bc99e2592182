// Where a task was spawned: tokio keeps it if it is built with --cfg tokio_unstable (1.46 to 1.54 runtime/task/core.rs: Core
// { .., spawned_at: &'static Location<'static>, .. }; its place in the cell is in the task's vtable).
#include "tokio/private.h"

// Of `&str`, or of a NonNull<str> as newer compilers have it, in the program's constants.
static struct str text_at(const struct dbg_space *space, struct dbg_value text, struct arena *arena)
{
	enum { MOST = 4096 };
	u64 addr, len;
	struct dbg_value inner = dbg_value_member(text, "pointer");
	text = dbg_value_ok(inner) ? inner : text;
	if (!dbg_value_get(dbg_value_member(text, "data_ptr"), &addr) || !dbg_value_get(dbg_value_member(text, "length"), &len) ||
	    !len || len > MOST || !dbg_module_at(space->modules, addr))
		return STR("");
	char *bytes = NEW_N(arena, char, len);
	return dbg_mem_read_some(space->mem, addr, bytes, len) == len ? str_n(bytes, len) : STR("");
}

// core/src/panic/location.rs: Location { file: &str, line: u32, col: u32 }, since 1.88 `filename`.
static struct dbg_place place_of(const struct dbg_space *space, struct dbg_value location, struct arena *arena)
{
	const u64 most = 1 << 24;
	u64 line, column;
	struct dbg_value file = dbg_value_member(location, "filename");
	file = dbg_value_ok(file) ? file : dbg_value_member(location, "file");
	struct str name = text_at(space, file, arena);
	if (!name.len || !dbg_value_get(dbg_value_member(location, "line"), &line) || line > most ||
	    !dbg_value_get(dbg_value_member(location, "col"), &column) || column > most)
		return (struct dbg_place){0};
	return (struct dbg_place){.file = name, .line = (u32)line, .column = (u32)column};
}

struct dbg_place tk_task_spawned(struct tk_snapshot *snapshot, size_t task, struct arena *arena)
{
	const struct dbg_space *space = snapshot->reader->space;
	const struct tk_task *of = &snapshot->tasks[task];
	u64 addr;
	if (!of->type->spawned_at || dbg_mem_read_uint(space->mem, of->header + of->type->spawned_at, 8, &addr) ||
	    !dbg_module_at(space->modules, addr))
		return (struct dbg_place){0};
	const struct dbg_type *type = dbg_type_find(space->modules, STR("core::panic::location::Location"));
	return type ? place_of(space, dbg_value_at(space, type, addr), arena) : (struct dbg_place){0};
}
