// Where a step is: the function instance, the frame, and the way out of it.
#include "step.h"

enum { MOST_OUTER = 64, MOST_CALLEES = 512, MOST_PROLOGUE = 4096 };

void step_frame_take_chain(struct dbg_target *target, u64 pc, struct step_frame *frame)
{
	struct arena arena = {0};
	struct dbg_scope *scopes;
	struct dbg_symbol symbol;
	size_t n = dbg_scopes_at(target->space.modules, &arena, pc, &scopes);
	for (size_t i = 0; i < n && frame->n_chain < MOST_NESTED; i++)
		frame->chain[frame->n_chain++] = scopes[i].die;
	if (n) {
		frame->module = scopes[n - 1].module;
		frame->low = scopes[n - 1].low;
		frame->high = scopes[n - 1].high;
	} else if (dbg_symbol_at(target->space.modules, pc, &symbol)) {
		frame->low = symbol.addr;
		frame->high = symbol.addr + symbol.size;
	}
	arena_deinit(&arena);
}

err_t step_frame_here(struct dbg_target *target, struct thread *thread, struct step_frame *out)
{
	struct dbg_regs *regs;
	struct machine_frame *frames;
	struct dbg_line_row row;
	struct str note;
	bool whole;
	*out = (struct step_frame){0};
	TRY(thread_regs(thread, &regs));
	u64 pc = dbg_regs_pc(regs);
	step_frame_take_chain(target, pc, out);
	if (dbg_line_at(target->space.modules, pc, &row))
		out->from = row.place;
	struct arena arena = {0};
	size_t n = unwind_machine(target, thread, &arena, 2, &frames, &whole, &note);
	if (n > 1) {
		out->cfa = frames[0].cfa;
		out->callers_pc = dbg_regs_pc(&frames[1].regs);
		out->callers_sp = frames[1].regs.value[DBG_REG_RSP];
	}
	arena_deinit(&arena);
	return NULL;
}

void step_frame_outwards_to(struct step_frame *frame, u64 die)
{
	for (size_t i = 0; i < frame->n_chain; i++) {
		if (frame->chain[i] != die)
			continue;
		frame->n_chain -= i;
		memmove(frame->chain, frame->chain + i, frame->n_chain * sizeof(frame->chain[0]));
		return;
	}
}

bool step_is_in_instance(struct dbg_target *target, u64 die, u64 pc)
{
	struct step_frame here = {0};
	step_frame_take_chain(target, pc, &here);
	for (size_t i = 0; i < here.n_chain; i++)
		if (here.chain[i] == die)
			return true;
	return false;
}

bool step_frame_is_inside(struct dbg_target *target, const struct step_frame *frame, u64 pc)
{
	return frame->n_chain && dbg_module_at(target->space.modules, pc) == frame->module &&
	       step_is_in_instance(target, frame->chain[0], pc);
}

// A function may have parts elsewhere (`f.cold`): those have the same DIE.
bool step_frame_contains(struct dbg_target *target, const struct step_frame *frame, u64 pc)
{
	if (pc >= frame->low && pc < frame->high)
		return true;
	struct step_frame here = {0};
	step_frame_take_chain(target, pc, &here);
	return frame->n_chain && here.n_chain && here.module == frame->module && frame->chain[frame->n_chain - 1] &&
	       here.chain[here.n_chain - 1] == frame->chain[frame->n_chain - 1];
}

size_t step_frame_depth_at(struct dbg_target *target, const struct step_frame *frame, u64 pc)
{
	struct step_frame here = {0};
	step_frame_take_chain(target, pc, &here);
	for (size_t i = 0; here.n_chain && i < frame->n_chain; i++)
		if (frame->chain[i] == here.chain[0])
			return i;
	return here.n_chain || frame->n_chain ? SIZE_MAX : 0;
}

bool step_outer_frame(struct dbg_target *target, struct thread *thread, bool not_library, u64 *pc, u64 *sp)
{
	struct machine_frame *frames;
	struct arena arena = {0};
	struct str note;
	bool whole, found = false;
	size_t n = unwind_machine(target, thread, &arena, MOST_OUTER, &frames, &whole, &note);
	for (size_t i = 1; i < n && !found; i++) {
		struct dbg_line_row row;
		*pc = dbg_regs_pc(&frames[i].regs);
		*sp = frames[i].regs.value[DBG_REG_RSP];
		found = dbg_line_at(target->space.modules, *pc - !frames[i].exact_pc, &row) && row.place.line &&
		        !(not_library && dbg_place_is_library(row.place));
	}
	arena_deinit(&arena);
	return found;
}

bool step_frame_is_live(struct dbg_target *target, const struct step_frame *frame, struct thread *thread)
{
	struct machine_frame *frames;
	struct arena arena = {0};
	struct str note;
	bool whole, found = false;
	size_t n = unwind_machine(target, thread, &arena, MOST_CALLEES, &frames, &whole, &note);
	for (size_t i = 0; i < n && !found; i++)
		found =
		    frames[i].cfa == frame->cfa && step_frame_contains(target, frame, dbg_regs_pc(&frames[i].regs) - !frames[i].exact_pc);
	arena_deinit(&arena);
	return found;
}

// The row that the compiler marks; else the second line's row, as gdb does (its first row is the prologue).
u64 step_function_start(struct dbg_target *target, u64 entry)
{
	struct step_frame function = {0};
	struct dbg_line_row first, *rows;
	if (!dbg_line_at(target->space.modules, entry, &first) || !first.place.line)
		return 0;
	step_frame_take_chain(target, entry, &function);
	if (entry < function.low || entry >= function.high)
		return entry;
	struct arena arena = {0};
	size_t n = dbg_line_rows(target->space.modules, &arena, entry, u64_min(function.high, entry + MOST_PROLOGUE), &rows);
	u64 marked = 0, second = 0;
	for (size_t i = 0; i < n && !marked; i++) {
		if (rows[i].prologue_end)
			marked = rows[i].addr;
		if (!second && rows[i].addr > entry && rows[i].is_stmt && rows[i].place.line)
			second = rows[i].addr;
	}
	arena_deinit(&arena);
	return marked ? marked : second ? second : entry;
}

bool step_read_word(struct dbg_target *target, u64 addr, u64 *out)
{
	return dbg_mem_read_bulk(target->space.mem, addr, out, sizeof(*out)) == sizeof(*out);
}
