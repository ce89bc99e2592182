// Tokio's runtimes, workers, tasks and futures at one stop.
//
// A reader binds layouts (offsets and types found by member names) once per process image; a snapshot is read
// by it at a stop and lives in that stop's arena. Arrays refer to each other by index. What can't be read is
// told in `complaints` or in the part's own `note`, and the rest is still there.
#pragma once
#include "base/map.h"
#include "engine/target.h"

struct tk_address;
struct tk_reader;
struct tk_task_type;
struct map;
struct dbg_sockets;

struct tk_reader *tk_reader_new(struct dbg_target *target);
void tk_reader_free(struct tk_reader *reader); // NULL is fine
// Prepares a little (types, symbols) while the program runs, so that a stop finds it ready; some milliseconds.
// False when there is nothing left to prepare.
bool tk_reader_prepare(struct tk_reader *reader);
// Modules came or went: bind again.
void tk_reader_forget(struct tk_reader *reader);

enum tk_flavour { TK_MULTI_THREAD, TK_CURRENT_THREAD, TK_LOCAL_SET, TK_FLAVOUR_UNKNOWN };

// A scheduler with a list of its own tasks; a LocalSet is one, which runs inside a future of another.
struct tk_runtime {
	enum tk_flavour flavour;
	u64 handle;      // address of the scheduler's Handle, of a LocalSet's Shared
	u64 id;          // OwnedTasks.id
	struct str name; // Handle.name, "" if none
	u64 injected;    // length of the injection queue
	bool injected_known;
	// CURRENT_THREAD: who runs it (the thread in block_on that has its core; 0: nobody), and the queue of its core
	pid_t tid;
	u64 local_queue;
	bool queue_known;
	struct str doing; // "polling task 6", "parked on the I/O driver", "no thread is in its block_on"
	// The blocking pool: all its threads, those that wait for work (workers of a multi_thread runtime are among
	// them), and the closures that wait for a thread.
	u64 pool_threads, pool_idle, pool_queued;
	bool pool_known;
};

enum tk_activity {
	TK_WORKER_UNKNOWN,
	TK_WORKER_POLLING,
	TK_WORKER_PARKED,
	TK_WORKER_PARKED_DRIVER,
	TK_WORKER_SEARCHING,
	TK_WORKER_BLOCKED
};

#define TK_NONE SIZE_MAX

struct tk_worker {
	size_t runtime, index;
	pid_t tid; // 0: no thread carries it now
	enum tk_activity activity;
	size_t task;     // index into tasks, TK_NONE if none is polled
	u64 local_queue; // tasks in the local run queue, the lifo slot included
	bool queue_known;
	struct str doing; // "polling task 6", "parked on the I/O driver", "parked"
};

enum tk_state { TK_RUNNING, TK_QUEUED, TK_IDLE, TK_COMPLETE, TK_CANCELLED };

struct tk_task {
	u64 id, header;
	struct tk_task_type *type; // what its vtable tells, the reader's own
	size_t runtime;            // TK_NONE if not known
	enum tk_state state;
	u64 word;                // the state word as read
	size_t worker;           // that polls it, TK_NONE
	pid_t tid;               // thread that polls it, 0
	bool listed, scanned;    // found in a list of owned tasks, found by the scan for vtables
	bool blocking;           // a spawn_blocking closure
	bool pool_queued;        // BLOCKING: waits for a thread of the pool
	bool moving;             // it changed between two looks (tk_tasks_mark_moving)
	struct dbg_value future; // the root future; absent when complete or unknown
	struct str name;         // the root future's, "" if not known
	struct str note;         // what a person should know: "only found by the scan", a read that went wrong
};

// A thread in block_on with its root future, a blocking thread, or one that tokio does not know.
struct tk_thread {
	pid_t tid;
	struct str name; // comm
	bool blocks_on;
	struct dbg_value future; // of block_on; absent with the reason
	struct str future_name;
	size_t task;    // the task it runs: of spawn_blocking, or one that gave up its worker (block_in_place); TK_NONE
	bool pool;      // a thread of the blocking pool
	size_t gave_up; // the number of the worker it was before block_in_place, TK_NONE
};

