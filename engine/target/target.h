// The inside of struct dbg_target, shared by the files of this folder.
//
//   target.c   life: launch, attach, detach, kill; what others may ask
//   thread.c   the table of threads; resuming one of them
//   events.c   what the kernel tells, one function a kind of stop
//   run.c      the machine that halts all threads, passes over breakpoints, reports, and resumes
//   site.c     trap bytes in memory; breakpoint.c  what the user wants there
//   displace.c passing over a trap without lifting it; emulate.c  instructions that are done by us
//   loader.c   modules come and go; child.c  forked children; signals.c  which signals stop
//   step.c     steps; step_future.c  those that stay with a future
//   call.c     calls of the program's functions; call_sound.c  when there can be none
//   watch.c    debug registers: the user's watches, and a step's
//   unwind.c   stacks; core_target.c  core files; running_target.c  processes that run on
//   frame_pointer.c  ... and their stacks
#pragma once
#include <sys/types.h>

#include "base/vec.h"
#include "engine/heap.h"
#include "engine/os.h"
#include "engine/target.h"

enum thread_state {
	THREAD_STARTING, // announced; its first stop has not come yet
	THREAD_RUNNING,
	THREAD_STOPPED, // in a ptrace-stop
};

// What a stopped thread has to tell the user, until it is told.
enum thread_report { REPORT_NONE, REPORT_ASKED, REPORT_BREAKPOINT, REPORT_WATCH, REPORT_STEP, REPORT_SIGNAL };

struct thread {
	pid_t tid;
	enum thread_state state;
	bool exiting;    // in its last stop, or resumed from it: there will be no other
	bool in_vfork;   // in the kernel until its child execs: can't be stopped, and runs no code of its own
	bool held;       // stays stopped while others run (dbg_target_continue_thread)
	bool was_held;   // before the call under way
	bool group_stop; // stopped by job control
	bool asked;      // PTRACE_INTERRUPT was sent since it was resumed

	bool stepping;        // was resumed for one instruction,
	u64 step_pc, step_sp; // from here,
	int step_signal;      // with this signal delivered
	bool passing;         // ... to pass over a lifted breakpoint
	bool masked;          // asynchronous signals are blocked meanwhile,
	u64 mask;             // and this is its own mask

	u64 displaced_to, displaced_from; // runs the instruction of a breakpoint elsewhere; 0: not

	bool has_hit; // the breakpoint at hit_addr was taken: the next resume from there passes over it
	u64 hit_addr;

	struct os_watch watching[OS_WATCHES];        // in its debug registers
	struct dbg_watch_hit watch_hits[OS_WATCHES]; // to be told
	size_t n_watch_hits;

	enum thread_report report;
	bool answered; // REPORT_BREAKPOINT: it was REPORT_ASKED before
	int signal;    // to be delivered at the next resume
	u64 fault_addr;
	bool fault_known;

	bool has_regs, has_float_regs; // valid while stopped
	bool owes_pc;                  // its pc in `regs` is not the kernel's yet
	struct dbg_regs regs;
};

// A byte in the debuggee's memory that is, or was, replaced by a trap. Kept when lifted, since a child forked
// before may still have the trap.
struct site {
	u64 addr;
	u8 original;
	bool inserted;
	bool lifted;                // restored for a moment, while threads pass over it
	bool failed;                // the byte can't be written
	struct displace_plan *plan; // how its instruction is run, NULL: not known yet
};

// A place for instructions that run elsewhere than they stand.
struct displace_slot {
	u64 addr;        // 0: there is none
	u64 holds;       // whose, 0: its own bytes
	bool leads_back; // by a jump behind the instruction
	bool runs;       // threads run through it and back, so that one that was sent there may be there yet
	u8 original[16];
};

enum { TRAP_BYTE = 0xcc };

struct breakpoint {
	u32 id;
	struct dbg_breakpoint_spec spec;
	struct arena home; // of what follows
	u64 *addrs;
	size_t n_addrs;
	struct dbg_place place;
	u32 column;
	struct str problem;
};

