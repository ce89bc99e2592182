// A debuggee: its process, threads, breakpoints and steps. A state machine that advances by events: nothing
// here waits, except dbg_target_launch() for its own child's exec.
//
// One thread calls everything (ptrace is bound to it). SIGCHLD must be blocked first thing in main
// (dbg_block_signals); when the signal fd is readable, dbg_target_pump() gives what happened. The fd itself need
// not be read: the pump takes the pending signals.
#pragma once
#include <sys/types.h>

#include "engine/call.h"
#include "engine/frame.h"

enum dbg_state {
	DBG_RUNNING,
	DBG_STOPPING, // asked to stop; some threads still run
	DBG_STOPPED,  // all threads are
	DBG_EXITED,
};

struct dbg_target;

struct dbg_launch {
	struct str program; // a path; relative ones are taken from `cwd`'s parent process, that is ours
	const struct str *args;
	size_t n_args;
	struct str cwd; // "" for ours
	const struct dbg_env {
		struct str name, value;
		bool unset;
	} * env; // changes to our environment
	size_t n_env;
	bool keep_aslr;      // false: addresses are the same at each start
	struct str stdio[3]; // files for stdin, stdout, stderr instead of the pipes; "" for those
	// A process that waits in dbg_launch_helper() to become the program, and the socket to it; 0: it is forked. It keeps
	// its own stdin, stdout, stderr, folder and environment.
	pid_t helper;
	int helper_fd;
	bool own_stdio; // false: stdout and stderr are pipes for us to read (dbg_target_stdio), stdin /dev/null
};

void dbg_block_signals(void);
err_t dbg_signal_fd(int *out) MUST_USE; // a signalfd of SIGCHLD, nonblocking, close-on-exec
void dbg_forget_signals(void);          // those that are pending, where no target is there to be pumped

// Starts the program; it is DBG_STOPPED at its exec, before the first instruction of the dynamic loader, with
// the program's module loaded. `modules` is borrowed and may come from an earlier run.
err_t dbg_target_launch(const struct dbg_launch *launch, struct dbg_modules *modules, struct dbg_target **out) MUST_USE;
// In a process of its own (in a terminal): tells the debugger at the socket's other end that it may trace us, waits until
// it does, and becomes the program. Returns only what went wrong, which it has also told through the socket.
err_t dbg_launch_helper(int fd, char **argv, bool keep_aslr) MUST_USE;
// Takes hold of a running process and all its threads; DBG_STOPPING, and a DBG_EVENT_STOPPED with reason
// DBG_STOP_ATTACH when all have stopped. The error names the reason (yama, another tracer, permissions, no
// such process) and the remedy.
err_t dbg_target_attach(pid_t pid, struct dbg_modules *modules, struct dbg_target **out) MUST_USE;
// The same, and nothing is ever written into the process: no breakpoints, and modules that it loads later stay unknown.
// Should we be killed meanwhile, the kernel lets it go as it was.
err_t dbg_target_attach_to_look(pid_t pid, struct dbg_modules *modules, struct dbg_target **out) MUST_USE;
// A process that is neither traced nor stopped: its memory is read while it changes, so that a second look may tell another
// story; stacks are those of threads that sleep. What would run it is ERR_UNSUPPORTED. Fails as an attach does.
err_t dbg_target_open_running(pid_t pid, struct dbg_modules *modules, struct dbg_target **out) MUST_USE;
void dbg_target_look_again(struct dbg_target *target); // its threads and memory as they are now
// Opens the modules of a process that runs, so that their debug info can be read before it is stopped.
void dbg_target_preload(pid_t pid, struct dbg_modules *modules);
// A core file as a target that is stopped for ever (what would run it is ERR_UNSUPPORTED); its one event is a
// DBG_EVENT_STOPPED with reason DBG_STOP_ATTACH and the signal that it was dumped for. `program`: where the executable
// is now, "" for where it was.
err_t dbg_target_open_core(struct str path, struct str program, struct dbg_modules *modules, struct dbg_target **out) MUST_USE;
// Why the core file's program is not to be had, though none was named: no function has a name then. "": it is here.
struct str dbg_target_core_lacks(const struct dbg_target *target);
// Ends everything: kills a launched process that still runs (and reaps it); lets an attached one go.
void dbg_target_free(struct dbg_target *target); // NULL is fine

