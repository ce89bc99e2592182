// The root future of a block_on, which lies on the thread's stack and nowhere else. Each outer frame keeps a copy that
// was moved from, in state Unresumed; the innermost one has the pinned future. First the variables of block_on's
// frames are asked; where the optimiser left none, the frames' own bytes are searched for a future of block_on's type
// that is suspended and whole (runtime/park.rs: CachedParkThread::block_on in release builds).
#include "tokio/private.h"

enum { MAX_DEPTH = 8, MAX_BYTES = 1 << 20, MAX_SCANNED_FRAMES = 6, MAX_BLOCK_ONS = 40, BUDGET = 300 };

// ---- is it one? ----------------------------------------------------------------------------------------

static bool is_mapped(struct dbg_value pointer)
{
	u64 addr, byte;
	const u64 first_page = 4096; // below: dangling but aligned, as an empty Vec has it
	if (!dbg_value_get(pointer, &addr))
		return false;
	if (addr < first_page)
		return addr != 0 || pointer.type->name.ptr[0] == '*';
	err_t error = dbg_mem_read_uint(pointer.space->mem, addr, 1, &byte);
	return !error;
}

// Could these bytes be a value of the type: do discriminants name variants, do pointers lead anywhere?
static bool is_plausible(struct dbg_value value, unsigned depth, unsigned *budget)
{
	if (!dbg_value_ok(value))
		return false;
	if (depth == 0 || *budget == 0)
		return true;
	--*budget;
	const struct dbg_member *members;
	struct dbg_value payload;
	switch (value.type->kind) {
	case DBG_TYPE_POINTER: return is_mapped(value);
	case DBG_TYPE_VARIANTS:
		if (!dbg_value_variant(value, &payload, NULL))
			return false;
		// What a coroutine keeps beside the future it awaits may have been moved from.
		if (dbg_type_is_coroutine(value.type)) {
			struct dbg_value awaitee = dbg_value_member(payload, "__awaitee");
			return str_starts(payload.type->name, STR("Suspend")) &&
			       (!dbg_value_ok(awaitee) || is_plausible(awaitee, depth - 1, budget));
		}
		return is_plausible(payload, depth - 1, budget);
	case DBG_TYPE_STRUCT: {
		size_t n = dbg_type_members(value.type, &members);
		for (size_t i = 0; i < n; i++)
			if (members[i].type && !is_plausible(dbg_value_member_of(value, &members[i]), depth - 1, budget))
				return false;
		return true;
	}
	default: return true;
	}
}

static bool is_suspended(struct dbg_value future)
{
	struct dbg_value payload;
	unsigned budget = BUDGET;
	const struct dbg_variant *variant =
	    dbg_value_ok(future) && dbg_type_is_coroutine(future.type) ? dbg_value_variant(future, &payload, NULL) : NULL;
	return variant && str_starts(payload.type->name, STR("Suspend")) && is_plausible(future, MAX_DEPTH, &budget);
}

// A candidate behind Pin, Box or &mut, or as it is; without what old compilers put around it (construct.def: BARE).
static struct dbg_value peeled(struct tk_reader *reader, struct dbg_value value)
{
	value = construct_bare(value);
	if (!dbg_value_ok(value) || dbg_type_is_coroutine(value.type))
		return value;
	struct dbg_value inner = dbg_value_pointee(value);
	return dbg_value_ok(inner) && is_future_type(reader, inner.type) ? construct_bare(inner) : value;
}

// ---- by variables ----------------------------------------------------------------------------------------

// The pinned one if there is such; else any that can be read, in `second`.
static bool find_by_variable(struct tk_reader *reader, struct arena *arena, const struct dbg_frame *frame, struct dbg_value *out,
                             struct dbg_value *second)
{
	const char *name = block_on_variable(frame->scope.name);
	struct dbg_variable *variables;
	for (size_t i = name ? dbg_frame_variables(reader->space, arena, frame, &variables) : 0; i-- > 0;) {
		struct dbg_value future = peeled(reader, variables[i].value);
		unsigned budget = BUDGET;
		if (!str_eqc(variables[i].name, name) || !dbg_value_ok(future) || !is_future_type(reader, future.type))
			continue;
		if (is_suspended(future)) {
			*out = future;
			return true;
		}
		struct dbg_value payload;
		bool readable = dbg_type_is_coroutine(future.type) ? dbg_value_variant(future, &payload, NULL) != NULL
		                                                   : is_plausible(future, MAX_DEPTH, &budget);
		if (readable && !dbg_value_ok(*second))
			*second = future;
	}
	return false;
}

