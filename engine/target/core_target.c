// A core file as a target that is stopped for ever: everything can be looked at, nothing runs.
#include "target.h"

static size_t read_core(void *context, u64 addr, void *buf, size_t len)
{
	return os_core_read(context, addr, buf, len);
}

err_t dbg_target_open_core(struct str path, struct str program, struct dbg_modules *modules, struct dbg_target **out)
{
	struct os_core *core;
	*out = NULL;
	TRY(os_core_open(path, &core));
	if (program.len)
		os_core_set_program(core, program);
	err_t wrong = os_core_check_program(core);
	if (wrong && (program.len || wrong->code == ERR_ARGUMENT)) {
		os_core_close(core);
		return wrong;
	}
	struct arena home = {0};
	struct dbg_target *target = NEW(&home, struct dbg_target);
	target->home = home;
	target->core = core;
	target->core_lacks = wrong ? str_dup(&target->home, wrong->what) : STR("");
	target->pid = os_core_pid(core);
	target->stdio[0] = target->stdio[1] = target->os_memory.fd = -1;
	target->program = os_core_program(core);
	target->space =
	    (struct dbg_space){.mem = dbg_mem_new((struct dbg_mem_source){.context = core, .read = read_core}), .modules = modules};
	target->mode = MODE_STOPPED;
	const struct os_core_thread *threads;
	size_t n = os_core_threads(core, &threads);
	for (size_t i = 0; i < n; i++) {
		struct thread *thread = thread_add(target, threads[i].tid, THREAD_STOPPED);
		thread->regs = threads[i].regs;
		thread->has_regs = thread->has_float_regs = true;
		thread->signal = threads[i].signal;
	}
	struct dbg_mapping *mappings;
	size_t n_mappings = os_core_mappings(core, &target->home, &mappings);
	dbg_modules_set_process(modules, 0);
	dbg_modules_update(modules, target->space.mem, mappings, n_mappings);
	*out = target;
	return NULL;
}

struct str dbg_target_core_lacks(const struct dbg_target *target)
{
	return target->core_lacks;
}

size_t core_pump(struct dbg_target *target, struct arena *arena, struct dbg_event **out)
{
	*out = NULL;
	if (target->core_told || !target->threads.len)
		return 0;
	target->core_told = true;
	const struct thread *first = target->threads.items[0]; // the kernel and gdb put the one that crashed first
	*out = NEW(arena, struct dbg_event);
	**out = (struct dbg_event){
	    .kind = DBG_EVENT_STOPPED, .tid = first->tid, .stop = DBG_STOP_ATTACH, .signal = first->signal, .text = STR("")};
	if (first->signal)
		(*out)->text = signal_text(arena, first->signal, false, 0);
	return 1;
}

err_t core_refuses(const struct dbg_target *target)
{
	if (target->untouched)
		return err_new(ERR_UNSUPPORTED, "this process runs: it is only looked at");
	return target->core ? err_new(ERR_UNSUPPORTED, "this is a core file: it can be looked at, and not run") : NULL;
}