enum dbg_state dbg_target_state(const struct dbg_target *target);
pid_t dbg_target_pid(const struct dbg_target *target);
bool dbg_target_was_launched(const struct dbg_target *target);
struct str dbg_target_program(const struct dbg_target *target); // path of the executable
const struct dbg_space *dbg_target_space(const struct dbg_target *target);
// Work on this target asks `cancelled` now and then whether to go on (dbg_is_cancelled).
void dbg_target_hear(struct dbg_target *target, bool (*cancelled)(void *context), void *context);
// The user's forms for values, or NULL; borrowed, until others are set.
void dbg_target_set_forms(struct dbg_target *target, const struct dbg_forms *forms);
// From now on types of these rows are shown by their texts. The rows are borrowed.
void dbg_target_show(struct dbg_target *target, const struct dbg_text_row *rows, size_t n);
// Read ends of the pipes for stdout and stderr, -1 where there is none. The caller reads, never closes them.
void dbg_target_stdio(const struct dbg_target *target, int fds[2]);
size_t dbg_target_mappings(struct dbg_target *target, struct arena *arena, struct dbg_mapping **out);

// ---- threads ---------------------------------------------------------------------------------------

struct dbg_thread_info {
	pid_t tid;
	struct str name; // comm, in `arena`
};
// In order of creation, the first is the process's leader. Also while running.
size_t dbg_target_threads(struct dbg_target *target, struct arena *arena, struct dbg_thread_info **out);
// Only while stopped.
err_t dbg_thread_regs(struct dbg_target *target, pid_t tid, struct dbg_regs *out) MUST_USE;
err_t dbg_thread_set_regs(struct dbg_target *target, pid_t tid, const struct dbg_regs *regs) MUST_USE;
// The thread's stack, newest frame first, inlined frames expanded, up to `max` frames (0: 1000). In `arena`.
// `whole` tells whether the outermost frame was reached; `note` why not, if not.
size_t dbg_unwind(struct dbg_target *target, struct arena *arena, pid_t tid, size_t max, struct dbg_frame **out, bool *whole,
                  struct str *note);

// ---- running ---------------------------------------------------------------------------------------

err_t dbg_target_continue(struct dbg_target *target) MUST_USE; // all threads
// Goes on as if the last stop had not happened: a step that it cut short is still under way, and threads that
// were held stay held. For hits that turn out not to count (a condition that is false).
err_t dbg_target_pass_over(struct dbg_target *target) MUST_USE;
// The next dbg_target_continue or step lets only this thread run (0: all, as usual); threads that start then run, too.
void dbg_target_run_alone(struct dbg_target *target, pid_t tid);
err_t dbg_target_continue_thread(struct dbg_target *target, pid_t tid) MUST_USE; // this one, the others stay
err_t dbg_target_interrupt(struct dbg_target *target) MUST_USE;                  // DBG_EVENT_STOPPED with DBG_STOP_PAUSE follows
enum dbg_step { DBG_STEP_OVER, DBG_STEP_IN, DBG_STEP_OUT };
enum dbg_granularity { DBG_BY_LINE, DBG_BY_STATEMENT, DBG_BY_INSTRUCTION };
// The other threads run meanwhile. Ends with DBG_EVENT_STOPPED: DBG_STOP_STEP, or whatever came first.
err_t dbg_target_step(struct dbg_target *target, pid_t tid, enum dbg_step step, enum dbg_granularity granularity) MUST_USE;

// Steps that stay with a future rather than with a thread: over a suspension to the next poll of the same future, on
// whichever thread that is. In frames that are no coroutine's they are steps as above, but for library code: from the user's
// code they go no further into it or out to it than to the user's closures that it calls, and further out.
struct dbg_follow {
	bool into_libraries; // steps stop in library code, too
	bool thread_only;    // stays with no future
	// Names (their beginning) of the functions that poll futures which nobody awaits: a step goes no further out than
	// these. They must outlive the step.
	const char *const *roots;
	size_t n_roots;
};
err_t dbg_target_step_following(struct dbg_target *target, pid_t tid, enum dbg_step step, enum dbg_granularity granularity,
                                const struct dbg_follow *follow) MUST_USE;
// What the line at which a thread stands calls, polls or has inlined, without drop glue, in the order of its columns; library
// code only if wanted. In `arena`; 0 if the line is not known.
struct dbg_step_target {
	struct str name;        // path of the function, of a coroutine of the fn that makes it
	bool is_coroutine;      // it is entered when it is polled
	struct dbg_place place; // of the call
	u64 behind;             // the address behind the call instruction; 0: from wherever it is called while the line runs
	u64 start;              // where the step ends; 0 if it is inlined
	u64 inlined;            // DIE of the instance, or 0
	const u32 *makers;      // other lines where what the line awaits is made, as the branches of `select!`: no ends of the step
	size_t n_makers;
};
size_t dbg_step_targets(struct dbg_target *target, struct arena *arena, pid_t tid, bool libraries, struct dbg_step_target **out);
// A step into this one, and over all else; should it not be called, the step ends at the next line. `follow` may be NULL.
err_t dbg_target_step_into(struct dbg_target *target, pid_t tid, const struct dbg_step_target *into,
                           const struct dbg_follow *follow) MUST_USE;
