// Frames that are left without returning: panics that are caught further out, and longjmp.
#include "step.h"

static const struct {
	const char *name;
	bool is_suffix; // rustc mangles its runtime's symbols since 1.87
	enum step_stop_kind kind;
} WATCHED[] = {
    // std/src/panicking.rs: called when catch_unwind has caught, in a frame further out
    {"__rust_panic_cleanup", true, STOP_PANIC}, {"longjmp", false, STOP_LONGJMP},       {"_longjmp", false, STOP_LONGJMP},
    {"siglongjmp", false, STOP_LONGJMP},        {"__longjmp_chk", false, STOP_LONGJMP},
};

struct watch_search {
	struct dbg_target *target;
};

static bool note_symbol(void *context, const struct dbg_symbol *symbol)
{
	struct dbg_target *target = ((struct watch_search *)context)->target;
	for (size_t i = 0; i < ARRAY_LEN(WATCHED); i++) {
		struct str name = str_of(WATCHED[i].name);
		if (!(WATCHED[i].is_suffix ? str_ends(symbol->name, name) : str_eq(symbol->name, name)))
			continue;
		struct step_watch watch = {.addr = symbol->addr, .kind = (int)WATCHED[i].kind};
		vec_push(&target->home, &target->watches, watch);
	}
	return true;
}

void step_watch_leaving(struct dbg_target *target, struct step *step)
{
	if (!target->watches_known) {
		struct watch_search search = {target};
		target->watches.len = 0;
		dbg_symbols_each(target->space.modules, note_symbol, &search);
		target->watches_known = true;
	}
	for (size_t i = 0; i < target->watches.len; i++) {
		struct step_stop stop = {.addr = target->watches.items[i].addr,
		                         .kind = (enum step_stop_kind)target->watches.items[i].kind};
		vec_push(&step->arena, &step->stops, stop);
		site_update(target, stop.addr);
	}
}

// glibc sysdeps/x86_64/jmpbuf-offsets.h: JB_RSP 6, JB_PC 7, both mangled by PTR_MANGLE: xor with the guard in
// the thread's control block (fs:0x30), rotated left by 17. musl keeps them plain.
bool step_longjmp_target(struct dbg_target *target, const struct dbg_regs *regs, u64 *pc, u64 *sp)
{
	enum { JB_RSP = 6 * 8, JB_PC = 7 * 8, GUARD = 0x30, ROTATION = 17 };
	u64 buffer = regs->value[DBG_REG_RDI], fs_base, guard;
	if (!step_read_word(target, buffer + JB_RSP, sp) || !step_read_word(target, buffer + JB_PC, pc))
		return false;
	if (dbg_module_at(target->space.modules, *pc))
		return true;
	if (!dbg_regs_get(regs, DBG_REG_FS_BASE, &fs_base) || !step_read_word(target, fs_base + GUARD, &guard))
		return false;
	*pc = (*pc >> ROTATION | *pc << (64 - ROTATION)) ^ guard;
	*sp = (*sp >> ROTATION | *sp << (64 - ROTATION)) ^ guard;
	return dbg_module_at(target->space.modules, *pc) != NULL;
}