// A child of fork or vfork that is traced until it can be let go.
struct child {
	pid_t pid;
	bool stopped_once;
	bool shares_memory; // vfork: let go at its exec
	bool known;         // its parent's event has told what it is
	u64 passing;        // over our breakpoint here, 0: not
};

// A wanted content of a debug register.
struct watch {
	struct os_watch place; // addr 0: the register is free
	u32 id;                // the user's number, 0: the step's own
	enum dbg_watch_on on;
	u64 value;    // what was there when it was last looked
	bool refused; // by the processor, in some thread
};

enum run_mode {
	MODE_RUNNING,
	MODE_HALTING, // threads were asked to stop
	MODE_PASSING, // all are stopped but those that pass over lifted breakpoints
	MODE_STOPPED,
	MODE_DETACHING,
	MODE_EXITED,
};

struct step;
struct step_watch { // a function that leaves frames without returning
	u64 addr;
	int kind;
};

struct dbg_target {
	struct arena home;    // of this struct and of what lives as long
	struct arena scratch; // cleared at each pump
	pid_t pid;
	bool launched;
	int stdio[2];
	struct str program;
	struct os_memory os_memory;
	struct os_core *core;  // a core file instead of a process, else NULL
	bool core_told;        // its one stop
	struct str core_lacks; // why its program is not here
	bool untouched;        // a process that is not traced: it runs, whatever `mode` says
	bool stop_children;    // when they are let go
	bool only_look;        // no trap is put into the process
	struct dbg_space space;

	enum run_mode mode;
	bool attaching;  // the halt under way ends with DBG_STOP_ATTACH
	bool want_pause; // ... with DBG_STOP_PAUSE
	pid_t alone;     // what the next resume is for, 0: all
	bool dying;      // by SIGKILL: its end comes by itself, and no stop before it

	VEC(struct thread *) threads; // in order of creation
	VEC(struct thread *) spare;
	VEC(struct child) children;

	VEC(struct site) sites; // sorted by address
	struct displace_slot slots[2];
	bool slots_known;
	VEC(struct breakpoint *) breakpoints;
	u32 last_breakpoint;

	u64 entry;      // AT_ENTRY until it was reached, else 0
	u64 loader_brk; // r_debug.r_brk, 0: not known
	u64 r_debug;

	struct step *step; // under way or suspended by a stop, or NULL
	VEC(struct step_watch) watches;
	bool watches_known; // false: modules changed since
	VEC(u64) bodies;    // where the user's coroutines begin
	bool bodies_known;
	void *unwinder;               // unwind.c's
	struct dbg_returned returned; // by the step under way, or the one that was the last stop
	pid_t returned_tid;
	u64 returned_pc;
	struct call *call;   // under way, or NULL
	struct arena called; // of what the last one has left
	struct dbg_call_result call_result;
	u64 syscall_at; // an instruction `syscall`, once it was needed
	struct watch watch[OS_WATCHES];
	u32 last_watch;
	struct dbg_heap heap; // as it was when memory was of this generation
	u64 heap_generation;
	bool heap_known;
	bool no_watch; // not for steps: the processor can't, or the user does not want it

	// While pumping.
	struct arena *out_arena;
	VEC(struct dbg_event) out;
};

// ---- heap.c
// For dbg_space.is_freed; `target` is a struct dbg_target.
bool heap_is_freed(void *target, u64 block);

// ---- target.c
struct dbg_target *target_make(pid_t pid, struct dbg_modules *modules); // life.c: without threads
void target_hold_all_but(struct dbg_target *target, pid_t tid);         // 0: none is left out

// ---- core_target.c
size_t core_pump(struct dbg_target *target, struct arena *arena, struct dbg_event **out);
err_t core_refuses(const struct dbg_target *target) MUST_USE; // NULL for a process

// ---- thread.c
struct thread *thread_find(const struct dbg_target *target, pid_t tid);
struct thread *thread_add(struct dbg_target *target, pid_t tid, enum thread_state state);
void thread_remove(struct dbg_target *target, struct thread *thread);
// The general registers, read once a stop.
err_t thread_regs(struct thread *thread, struct dbg_regs **out) MUST_USE;
err_t thread_set_pc(struct thread *thread, u64 pc) MUST_USE;
err_t thread_owe_pc(struct thread *thread, u64 pc) MUST_USE;
void thread_pay_pc(struct thread *thread);
// Lets a stopped thread run: one instruction or on. A thread that is gone is left to its exit event.
void thread_resume(struct thread *thread, bool one_instruction);
void thread_interrupt(struct thread *thread);
void thread_restore_mask(struct thread *thread);