// A coroutine that is not polled now: goes on until it has been, and then as a step from the place where it awaits.
err_t dbg_target_step_suspended(struct dbg_target *target, struct dbg_value future, enum dbg_step step,
                                const struct dbg_follow *follow) MUST_USE;
// A step that goes on where any thread calls a function with this first argument, and from there out to the coroutine that
// polls: as where a result is fetched for which nobody is known to wait. It ends as completed where the other function is
// called with it.
struct dbg_awaited_call {
	u64 function, given_up, argument;
};
err_t dbg_target_step_called(struct dbg_target *target, const struct dbg_awaited_call *call,
                             const struct dbg_follow *follow) MUST_USE;
// Whether steps may use a debug register of the threads (they may at first). Without, other futures of the same type
// cost them a stop at each poll.
void dbg_target_allow_watch(struct dbg_target *target, bool allow);
// Is there a step that the last stop cut short, and that dbg_target_pass_over() would go on with?
bool dbg_target_has_step(const struct dbg_target *target);

// What the function returned that the last step of this thread has left: false if the last stop is not such a step's end.
bool dbg_target_returned(struct dbg_target *target, pid_t tid, struct dbg_returned *out);

// ---- calls -----------------------------------------------------------------------------------------

// A call of a function of the program by one of its threads, which is put back as it was; the others stay stopped meanwhile.
// Ends with DBG_EVENT_CALLED, whatever happens; the process is DBG_STOPPED then, as before, unless it has ended.
// May a call be made by this thread now? ERR_STATE says why not: it is inside the allocator or a panic, handles a signal.
err_t dbg_target_may_call(struct dbg_target *target, pid_t tid) MUST_USE;
err_t dbg_target_call(struct dbg_target *target, pid_t tid, const struct dbg_call *call) MUST_USE;
// Ends it before it has returned; `why` is told as the problem, and must live as long. No effect if there is none.
void dbg_target_end_call(struct dbg_target *target, const char *why);
// Of the call whose DBG_EVENT_CALLED was last given. In `arena`.
void dbg_target_call_result(const struct dbg_target *target, struct arena *arena, struct dbg_call_result *out);

// Children (of fork, vfork, clone) are left stopped by SIGSTOP where they begin (vfork: at their exec), for another
// debugger to attach to, which continues them by SIGCONT; else they run on by themselves, free of breakpoints.
void dbg_target_stop_children(struct dbg_target *target, bool stop);

err_t dbg_target_terminate(struct dbg_target *target) MUST_USE; // SIGTERM, delivered even if stopped
err_t dbg_target_kill(struct dbg_target *target) MUST_USE;      // DBG_EVENT_EXITED follows
// Removes all breakpoints and lets the process go on by itself, in whatever state we are; it stays stopped
// only if `leave_stopped`. After it the target is DBG_EXITED.
err_t dbg_target_detach(struct dbg_target *target, bool leave_stopped) MUST_USE;

// ---- breakpoints -----------------------------------------------------------------------------------

// A breakpoint is wanted (the specification), resolved (addresses, when a module has them) and inserted.
// Resolving is done again whenever modules come or go. Works in every state but DBG_EXITED, also while running.
// What a hit means (conditions, counts) is not the engine's affair.
enum dbg_breakpoint_kind { DBG_BREAK_LINE, DBG_BREAK_FUNCTION, DBG_BREAK_ADDRESS };
struct dbg_breakpoint_spec {
	enum dbg_breakpoint_kind kind;
	struct str file; // LINE
	u32 line;
	u32 column;          // LINE: one of several places on it; 0: the line
	struct str function; // FUNCTION: as dbg_function_addresses takes it
	u64 addr;            // ADDRESS
	bool asks;           // hits are DBG_EVENT_HIT: most of them will not count
};
struct dbg_breakpoint_info {
	u32 id;
	size_t n_addresses;     // 0: pending
	const u64 *addresses;   // sorted; valid until the breakpoint changes
	struct dbg_place place; // of the first address, or line_out of the resolution
	u32 column;             // the one that was found for the wanted one; 0: none was wanted
	struct str problem;     // why it is pending, or why a byte could not be written; "" if all is well
};
u32 dbg_breakpoint_add(struct dbg_target *target, const struct dbg_breakpoint_spec *spec); // an id, from 1
void dbg_breakpoint_remove(struct dbg_target *target, u32 id);
// Whether the hit of a DBG_EVENT_HIT counts. Until it is answered, the thread stays where it is, and its registers, stack
// and the memory can be read (others may write that meanwhile). One that counts becomes a DBG_EVENT_STOPPED with
// `asked`; one that does not is passed over, and no other thread is halted for it.
void dbg_target_answer_hit(struct dbg_target *target, pid_t tid, bool counts);
bool dbg_breakpoint_info(struct dbg_target *target, u32 id, struct dbg_breakpoint_info *out); // false: no such id

