// Every thread's stack is as deep as gdb finds it, in programs of lld, of gcc, and without .eh_frame_hdr.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "debuggee.h"

struct depth {
	pid_t tid;
	size_t frames;
};

// gdb's own view of a process that nobody else traces: frames that are not inlined, by thread.
static size_t gdb_depths(pid_t pid, struct depth *out, size_t max)
{
	static const char SCRIPT[] = "python\n"
	                             "for thread in gdb.selected_inferior().threads():\n"
	                             "    thread.switch()\n"
	                             "    frame, n = gdb.newest_frame(), 0\n"
	                             "    while frame:\n"
	                             "        n += frame.type() != gdb.INLINE_FRAME\n"
	                             "        frame = frame.older()\n"
	                             "    print('depth', thread.ptid[1], n)\n"
	                             "end\n";
	char path[] = "/tmp/stackful-gdb-XXXXXX", command[512], line[4096];
	int script = mkstemp(path);
	cr_assert(script >= 0 && write(script, SCRIPT, sizeof(SCRIPT) - 1) == sizeof(SCRIPT) - 1);
	close(script);
	snprintf(command, sizeof(command),
	         "gdb -q -nx --batch -p %d -ex 'set backtrace past-main on' -ex 'set backtrace past-entry on' -x %s 2>/dev/null "
	         "</dev/null",
	         (int)pid, path);
	FILE *gdb = popen(command, "r");
	cr_assert(gdb);
	size_t n = 0;
	int tid, frames;
	while (fgets(line, sizeof(line), gdb))
		if (n < max && sscanf(line, "depth %d %d", &tid, &frames) == 2)
			out[n++] = (struct depth){.tid = tid, .frames = (size_t)frames};
	pclose(gdb);
	unlink(path);
	return n;
}

static size_t gdb_depth(const struct depth *depths, size_t n, pid_t tid)
{
	for (size_t i = 0; i < n; i++)
		if (depths[i].tid == tid)
			return depths[i].frames;
	return 0;
}

static void compare(const char *program, const char *const *args, const char *ready, size_t at_least)
{
	int out;
	char text[512] = "";
	size_t len = 0;
	pid_t pid = spawn_free(program, args, &out);
	while (!strstr(text, ready)) {
		ssize_t got = read(out, text + len, sizeof(text) - 1 - len);
		cr_assert_gt(got, 0);
		len += (size_t)got;
	}
	// Parked for good: what gdb saw is what we see.
	for (int calm = 0; calm < 5; calm = process_state(pid) == 'S' ? calm + 1 : 0)
		usleep(20000);
	static struct depth depths[512];
	size_t n_depths = gdb_depths(pid, depths, ARRAY_LEN(depths));
	cr_assert_geq(n_depths, at_least);
	struct debuggee d = {0};
	debuggee_attach(&d, pid);
	struct dbg_thread_info *threads;
	size_t n = dbg_target_threads(d.target, &d.arena, &threads);
	cr_assert_eq(n, n_depths);
	for (size_t i = 0; i < n; i++) {
		struct dbg_frame *frames;
		struct str note;
		bool whole;
		size_t depth = 0, all = dbg_unwind(d.target, &d.arena, threads[i].tid, 0, &frames, &whole, &note);
		for (size_t k = 0; k < all; k++)
			depth += !frames[k].inlined;
		cr_assert_eq(depth, gdb_depth(depths, n_depths, threads[i].tid), "thread %d (%.*s): %zu frames, gdb has %zu; %.*s",
		             (int)threads[i].tid, STRF(threads[i].name), depth, gdb_depth(depths, n_depths, threads[i].tid), STRF(note));
		cr_assert(whole, "thread %d: %.*s", (int)threads[i].tid, STRF(note));
		cr_assert_geq(depth, 3);
	}
	debuggee_end(&d);
	kill(pid, SIGKILL);
}

Test(unwind, is_as_deep_as_gdb_s_in_c)
{
	compare(fixture_c("process"), FIXTURE_ARGS("idle", "10"), "idle", 11);
}

