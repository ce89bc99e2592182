// What each kind of leaf says it waits for, and the line that waits.
#include "tests/tokio/run.h"

#define SOURCE "tests/fixtures/leaves/src/main.rs"

static const struct expected leaves[] = {
    {"::broadcasts", {"broadcasts"}, "waits for a message on a broadcast channel (1 sender, 1 receiver, 4 slots)"},
    {"::watches", {"watches"}, "waits for a watch channel to change (1 sender)"},
    {"::meets", {"meets"}, "waits at a Barrier (1 of 3 have come)"},
    {"::writes_lock", {"writes_lock"}, "waits for an RwLock, to write (1 reader has it), next in line"},
    {"::owned_permits",
     {"owned_permits"},
     "waits for 2 permits of a Semaphore (0 available, 1 given to it already), next in line"},
    {"::owned_lock", {"owned_lock"}, "waits for a Mutex, next in line"},
    {"::ticks", {"ticks"}, "waits for an interval's tick: "},
    {"::waits_for_child", {"waits_for_child"}, "waits for process "},
    {"::waits_for_signal", {"waits_for_signal"}, "waits for SIGUSR1"},
    {"::udp", {"udp"}, "waits to read from fd "},
    {"::unix_stream", {"unix_stream"}, "(unix socket)"},
    {"::unix_datagram", {"unix_datagram"}, "(unix socket)"},
    {"::unix_accepts", {"unix_accepts"}, "/leaves-"},
    {"::joins_closure", {"joins_closure"}, "joins_closure::{async_fn#0}::{closure#0}, running on thread "},
    {"::copies", {"copies"}, "waits to read what it copies from fd "},
    {"::copies_split", {"copies_split"}, "waits to read what it copies from fd "},
    {"::reads_pipe", {"reads_pipe"}, "waits to read from a DuplexStream"},
    {"::writes_pipe", {"writes_pipe"}, "waits to write to a DuplexStream"},
    {"::futures_oneshot", {"futures_oneshot"}, "waits for a oneshot message (sender alive)"},
    {"::futures_mpsc", {"futures_mpsc"}, "waits for a message on futures' mpsc channel (1 sender, 0 messages, buffer of 1)"},
    {"::futures_send", {"futures_send"}, "waits for room in futures' mpsc channel (1 sender, 2 messages, buffer of 1)"},
    {"::futures_lock", {"futures_lock"}, "waits for a Mutex (futures' own, 1 waits for it)"},
    {"::unbounded", {"unbounded"}, "waits for a message on an mpsc channel (1 sender, 0 messages)"},
    {"::waits_for_close", {"waits_for_close"}, "waits until a channel's receivers are gone"},
    {"::sets_once", {"sets_once"}, "waits for another task to set a OnceCell"},
    {"::initialises", {"{async_block#0}=init", "initialises"}, "sleeps: "},
    {"::never", {"never"}, "never completes"},
    {"::second_in_line", {"second_in_line"}, "waits for a Mutex, "}, // which of the two: check_line
    {"::reads_locked", {"reads_locked"}, "waits for an RwLock, to read (a writer has it), next in line"},
    {"::async_fd", {"async_fd"}, "waits to read from fd "},
    {"::async_fd_of_number", {"async_fd_of_number"}, "waits to read from fd "},
    {"::async_fd_of_shared", {"async_fd_of_shared"}, "(unix socket)"},
    {"::unnamed_pipe", {"unnamed_pipe"}, "(pipe)"},
    {"::pipe_is_readable", {"pipe_is_readable"}, "(pipe)"},
    {"::reads_file", {"reads_file"}, "waits to read from fd "},
    {"::waits_for_ctrl_c", {"waits_for_ctrl_c"}, "waits for SIGINT"},
    {"::joins_task", {"joins_task"}, "(leaves::never, idle at src/main.rs:"},
    {"::limited", {"never", "limited"}, "gives up in 27.8 h"},
    {"::notified_with_others", {"notified_with_others"}, "waits for a notification (Notify, 2 wait for it)"},
    {"::reserves", {"reserves"}, "waits for room in an mpsc channel (2 senders, 1 of 1 slot taken), "},
    {"::sends_in_time", {"sends_in_time"}, "gives up in 27.8 h"},
    {"::watch_closes", {"watch_closes"}, "waits until a channel's receivers are gone"},
    {"::oneshot_closes", {"oneshot_closes"}, "waits until a oneshot channel's receiver is gone"},
    {"::reads_lines", {"reads_lines"}, "waits to read a line from fd "},
    {"::reads_line", {"reads_line"}, "waits to read from fd "},
    {"::reads_half", {"reads_half"}, "waits to read from fd "},
    {"::reads_borrowed_half", {"reads_borrowed_half"}, "waits to read from fd "},
    {"::ready_either", {"ready_either"}, "waits to read from or write to fd "},
    {"::reads_chain", {"reads_chain"}, "waits to read from a Chain<Take<DuplexStream>, DuplexStream>"},
    {"::joins_block_on", {"joins_block_on"}, "joins_block_on::{async_fn#0}::{closure#0}, running on thread "},
    {"::reads_output", {"reads_output"}, "(pipe)"},
    {"::peeks", {"peeks"}, "waits to read from fd "},
    {"::both_ways", {"both_ways"}, "copies both ways between fd "},
    {"::futures_unbounded", {"futures_unbounded"}, "waits for a message on futures' mpsc channel (1 sender, 0 messages)"},
    {"::futures_pending", {"futures_pending"}, "never completes"},
    {"::receives_many", {"receives_many"}, "waits for a message on an mpsc channel (1 sender, 0 of 4 slots taken)"},
    {"::waits_for_value", {"waits_for_value"}, "waits for a watch channel to change (1 sender)"},
    {"::waits_for_set", {"waits_for_set"}, "waits for a SetOnce to be set"},
    {"::broadcast_closes", {"broadcast_closes"}, "waits until a channel's receivers are gone"},
    {"::notified_by_owned", {"notified_by_owned"}, "waits for a notification (Notify)"},
    {"::sends_by_poll", {"sends_by_poll"}, "waits for room in an mpsc channel (2 senders, 1 of 1 slot taken), next in line"},
    {"::cancelled", {"cancelled"}, "waits for a CancellationToken to be cancelled"},
    {"::reads_frames", {"reads_frames"}, "waits to read a frame from fd "},
    {"::gives_up_late", {"never", "gives_up_late"}, "was to give up "},
    {"::oversleeps", {"oversleeps"}, "sleeps: its deadline passed "},
    {"::yields", {"yields"}, "yielded, and waits for its next turn"},
    {"::async_channel", {"async_channel"}, "waits for a message on an async-channel"},
    {"::next_item", {"next_item"}, "waits for the next item of a stream, Pending<u32>"},
    {"::deep_stream", {"deep_stream"}, "sleeps: "},
    {"::beside", {"beside"}, "sleeps: 27.8 h left"},
    {"::connects", {"connects"}, "waits to be connected: fd "},
    {"::reads_stdin", {"reads_stdin"}, "waits to read from stdin"},
    {"::polls_socket", {"polls_socket"}, "which has fd "},
    {"::polls_signal", {"polls_signal"}, "waits for SIGUSR2"},
    {"::boxed_stream", {"boxed_stream"}, "which has fd "},
    {"::unknown", {"unknown"}, "waits in leaves::Unknown: Unknown {answer: 42}"},
};

