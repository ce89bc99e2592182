// Private to tokio/: the reader's bindings and the tree of futures.
#pragma once
#include "base/map.h"
#include "base/vec.h"
#include "tokio/snapshot.h"

// ---- layout.c: offsets of members, by their names --------------------------------------------------------
// One member for each row of layout.def: its offset, and whether the row could be bound.
struct tk_layout {
	bool bound;         // all required rows are
	bool typeless;      // there are no types at all: only what tasks have in every version is known
	struct str problem; // the required row that is not, and the members that are there
	struct str lacks;   // likewise the first row without which a part is left out; "" if there is none
	bool has_lists;     // of owned tasks: all that leads through them
#define FIELD(name, type, path, need, otherwise)                                                                                 \
	u64 name;                                                                                                                    \
	bool has_##name;
#include "tokio/layout.def"
#undef FIELD
};
void layout_put_rows(const struct tk_layout *layout, struct dbg_modules *modules, struct buf *out);
void layout_bind(struct tk_layout *layout, struct arena *arena, struct dbg_modules *modules);

// ---- task_type.c: what a task's vtable tells ------------------------------------------------------------
struct tk_task_type {
	u64 vtable;
	u64 poll, trailer, scheduler, id;     // poll: address; the others: offsets from the header
	u64 first_id;                         // what is added to the id (copies.h)
	u64 spawned_at;                       // likewise; 0: it does not keep where it was spawned
	const struct dbg_type *future, *cell; // NULL if the debug info does not tell
	const struct dbg_type *schedule;      // the scheduler's type, NULL likewise
	const struct dbg_type *stage;         // of the cell's Stage, NULL until it was found, and where it is in the cell
	u64 stage_offset;
	struct str name;    // of the root future
	bool blocking;      // a closure of the blocking pool
	bool worker_launch; // a worker's own blocking task
	struct str problem; // why something is missing, with the remedy; "" if nothing is
	bool twins_told;
	struct str twins; // what else a task of this vtable may be (merged.c); "" if nothing
};
// Cached by vtable; ERR_FAULT or a vtable that is none gives NULL.
struct tk_task_type *task_type_of(struct tk_reader *reader, u64 vtable);

// Where versions of tokio differ in more than offsets: what, and the form that was found.
struct tk_form {
	const char *what, *form; // string literals
};

struct tk_reader {
	struct dbg_target *target;
	const struct dbg_space *space;
	struct arena arena; // until the image changes
	int prepared;       // steps of tk_reader_prepare done
	bool layout_tried, has_tokio;
	struct tk_layout layout;
	// CONTEXT thread locals; up to tokio 1.28 also CURRENT, a pointer to the scheduler's context of type `points_to`.
	struct tk_thread_local {
		struct dbg_static variable;
		const struct dbg_type *points_to; // NULL: it is the Context itself
		u64 first_id;                     // what is added to the ids in it (copies.h)
	} * contexts;
	size_t n_contexts;
	bool contexts_read;
	struct map task_types;     // vtable -> struct tk_task_type *
	VEC(struct tk_form) forms; // as they were met (layout_text.c)
	bool vtables_read;
	u64 *vtables; // sorted addresses of all task vtables
	size_t n_vtables;
	bool orphans_read;
	VEC(const struct dbg_type *) orphans; // Cells whose poll function was merged with another's (merged.c)
	struct map futures;                   // hash of a base path -> 1: types that implement Future
	size_t futures_learnt;                // ways
	bool ids_read;
	VEC(u64) ids; // addresses of the counters of task ids, one a copy of tokio
	bool signals_read;
	struct dbg_static *signals; // tokio's registry of signals (leaf/signal.c)
	size_t n_signals;
	struct map names; // struct dbg_type * -> struct str *: names of futures for people
	struct map holds; // struct dbg_type * -> 1 or 0: may a local of it hold a future (kept.c)
};

