// What happens to a thread in a call: the trap that the function returns to, others, signals, and that it is to end.
#include "base/log.h"
#include "call.h"

// " in f at src/main.rs:12": the newest frame of the call that is the user's, or its newest.
static struct str place_of(struct dbg_target *target, struct thread *thread)
{
	enum { DEEP = 100 };
	struct arena *arena = &target->called;
	struct machine_frame *frames;
	struct str note, text = STR("");
	bool whole;
	size_t n = unwind_machine(target, thread, arena, DEEP, &frames, &whole, &note);
	for (size_t i = 0; i < n; i++) {
		struct dbg_scope *scopes;
		struct dbg_line_row row;
		u64 pc = dbg_regs_pc(&frames[i].regs), at = pc - !frames[i].exact_pc;
		if (pc == target->call->base)
			break;
		size_t depth = dbg_scopes_at(target->space.modules, arena, at, &scopes);
		if (!depth || (text.len && !dbg_line_at(target->space.modules, at, &row)))
			continue;
		bool has_line = dbg_line_at(target->space.modules, at, &row);
		bool is_users = has_line && !dbg_place_is_library(row.place);
		if (!text.len || is_users)
			text = has_line ? str_printf(arena, " in `%.*s` at %.*s:%u", STRF(scopes[0].name),
			                             STRF(dbg_place_short_path(arena, row.place)), row.place.line)
			                : str_printf(arena, " in `%.*s`", STRF(scopes[0].name));
		if (is_users)
			break;
	}
	return text;
}

static void fail_here(struct dbg_target *target, struct thread *thread, struct str what)
{
	call_fail(target, thread, str_printf(&target->called, "%.*s%.*s", STRF(what), STRF(place_of(target, thread))));
}

static void go_on(struct dbg_target *target, struct thread *thread)
{
	if (target->call->ending)
		fail_here(target, thread, call_interruption(target->call));
	else
		call_run(thread, false);
}

static void at_trap(struct dbg_target *target, struct thread *thread, u64 addr)
{
	struct call *call = target->call;
	if (addr == call->base) {
		call_returned(target, thread);
		return;
	}
	err_ignore(thread_set_pc(thread, addr));
	if (call_wants(target, addr)) {
		fail_here(target, thread, STR("it panicked"));
	} else if (breakpoints_want(target, addr) && !breakpoints_ask(target, addr)) {
		fail_here(target, thread, STR("it came to a breakpoint"));
	} else if (site_is_inserted(target, addr)) {
		site_lift(target, addr);
		call->passing = addr;
		call->phase = CALL_PASSES;
		call_run(thread, true);
	} else {
		go_on(target, thread); // was removed meanwhile
	}
}

static void end_pass(struct dbg_target *target)
{
	if (target->call->phase != CALL_PASSES)
		return;
	site_settle(target, target->call->passing);
	target->call->phase = CALL_RUNS;
}

static void signal_in_call(struct dbg_target *target, struct thread *thread, int signal, const siginfo_t *info)
{
	struct call *call = target->call;
	struct dbg_regs *regs;
	bool passed = call->phase == CALL_PASSES;
	end_pass(target);
	err_t error = thread_regs(thread, &regs);
	u64 trap = error ? 0 : dbg_regs_pc(regs) - 1;
	bool is_ours = trap == call->base || site_is_inserted(target, trap);
	u8 byte;
	if (error)
		return; // gone
	if (signal == SIGTRAP && info->si_code == SI_KERNEL &&
	    (is_ours || os_memory_read(&target->os_memory, trap, &byte, 1) != 1 || byte != TRAP_BYTE)) {
		at_trap(target, thread, trap);
		return;
	}
	if (signal == SIGTRAP && info->si_code != SI_KERNEL && (passed || info->si_code > 0)) {
		go_on(target, thread);
		return;
	}
	if (!signal_stops(signal) && !call->before.signal) { // SIGSTOP, which nothing blocks: it is for the program
		call->before.signal = signal;
		call->signal = *info;
	}
	bool known = info->si_code > 0 && info->si_code != SI_KERNEL;
	fail_here(target, thread, signal_text(&target->called, signal, known, (u64)(uintptr_t)info->si_addr));
}

static void syscall_made(struct dbg_target *target, struct thread *thread, int signal)
{
	struct call *call = target->call;
	struct dbg_regs *regs;
	err_t error = thread_regs(thread, &regs);
	if (error)
		return; // gone
	if (call->phase == CALL_UNMAPS) {
		call_put_back(target, call, thread);
		return;
	}
	if (signal != SIGTRAP || dbg_regs_pc(regs) != target->syscall_at + SYSCALL_LENGTH) {
		call_fail(target, thread,
		          str_printf(&target->called, "the program could not map memory for it: %.*s",
		                     STRF(signal_text(&target->called, signal, false, 0))));
		return;
	}
	u64 result = regs->value[DBG_REG_RAX];
	if (call->phase == CALL_MAPS)
		call_mapped(target, thread, result);
	else
		call_protected(target, thread, result);
}

void call_got_signal(struct dbg_target *target, struct thread *thread, int signal)
{
	siginfo_t info;
	err_t error = os_signal_info(thread->tid, &info);
	if (error)
		return; // gone
	if (target->call->phase == CALL_RUNS || target->call->phase == CALL_PASSES)
		signal_in_call(target, thread, signal, &info);
	else
		syscall_made(target, thread, signal);
}

void call_go_on(struct dbg_target *target, struct thread *thread)
{
	if (target->call->phase == CALL_RUNS)
		go_on(target, thread);
	else
		call_run(thread, true);
}

void call_asked_to_end(struct dbg_target *target)
{
	target->call->ending = true;
}

void call_interrupted(struct dbg_target *target, struct thread *thread)
{
	struct call *call = target->call;
	struct dbg_regs *regs;
	err_t error = thread_regs(thread, &regs);
	if (error)
		return; // gone
	bool runs = call->phase == CALL_RUNS || call->phase == CALL_PASSES;
	end_pass(target);
	if (runs)
		fail_here(target, thread, call_interruption(call));
	else if (dbg_regs_pc(regs) == target->syscall_at)
		call_run(thread, true); // the system call is yet to be made
	else
		syscall_made(target, thread, SIGTRAP);
}

void dbg_target_end_call(struct dbg_target *target, const char *why)
{
	if (!target->call || target->call->phase == CALL_OVER)
		return;
	target->call->why = why;
	target->call->ending = true;
	struct thread *thread = thread_find(target, target->call->tid);
	if (thread)
		thread_interrupt(thread);
}