// A second one behind `second_in_line`, a second that is notified, and the task that `joins_task` waits for.
enum { MORE = 3 };

// What yielded, or became due, may be in the queue of its blocked runtime; but it was polled.
static bool is_queued_again(const struct tk_task *task)
{
	struct dbg_value payload;
	return task->state == TK_QUEUED && dbg_value_variant(task->future, &payload, NULL) &&
	       str_starts(payload.type->name, STR("Suspend"));
}

// A thread that came to block on this future, and has polled it.
static bool is_blocked_on(const struct tk_snapshot *snapshot, const char *root)
{
	for (size_t i = 0; i < snapshot->n_threads; i++) {
		struct dbg_value payload;
		const struct tk_thread *thread = &snapshot->threads[i];
		if (thread->blocks_on && dbg_value_ok(thread->future) && str_ends(thread->future_name, str_of(root)) &&
		    dbg_value_variant(thread->future, &payload, NULL) && str_starts(payload.type->name, STR("Suspend")))
			return true;
	}
	return false;
}

static bool at_rest(const struct tk_snapshot *snapshot)
{
	size_t rest = 0, running = 0, all = MORE; // running: closures that `joins_closure`, `joins_block_on`, `reads_file`,
	                                          // `reads_stdin` wait for
	for (size_t i = 0; i < ARRAY_LEN(leaves); i++)
		all += run_has_task(leaves[i].root);
	for (size_t i = 0; i < snapshot->n_tasks; i++) {
		rest += snapshot->tasks[i].state == TK_IDLE || is_queued_again(&snapshot->tasks[i]);
		running += snapshot->tasks[i].state == TK_RUNNING;
	}
	return rest == all && running == 4 && is_blocked_on(snapshot, "::in_pool") && is_blocked_on(snapshot, "::of_futures");
}