err_t reader_bind(struct tk_reader *reader) MUST_USE; // layout and contexts; ERR_NOT_FOUND without tokio
void reader_read_contexts(struct tk_reader *reader);
// The task id in the CONTEXT of the thread with this fs base, 0 if none.
u64 context_task_id(struct tk_reader *reader, u64 fs_base);
// ... or, where none is known, the code that polls it (current.c).
u64 current_task_by_stack(struct tk_reader *reader, pid_t tid, struct arena *arena);
void reader_took(struct tk_reader *reader, const char *what, const char *form); // layout_text.c; remembered once

// ---- snapshot parts ----------------------------------------------------------------------------------
// While a snapshot is taken: growing lists.
struct tk_taking {
	struct tk_reader *reader;
	struct arena *arena;
	VEC(struct tk_runtime) runtimes;
	VEC(struct dbg_value) handles; // of runtimes, by index
	VEC(struct tk_worker) workers;
	VEC(struct tk_task) tasks;
	VEC(u64) next_owned; // of each task, the next in its list of owned tasks
	bool was_scanned;
	VEC(struct tk_thread) threads;
	VEC(struct str) complaints;
	VEC(u64) headers;  // by_address.c: of the first tasks, which are in the order of their addresses
	struct map others; // of the tasks behind them: header -> index
	size_t last_found;
	struct dbg_thread_info *os_threads;
	size_t n_os_threads;
	struct tk_thread_view *views; // one a thread of the process
};
// What a thread's CONTEXT tells.
struct tk_thread_view {
	pid_t tid;
	struct str name;
	u64 stack_pointer, fs_base;
	size_t runtime; // TK_NONE
	bool is_worker;
	bool gave_up; // it was that worker, and is in block_in_place
	u64 worker_index;
	bool drives;           // it is in block_on of `runtime`, of flavour current_thread, and has its core
	u64 current_task_id;   // 0: none
	struct dbg_value core; // the scheduler's Core while the thread holds it; else absent
};
void complain(struct tk_taking *taking, const char *fmt, ...) PRINTF_LIKE(2, 3);

void take_threads(struct tk_taking *taking);                                                    // context.c: views, runtimes
size_t runtime_add(struct tk_taking *taking, enum tk_flavour flavour, struct dbg_value handle); // by its address, once
void take_owned(struct tk_taking *taking);                                                      // owned.c
void owned_walk(struct tk_taking *taking, struct dbg_value owned, size_t runtime);              // owned.c: one list
void take_by_tasks(struct tk_taking *taking);                                                   // by_tasks.c
void take_blocking_pools(struct tk_taking *taking);                                             // blocking.c
void take_scanned(struct tk_taking *taking);                                                    // scan.c
bool types_have_one_shape(const struct dbg_type *a, const struct dbg_type *b);                  // shape.c
void tell_merged(struct tk_taking *taking);                                                     // merged.c: notes
void take_workers(struct tk_taking *taking);                                                    // worker.c
void take_other_threads(struct tk_taking *taking);                                              // block_on.c

// Reads the header; the index in taking->tasks, TK_NONE if there is no task. `found` by which way.
enum tk_found { TK_FOUND_LISTED, TK_FOUND_SCANNED };
enum { TASK_CANCELLED = 32 };       // in the state word: runtime/task/state.rs, CANCELLED
enum tk_state task_state(u64 word); // task.c
bool task_is_asked_for(u64 word);   // a JoinHandle was polled, and left its waker
size_t task_add(struct tk_taking *taking, u64 header, size_t runtime, enum tk_found found); // task.c
// The task that the thread polls now (closures of the blocking pool aside), TK_NONE.
size_t task_polled_by(struct tk_taking *taking, const struct tk_thread_view *view); // worker.c
size_t task_by_id(const struct tk_snapshot *snapshot, u64 id);
// ---- by_address.c
size_t taking_find(struct tk_taking *taking, u64 header); // index in taking->tasks, TK_NONE
void taking_add(struct tk_taking *taking, const struct tk_task *task, u64 next_owned);
struct tk_address {
	u64 header;
	size_t task;
};
const struct tk_address *snapshot_addresses(struct tk_snapshot *snapshot); // of all its tasks, in order
size_t task_by_header(struct tk_snapshot *snapshot, u64 header);
// All tasks, until cancelled; their memory is read in large pieces.
void snapshot_each_by_address(struct tk_snapshot *snapshot, void (*each)(void *context, size_t task), void *context);