Test(unwind, is_as_deep_as_gdb_s_without_a_search_table)
{
	compare(fixture_c("no_table"), FIXTURE_ARGS("idle", "10"), "idle", 11);
}

Test(unwind, is_as_deep_as_gdb_s_by_debug_frame_alone)
{
	compare(fixture_c("debug_frame"), FIXTURE_ARGS("idle", "10"), "idle", 11);
}

Test(unwind, is_as_deep_as_gdb_s_in_a_rust_program_with_parked_threads)
{
	const char *program = fixture_rust("parked");
	if (!program)
		cr_skip_test("the fixture `parked` is not built: ./dev test does it");
	compare(program, NULL, "parked", 5);
}

// A stack of ever the same call, cut at the limit and said so.
Test(unwind, of_a_deep_recursion_is_bounded)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("steps"), FIXTURE_ARGS("deep", "5000"));
	break_function(&d, "bottom");
	debuggee_continue(&d);
	struct dbg_event event = debuggee_wait_stop(&d);
	struct dbg_frame *frames;
	struct str note;
	bool whole;
	cr_assert_eq(dbg_unwind(d.target, &d.arena, event.tid, 0, &frames, &whole, &note), 1000);
	cr_assert_not(whole);
	cr_assert(str_find(note, STR("1000")) >= 0);
	cr_assert_gt(dbg_unwind(d.target, &d.arena, event.tid, 10000, &frames, &whole, &note), 5000);
	cr_assert(whole, "%.*s", STRF(note));
	cr_assert_eq(dbg_unwind(d.target, &d.arena, event.tid, 3, &frames, &whole, &note), 3);
	debuggee_end(&d);
}

static size_t stack_of(struct debuggee *d, const char *part, struct dbg_frame **frames, struct dbg_event *event)
{
	struct str note;
	bool whole;
	debuggee_launch(d, fixture_c("steps"), FIXTURE_ARGS(part));
	if (strcmp(part, "call-null"))
		break_function(d, "bottom");
	debuggee_continue(d);
	*event = debuggee_wait_stop(d);
	size_t n = dbg_unwind(d->target, &d->arena, event->tid, 0, frames, &whole, &note);
	cr_assert(whole, "%s: %.*s", part, STRF(note));
	return n;
}

static bool has_function(const struct dbg_frame *frames, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eqc(frames[i].scope.name, name))
			return true;
	return false;
}

Test(unwind, goes_through_a_signal_s_handler)
{
	struct debuggee d = {0};
	struct dbg_frame *frames;
	struct dbg_event event;
	size_t n = stack_of(&d, "handler", &frames, &event);
	cr_assert(has_function(frames, n, "on_signal"));
	cr_assert(has_function(frames, n, "raises"));
	cr_assert(has_function(frames, n, "main"));
	debuggee_end(&d);
}

Test(unwind, begins_at_a_call_through_a_null_pointer)
{
	struct debuggee d = {0};
	struct dbg_frame *frames;
	struct dbg_event event;
	size_t n = stack_of(&d, "call-null", &frames, &event);
	cr_assert_eq(event.signal, SIGSEGV);
	cr_assert_eq(frames[0].pc, 0);
	cr_assert(has_function(frames, n, "calls_null"));
	cr_assert(has_function(frames, n, "main"));
	debuggee_end(&d);
}

Test(unwind, tells_the_line_of_each_call)
{
	struct debuggee d = {0};
	struct dbg_frame *frames;
	struct dbg_event event;
	size_t n = stack_of(&d, "lines", &frames, &event);
	cr_assert_geq(n, 3);
	cr_assert(str_eqc(frames[1].scope.name, "lines"));
	cr_assert_eq(frames[1].place.line, mark_line("tests/fixtures/steps/steps.c", "bottom-call"));
	cr_assert(str_eqc(frames[2].scope.name, "main"));
	debuggee_end(&d);
}
