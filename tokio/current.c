// The task that one thread polls just now, without a snapshot of all: for conditions of breakpoints, which are asked
// thousands of times a second while the other threads run.
#include "tokio/private.h"
#include "tokio/select.h"

enum { MOST_FRAMES = 400 };

// tokio/src/runtime/task/core.rs: Core<T, S>::poll; the newest of them polls the innermost task.
static struct str root_name(struct tk_reader *reader, pid_t tid, struct arena *arena)
{
	bool whole;
	struct str note;
	struct dbg_frame *frames;
	size_t n = dbg_unwind(reader->target, arena, tid, MOST_FRAMES, &frames, &whole, &note);
	for (size_t i = 0; i < n; i++) {
		const struct dbg_member *params;
		if (!str_starts(frames[i].scope.name, STR("tokio::runtime::task::core::Core::poll")))
			continue;
		size_t n_params = dbg_scope_params(&frames[i].scope, arena, &params);
		for (size_t k = 0; k < n_params; k++)
			if (str_eqc(params[k].name, "T"))
				return future_name(reader, params[k].type);
	}
	return STR("");
}

// Where tokio itself has no debug info (`[profile.dev.package."*"] debug = false`) its thread-locals are not known; but the code
// that polls a task is generic, so the crate that spawns it has that, and its `self`, Core<T, S> with a task_id.
u64 current_task_by_stack(struct tk_reader *reader, pid_t tid, struct arena *arena)
{
	bool whole;
	struct str note;
	struct dbg_frame *frames;
	struct dbg_variable *variables;
	size_t n = dbg_unwind(reader->target, arena, tid, MOST_FRAMES, &frames, &whole, &note);
	for (size_t i = 0; i < n; i++) {
		if (!str_eqc(frames[i].scope.name, "tokio::runtime::task::core::Core::poll"))
			continue;
		u64 id = 0;
		for (size_t k = dbg_frame_variables(reader->space, arena, &frames[i], &variables); k-- > 0 && !id;)
			if (str_eqc(variables[k].name, "self"))
				dbg_value_get(dbg_value_path(dbg_value_pointee(variables[k].value), "task_id.0"), &id);
		return id;
	}
	return 0;
}

static u64 current_id(struct tk_reader *reader, pid_t tid, const struct dbg_regs *regs)
{
	struct arena scratch = {0};
	reader_read_contexts(reader);
	u64 id =
	    reader->n_contexts ? context_task_id(reader, regs->value[DBG_REG_FS_BASE]) : current_task_by_stack(reader, tid, &scratch);
	arena_deinit(&scratch);
	return id;
}

bool tk_current_task(struct tk_reader *reader, pid_t tid, struct arena *arena, struct tk_current *out)
{
	struct dbg_regs regs;
	*out = (struct tk_current){.name = STR("")};
	if (reader_bind(reader) || dbg_thread_regs(reader->target, tid, &regs))
		return false;
	out->id = current_id(reader, tid, &regs);
	if (out->id)
		out->name = root_name(reader, tid, arena);
	return out->id != 0;
}

bool tk_is_polling(struct tk_reader *reader, pid_t tid, u64 id)
{
	struct dbg_regs regs;
	if (!id || reader_bind(reader) || dbg_thread_regs(reader->target, tid, &regs))
		return false;
	return current_id(reader, tid, &regs) == id;
}

// runtime/task/id.rs: Id::next has `static NEXT_ID: StaticAtomicU64` (up to 1.2x in runtime/task/mod.rs).
static void find_ids(struct tk_reader *reader)
{
	struct arena scratch = {0};
	struct dbg_static *found;
	const struct dbg_module *last = NULL;
	size_t n = dbg_statics_find(reader->space->modules, &scratch, STR("tokio::runtime::task"), &found);
	for (size_t i = 0; i < n; i++)
		if (!found[i].is_tls && found[i].module != last && str_ends(found[i].path, STR("::next::NEXT_ID"))) {
			vec_push(&reader->arena, &reader->ids, found[i].addr);
			last = found[i].module;
		}
	reader->ids_read = true;
	arena_deinit(&scratch);
}

bool tk_ids_given(struct tk_reader *reader, u64 *out)
{
	if (reader_bind(reader))
		return false;
	if (!reader->ids_read)
		find_ids(reader);
	*out = 0;
	for (size_t i = 0; i < reader->ids.len; i++) {
		u64 next;
		if (dbg_mem_read_uint(reader->space->mem, reader->ids.items[i], 8, &next))
			return false;
		*out += next;
	}
	return reader->ids.len > 0;
}

bool tk_text_matches(struct str text, struct str regex, struct arena *arena, bool *out, struct str *problem)
{
	err_t error = select_matches(text, regex, out);
	if (error)
		*problem = str_dup(arena, error->what);
	return !error;
}
