// Calls of the program's functions by one of its threads, which is put back behind them as it was.
//
//   MAPS --> PROTECTS --> RUNS <--> PASSES (a trap that nobody is to see)
//    |          |           |
//    '----------'-----------'--> UNMAPS --> OVER --all threads are stopped--> DBG_EVENT_CALLED
//
// In each phase the thread is resumed, and its next stop leads on. What the call needs in memory is mapped by system calls
// that the thread makes, at an instruction `syscall` of the program's, and unmapped behind it. The function returns to a trap
// there. Asynchronous signals are blocked, no debug register is set, and the other threads are held. What it meets there is
// call_events.c's affair.
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/log.h"
#include "call.h"

// Where panics begin, before anything is counted: what is put back from there has not panicked (std/src/panicking.rs). Parts of
// mangled names.
static const char *const PANICS[MOST_PANICS] = {"rust_begin_unwind", "rust_panic_with_hook", "rust_panic_without_hook",
                                                "panicking11begin_panic"};

bool call_is_of(const struct dbg_target *target, const struct thread *thread)
{
	return target->call && target->call->tid == thread->tid && target->call->phase != CALL_OVER;
}

bool call_is_over(const struct dbg_target *target)
{
	return target->call && target->call->phase == CALL_OVER;
}

bool call_wants(const struct dbg_target *target, u64 addr)
{
	for (size_t i = 0; target->call && target->call->phase != CALL_OVER && i < MOST_PANICS; i++)
		if (target->call->panics[i] == addr)
			return true;
	return false;
}

// ---- its end ---------------------------------------------------------------------------------------

static void remove_traps(struct dbg_target *target, struct call *call)
{
	for (size_t i = 0; i < MOST_PANICS; i++)
		if (call->panics[i])
			site_update(target, call->panics[i]);
}

static void say(struct dbg_target *target, struct str problem)
{
	if (!target->call_result.problem.len)
		target->call_result.problem = str_dup(&target->called, problem);
}

void call_lost(struct dbg_target *target, const char *why)
{
	struct call *call = target->call;
	if (!call || call->phase == CALL_OVER)
		return;
	say(target, str_of(why));
	call->phase = CALL_OVER;
	remove_traps(target, call);
	if (target->mode == MODE_RUNNING)
		run_halt(target);
}

void call_put_back(struct dbg_target *target, struct call *call, struct thread *thread)
{
	err_t error = os_put_back(call->tid, call->kept);
	if (!error && call->before.signal)
		error = os_set_signal_info(call->tid, &call->signal);
	if (error)
		say(target, str_printf(&target->called, "thread %d could not be put back: %.*s", (int)call->tid, STRF(error->what)));
	target->call_result.put_back = !error;
	bool was_held = thread->was_held;
	*thread = call->before;
	thread->was_held = was_held;
	thread->state = THREAD_STOPPED;
	memset(thread->watching, 0, sizeof(thread->watching));
	call->phase = CALL_OVER;
	remove_traps(target, call);
	run_halt(target);
}

void call_tell(struct dbg_target *target)
{
	pid_t tid = target->call->tid;
	target->call = NULL;
	for (size_t i = 0; i < target->threads.len; i++)
		target->threads.items[i]->held = target->threads.items[i]->was_held;
	target->want_pause = false;
	if (target->mode != MODE_EXITED)
		target->mode = MODE_STOPPED;
	dbg_mem_invalidate(target->space.mem);
	event_emit(target, DBG_EVENT_CALLED, tid);
}

// ---- resuming --------------------------------------------------------------------------------------

void call_run(struct thread *thread, bool one_instruction)
{
	err_t error = one_instruction ? os_step(thread->tid, 0) : os_cont(thread->tid, 0);
	if (error) // it was killed: its exit event is on the way
		LOG(LOG_PTRACE, "%.*s", STRF(error->what));
	thread->state = THREAD_RUNNING;
	thread->asked = thread->has_regs = false;
}

static bool make_syscall(struct dbg_target *target, struct thread *thread, enum call_phase phase, long number, const u64 args[6])
{
	static const u8 order[] = {DBG_REG_RDI, DBG_REG_RSI, DBG_REG_RDX, 10, 8, 9};
	struct dbg_regs regs = {0};
	dbg_regs_set(&regs, DBG_REG_RAX, (u64)number);
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		dbg_regs_set(&regs, order[i], args[i]);
	dbg_regs_set(&regs, DBG_REG_RIP, target->syscall_at);
	target->call->phase = phase;
	err_t error = os_set_regs_afresh(thread->tid, &regs, NULL, 0);
	if (error)
		return false;
	call_run(thread, true);
	return true;
}

static void finish(struct dbg_target *target, struct thread *thread)
{
	struct call *call = target->call;
	const u64 args[6] = {call->base, call->size};
	if (!call->base || !make_syscall(target, thread, CALL_UNMAPS, SYS_munmap, args))
		call_put_back(target, call, thread);
}