// Two stand in line, in the order in which they were polled: the other names the one that comes before it.
static void check_line(struct run *run)
{
	u64 first = 0, behind = 0;
	struct str text = STR("");
	for (size_t i = 0; i < run->snapshot->n_tasks; i++) {
		struct str *waits;
		if (!str_ends(run->snapshot->tasks[i].name, STR("::second_in_line")))
			continue;
		cr_assert_eq(tk_task_waits(run->snapshot, i, &run->d.arena, &waits), 1);
		if (str_ends(waits[0], STR(", next in line"))) {
			first = run->snapshot->tasks[i].id;
		} else {
			behind = run->snapshot->tasks[i].id;
			text = waits[0];
		}
	}
	cr_assert(first && behind);
	cr_assert(str_ends(text, str_printf(&run->d.arena, ", 1 ahead: task %d", (int)first)), "%.*s", STRF(text));
}

// What a future only knows of is no branch of its own.
static void check_one_wait(struct run *run, const char *root)
{
	struct str *waits;
	size_t index = (size_t)(run_task(run, root) - run->snapshot->tasks);
	cr_assert_eq(tk_task_waits(run->snapshot, index, &run->d.arena, &waits), 1);
}

// A closure of the blocking pool that blocks on a future: that future's stack, then the closure's.
static void check_block_on_in_pool(struct run *run)
{
	static const struct expected closure = {"::joins_block_on::{async_fn#0}::{closure#0}", {"in_pool"}, NULL};
	struct dbg_row *rows;
	run_check(run, &closure);
	size_t index = (size_t)(run_task(run, closure.root) - run->snapshot->tasks), at = 0;
	size_t n = tk_task_rows(run->snapshot, index, &run->d.arena, &rows);
	while (at < n && str_find(rows[at].text, STR(" block_on on thread ")) < 0)
		at++;
	for (at++; at < n; at++)
		if (rows[at].kind == DBG_ROW_FRAME && rows[at].place.line == mark_line(SOURCE, "joins_block_on"))
			return;
	cr_assert_fail("the closure's own frame does not follow what it blocks on");
}

// A thread in another executor's block_on.
static void check_block_on_elsewhere(struct run *run)
{
	static const struct expected root = {"::of_futures", {"of_futures"}, NULL};
	for (size_t i = 0; i < run->snapshot->n_threads; i++) {
		struct dbg_row *rows;
		const struct tk_thread *thread = &run->snapshot->threads[i];
		if (!thread->blocks_on || !str_ends(thread->future_name, str_of(root.root)))
			continue;
		size_t n = tk_thread_rows(run->snapshot, i, &run->d.arena, &rows);
		run_check_rows(run, &root, rows, n);
		return;
	}
	cr_assert_fail("no thread blocks on %s", root.root);
}

static void check_all(const char *program)
{
	struct run run = {.source = SOURCE, .at_rest = at_rest};
	run_start(&run, program);
	for (size_t i = 0; i < ARRAY_LEN(leaves); i++)
		run_check(&run, &leaves[i]);
	check_line(&run);
	check_one_wait(&run, "::beside");
	check_block_on_in_pool(&run);
	check_block_on_elsewhere(&run);
	run_check_none_kept(&run);
	run_end(&run);
}

Test(leaves, each_says_what_it_waits_for)
{
	check_all("debug/leaves");
}
Test(leaves, in_release)
{
	check_all("release/leaves");
}