// ---- watches ---------------------------------------------------------------------------------------

// Places in memory that the processor watches in all threads, those that start later, too. It has four registers, of
// which a step over a suspension uses one while it is under way, where one is free. Works in every state but DBG_EXITED.
// What the kernel writes for a system call (read(2) into a buffer) is not seen. Dropped when the process runs another
// program.
enum dbg_watch_on {
	DBG_WATCH_CHANGE, // written, and another value than before
	DBG_WATCH_WRITE,  // written
	DBG_WATCH_READ,   // read, or written with the value that it had: the processor does not tell these apart
	DBG_WATCH_ACCESS, // read or written
};
// `size` is 1, 2, 4 or 8, and `addr` a multiple of it. The error (ERR_UNSUPPORTED) says that they are not, or that all
// registers are in use, or that the processor has none; ERR_FAULT: nothing can be read there. `id` is from 1.
err_t dbg_watch_add(struct dbg_target *target, u64 addr, u64 size, enum dbg_watch_on on, u32 *id) MUST_USE;
void dbg_watch_remove(struct dbg_target *target, u32 id);

// ---- events ----------------------------------------------------------------------------------------

enum dbg_event_kind {
	DBG_EVENT_STOPPED, // all threads are stopped
	DBG_EVENT_HIT,     // this thread is at `breakpoints`, which all ask; the others run on: dbg_target_answer_hit()
	DBG_EVENT_THREAD_NEW,
	DBG_EVENT_THREAD_GONE,
	DBG_EVENT_MODULES,    // the list of modules changed
	DBG_EVENT_BREAKPOINT, // a breakpoint's addresses changed: breakpoints[0]
	DBG_EVENT_EXEC,       // the process runs another program now
	DBG_EVENT_FORKED,     // a child, which was let go: tid is its pid
	DBG_EVENT_CALLED,     // dbg_target_call has ended: dbg_target_call_result()
	DBG_EVENT_EXITED,
};
enum dbg_stop {
	DBG_STOP_ENTRY,
	DBG_STOP_ATTACH,
	DBG_STOP_BREAKPOINT,
	DBG_STOP_WATCH, // `watches`; the thread is behind the instruction that has read or written
	DBG_STOP_STEP,
	DBG_STOP_PAUSE,
	DBG_STOP_SIGNAL, // `signal`; delivered at the next resume unless it is SIGINT or SIGTRAP
};
// What became of the future that a step stayed with.
enum dbg_step_end {
	DBG_STEP_ARRIVED,   // it, or who awaits it, is at another line
	DBG_STEP_COMPLETED, // it returned, and no frame of the user's code goes on
	DBG_STEP_CANCELLED, // dropped before it was done
	DBG_STEP_PANICKED,  // a panic left it, and was caught by no code of the user's
};
struct dbg_watch_hit {
	u32 id;
	u64 addr, size;
	u64 old_value, new_value; // of `size` bytes, the rest is 0
};
struct dbg_event {
	enum dbg_event_kind kind;
	pid_t tid;
	enum dbg_stop stop;     // STOPPED
	const u32 *breakpoints; // STOPPED by a breakpoint: those hit at this address, also when a step ended on
	                        // it (DBG_STOP_STEP): they count as hit. BREAKPOINT: the one
	size_t n_breakpoints;
	bool asked;                          // STOPPED by a breakpoint: the hit was told before, by a DBG_EVENT_HIT
	const struct dbg_watch_hit *watches; // STOPPED by watches, also beside another reason
	size_t n_watches;
	int signal;                 // STOPPED by a signal; EXITED by one, else 0
	u64 fault_addr;             // of SIGSEGV, SIGBUS: si_addr
	int exit_code;              // EXITED
	enum dbg_step_end step_end; // STOPPED by a step
	u64 future;                 // STOPPED by a step: address of the one that it stayed with last, or 0
	const struct dbg_type *future_type;
	struct str text; // "segmentation fault at 0x0", in the pump's arena
};
// Drains what the kernel has to tell, advances steps and stops, and gives the resulting events, in order.
// Several threads may have stopped at once: one is told now, the others (if what they hit still stands) as
// soon as the target is resumed. In `arena`.
size_t dbg_target_pump(struct dbg_target *target, struct arena *arena, struct dbg_event **out);