// ---- future.c: the tree of futures ------------------------------------------------------------------------
enum tk_node_kind {
	TK_NODE_ASYNC,  // async fn or block
	TK_NODE_FUTURE, // another future: Timeout, PollFn, JoinHandle ...
	TK_NODE_BRANCH, // a label over the futures below it
};
struct tk_node {
	enum tk_node_kind kind;
	struct dbg_value value;
	struct str name;
	struct dbg_place place;  // ASYNC: where it is suspended
	struct str state;        // ASYNC, not suspended: "not yet polled", "completed"
	struct str construct;    // of several children: "select!", "Join"
	struct str waits, brief; // a leaf: "waits for a oneshot message (sender alive)", "oneshot, sender alive"
	bool library;
	bool unsure; // one that is kept, or is no more: not known
	bool kept;   // a BRANCH over a future that was begun and is polled no longer, and all that is below it
	u32 parent;  // index, UINT32_MAX: the root
	u32 depth;
	u32 n_children; // those that are kept not counted: they stand behind the others
	u32 n_kept;
};
struct tk_tree {
	struct tk_node *nodes; // a parent stands before its children, a subtree is contiguous
	size_t len;
	bool cut; // a limit was reached
};
struct tk_tree *future_tree(struct tk_snapshot *snapshot, struct dbg_value root, struct arena *arena);
// What a walk goes on with at a value that is a future, or leads to one: Pin, Box, &mut are no rows of their own.
struct dbg_value future_behind(struct tk_reader *reader, struct dbg_value value);
// Is the coroutine suspended? `awaitee` is what it awaits, absent if that is nothing.
bool future_is_suspended(struct dbg_value coroutine, struct dbg_value *awaitee);
// Where the innermost async fn of the user's awaits, before the chain leads to anything else; line 0 if nowhere. Cheap:
// no tree is made.
struct dbg_place future_place(struct tk_reader *reader, struct dbg_value root);
// "echo::main::{async_block#0}", "Timeout<...>": how a future is called.
struct str future_path_name(struct arena *arena, struct str path); // where only the type's path is known
struct str future_name(struct tk_reader *reader, const struct dbg_type *type);

// ---- children.c, construct.c, lists.c: what futures that are no async fns hold ---------------------------------
struct children {
	VEC(struct dbg_value) list;
	const struct dbg_value *items;
	size_t n;
	struct str name; // of the construct that holds them, "" if its type's name will do
	unsigned budget;
	struct tk_reader *reader;
	struct arena *arena;
};
struct children *children_collect(struct tk_reader *reader, struct arena *arena, struct dbg_value future);
void children_add(struct children *children, struct dbg_value child);      // a future
void children_look_into(struct children *children, struct dbg_value part); // of the future, for those inside of it
bool children_leads_on(const struct dbg_type *type);                       // is it looked into?
bool construct_is_passed(const struct dbg_type *type);
bool construct_is_box(const struct dbg_type *type); // Pin or Box: a future if what it holds is one
bool construct_is_open(const struct dbg_type *type);
bool construct_is_macro(struct str name);
struct str construct_of_macro(struct dbg_place await_declared); // "" if it is none
struct str construct_name(const struct dbg_type *type);         // "" if no row has one
struct str construct_otherwise(const struct dbg_type *type);    // what is said if nothing else gives a name
bool construct_holds_list(const struct dbg_type *type);
// Adds the futures of a list; false if the type is none.
// What the compiler has wrapped, if it has.
const struct dbg_type *construct_bare_type(const struct dbg_type *type);
struct dbg_value construct_bare(struct dbg_value value);
bool construct_list(struct children *children, struct dbg_value value);
#define PASS(path)
#define WRAP(path)
#define MACRO(file, name)
#define NAME(path, name)
#define ELSE(path, name)
#define OPEN(path)
#define LIST(path, function) void list_##function(struct children *children, struct dbg_value list);
#define BARE(path)
#include "tokio/construct.def"

