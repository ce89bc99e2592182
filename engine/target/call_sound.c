// When a thread can't make a call: where it stands, something is half done that the call may need whole.
#include "target.h"

enum { DEEP = 400 };

// Functions that must not be found on the thread's stack, by the beginning of their names without generic arguments. Those of
// the C library that keep a lock of the allocator or of the loader while they work, allocators that programs put in its
// place, and a panic on its way: Rust counts panics, and what panics again aborts (std/src/panicking.rs).
static const struct {
	const char *name;
	bool whole; // the name, not its beginning
	const char *inside;
} BUSY[] = {
    {"malloc", true, "the allocator"},
    {"calloc", true, "the allocator"},
    {"realloc", true, "the allocator"},
    {"reallocarray", true, "the allocator"},
    {"free", true, "the allocator"},
    {"cfree", true, "the allocator"},
    {"posix_memalign", true, "the allocator"},
    {"aligned_alloc", true, "the allocator"},
    {"memalign", true, "the allocator"},
    {"__libc_malloc", false, "the allocator"},
    {"__libc_calloc", false, "the allocator"},
    {"__libc_realloc", false, "the allocator"},
    {"__libc_free", false, "the allocator"},
    {"_int_malloc", false, "the allocator"},
    {"_int_free", false, "the allocator"},
    {"_int_realloc", false, "the allocator"},
    {"malloc_consolidate", false, "the allocator"},
    {"_rjem_", false, "the allocator"},
    {"je_", false, "the allocator"},
    {"mi_", false, "the allocator"},
    {"std::sys::alloc::", false, "the allocator"},
    {"std::alloc::System", false, "the allocator"},
    {"<std::alloc::System", false, "the allocator"},
    {"__rdl_", false, "the allocator"},
    {"__rust_alloc", false, "the allocator"},
    {"__rust_dealloc", false, "the allocator"},
    {"__rust_realloc", false, "the allocator"},
    {"core::panicking::", false, "a panic"},
    {"rust_begin_unwind", true, "a panic"},
    {"std::panicking::begin_panic", false, "a panic"},
    {"std::panicking::rust_panic", false, "a panic"},
    {"std::panicking::panic_handler", false, "a panic"},
    {"rust_panic", true, "a panic"},
    {"__rust_start_panic", true, "a panic"},
    {"_Unwind_RaiseException", true, "a panic"},
    {"_Unwind_Resume", true, "a panic"},
    {"_Unwind_ForcedUnwind", true, "the end of its thread"},
    {"_dl_open", false, "the loader"},
    {"dlopen", true, "the loader"},
    {"dlclose", true, "the loader"},
    {"dl_iterate_phdr", true, "the loader"},
    {"_dl_start", false, "the loader"},
    {"_dl_main", false, "the loader"},
    {"exit", true, "the program's end"},
    {"__run_exit_handlers", true, "the program's end"},
    {"__cxa_finalize", true, "the program's end"},
    {"fork", true, "a fork"},
    {"vfork", true, "a fork"},
};

static const char *busy_with(struct str name)
{
	// "__rustc::rust_begin_unwind", since 1.88 or so
	if (str_starts(name, STR("__rustc::")))
		name = str_from(name, STR("__rustc::").len);
	ptrdiff_t version = str_find(name, STR("@"));
	name = version > 0 ? str_slice(name, 0, (size_t)version) : name;
	for (size_t i = 0; i < ARRAY_LEN(BUSY); i++)
		if (BUSY[i].whole ? str_eqc(name, BUSY[i].name) : str_starts(name, str_of(BUSY[i].name)))
			return BUSY[i].inside;
	return NULL;
}

static struct str objection_of_stack(struct dbg_target *target, struct thread *thread, struct arena *arena)
{
	struct machine_frame *frames;
	struct str note;
	bool whole;
	size_t n = unwind_machine(target, thread, arena, DEEP, &frames, &whole, &note);
	for (size_t i = 0; i < n; i++) {
		struct dbg_scope *scopes;
		u64 pc = dbg_regs_pc(&frames[i].regs);
		if (i && frames[i].exact_pc)
			return STR("handles a signal");
		size_t depth = dbg_scopes_at(target->space.modules, arena, pc - !frames[i].exact_pc, &scopes);
		for (size_t k = 0; k < depth; k++) {
			const char *inside = busy_with(scopes[k].name);
			if (inside)
				return str_printf(arena, "is inside %s (`%.*s`)", inside, STRF(scopes[k].name));
		}
		if (!i && !depth && !dbg_module_at(target->space.modules, pc))
			return STR("is at an address that is no code");
	}
	return n ? STR("") : STR("has no stack that could be read");
}

struct str call_objection(struct dbg_target *target, struct thread *thread, struct arena *arena)
{
	if (thread->exiting)
		return STR("is about to end");
	if (thread->in_vfork)
		return STR("waits in vfork for its child");
	if (thread->group_stop)
		return STR("was stopped by job control");
	if (thread->state != THREAD_STOPPED)
		return STR("is not stopped");
	if (target->launched && target->entry)
		return STR("has not left the loader");
	return objection_of_stack(target, thread, arena);
}

err_t dbg_target_may_call(struct dbg_target *target, pid_t tid)
{
	struct arena scratch = {0};
	TRY(core_refuses(target));
	struct thread *thread = thread_find(target, tid);
	if (target->mode == MODE_EXITED)
		return err_new(ERR_GONE, "the process has ended");
	if (target->mode != MODE_STOPPED)
		return err_new(ERR_STATE, "the process runs: pause it first");
	if (target->only_look)
		return err_new(ERR_UNSUPPORTED, "the process is only looked at: nothing is called in it");
	if (!thread)
		return err_new(ERR_GONE, "there is no thread %d", (int)tid);
	struct str why = call_objection(target, thread, &scratch);
	err_t error = why.len ? err_new(ERR_STATE, "thread %d %.*s: it can't call anything now", (int)tid, STRF(why)) : NULL;
	arena_deinit(&scratch);
	return error;
}
