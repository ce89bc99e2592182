// A tokio program that has come to rest, and what its tasks are expected to be.
#pragma once
#include <debuggee.h>

#include "tokio/snapshot.h"

struct run {
	const char *source; // of the fixture, from the top of the source tree: it has a fn `tick`
	const char *const *args;
	bool (*at_rest)(const struct tk_snapshot *snapshot);
	struct debuggee d;
	struct tk_reader *reader;
	struct tk_snapshot *snapshot;
};
// Runs until all is at rest: `tick` is passed each 20 ms. `program` is below cargo's target folder ("debug/waits"),
// or absolute.
void run_start(struct run *run, const char *program);
void run_end(struct run *run);

// The user's async fns from the innermost outwards, each suspended at the mark of its name; `mark` if it is another.
struct expected {
	const char *root;    // ends the root's name
	const char *rows[8]; // "fn" or "fn=mark"
	const char *waits;   // part of one of the waits, NULL: not looked at
};
void run_check(struct run *run, const struct expected *expected);
// Was the fixture built with this feature? The matrix leaves out what a tokio or a compiler has not
// (STACKFUL_WITHOUT: their names).
bool run_has(const char *feature);
// Has the build the task whose root's name ends so? Nothing is checked of one that it has not.
bool run_has_task(const char *root);
void run_check_rows(struct run *run, const struct expected *expected, const struct dbg_row *rows, size_t n);
// What is remembered of tasks gives the same keys as telling each by itself. Every run is checked so when it has started.
void run_check_alike(struct run *run);
// No task keeps a future that nothing polls (tk_await.kept).
void run_check_none_kept(struct run *run);
// The task whose root's name ends so; fails the test if there is none.
const struct tk_task *run_task(struct run *run, const char *root);