// ---- kept.c: futures in locals that are polled no longer -----------------------------------------------------
struct tk_kept {
	struct str name; // of the local
	struct dbg_value future;
	bool unsure; // its Box may have been dropped: the allocator does not tell
};
// May a value of the type hold futures, in itself or by what it owns? By the type alone.
bool kept_may_hold(struct tk_reader *reader, const struct dbg_type *type);
// Marks a coroutine as one that has its place in the tree.
void kept_mark(struct map *placed, struct arena *arena, struct dbg_value coroutine);
// Likewise all that a future awaits, and itself.
void kept_mark_awaited(struct tk_reader *reader, struct map *placed, struct arena *arena, struct dbg_value future);
// Of a suspended coroutine whose awaits are all marked: the futures in its locals that were begun and are not marked.
size_t kept_find(struct tk_snapshot *snapshot, struct arena *arena, const struct map *placed, struct dbg_value coroutine,
                 struct tk_kept **out);
// Is all of it marked by now?
bool kept_is_placed(struct tk_snapshot *snapshot, struct arena *arena, const struct map *placed, struct dbg_value future);

// ---- childless.c ----------------------------------------------------------------------------------------
// What a future says that no row knows and that has none inside; `otherwise`: what a row had to say for this case.
void childless_tell(struct tk_snapshot *snapshot, struct arena *arena, struct tk_node *node, struct str otherwise);

// ---- oracle.c -------------------------------------------------------------------------------------------
bool is_future_type(struct tk_reader *reader, const struct dbg_type *type);
bool learn_futures(struct tk_reader *reader); // a piece of what that needs; false when that was all

// ---- leaf.c, leaf/*.c -------------------------------------------------------------------------------------
struct tk_leaf {
	struct tk_snapshot *snapshot;
	struct arena *arena;
	const struct tk_tree *tree; // its ancestors: nodes[at] and their parents
	u32 at;
	struct dbg_value value;
	struct str waits, brief; // the answer
	struct dbg_value inner;  // the future to go on with, if the leaf is none but limits another
	struct str otherwise;    // what to say if there is no future inside of it
};
// Tells the leaf in words if a row knows its type; false if none does.
bool leaf_tell(struct tk_leaf *leaf);
#define LEAF(path, function) void leaf_##function(struct tk_leaf *leaf);
#define WAIT(path, brief, text)
#include "tokio/leaf.def"
void leaf_say(struct tk_leaf *leaf, const char *brief, const char *waits_fmt, ...) PRINTF_LIKE(3, 4);
// Tells by the leaf's value alone: by a function that asks nothing of its ancestors. For texts that depend on the time or on
// other tasks; `question` gives the same where the texts differ in digits alone (memo.h).
void leaf_by_itself(struct tk_leaf *leaf, void (*tell)(struct tk_leaf *leaf), u64 (*question)(struct tk_leaf *leaf));
// The nearest ancestor async fn's member of that name, or any of its members whose type has this base path.
struct dbg_value leaf_ancestor_member(const struct tk_leaf *leaf, const char *name);
// Is there an ancestor whose name (a path for people) ends so? ("Mutex::lock")
const struct tk_node *leaf_ancestor_named(const struct tk_leaf *leaf, const char *ending);