struct tk_snapshot {
	struct tk_reader *reader;
	struct arena *arena;
	double now; // seconds of CLOCK_MONOTONIC when it was taken: all texts of one stop tell the same times
	struct tk_runtime *runtimes;
	size_t n_runtimes;
	struct tk_worker *workers;
	size_t n_workers;
	struct tk_task *tasks; // by id; blocking and worker launch tasks are left out unless they run a user's closure
	size_t n_tasks;
	struct tk_thread *threads; // all threads but those of workers
	size_t n_threads;
	struct str *complaints;
	size_t n_complaints;
	struct map *boxed_roots, *placed; // made when first needed (kept.c)
	struct dbg_sockets *sockets;      // likewise (leaf/io.c)
	struct map *lines;                // likewise: lengths of lines of waiters (leaf/sync.c)
	struct tk_address *addresses;     // likewise: of its tasks (by_address.c)
	struct ranges *ranges;            // likewise: of memory (memo.c)
	struct map *memos;                // likewise (memo.c)
	u32 *alike;                       // likewise (alike.c)
	const struct tk_waits *waits;     // likewise (waits.c)
	struct memo_recording *recording; // NULL but while a task is told to be remembered (memo.c)
};

// All of it. An error only when nothing at all can be told: ERR_NOT_FOUND "no tokio in this program".
err_t tk_snapshot_take(struct tk_reader *reader, struct arena *arena, struct tk_snapshot **out) MUST_USE;

// The task that one stopped thread polls, without a snapshot: the other threads may run. False if it polls none.
struct tk_current {
	u64 id;          // 0: none
	struct str name; // its root future's
};
// Does the thread poll the task with this id? Cheap; false also where that can't be told without a snapshot.
bool tk_is_polling(struct tk_reader *reader, pid_t tid, u64 id);
// How many ids of tasks were given until now; false if that is not known.
bool tk_ids_given(struct tk_reader *reader, u64 *out);
bool tk_current_task(struct tk_reader *reader, pid_t tid, struct arena *arena, struct tk_current *out);
// Whether a text matches a regular expression as `async task` takes it; false with pcre2's message if that is wrong.
bool tk_text_matches(struct str text, struct str regex, struct arena *arena, bool *out, struct str *problem);

// Which task the thread polls now, TK_NONE if none.
size_t tk_task_of_thread(const struct tk_snapshot *snapshot, pid_t tid);

// Names (their beginning) of the functions that poll a task's root future: where a step out of it ends. Static.
size_t tk_task_pollers(const char *const **out);
// The innermost async fn of the user's that a task which is not polled has come to (before its futures branch);
// absent with the reason.
struct dbg_value tk_task_awaiting(struct tk_snapshot *snapshot, size_t task, struct arena *arena);
// The same for a thread in block_on; false if it polls just now.
bool tk_thread_awaiting(struct tk_snapshot *snapshot, size_t thread, struct arena *arena, struct dbg_value *out);
// The async fn that awaits the task's JoinHandle; false if none of those that are suspended does.
bool tk_task_joiner(struct tk_snapshot *snapshot, size_t task, struct arena *arena, struct dbg_value *out);
// For a task that is about to end, where that was awaited before: what will be called when its JoinHandle is polled again, or
// dropped. False if nobody has polled that.
bool tk_task_join_call(struct tk_snapshot *snapshot, size_t task, struct dbg_awaited_call *out);

// Was it told to end? It may run yet, to the end of its poll, or while its future is dropped.
bool tk_task_is_aborted(const struct tk_task *task);
// Aborts the task: it is cancelled at the time that `when` tells ("when its poll ends"). Fails if it has ended, runs on a
// blocking thread, or nothing can be written.
err_t tk_task_abort(struct tk_snapshot *snapshot, size_t task, const char **when) MUST_USE;

// ---- stacks ----------------------------------------------------------------------------------------

// A task's stack, innermost await first, as rows: what a leaf waits for is a label before the row that
// waits; branches are separated by labels; a running task gives the worker's machine frames down to its poll,
// cleaned of the runtime's, and ends in a label that names the worker, followed by the scheduler's frames. In `arena`.
size_t tk_task_rows(struct tk_snapshot *snapshot, size_t task, struct arena *arena, struct dbg_row **out);
// The same for the root future of a thread in block_on.
size_t tk_thread_rows(struct tk_snapshot *snapshot, size_t thread, struct arena *arena, struct dbg_row **out);

// ---- tasks of a process that runs: two looks ----------------------------------------------------------

// What each task is just now, as a number, by the address of its header: another one when its state, what it awaits, or the
// bytes of its future are others.
void tk_tasks_print(struct tk_snapshot *snapshot, struct arena *arena, struct map *out);
// Marks those of this snapshot that are new since the other look, run, or were changed; how many.
size_t tk_tasks_mark_moving(struct tk_snapshot *snapshot, const struct map *before);

// ---- in words --------------------------------------------------------------------------------------

