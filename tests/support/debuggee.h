// A debuggee for a test: launched or attached to, with its events waited for (never by sleeping).
#pragma once
#include <criterion/criterion.h>

#include "base/vec.h"
#include "engine/target.h"

struct debuggee {
	struct arena arena;
	struct dbg_modules *modules;
	struct dbg_target *target;
	int signal_fd;
	VEC(struct dbg_event) queue;
	size_t next;
	unsigned seen[DBG_EVENT_EXITED + 1]; // events by kind
	struct buf out, err;                 // what it printed so far
};

// Paths of fixtures. C: tests/fixtures/NAME/NAME.c, compiled by CMake. Rust: by cargo, NULL if it is not built.
const char *fixture_c(const char *name);
const char *fixture_rust(const char *name);
// The line of "MARK: name" in a file of the source tree; fails the test if there is none.
u32 mark_line(const char *file, const char *mark);

#define FIXTURE_ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})
void debuggee_launch(struct debuggee *d, const char *program, const char *const *args);
void debuggee_launch_as(struct debuggee *d, const struct dbg_launch *launch);
// A program that nobody traces: its pid; its stdout is `*out`.
pid_t spawn_free(const char *program, const char *const *args, int *out);
void debuggee_attach(struct debuggee *d, pid_t pid); // waits for the stop
void debuggee_end(struct debuggee *d);

// The next event of this kind; others before it are counted and dropped. Fails the test after `seconds`.
struct dbg_event debuggee_wait(struct debuggee *d, enum dbg_event_kind kind);
// The next STOPPED or EXITED.
struct dbg_event debuggee_wait_stop(struct debuggee *d);
// Pumps what is there, and waits up to `ms` for it.
void debuggee_pump(struct debuggee *d, int ms);
void debuggee_continue(struct debuggee *d);
void debuggee_read_output(struct debuggee *d); // what can be read now
void debuggee_wait_output(struct debuggee *d, const char *text);

u32 break_function(struct debuggee *d, const char *function);
u32 break_mark(struct debuggee *d, const char *file, const char *mark);
// Resumes on every stop at a breakpoint until the process ends, and counts them.
struct dbg_event debuggee_count_hits(struct debuggee *d, unsigned *hits);
char process_state(pid_t pid); // 'R', 'S', 't', 'Z', 0 if it is gone
// The newest frame's line.
u32 debuggee_line(struct debuggee *d, pid_t tid);

// Texts of errors end with a NUL (str_vprintf).
static inline const char *err_text(err_t error)
{
	return error ? error->what.ptr : "no error";
}

#define must(expression)                                                                                                         \
	do {                                                                                                                         \
		err_t must_error_ = (expression);                                                                                        \
		cr_assert(!must_error_, "%s", err_text(must_error_));                                                                    \
	} while (0)
