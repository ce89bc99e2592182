// Locals that no await keeps, in loops of async fns: those of an earlier poll are told as such, those of this one are shown.
#include <stdio.h>
#include <unistd.h>

#include <debuggee.h>

static const char *const source = "tests/fixtures/values/src/loops.rs";

static void launch(struct debuggee *d, const char *profile)
{
	char program[4096];
	const char *folder = getenv("STACKFUL_TEST_FIXTURES"); // tests/values-matrix: of another compiler
	snprintf(program, sizeof(program), "%s/%s/values", folder ? folder : STACKFUL_FIXTURES, profile);
	if (access(program, X_OK))
		cr_skip_test("the fixture is not built: %s", program);
	debuggee_launch(d, program, NULL);
}

// The next stop at a breakpoint; false: the program has ended.
static bool next_stop(struct debuggee *d, struct dbg_event *event)
{
	do {
		debuggee_continue(d);
		*event = debuggee_wait_stop(d);
	} while (event->kind == DBG_EVENT_STOPPED && event->stop == DBG_STOP_SIGNAL); // the fixture's own trap
	return event->kind == DBG_EVENT_STOPPED;
}

static size_t variables(struct debuggee *d, pid_t tid, struct dbg_variable **out)
{
	struct dbg_frame *frames;
	bool whole;
	struct str note;
	cr_assert_gt(dbg_unwind(d->target, &d->arena, tid, 0, &frames, &whole, &note), 0);
	return dbg_frame_variables(dbg_target_space(d->target), &d->arena, &frames[0], out);
}

static struct str shown(struct debuggee *d, const struct dbg_variable *variable)
{
	return dbg_value_render(&d->arena, variable->value, (struct dbg_render){0});
}

// "mark name=text name=text" of each stop: of these locals, - for one that no await keeps, ? for one that may be of an earlier
// turn, ! for one that has no value yet. Iterators are left out.
static const char *history(struct debuggee *d, const char *const *marks, size_t n_marks)
{
	struct buf text = buf_on(&d->arena);
	struct dbg_event event;
	for (size_t i = 0; i < n_marks; i++)
		break_mark(d, source, marks[i]);
	while (next_stop(d, &event)) {
		u32 line = debuggee_line(d, event.tid);
		struct dbg_variable *all;
		for (size_t i = 0; i < n_marks; i++)
			if (mark_line(source, marks[i]) == line)
				buf_printf(&text, "%s%s:", text.len ? "; " : "", marks[i]);
		size_t n = variables(d, event.tid, &all);
		for (size_t i = 0; i < n; i++) {
			struct str value = shown(d, &all[i]);
			if (str_eqc(all[i].name, "iter"))
				continue;
			value = str_eqc(value, "<not initialised yet>") ? STR("!") : value;
			value = str_starts(value, STR("<not kept")) ? STR("-") : str_starts(value, STR("<may be of an")) ? STR("?") : value;
			buf_printf(&text, " %.*s=%.*s", STRF(all[i].name), STRF(value));
		}
	}
	return buf_str(&text).ptr;
}

// Of two turns in one poll, and of one that a poll begins in.
static const struct {
	const char *marks[3], *wanted;
} cases[] = {
    {{"for-early", "for-late"},
     "for-early: before=7 n=0 early=1; for-late: before=7 n=0 early=1; for-early: before=7 n=1 early=11; "
     "for-late: before=- n=1 early=?; for-early: before=- n=2 early=21; for-late: before=- n=2 early=?; "
     "for-early: before=- n=3 early=31; for-late: before=- n=3 early=?"},
    {{"while-early", "while-late"},
     "while-early: count=1 item=1 doubled=2; while-late: count=1 item=1 doubled=2; while-early: count=2 item=2 doubled=4; "
     "while-late: count=2 item=? doubled=?; while-early: count=3 item=3 doubled=6; while-late: count=3 item=? doubled=?"},
    {{"loop-late", "loop-break"},
     "loop-late: turn=1 square=?; loop-late: turn=2 square=?; loop-late: turn=3 square=?; loop-break: turn=4 square=16"},
    {{"loop-found", "loop-behind"}, "loop-found: turn=4 found=16; loop-behind: turn=4 found=-"},
    {{"nested-outer", "nested-inner", "nested-late"},
     "nested-outer: a=0 outer=1; nested-inner: a=0 outer=1 b=0 inner=0; nested-late: a=0 outer=1 b=0 inner=0; "
     "nested-inner: a=0 outer=1 b=1 inner=1; nested-late: a=0 outer=? b=1 inner=?; "
     "nested-inner: a=0 outer=? b=2 inner=2; nested-late: a=0 outer=? b=2 inner=?; "
     "nested-outer: a=1 outer=101; nested-inner: a=1 outer=? b=0 inner=100; nested-late: a=1 outer=? b=0 inner=?; "
     "nested-inner: a=1 outer=? b=1 inner=101; nested-late: a=1 outer=? b=1 inner=?; "
     "nested-inner: a=1 outer=? b=2 inner=102; nested-late: a=1 outer=? b=2 inner=?"},
    {{"line-second", "line-third", "line-last"},
     "line-second: first=- second=2; line-third: first=- second=2; line-last: first=- second=-"},
    {{"large-early", "large-late"},
     "large-early: n=0 large=[0, 0, 0, …] early=1; large-late: n=0 large=[0, 0, 0, …] early=1; "
     "large-early: n=1 large=[1, 1, 1, …] early=11; large-late: n=1 large=? early=?; "
     "large-early: n=2 large=[2, 2, 2, …] early=21; large-late: n=2 large=? early=?"},
    // No loop: `let x;` before the first assignment.
    {{"late-before", "late-either", "late-behind"},
     "late-before: first=true late=! either=!; late-either: first=true late=! either=1; late-behind: first=true late=2 either=1"},
};