// ---- events.c
void event_handle(struct dbg_target *target, const struct os_wait *wait);
struct dbg_event *event_emit(struct dbg_target *target, enum dbg_event_kind kind, pid_t tid);
void target_exited(struct dbg_target *target, int code, int signal);

// ---- run.c
void run_advance(struct dbg_target *target);
// A thread that stopped without anything to tell goes on, if threads run now.
void run_continue_thread(struct dbg_target *target, struct thread *thread);
void run_halt(struct dbg_target *target);
bool run_all_stopped(const struct dbg_target *target);
void run_resume_all(struct dbg_target *target);
bool run_has_reports(const struct dbg_target *target);

// ---- site.c
struct site *site_find(const struct dbg_target *target, u64 addr);
// Makes memory agree with what is wanted there: the trap byte is in memory iff somebody wants it.
void site_update(struct dbg_target *target, u64 addr);
void site_lift(struct dbg_target *target, u64 addr); // for a moment: the reverse is site_settle
void site_settle(struct dbg_target *target, u64 addr);
void sites_settle(struct dbg_target *target);
void sites_remove_all(struct dbg_target *target);
void sites_forget(struct dbg_target *target); // another program image
bool site_failed(const struct dbg_target *target, u64 addr);
void sites_clean_child(struct dbg_target *target, pid_t child);
bool site_is_inserted(const struct dbg_target *target, u64 addr);
struct dbg_mem_source site_source(struct dbg_target *target); // memory without our traps

// ---- displace.c
// Resumes a thread that stands on a trap which it has taken; false if that needs the trap lifted.
bool displace_can(struct dbg_target *target, struct thread *thread); // is it not to be lifted?
bool displace_pass(struct dbg_target *target, struct thread *thread);
// The thread has stopped: back to where its instruction stands.
void displace_back(struct dbg_target *target, struct thread *thread);
void displace_remove(struct dbg_target *target); // all threads are stopped: nothing of ours stays in memory
void displace_forget(struct dbg_target *target); // another program image
void displace_clean(const struct dbg_target *target, u64 addr, u8 *bytes, size_t len); // the program's own bytes

// ---- breakpoint.c
bool breakpoints_ask(const struct dbg_target *target, u64 addr); // are all there such that ask?
bool breakpoints_want(const struct dbg_target *target, u64 addr);
size_t breakpoints_at(const struct dbg_target *target, struct arena *arena, u64 addr, u32 **ids);
void breakpoints_resolve(struct dbg_target *target); // modules changed
void breakpoints_free(struct dbg_target *target);

// ---- loader.c
void loader_start(struct dbg_target *target); // a new program image
bool loader_wants(const struct dbg_target *target, u64 addr);
void loader_hit(struct dbg_target *target, u64 addr);
bool loader_update_modules(struct dbg_target *target); // true: something changed

// ---- child.c
void child_announced(struct dbg_target *target, pid_t pid, bool shares_memory);
struct child *child_find(const struct dbg_target *target, pid_t pid);
struct child *child_add(struct dbg_target *target, pid_t pid);
void child_event(struct dbg_target *target, struct child *child, const struct os_wait *wait);
bool children_let_go(struct dbg_target *target); // as many as can be now; false: some have not stopped yet

// ---- signals.c
bool signal_stops(int signal);
bool signal_is_delivered(int signal); // after it has stopped us
struct str signal_text(struct arena *arena, int signal, bool fault_known, u64 fault_addr);
u64 signal_step_mask(void); // blocked while single-stepping

// ---- step.c: what a step does with the stops of threads
enum step_verdict {
	STEP_NOT_MINE, // the stop has nothing to do with the step
	STEP_GOES_ON,  // resume the thread as step_runs_by_instruction() says
	STEP_DONE,
};
err_t step_begin(struct dbg_target *target, struct thread *thread, enum dbg_step kind, enum dbg_granularity granularity,
                 const struct dbg_follow *follow) MUST_USE;
