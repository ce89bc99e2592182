// What the kernel offers a debugger, named by meaning: ptrace, wait, /proc, memory and registers of x86-64 Linux.
//
// For engine/target only, and engine/symbols for where files lie. Nothing here keeps state but struct os_memory and cpu.c;
// nothing waits but os_wait_pid and os_launch (for its own child). ESRCH is ERR_GONE everywhere: a thread can vanish between
// any two calls.
#pragma once
#include <sched.h>
#include <signal.h>
#include <sys/types.h>

#include "base/err.h"
#include "engine/memory.h"
#include "engine/regs.h"

// ---- ptrace.c --------------------------------------------------------------------------------------

// What a traced process tells us about; EXITKILL: it dies with us.
enum os_seize_mode { OS_SEIZE_ATTACHED, OS_SEIZE_LAUNCHED };
err_t os_seize(pid_t tid, enum os_seize_mode mode) MUST_USE;
err_t os_interrupt(pid_t tid) MUST_USE; // a stop of kind OS_STOPPED_EVENT follows, or any other that comes first
// The thread goes on, with `signal` delivered (0: none).
err_t os_cont(pid_t tid, int signal) MUST_USE;
err_t os_step(pid_t tid, int signal) MUST_USE;
err_t os_listen(pid_t tid) MUST_USE; // stays in its group-stop, and tells when that ends
err_t os_detach(pid_t tid, int signal) MUST_USE;
err_t os_event_message(pid_t tid, unsigned long *out) MUST_USE;
err_t os_signal_info(pid_t tid, siginfo_t *out) MUST_USE;
err_t os_set_signal_info(pid_t tid, const siginfo_t *info) MUST_USE; // of the signal that it is to get next
// Has an instruction of the stopped thread raised a signal (a trap, a fault) that was not reported yet? It will
// be as soon as the thread is resumed, before it runs another instruction.
bool os_has_fault_pending(pid_t tid);
err_t os_signal_mask(pid_t tid, u64 *out) MUST_USE;
err_t os_set_signal_mask(pid_t tid, u64 mask) MUST_USE;

// Places in memory that the processor watches for one thread; new threads do not inherit them.
enum { OS_WATCHES = 4 };
struct os_watch {
	u64 addr;   // 0: none; a multiple of the size
	u8 size;    // 1, 2, 4 or 8
	bool reads; // reads trap, too, not only writes
};
err_t os_watch(pid_t tid, const struct os_watch watches[OS_WATCHES]) MUST_USE; // replaces all
unsigned os_watch_trapped(pid_t tid); // a bit for each that has trapped since it was last asked

// ---- cpu.c -----------------------------------------------------------------------------------------

// To be told of each stop. While they follow each other closely, the calling thread keeps to one processor.
void os_cpu_stopped(void);
void os_cpu_leave(void); // before it starts processes, which would have to keep to it, too
void os_cpu_leave_unless_used(void);
// Around the resume of a stopped thread, which is to wake on that processor. false: as it likes, and nothing to release.
bool os_cpu_invite(pid_t tid, cpu_set_t *before);
void os_cpu_release(pid_t tid, const cpu_set_t *before);
void os_cpu_born(pid_t parent, pid_t child); // the child may have begun between the two

// ---- regs_x86_64.c ---------------------------------------------------------------------------------

err_t os_regs(pid_t tid, struct dbg_regs *out) MUST_USE;            // general registers and segment bases
err_t os_float_regs(pid_t tid, struct dbg_regs *out) MUST_USE;      // adds xmm0 to xmm15
err_t os_set_regs(pid_t tid, const struct dbg_regs *regs) MUST_USE; // those that are known
err_t os_set_pc(pid_t tid, u64 pc) MUST_USE;
// One general register, of a thread in a trap: nowhere else may a pc be set so, since a system call may have to be restarted.
err_t os_put_reg(pid_t tid, unsigned number, u64 value) MUST_USE;
// Everything that a thread computes with, as the kernel has it: general, vector and mask registers, the system call that it
// is in, and the signals it blocks. In `arena`.
struct os_kept;
err_t os_keep(pid_t tid, struct arena *arena, const struct os_kept **out) MUST_USE;
err_t os_put_back(pid_t tid, const struct os_kept *kept) MUST_USE;
// As os_set_regs, for code that has nothing to do with what the thread was about: no system call is begun again for it,
// flags are clear. The first `n_floats` (at most 8) vector registers get these low halves, the rest is 0.
err_t os_set_regs_afresh(pid_t tid, const struct dbg_regs *regs, const u64 *floats, size_t n_floats) MUST_USE;
// The number of the system call that the thread is in or was last in (orig_rax).
err_t os_syscall_number(pid_t tid, long *out) MUST_USE;

// ---- wait.c ----------------------------------------------------------------------------------------