void call_fail(struct dbg_target *target, struct thread *thread, struct str problem)
{
	say(target, problem);
	finish(target, thread);
}

// ---- the call itself -------------------------------------------------------------------------------

static err_t fill_memory(struct dbg_target *target, const struct call *call)
{
	const struct dbg_call *what = &call->what;
	u8 *data = NEW_N(&target->called, u8, what->data_size + 8);
	if (what->data_len)
		memcpy(data, what->data, what->data_len);
	for (size_t i = 0; i < what->n_data_offsets + what->n_code_offsets; i++) {
		bool in_data = i < what->n_data_offsets;
		u32 at = in_data ? what->data_offsets[i] : what->code_offsets[i - what->n_data_offsets];
		u64 word;
		memcpy(&word, data + at, sizeof(word));
		word += call->base + (in_data ? PAGE : CODE_AT);
		memcpy(data + at, &word, sizeof(word));
	}
	const u8 trap = TRAP_BYTE;
	TRY(os_memory_write(&target->os_memory, call->base, &trap, 1));
	if (what->code_len)
		TRY(os_memory_write(&target->os_memory, call->base + CODE_AT, what->code, what->code_len));
	return what->data_size ? os_memory_write(&target->os_memory, call->base + PAGE, data, what->data_size) : NULL;
}

static err_t begin(struct dbg_target *target, struct thread *thread)
{
	static const u8 order[] = {DBG_REG_RDI, DBG_REG_RSI, DBG_REG_RDX, DBG_REG_RCX, DBG_REG_R8, 9};
	struct call *call = target->call;
	struct dbg_regs *before, regs = {0};
	TRY(os_put_back(thread->tid, call->kept)); // its own vector registers, where the call sets none
	thread->has_regs = false;
	TRY(thread_regs(thread, &before));
	// System V ABI AMD64, 3.2.2: the red zone is the frame's; rsp + 8 is a multiple of 16 at a function's entry.
	u64 sp = ((before->value[DBG_REG_RSP] - RED_ZONE) & ~(u64)15) - 8;
	TRY(os_memory_write(&target->os_memory, sp, &call->base, sizeof(call->base)));
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		dbg_regs_set(&regs, order[i], call->what.args[i] + (call->what.in_data >> i & 1 ? call->base + PAGE : 0));
	dbg_regs_set(&regs, DBG_REG_RAX, call->what.n_floats);
	dbg_regs_set(&regs, DBG_REG_RSP, sp);
	dbg_regs_set(&regs, DBG_REG_RIP, call->what.function);
	TRY(os_set_regs_afresh(thread->tid, &regs, call->what.floats, call->what.n_floats));
	TRY(os_set_signal_mask(thread->tid, ~(u64)0 & signal_step_mask()));
	call->phase = CALL_RUNS;
	for (size_t i = 0; i < MOST_PANICS; i++)
		if (call->panics[i])
			site_update(target, call->panics[i]);
	call_run(thread, false);
	return NULL;
}

void call_mapped(struct dbg_target *target, struct thread *thread, u64 result)
{
	struct call *call = target->call;
	if (result >= (u64)-4095) {
		call_fail(target, thread,
		          str_printf(&target->called, "no memory can be mapped for the call: %s", strerror(-(int)result)));
		return;
	}
	call->base = result;
	err_t error = fill_memory(target, call);
	const u64 args[6] = {call->base, PAGE, PROT_READ | PROT_EXEC};
	if (error)
		call_fail(target, thread, error->what);
	else if (!make_syscall(target, thread, CALL_PROTECTS, SYS_mprotect, args))
		call_put_back(target, call, thread);
}

struct str call_interruption(const struct call *call)
{
	return str_of(call->why ? call->why : "it was interrupted");
}

void call_protected(struct dbg_target *target, struct thread *thread, u64 result)
{
	struct call *call = target->call;
	if (result) {
		call_fail(
		    target, thread,
		    str_printf(&target->called, "the program may not map code (%s): nothing can be called", strerror(-(int)result)));
		return;
	}
	if (call->ending) {
		call_fail(target, thread, call_interruption(call));
		return;
	}
	err_t error = begin(target, thread);
	if (error)
		call_fail(target, thread, error->what);
}

void call_returned(struct dbg_target *target, struct thread *thread)
{
	struct call *call = target->call;
	struct dbg_call_result *result = &target->call_result;
	struct dbg_regs *regs;
	err_t error = thread_regs(thread, &regs);
	if (!error)
		error = os_float_regs(thread->tid, regs);
	if (error) {
		call_fail(target, thread, error->what);
		return;
	}
	result->rax = regs->value[DBG_REG_RAX];
	result->rdx = regs->value[DBG_REG_RDX];
	result->xmm0 = regs->value[DBG_REG_XMM0];
	result->xmm1 = regs->value[DBG_REG_XMM0 + 1];
	u8 *data = NEW_N(&target->called, u8, call->what.data_size + 1);
	result->data_addr = call->base + PAGE;
	if (os_memory_read(&target->os_memory, result->data_addr, data, call->what.data_size) != call->what.data_size)
		say(target, STR("what the call has left in memory can't be read"));
	result->data = data;
	finish(target, thread);
}