// "task 57 · net::handle_conn · idle: recv on mpsc": for a list of threads. In `arena`.
struct str tk_task_title(struct tk_snapshot *snapshot, size_t task, struct arena *arena);
struct str tk_worker_title(struct tk_snapshot *snapshot, size_t worker, struct arena *arena);
struct str tk_thread_title(struct tk_snapshot *snapshot, size_t thread, struct arena *arena);
const char *tk_state_name(enum tk_state state); // "running", "queued", "idle", "complete", "cancelled"

// Facts for a "Task" scope, name and text.
struct tk_fact {
	struct str name, text;
};
size_t tk_task_facts(struct tk_snapshot *snapshot, size_t task, struct arena *arena, struct tk_fact **out);
// Where it was spawned: line 0 if tokio does not keep that (it does with --cfg tokio_unstable). In `arena`.
struct dbg_place tk_task_spawned(struct tk_snapshot *snapshot, size_t task, struct arena *arena);
// What its leaves wait for, one line a leaf.
size_t tk_task_waits(struct tk_snapshot *snapshot, size_t task, struct arena *arena, struct str **out);

// A task's awaits from its root, as a tree in one array: a parent stands before its children. A running task's are
// the machine frames of its poll. In `arena`.
struct tk_await {
	u32 depth;  // the root's is 0; of a child greater than its parent's, not always by one
	u32 parent; // index, UINT32_MAX: none
	bool branch, library;
	bool async; // an async fn or block, not another future
	bool frame; // a machine frame of a poll
	bool cut;   // no future: a limit was reached, and the rest is not listed
	// A future in a local of the async fn above it that was begun and that nothing polls now, with all below it: a
	// branch that is no part of what is awaited. What it holds or stands in line for is stuck (a "futurelock").
	bool kept;
	struct str name, waits; // what a leaf waits for, "" if it is none
	struct dbg_place place; // line 0 if there is none
};
size_t tk_task_awaits(struct tk_snapshot *snapshot, size_t task, struct arena *arena, struct tk_await **out);
// "running on worker 2", "idle: sleep, 12.4 s left". In `arena`.
struct str tk_task_brief(struct tk_snapshot *snapshot, size_t task, struct arena *arena);
// The first of the tasks that are equal to this one but for digits in what their leaves wait for: where 100,000 tasks are to be
// told apart, a few need be looked at. Itself if that was cancelled half way.
size_t tk_task_like(struct tk_snapshot *snapshot, size_t task);
// One bool a task: whether its root future matches. ERR_SYNTAX carries pcre2's message and the place.
err_t tk_tasks_select(const struct tk_snapshot *snapshot, struct arena *arena, struct str regex, bool **out) MUST_USE;

// Which tasks are wanted: those to which all that is told applies.
struct tk_choice {
	struct str regex;   // of the root future; "": any
	struct str waiting; // a regular expression for what one of its leaves waits for; "": anything
	bool by_state;
	enum tk_state state; // with by_state
	u64 limit;           // at most so many, 0: all
};
// One option ("--state", "--waiting", "--limit") and its value; texts are not copied.
err_t tk_choice_set(struct tk_choice *choice, struct str option, struct str value) MUST_USE;
// "[--state S] [--waiting REGEX] [--limit N] [REGEX]"; a value with blanks in it stands between quotes.
err_t tk_choice_parse(struct str text, struct tk_choice *out) MUST_USE;
bool tk_choice_is_empty(const struct tk_choice *choice);                        // all tasks; a limit does not count
struct str tk_choice_text(const struct tk_choice *choice, struct arena *arena); // " `::locks$` --state idle"
// One bool a task; `matched` counts those beyond the limit too.
err_t tk_tasks_choose(struct tk_snapshot *snapshot, struct arena *arena, const struct tk_choice *choice, bool **out,
                      size_t *matched) MUST_USE;

struct tk_text {
	bool ansi; // colour with ANSI escape codes
	bool each; // print every task by itself, where more than 100 with equal stacks would be grouped
};
// `async backtrace` (threads in block_on, workers, queues, counts and the tasks being polled) and
// `async backtrace all` (every task as well). In `arena`.
// How the reader took this program's tokio to be laid out, a line each: for reports. After a snapshot was taken.
struct str tk_text_layout(struct tk_reader *reader, struct arena *arena);
struct str tk_text_backtrace(struct tk_snapshot *snapshot, struct arena *arena, bool all, struct tk_text style);
// `async task REGEX`: those whose root matches; an empty regex gives the active tasks. ERR_SYNTAX carries
// pcre2's message and the place.
err_t tk_text_chosen(struct tk_snapshot *snapshot, struct arena *arena, const struct tk_choice *choice, struct tk_text style,
                     struct str *out) MUST_USE;
err_t tk_text_tasks(struct tk_snapshot *snapshot, struct arena *arena, struct str regex, struct tk_text style,
                    struct str *out) MUST_USE;