// Of a future that no thread polls now.
err_t step_begin_into(struct dbg_target *target, struct thread *thread, const struct dbg_step_target *into,
                      const struct dbg_follow *follow) MUST_USE;
err_t step_begin_suspended(struct dbg_target *target, const struct dbg_follow *follow, struct dbg_value future,
                           enum dbg_step kind) MUST_USE;
err_t step_begin_called(struct dbg_target *target, const struct dbg_awaited_call *call, const struct dbg_follow *follow) MUST_USE;
// Of a step that is done.
enum dbg_step_end step_end(const struct dbg_target *target, u64 *future, const struct dbg_type **type);
bool step_wants(const struct dbg_target *target, u64 addr);
bool step_runs_by_instruction(const struct dbg_target *target, const struct thread *thread);
enum step_verdict step_after_instruction(struct dbg_target *target, struct thread *thread);
enum step_verdict step_at_site(struct dbg_target *target, struct thread *thread, u64 addr);
bool step_is_of(const struct dbg_target *target, const struct thread *thread);
bool step_thread_exits(struct dbg_target *target, struct thread *thread); // true: the step ends here
void step_discard(struct dbg_target *target);

enum step_verdict step_at_watch(struct dbg_target *target, struct thread *thread);
bool step_is_suspended(const struct dbg_target *target);

// ---- call.c
bool call_is_of(const struct dbg_target *target, const struct thread *thread);
bool call_wants(const struct dbg_target *target, u64 addr);
void call_got_signal(struct dbg_target *target, struct thread *thread, int signal);
void call_asked_to_end(struct dbg_target *target); // its thread was interrupted, whatever it has to tell first
void call_interrupted(struct dbg_target *target, struct thread *thread);
void call_go_on(struct dbg_target *target, struct thread *thread); // from a stop that has nothing to do with it
void call_lost(struct dbg_target *target, const char *why);        // its thread can't be put back
bool call_is_over(const struct dbg_target *target);
void call_tell(struct dbg_target *target); // all threads are stopped, and it is over
// call_sound.c: "" if the thread may call something
struct str call_objection(struct dbg_target *target, struct thread *thread, struct arena *arena);

// ---- watch.c: debug registers
// A step's: all threads but the stepped one are to watch this, if this thread's registers can; false if they can't.
bool watch_begin(struct dbg_target *target, struct thread *thread, u64 addr, u64 size);
void watch_end(struct dbg_target *target);
// Before a thread is resumed: gives its registers what they ought to have.
void watch_arm(struct dbg_target *target, struct thread *thread);
void watch_disarm(struct thread *thread); // before it is let go
// Does a thread run that has yet to be given the watch, so that all must halt for it?
bool watch_lacks(const struct dbg_target *target);
// Whose was the thread's last trap? Notes what was read or written of the user's.
enum { WATCH_TRAPPED = 1, WATCH_STEPS = 2, WATCH_USERS = 4 };
unsigned watch_trapped(struct dbg_target *target, struct thread *thread);
bool watch_hits_stand(const struct dbg_target *target, struct thread *thread); // drops those that were removed since
void watches_look(struct dbg_target *target);                                  // before a resume
void watches_forget(struct dbg_target *target);                                // another program image

// ---- unwind.c
// The physical frames of a stopped thread, newest first.
struct machine_frame {
	struct dbg_regs regs;
	u64 cfa;       // 0: not known
	bool exact_pc; // interrupted here (the newest frame, or below a signal's frame): not a return address
};
// frame_pointer.c: sets rbp in these registers, if it is not known and can be told from the stack.
bool unwind_find_frame_pointer(struct dbg_target *target, struct dbg_regs *regs);
size_t unwind_machine(struct dbg_target *target, struct thread *thread, struct arena *arena, size_t max,
                      struct machine_frame **out, bool *whole, struct str *note);
void unwind_forget(struct dbg_target *target); // modules changed
void unwind_free(struct dbg_target *target);
