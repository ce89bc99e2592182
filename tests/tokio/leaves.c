// What each kind of leaf says it waits for, and the line that waits.
#include "tests/tokio/run.h"

#define SOURCE "tests/fixtures/leaves/src/main.rs"

static const struct expected leaves[] = {
    {"::broadcasts", {"broadcasts"}, "waits for a message on a broadcast channel (1 sender)"},
    {"::watches", {"watches"}, "waits for a watch channel to change"},
    {"::meets", {"meets"}, "waits at a Barrier (1 of 3 have come)"},
    {"::writes_lock", {"writes_lock"}, "waits for an RwLock, to write"},
    {"::owned_permits", {"owned_permits"}, "waits for 2 permits of a Semaphore (0 available)"},
    {"::owned_lock", {"owned_lock"}, "waits for a Mutex, next in line"},
    {"::ticks", {"ticks"}, "waits for an interval's tick: "},
    {"::waits_for_child", {"waits_for_child"}, "waits for process "},
    {"::waits_for_signal", {"waits_for_signal"}, "waits for a signal"},
    {"::udp", {"udp"}, "waits to read from fd "},
    {"::unix_stream", {"unix_stream"}, "(unix socket)"},
    {"::unix_datagram", {"unix_datagram"}, "(unix socket)"},
    {"::unix_accepts", {"unix_accepts"}, "/leaves-"},
    {"::joins_closure", {"joins_closure"}, "joins_closure::{async_fn#0}::{closure#0}, running)"},
    {"::copies", {"copies"}, "waits to read what it copies from fd "},
    {"::copies_split", {"copies_split"}, "waits to read what it copies from fd "},
    {"::reads_pipe", {"reads_pipe"}, "waits to read from a DuplexStream"},
    {"::writes_pipe", {"writes_pipe"}, "waits to write to a DuplexStream"},
    {"::futures_oneshot", {"futures_oneshot"}, "waits for a oneshot message (sender alive)"},
    {"::futures_mpsc", {"futures_mpsc"}, "waits for a message on futures' mpsc channel (1 sender)"},
    {"::futures_send", {"futures_send"}, "waits for room in futures' mpsc channel"},
    {"::futures_lock", {"futures_lock"}, "waits for a Mutex (futures' own)"},
    {"::unbounded", {"unbounded"}, "waits for a message on an mpsc channel (1 sender)"},
    {"::waits_for_close", {"waits_for_close"}, "waits until a channel's receivers are gone"},
    {"::sets_once", {"sets_once"}, "waits for another task to set a OnceCell"},
    {"::initialises", {"{async_block#0}=init", "initialises"}, "sleeps: "},
    {"::never", {"never"}, "never completes"},
};

static bool at_rest(const struct tk_snapshot *snapshot)
{
	size_t idle = 0, running = 0; // the closure that `joins_closure` waits for
	for (size_t i = 0; i < snapshot->n_tasks; i++) {
		idle += snapshot->tasks[i].state == TK_IDLE;
		running += snapshot->tasks[i].state == TK_RUNNING;
	}
	return idle == ARRAY_LEN(leaves) && running == 1;
}

static void check_all(const char *program)
{
	struct run run = {.source = SOURCE, .at_rest = at_rest};
	run_start(&run, program);
	for (size_t i = 0; i < ARRAY_LEN(leaves); i++)
		run_check(&run, &leaves[i]);
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
