// A breakpoint on a line of an async fn is hit at each first arrival, and at no other poll of what is awaited there. CTest
// runs it on optimised code, too (STACKFUL_TEST_PROFILE=release).
#include "engine/coroutine.h"
#include <debuggee.h>

#include <stdio.h>

#define SOURCE "tests/fixtures/arrivals/src/main.rs"
enum { MAX_LINES = 100 };

struct counted {
	u32 line, id;
	unsigned expected, hits;
};

static bool is_optimised(void)
{
	return getenv("STACKFUL_TEST_PROFILE") != NULL;
}

// Every line with "ARRIVALS: n".
static size_t read_lines(struct counted *lines)
{
	char text[1024];
	FILE *source = fopen(STACKFUL_SOURCE "/" SOURCE, "r");
	cr_assert(source);
	size_t n = 0;
	for (u32 number = 1; fgets(text, sizeof(text), source); number++) {
		const char *at = strstr(text, "// ARRIVALS: ");
		if (!at)
			continue;
		cr_assert_lt(n, MAX_LINES);
		lines[n] = (struct counted){.line = number};
		const char *optimised = is_optimised() ? strstr(at, ", optimised: ") : NULL;
		cr_assert_eq(sscanf(optimised ? optimised + 2 : at + 3, "%*[^0-9]%u", &lines[n].expected), 1);
		n++;
	}
	fclose(source);
	return n;
}

static void count(const char *fixture)
{
	static struct counted lines[MAX_LINES];
	struct debuggee d = {0};
	const char *program = fixture_rust(fixture);
	cr_assert(program, "the fixture %s is not built (./dev test builds it)", fixture);
	debuggee_launch(&d, program, NULL);
	size_t n = read_lines(lines);
	cr_assert_gt(n, 40);
	for (size_t i = 0; i < n; i++) {
		struct dbg_breakpoint_info info;
		lines[i].id = dbg_breakpoint_add(
		    d.target, &(struct dbg_breakpoint_spec){.kind = DBG_BREAK_LINE, .file = STR(SOURCE), .line = lines[i].line});
		cr_assert(dbg_breakpoint_info(d.target, lines[i].id, &info));
		if (is_optimised() && info.place.line != lines[i].line) { // the compiler has left no row of it
			dbg_breakpoint_remove(d.target, lines[i].id);
			lines[i--] = lines[--n];
			continue;
		}
		cr_assert_gt(info.n_addresses, 0, "line %u: %.*s", lines[i].line, STRF(info.problem));
		cr_assert_eq(info.place.line, lines[i].line, "line %u moved to %u", lines[i].line, info.place.line);
	}
	struct dbg_event event;
	do {
		debuggee_continue(&d);
		event = debuggee_wait_stop(&d);
		for (size_t b = 0; event.kind == DBG_EVENT_STOPPED && b < event.n_breakpoints; b++)
			for (size_t i = 0; i < n; i++)
				lines[i].hits += lines[i].id == event.breakpoints[b];
	} while (event.kind == DBG_EVENT_STOPPED);
	cr_assert_eq(event.exit_code, 0);
	size_t wrong = 0;
	for (size_t i = 0; i < n; i++) {
		cr_expect_eq(lines[i].hits, lines[i].expected, "line %u: %u hits for %u arrivals", lines[i].line, lines[i].hits,
		             lines[i].expected);
		wrong += lines[i].hits != lines[i].expected;
	}
	cr_assert_eq(wrong, 0);
	debuggee_end(&d);
}

Test(arrivals, are_as_many_as_the_sources)
{
	count("arrivals");
}

// A step of a task that is idle in one begins with it. (In optimised code most of these have no code of their own.)
Test(arrivals, all_bodies_are_known_by_their_types)
{
	static const char *const names[] = {"price",         "total",   "fallible", "question", "slow",
	                                    "two_on_a_line", "selects", "joins",    "worker"};
	struct debuggee d = {0};
	const char *program = fixture_rust("arrivals");
	cr_assert(program, "the fixture arrivals is not built (./dev test builds it)");
	debuggee_launch(&d, program, NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct dbg_coroutine_body body;
		const struct dbg_type *env = dbg_type_find(d.modules, str_printf(&d.arena, "arrivals::%s::{async_fn_env#0}", names[i]));
		cr_assert(env, "%s", names[i]);
		cr_expect(dbg_coroutine_body_of(d.modules, env, &body), "the body of %s is not known", names[i]);
		cr_expect(body.scope.decl.line, "%s is declared nowhere", names[i]);
	}
	debuggee_end(&d);
}
