// A call that is under way, and its steps. Private to call.c, call_events.c.
#pragma once
#include "target.h"

enum call_phase { CALL_MAPS, CALL_PROTECTS, CALL_RUNS, CALL_PASSES, CALL_UNMAPS, CALL_OVER };
enum { PAGE = 4096, CODE_AT = 16, SYSCALL_LENGTH = 2, RED_ZONE = 128, MOST_DATA = 4 << 20, MOST_PANICS = 4 };

struct call {
	pid_t tid;
	enum call_phase phase;
	struct dbg_call what;
	struct thread before; // as it is to be again,
	const struct os_kept *kept;
	siginfo_t signal; // if it has one to be delivered
	u64 base, size;   // what was mapped: a page of code, then data
	u64 passing;      // PASSES: the lifted trap
	u64 panics[MOST_PANICS];
	bool ending;     // it was asked to end
	const char *why; // and by whom
};

// Each leads the thread on to the next phase, or to the end with what has gone wrong.
struct str call_interruption(const struct call *call);
void call_fail(struct dbg_target *target, struct thread *thread, struct str problem);
void call_mapped(struct dbg_target *target, struct thread *thread, u64 result);
void call_protected(struct dbg_target *target, struct thread *thread, u64 result);
void call_put_back(struct dbg_target *target, struct call *call, struct thread *thread);
void call_returned(struct dbg_target *target, struct thread *thread);
void call_run(struct thread *thread, bool one_instruction);
