// A process that runs on, as a target: nothing is stopped, nothing is traced; its memory is read as it is at each moment.
//
// Registers are the tracer's alone, but two things can be known without: where a thread that sleeps in a system call has its
// stack (proc_pid_syscall(5)), and where its thread locals are. glibc's thread control block begins with a pointer to itself
// and has another at 16 (x86-64 psABI, 3.4.2 and glibc sysdeps/x86_64/nptl/tls.h: tcbhead_t), and its `struct pthread` has the
// thread's number behind them, and the thread's list of robust locks, of which the kernel tells (get_robust_list(2)). Where that
// is not set (musl) it is looked for at the end of the mapping of the thread's stack, the first thread's in a small one; other
// memory that the kernel has joined to that mapping would hide it.
#include <errno.h>

#include "target.h"

enum {
	TAIL = 32 << 10,  // of each mapping so much is searched, from its end
	BEGIN = 64 << 10, // and so much from its begin: a static program's first block lies there
	ALIGN = 64,       // of a thread control block
	SELF = 16,
	TID_FROM = 0x2c0, // struct pthread: the number stands behind tcbhead_t and a list's two pointers (glibc nptl/descr.h)
	TID_TO = 0x300,
	ROBUST = 0x400, // before its list of robust locks a struct pthread has no more than that
};

static struct thread *thread_numbered(struct dbg_target *target, const u8 *block)
{
	for (size_t at = TID_FROM; at < TID_TO; at += sizeof(u32)) {
		u32 number;
		memcpy(&number, block + at, sizeof(number));
		struct thread *thread = number ? thread_find(target, (pid_t)number) : NULL;
		if (thread)
			return thread;
	}
	return NULL;
}

static void look_for_blocks(struct dbg_target *target, u64 addr, size_t len)
{
	static u8 bytes[BEGIN];
	size_t got = os_memory_read(&target->os_memory, addr, bytes, len);
	for (size_t at = 0; at + TID_TO <= got; at += ALIGN) {
		u64 first, self;
		memcpy(&first, bytes + at, sizeof(first));
		memcpy(&self, bytes + at + SELF, sizeof(self));
		struct thread *thread = first == addr + at && self == first ? thread_numbered(target, bytes + at) : NULL;
		if (thread)
			dbg_regs_set(&thread->regs, DBG_REG_FS_BASE, first);
	}
}

static void find_blocks(struct dbg_target *target, const struct dbg_mapping *mappings, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		u64 size = mappings[i].end - mappings[i].start;
		if (!mappings[i].writable || (mappings[i].path.len && !str_eqc(mappings[i].path, "[heap]")))
			continue;
		look_for_blocks(target, mappings[i].start, u64_min(size, BEGIN));
		if (size > BEGIN)
			look_for_blocks(target, mappings[i].end - TAIL, TAIL);
	}
}

void dbg_target_look_again(struct dbg_target *target)
{
	if (!target->untouched || target->mode == MODE_EXITED)
		return;
	struct arena scratch = {0};
	pid_t *tids;
	struct dbg_mapping *mappings;
	size_t n = os_tasks(target->pid, &scratch, &tids), n_mappings = os_maps(target->pid, &scratch, &mappings);
	while (target->threads.len)
		thread_remove(target, target->threads.items[target->threads.len - 1]);
	for (size_t i = 0; i < n; i++) {
		u64 sp, pc, robust = os_robust_list(tids[i]);
		struct thread *thread = thread_add(target, tids[i], THREAD_STOPPED);
		thread->has_regs = thread->has_float_regs = true;
		if (robust > ROBUST)
			look_for_blocks(target, (robust - ROBUST) & ~(u64)(ALIGN - 1), ROBUST + TID_TO);
		if (!os_sleeps_at(target->pid, tids[i], &sp, &pc))
			continue;
		dbg_regs_set(&thread->regs, DBG_REG_RSP, sp);
		dbg_regs_set(&thread->regs, DBG_REG_RIP, pc);
	}
	dbg_mem_invalidate(target->space.mem);
	find_blocks(target, mappings, n_mappings);
	if (dbg_modules_update(target->space.modules, target->space.mem, mappings, n_mappings))
		unwind_forget(target);
	arena_deinit(&scratch);
}

err_t dbg_target_open_running(pid_t pid, struct dbg_modules *modules, struct dbg_target **out)
{
	*out = NULL;
	pid_t process = os_thread_group(pid);
	if (!process)
		return err_new(ERR_GONE, "there is no process %d", (int)pid);
	struct dbg_target *target = target_make(process, modules);
	target->untouched = target->only_look = true;
	target->mode = MODE_STOPPED; // for all who ask
	if (target->os_memory.fd >= 0)
		dbg_target_look_again(target);
	if (!target->threads.len || !dbg_modules_count(modules)) {
		dbg_target_free(target);
		return os_explain_refusal(process, EACCES);
	}
	*out = target;
	return NULL;
}
