// What a task's vtable tells: offsets in its cell, and by the address of its poll function the types of the
// future and of the scheduler (tokio 1.23 to 1.54 runtime/task/raw.rs).
#include "base/log.h"
#include "tokio/copies.h"
#include "tokio/private.h"

static bool read_word(struct tk_reader *reader, u64 addr, u64 *out)
{
	err_t error = dbg_mem_read_uint(reader->space->mem, addr, 8, out);
	return !error;
}

// The struct Cell<T, S> with exactly these arguments: by its full path, else among all of its name.
static const struct dbg_type *cell_type(struct tk_reader *reader, const struct dbg_type *future, const struct dbg_type *scheduler)
{
	struct arena scratch = {0};
	struct str path =
	    str_printf(&scratch, "tokio::runtime::task::core::Cell<%.*s, %.*s>", STRF(future->path), STRF(scheduler->path));
	const struct dbg_type *cell = dbg_type_find(reader->space->modules, path);
	const struct dbg_type **all;
	size_t n = cell ? 0 : dbg_types_find_all(reader->space->modules, &scratch, STR("tokio::runtime::task::core::Cell"), &all);
	for (size_t i = 0; i < n && !cell; i++)
		if (dbg_type_same(dbg_type_param(all[i], "T"), future) && dbg_type_same(dbg_type_param(all[i], "S"), scheduler))
			cell = all[i];
	arena_deinit(&scratch);
	return cell;
}

// "waits::chain::{async_fn_env#0}" of "poll<waits::chain::{async_fn_env#0}, Arc<..>>" and of
// "tokio::runtime::task::raw::poll::<..>": the first generic argument after `poll`.
static struct str first_argument(struct str name)
{
	ptrdiff_t poll = str_starts(name, STR("poll<")) ? 0 : str_find(name, STR("::poll"));
	ptrdiff_t open = poll < 0 ? -1 : str_find(str_from(name, (size_t)poll), STR("<"));
	if (open < 0)
		return STR("");
	size_t start = (size_t)(poll + open) + 1, depth = 0;
	for (size_t at = start; at < name.len; at++) {
		char c = name.ptr[at];
		if (depth == 0 && (c == ',' || c == '>'))
			return str_slice(name, start, at);
		depth += c == '<' || c == '(' || c == '[';
		depth -= depth && (c == ')' || c == ']' || (c == '>' && name.ptr[at - 1] != '-'));
	}
	return STR("");
}

// Without types the root is told by the name of its poll function, if that names it: DWARF's names and v0 symbols do,
// legacy symbols don't.
static void name_by_poll(struct tk_reader *reader, struct tk_task_type *type)
{
	struct dbg_modules *modules = reader->space->modules;
	struct dbg_symbol symbol;
	struct str name = first_argument(dbg_function_full_name(modules, reader->space->mem, type->poll));
	if (!name.len && dbg_symbol_at(modules, type->poll, &symbol))
		name = first_argument(dbg_demangle(&reader->arena, symbol.name));
	static const char blocking[] = "tokio::runtime::blocking::task::BlockingTask<";
	type->blocking = str_starts(name, str_of(blocking));
	if (type->blocking)
		name = str_slice(name, sizeof(blocking) - 1, name.len - 1);
	type->worker_launch = type->blocking && str_find(name, STR("scheduler::multi_thread::worker")) >= 0;
	type->name = future_path_name(&reader->arena, name);
}

static void read_types(struct tk_reader *reader, struct tk_task_type *type)
{
	struct dbg_modules *modules = reader->space->modules;
	const struct dbg_member *params;
	size_t n = dbg_function_params(modules, &reader->arena, type->poll, &params);
	if (reader->layout.typeless) {
		name_by_poll(reader, type);
		return;
	}
	if (n < 2) {
		type->problem = STR("the debug info does not tell the future's type (build with debug = 2)");
		return;
	}
	const struct dbg_type *scheduler = params[1].type;
	type->future = params[0].type;
	type->schedule = scheduler;
	type->cell = cell_type(reader, type->future, scheduler);
	struct str base = dbg_type_base_path(type->future);
	if (str_eqc(base, "tokio::runtime::blocking::task::BlockingTask")) {
		type->blocking = true;
		const struct dbg_type *closure = dbg_type_param(type->future, "T");
		if (closure) {
			type->name = future_name(reader, closure);
			type->worker_launch = str_find(closure->path, STR("tokio::runtime::scheduler::multi_thread::worker::")) == 0;
		}
	}
	if (!type->name.len)
		type->name = future_name(reader, type->future);
	if (!type->cell)
		type->problem =
		    str_printf(&reader->arena, "the debug info has no Cell<%.*s, ..> (build with debug = 2)", STRF(type->future->path));
}

struct tk_task_type *task_type_of(struct tk_reader *reader, u64 vtable)
{
	u64 *known = map_get(&reader->task_types, vtable);
	if (known)
		return (struct tk_task_type *)(uintptr_t)*known;
	const struct tk_layout *layout = &reader->layout;
	struct tk_task_type type = {.vtable = vtable};
	const u64 most = 1 << 30;
	if (!read_word(reader, vtable + layout->vtable_poll, &type.poll) ||
	    (layout->has_vtable_trailer && !read_word(reader, vtable + layout->vtable_trailer, &type.trailer)) ||
	    (layout->has_vtable_scheduler && !read_word(reader, vtable + layout->vtable_scheduler, &type.scheduler)) ||
	    !read_word(reader, vtable + layout->vtable_id, &type.id) || type.trailer > most || type.scheduler > most ||
	    type.id > most || !dbg_module_at(reader->space->modules, type.poll))
		return NULL;
	if (layout->has_vtable_spawn_location &&
	    (!read_word(reader, vtable + layout->vtable_spawn_location, &type.spawned_at) || type.spawned_at > most))
		type.spawned_at = 0;
	type.first_id = tokio_first_id(reader->space->modules, dbg_module_at(reader->space->modules, vtable));
	struct tk_task_type *kept = NEW(&reader->arena, struct tk_task_type);
	*kept = type;
	map_put(&reader->task_types, &reader->arena, vtable, (uintptr_t)kept);
	read_types(reader, kept);
	LOG(LOG_TOKIO, "task type %.*s %.*s", STRF(kept->name), STRF(kept->problem));
	return kept;
}