enum os_stop {
	OS_EXITED,         // code
	OS_KILLED,         // signal
	OS_STOPPED_SIGNAL, // about to receive `signal`
	OS_STOPPED_GROUP,  // job control stopped the process by `signal`
	OS_STOPPED_EVENT,  // by os_interrupt, or a new thread's or child's first stop
	OS_STOPPED_CLONE,
	OS_STOPPED_FORK,
	OS_STOPPED_VFORK,
	OS_STOPPED_VFORK_DONE,
	OS_STOPPED_EXEC,
	OS_STOPPED_EXIT, // about to end: still has its registers
};
struct os_wait {
	pid_t tid;
	enum os_stop stop;
	int signal, code;
};
bool os_wait_any(struct os_wait *out);                      // false: the kernel has nothing more to tell now
err_t os_wait_pid(pid_t pid, struct os_wait *out) MUST_USE; // waits
void os_wait_clear(void);            // forgets the SIGCHLDs that are pending: call it, then drain os_wait_any
void os_wait_nudge(void);            // makes the signal fd readable once
void os_wait_pause(unsigned max_ms); // until the next SIGCHLD or that long: only for detach and free

// ---- launch.c --------------------------------------------------------------------------------------

struct dbg_launch;
// The child is seized and stopped at its exec. `fds`: read ends of the pipes for stdout and stderr or -1.
err_t os_launch(const struct dbg_launch *launch, pid_t *pid, int fds[2]) MUST_USE;

// ---- mem.c -----------------------------------------------------------------------------------------

struct os_memory {
	pid_t pid;
	int fd; // of /proc/PID/mem, -1 if it can't be opened; bound to one program image
};
void os_memory_open(struct os_memory *memory, pid_t pid);
void os_memory_close(struct os_memory *memory);
// As many bytes as can be read from the start.
size_t os_memory_read(const struct os_memory *memory, u64 addr, void *buf, size_t len);
err_t os_memory_write(const struct os_memory *memory, u64 addr, const void *buf, size_t len) MUST_USE;

// ---- procfs.c --------------------------------------------------------------------------------------

size_t os_maps(pid_t pid, struct arena *arena, struct dbg_mapping **out);
size_t os_tasks(pid_t pid, struct arena *arena, pid_t **out);
// Where the stack and the next instruction are of a thread that sleeps in a system call; false if it runs or is traced.
bool os_sleeps_at(pid_t pid, pid_t tid, u64 *sp, u64 *pc);
// Where the thread's list of robust locks is, 0 if it has set none or that may not be known: glibc has it in each struct pthread.
u64 os_robust_list(pid_t tid);
struct str os_comm(struct arena *arena, pid_t pid, pid_t tid);
struct str os_exe(struct arena *arena, pid_t pid);
bool os_auxv(pid_t pid, u64 type, u64 *out);
pid_t os_thread_group(pid_t tid); // its process, 0 if there is no such thread
pid_t os_tracer(pid_t pid);       // 0: none
bool os_task_exists(pid_t pid, pid_t tid);
// Why the kernel refused to let us trace `pid` and what to do about it.
err_t os_explain_refusal(pid_t pid, int error) MUST_USE;

// ---- mapped_file.c ---------------------------------------------------------------------------------

// What stands before the paths that the process knows, for us: "/proc/PID/root" where it has mounts or a root of its own,
// as in a container, else "".
struct str os_files_root(struct arena *arena, pid_t pid);
// A path by which we can open the file that is mapped there: the process's own, unless another file or none is there for us.
struct str os_mapped_file(struct arena *arena, pid_t pid, const struct dbg_mapping *mapping);

// ---- core.c ----------------------------------------------------------------------------------------

// A core file of the kernel's or of gcore's. Fails with what is wrong with the file.
struct os_core;
struct os_core_thread {
	pid_t tid;
	int signal; // that it was dumped for, or 0
	struct dbg_regs regs;
};
err_t os_core_open(struct str path, struct os_core **out) MUST_USE;
void os_core_close(struct os_core *core);
struct str os_core_program(const struct os_core *core);          // the path that was mapped first; "" if not told
void os_core_set_program(struct os_core *core, struct str path); // where that program is now
// Whether that file can be opened (ERR_OS, ERR_GONE) and is not known to be of another build (ERR_ARGUMENT).
err_t os_core_check_program(const struct os_core *core) MUST_USE;
pid_t os_core_pid(const struct os_core *core);
size_t os_core_threads(const struct os_core *core, const struct os_core_thread **out); // the one that crashed first
// From the core, or from the files that were mapped where the core has no copy.
size_t os_core_read(struct os_core *core, u64 addr, void *buf, size_t len);
// Only what the core file itself has, whole.
bool os_core_read_stored(const struct os_core *core, u64 addr, void *buf, size_t len);
size_t os_core_mappings(const struct os_core *core, struct arena *arena, struct dbg_mapping **out);