static size_t n_marks(const char *const marks[3])
{
	return 1 + (marks[1] != NULL) + (marks[2] != NULL);
}

Test(loop_values, of_this_poll_are_shown_and_others_told)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct debuggee d = {0};
		launch(&d, "debug");
		cr_expect_str_eq(history(&d, cases[i].marks, n_marks(cases[i].marks)), cases[i].wanted);
		debuggee_end(&d);
	}
}

// ---- what is shown is right ------------------------------------------------------------------------

static bool number(const struct dbg_variable *all, size_t n, const char *name, u64 *out)
{
	for (size_t i = n; name && i-- > 0;)
		if (str_eqc(all[i].name, name))
			return dbg_value_get(all[i].value, out);
	return false;
}

// What the locals are made of: a * by + b * other + more, where a and b are locals too.
static const struct {
	const char *name, *a, *b;
	u64 by, more;
} made[] = {{"before", NULL, NULL, 0, 7}, {"early", "n", NULL, 10, 1},  {"doubled", "item", NULL, 2, 0},
            {"found", NULL, NULL, 0, 16}, {"outer", "a", NULL, 100, 1}, {"inner", "a", "b", 100, 0},
            {"first", NULL, NULL, 0, 1},  {"second", NULL, NULL, 0, 2}, {"count", "item", NULL, 1, 0}};

Test(loop_values, of_optimised_code_are_right_or_told)
{
	static const char *const profiles[] = {"debug", "release"};
	for (size_t p = 0; p < ARRAY_LEN(profiles); p++) {
		struct debuggee d = {0};
		struct dbg_event event;
		unsigned right = 0, told = 0;
		launch(&d, profiles[p]);
		for (size_t i = 0; i < ARRAY_LEN(cases); i++)
			for (size_t m = 0; m < n_marks(cases[i].marks); m++) // optimised code may have no row for one: then it is elsewhere
				dbg_breakpoint_add(d.target, &(struct dbg_breakpoint_spec){.kind = DBG_BREAK_LINE,
				                                                           .file = str_of(source),
				                                                           .line = mark_line(source, cases[i].marks[m])});
		while (next_stop(&d, &event)) {
			struct dbg_variable *all;
			size_t n = variables(&d, event.tid, &all);
			for (size_t i = 0; i < ARRAY_LEN(made); i++) {
				u64 value, a = 0, b = 0;
				bool known = (!made[i].a || number(all, n, made[i].a, &a)) && (!made[i].b || number(all, n, made[i].b, &b));
				if (!number(all, n, made[i].name, &value)) {
					told++;
				} else if (known) {
					right++;
					cr_expect_eq(value, a * made[i].by + b + made[i].more, "%s, line %u: %s is shown as %llu", profiles[p],
					             debuggee_line(&d, event.tid), made[i].name, (unsigned long long)value);
				}
			}
		}
		cr_log_info("%s: %u right, %u told", profiles[p], right, told);
		cr_expect_gt(right, p ? 0 : 20, "%s: only %u of %u", profiles[p], right, told);
		debuggee_end(&d);
	}
}