// ---- by the frames' bytes ----------------------------------------------------------------------------------

static const struct dbg_type *future_param(struct tk_reader *reader, struct arena *arena, const struct dbg_frame *frame)
{
	const struct dbg_member *params;
	size_t n = dbg_scope_params(&frame->scope, arena, &params);
	for (size_t i = 0; i < n; i++)
		if (params[i].type && is_future_type(reader, params[i].type))
			return params[i].type;
	return NULL;
}

static bool search_bytes(struct tk_reader *reader, const struct dbg_type *type, u64 from, u64 to, struct dbg_value *out)
{
	u64 step = type->align && type->align <= 64 ? type->align : 8;
	if (!type->size || to <= from || to - from > MAX_BYTES)
		return false;
	for (u64 at = (from + step - 1) / step * step; at + type->size <= to; at += step) {
		struct dbg_value future = peeled(reader, dbg_value_at(reader->space, type, at));
		if (is_suspended(future)) {
			*out = future;
			return true;
		}
	}
	return false;
}

// The future may have been left in a caller's frame, when a move was optimised away: some frames outwards count too.
static bool search_frames(struct tk_reader *reader, const struct dbg_type *type, const struct dbg_frame *frames, size_t n,
                          struct dbg_value *out)
{
	u64 stack_pointer;
	for (size_t i = 0, scanned = 0; i < n && scanned < MAX_SCANNED_FRAMES; i++) {
		if (frames[i].inlined || !frames[i].cfa || !dbg_regs_get(frames[i].regs, DBG_REG_RSP, &stack_pointer))
			continue;
		if (search_bytes(reader, type, stack_pointer, frames[i].cfa, out))
			return true;
		scanned++;
	}
	return false;
}

// A thread that waits for its runtime's driver, which another has, polls the root inside of a PollFn that refers to it
// (runtime/scheduler/current_thread/mod.rs: CurrentThread::block_on): then it is the outer block_on that names the type.
static bool find_by_bytes(struct tk_reader *reader, struct arena *arena, const struct dbg_frame *frames, size_t n,
                          struct dbg_value *out)
{
	const struct dbg_type *before = NULL;
	for (size_t i = 0; i < n && i < MAX_BLOCK_ONS; i++) {
		const struct dbg_type *type = block_on_variable(frames[i].scope.name) ? future_param(reader, arena, &frames[i]) : NULL;
		if (!type || dbg_type_same(type, before))
			continue;
		if (search_frames(reader, type, frames + i, n - i, out))
			return true;
		before = type;
	}
	return false;
}

const struct dbg_type *root_type(struct tk_reader *reader, struct arena *arena, const struct dbg_frame *frames, size_t n)
{
	for (size_t i = 0; i < n && i < MAX_BLOCK_ONS; i++) {
		const struct dbg_type *type = block_on_variable(frames[i].scope.name) ? future_param(reader, arena, &frames[i]) : NULL;
		if (type)
			return type;
	}
	return NULL;
}

struct dbg_value root_find(struct tk_reader *reader, struct arena *arena, const struct dbg_frame *frames, size_t n)
{
	struct dbg_value found, second = dbg_value_none(arena, "its root future was not found on the stack");
	if (reader->layout.typeless)
		return dbg_value_none(arena, "its root future is not known: the debug info has no types");
	for (size_t i = 0; i < n; i++)
		if (find_by_variable(reader, arena, &frames[i], &found, &second))
			return found;
	return find_by_bytes(reader, arena, frames, n, &found) ? found : second;
}