// What leaves and texts of values share.
bool fd_in(struct dbg_value value, int *out); // leaf/io.c: of a socket, listener or file, in place or behind references
struct str fd_text(struct tk_snapshot *snapshot, int fd, struct arena *arena); // leaf/io.c: as dbg_fd_text
bool arc_strong(struct dbg_value arc, u64 *out);                               // leaf/channel.c: an Arc's strong count
struct str channel_figures(struct arena *arena, struct dbg_value end);         // " (2 senders, 1 of 4 slots taken)"
void tell_watch(struct tk_leaf *leaf);
// Of what leaf/poll_fn.c knows by the async fn around it.
void leaf_signal(struct tk_leaf *leaf);
void leaf_mpsc(struct tk_leaf *leaf);
void leaf_io_lines(struct tk_leaf *leaf);
void leaf_connect(struct tk_leaf *leaf);
void leaf_io_both_ways(struct tk_leaf *leaf);
void tell_mpsc(struct tk_leaf *leaf, struct dbg_value receiver); // leaf/channel.c
// leaf/io.c: "to read a frame from": says nothing if `value` holds no descriptor.
void tell_fd_in(struct tk_leaf *leaf, struct dbg_value value, const char *brief, const char *what);
bool acquire_has_its_turn(struct dbg_value acquire); // leaf/sync.c: was given the permits that it stood in line for
// leaf/time.c: to the deadline that stands somewhere in it, from `now`, in seconds of CLOCK_MONOTONIC
bool seconds_left(struct dbg_value value, double now, double *out);
double moment_of(const struct dbg_space *space); // of its stop; if it runs: now
const char *span_text(struct arena *arena, double seconds);

// ---- shown.c --------------------------------------------------------------------------------------------
// Texts of tokio's own types, for variables.
size_t shown_rows(const struct dbg_text_row **out);

// ---- running.c ------------------------------------------------------------------------------------------
enum { MAX_STACK = 20000 }; // frames: a recursion 1,000 deep has two or three a level
// The thread's frames split at the poll of the task: [0, inner) are the task's own, [inner, n) the runtime's.
struct tk_running {
	struct dbg_frame *frames;
	size_t n, inner;
	const struct tk_tree *blocks_on; // of a task whose code called block_on, which is parked: what that waits for, else NULL
	size_t newest;                   // with blocks_on: the frames before are the parker's; else 0
};
bool running_stack(struct tk_snapshot *snapshot, pid_t tid, struct arena *arena, struct tk_running *out);
// The same of a thread that polls a task: split at the poll of the task, also if that has called block_on.
bool running_task(struct tk_snapshot *snapshot, pid_t tid, struct arena *arena, struct tk_running *out);
// Is the thread in block_on polling its root future now, rather than parked?
bool thread_is_polling(const struct tk_thread *thread, const struct tk_running *stack);
// root.c: the root future that these frames of block_on poll; absent with the reason.
struct dbg_value root_find(struct tk_reader *reader, struct arena *arena, const struct dbg_frame *frames, size_t n);
// Its type, where it can't be found itself (optimised code polls it now); NULL if that is not known.
const struct dbg_type *root_type(struct tk_reader *reader, struct arena *arena, const struct dbg_frame *frames, size_t n);
// block_on.c: where the frames of block_on begin, n if nowhere.
size_t block_on_frame(const struct dbg_frame *frames, size_t n);
// Is the function at the start of `path` among the frames?
// The variable that holds the root future in this function of block_on, NULL if it is none.
const char *block_on_variable(struct str function);
bool frames_have(const struct dbg_frame *frames, size_t n, const char *path);

// ---- words.c ----------------------------------------------------------------------------------------------
// What a tree's leaves wait for, in few words: "sleep, 12.4 s left", "select of 2"; "" if not known.
struct str tree_brief(const struct tk_tree *tree, struct arena *arena);
struct str count_text(struct arena *arena, u64 n, const char *noun); // "1 sender", "2 senders"