// ---- its beginning ---------------------------------------------------------------------------------

// An instruction `syscall` in the program's code: the vdso has some, as has every libc.
static bool find_syscall(struct dbg_target *target)
{
	enum { MOST = 64 << 20 };
	u8 code[PAGE + 1];
	struct arena scratch = {0};
	struct dbg_mapping *mappings;
	size_t n = os_maps(target->pid, &scratch, &mappings), looked = 0;
	bool found = false;
	if (target->syscall_at && dbg_mem_read_some(target->space.mem, target->syscall_at, code, SYSCALL_LENGTH) == SYSCALL_LENGTH)
		found = code[0] == 0x0f && code[1] == 0x05;
	for (int only_vdso = 1; only_vdso >= 0 && !found; only_vdso--)
		for (size_t i = 0; i < n && !found; i++) {
			const struct dbg_mapping *map = &mappings[i];
			if (!map->executable || !map->readable || only_vdso != str_eqc(map->path, "[vdso]"))
				continue;
			for (u64 at = map->start; at < map->end && looked < MOST && !found; at += PAGE, looked += PAGE) {
				size_t got = dbg_mem_read_some(target->space.mem, at, code, sizeof(code));
				const u8 *hit = memmem(code, got, "\x0f\x05", SYSCALL_LENGTH);
				found = hit != NULL;
				target->syscall_at = found ? at + (u64)(hit - code) : 0;
			}
		}
	arena_deinit(&scratch);
	return found;
}

static err_t check(const struct dbg_call *what)
{
	if (what->data_size > MOST_DATA || what->data_len > what->data_size || what->code_len > PAGE - CODE_AT)
		return err_new(ERR_UNSUPPORTED, "the call needs %zu bytes of memory, more than it can have", what->data_size);
	for (size_t i = 0; i < what->n_data_offsets + what->n_code_offsets; i++) {
		u32 at = i < what->n_data_offsets ? what->data_offsets[i] : what->code_offsets[i - what->n_data_offsets];
		if (at + sizeof(u64) > what->data_size)
			return err_new(ERR_ARGUMENT, "an address of the call lies outside of its memory");
	}
	return NULL;
}

static void find_panics(struct dbg_target *target, struct call *call)
{
	for (size_t i = 0; i < MOST_PANICS; i++) {
		struct dbg_symbol symbol;
		if (dbg_symbol_with(target->space.modules, str_of(PANICS[i]), &symbol))
			call->panics[i] = symbol.addr;
	}
}

err_t dbg_target_call(struct dbg_target *target, pid_t tid, const struct dbg_call *what)
{
	TRY(dbg_target_may_call(target, tid));
	TRY(check(what));
	if (!find_syscall(target))
		return err_new(ERR_UNSUPPORTED, "no instruction `syscall` was found in the program's code, which a call needs");
	struct thread *thread = thread_find(target, tid);
	arena_clear(&target->called);
	target->call_result = (struct dbg_call_result){.problem = STR("")};
	struct call *call = NEW(&target->called, struct call);
	*call = (struct call){.tid = tid, .what = *what, .before = *thread};
	call->size = PAGE + ((what->data_size + PAGE - 1) & ~(u64)(PAGE - 1));
	call->what.data = memcpy(NEW_N(&target->called, u8, what->data_len + 1), what->data ? what->data : (const u8 *)"",
	                         what->data ? what->data_len : 0);
	TRY(os_keep(tid, &target->called, &call->kept));
	if (thread->signal)
		TRY(os_signal_info(tid, &call->signal));
	find_panics(target, call);
	for (size_t i = 0; i < target->threads.len; i++) {
		struct thread *other = target->threads.items[i];
		other->was_held = other->held;
		other->held = other != thread;
	}
	thread->report = REPORT_NONE;
	thread->has_hit = thread->stepping = thread->passing = false;
	thread->signal = 0;
	watch_disarm(thread);
	target->call = call;
	target->mode = MODE_RUNNING;
	dbg_mem_invalidate(target->space.mem);
	err_t error = os_set_signal_mask(tid, ~(u64)0 & signal_step_mask());
	const u64 args[6] = {0, call->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, (u64)-1, 0};
	if (error || !make_syscall(target, thread, CALL_MAPS, SYS_mmap, args)) {
		say(target, STR("the thread's registers can't be set"));
		call_put_back(target, call, thread);
		os_wait_nudge();
	}
	return NULL;
}

void dbg_target_call_result(const struct dbg_target *target, struct arena *arena, struct dbg_call_result *out)
{
	*out = target->call_result;
	out->problem = str_dup(arena, out->problem);
}
