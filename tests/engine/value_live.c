// Variables and values of a Rust program that stops itself with one local of each kind
// (tests/fixtures/values). What each is to be shown as stands beside it in the source.
#include <stdio.h>
#include <unistd.h>

#include "engine/eval.h"
#include "engine/shown.h"
#include "shown.h"

static const struct dbg_variable *variable_named(const struct stopped *s, const char *name)
{
	for (size_t i = s->n; i-- > 0;)
		if (str_eqc(s->variables[i].name, name))
			return &s->variables[i];
	cr_assert_fail("no variable %s", name);
	return NULL;
}

Test(value_live, every_kind_is_shown_as_its_source_says)
{
	struct stopped s = {0};
	stop_in(&s, "values", "debug", "values::main");
	unsigned checked = each_shown(&s, must_match);
	cr_assert_gt(checked, 120, "only %u", checked);
	debuggee_end(&s.d);
}

static unsigned right, lost, wrong;

// Optimised code may have lost a value or a part of it, and says so; it never shows another one.
static void right_or_lost(const struct dbg_variable *variable, const char *text, const char *wanted)
{
	if (matches(text, wanted)) {
		right++;
	} else if (strstr(text, "optimised out") || variable->value.known) { // known: some of its bytes are lost
		lost++;
	} else {
		wrong++;
		cr_expect(false, "%.*s shows %s\n   wanted %s", STRF(variable->name), text, wanted);
	}
}

Test(value_live, optimised_code_loses_values_but_shows_no_wrong_ones)
{
	struct stopped s = {0};
	stop_in(&s, "values", "release", "values::main");
	each_shown(&s, right_or_lost);
	cr_log_info("release: %u right, %u lost, %u wrong", right, lost, wrong);
	cr_assert_gt(right, 60, "%u right, %u lost", right, lost);
	debuggee_end(&s.d);
}

Test(value_live, arguments_blocks_and_shadows)
{
	struct stopped s = {0};
	static const struct {
		const char *name, *text;
		int kind;
	} wanted[] = {
	    {"number", "4", DBG_VARIABLE_ARGUMENT},
	    {"text", "\"text\"", DBG_VARIABLE_ARGUMENT},
	    {"order", "Order {id: 1, name: \"tea\", paid: true}", DBG_VARIABLE_ARGUMENT},
	    {"twice", "8", DBG_VARIABLE_LOCAL},
	    {"number", "\"inner\"", DBG_VARIABLE_LOCAL}, // and `later` is not there yet
	};
	stop_in(&s, "values", "debug", "values::callee");
	cr_assert_eq(s.n, ARRAY_LEN(wanted));
	for (size_t i = 0; i < s.n; i++) {
		cr_expect(str_eqc(s.variables[i].name, wanted[i].name));
		cr_expect_str_eq(rendered(&s, s.variables[i].value).ptr, wanted[i].text);
		cr_expect_eq((int)s.variables[i].kind, wanted[i].kind);
	}
	debuggee_end(&s.d);
}

// "name=text, name=text" of a page of children.
static const char *children(struct stopped *s, const char *name, enum dbg_child_filter filter, u64 start, u64 count)
{
	struct dbg_child *found;
	struct buf buf = buf_on(&s->d.arena);
	size_t n = dbg_value_children(&s->d.arena, variable_named(s, name)->value, filter, start, count, &found);
	for (size_t i = 0; i < n; i++)
		buf_printf(&buf, "%s%.*s=%.*s", i ? ", " : "", STRF(found[i].name), STRF(rendered(s, found[i].value)));
	return buf_str(&buf).ptr;
}

Test(value_live, children_come_by_page)
{
	struct stopped s = {0};
	stop_in(&s, "values", "debug", "values::main");
	cr_expect_str_eq(children(&s, "order", DBG_CHILDREN_ALL, 0, 100), "id=1, name=\"tea\", paid=true");
	cr_expect_str_eq(children(&s, "order_ref", DBG_CHILDREN_ALL, 1, 1), "name=\"tea\"");
	cr_expect_str_eq(children(&s, "tuple", DBG_CHILDREN_NAMED, 0, 100), "0=1, 1=\"a\", 2=2.5");
	cr_expect_str_eq(children(&s, "tagged", DBG_CHILDREN_ALL, 0, 100), "radius=1.5");
	cr_expect_str_eq(children(&s, "array_2d", DBG_CHILDREN_ALL, 0, 100), "[0]=[1, 2], [1]=[3, 4]");
	cr_expect_str_eq(children(&s, "deque", DBG_CHILDREN_INDEXED, 0, 100), "[0]=1, [1]=2, [2]=3");
	cr_expect_str_eq(children(&s, "map", DBG_CHILDREN_INDEXED, 0, 100), "[\"one\"]=1");
	cr_expect_str_eq(children(&s, "tree", DBG_CHILDREN_INDEXED, 1, 100), "[2]=\"two\"");
	cr_expect_str_eq(children(&s, "tree_large", DBG_CHILDREN_INDEXED, 997, 100), "[997]=998, [998]=999, [999]=1000");
	cr_expect_str_eq(children(&s, "closure", DBG_CHILDREN_ALL, 0, 100), "captured=10");
	cr_expect_str_eq(children(&s, "raw", DBG_CHILDREN_ALL, 0, 100), "*=4000000000");
	cr_expect_str_eq(children(&s, "huge", DBG_CHILDREN_ALL, 10000000, 100), "[9999999]=7");
	cr_expect_str_eq(children(&s, "huge", DBG_CHILDREN_ALL, 10000001, 100), "");
	// A tree is the same from wherever its pages begin: leaves that lie before the start are passed over by their lengths.
	for (u64 at = 0; at < 1000; at += 13) {
		u64 first;
		struct dbg_child *page;
		size_t n = dbg_value_children(&s.d.arena, variable_named(&s, "tree_large")->value, DBG_CHILDREN_INDEXED, at, 5, &page);
		cr_expect_eq(n, 1000 - at < 5 ? 1000 - at : 5);
		for (size_t i = 0; i < n; i++)
			cr_expect(dbg_value_get(page[i].value, &first) && first == at + i + 1, "page at %d", (int)at);
	}
	// Four elements of a large map, each once: the pages put together are the map.
	struct dbg_counts counts = dbg_value_child_counts(variable_named(&s, "map_large")->value);
	cr_expect_eq(counts.indexed, 1000);
	struct dbg_child *entries;
	u64 sum = 0, value, seen = 0;
	for (u64 at = 0; at < 1000; at += 300) {
		size_t n =
		    dbg_value_children(&s.d.arena, variable_named(&s, "map_large")->value, DBG_CHILDREN_INDEXED, at, 300, &entries);
		for (size_t i = 0; i < n; i++, seen++)
			sum += dbg_value_get(entries[i].value, &value) ? value : 0;
	}
	cr_expect_eq(seen, 1000);
	cr_expect_eq(sum, 332833500); // of n * n for n below 1000
	debuggee_end(&s.d);
}

Test(value_live, raw_shows_members_as_they_are)
{
	struct stopped s = {0};
	stop_in(&s, "values", "debug", "values::main");
	struct dbg_child *found, *members;
	size_t n = dbg_value_children(&s.d.arena, variable_named(&s, "vec")->value, DBG_CHILDREN_NAMED, 0, 10, &found);
	cr_assert_eq(n, 1);
	cr_assert(str_eqc(found[0].name, "[raw]"));
	n = dbg_value_children(&s.d.arena, found[0].value, DBG_CHILDREN_ALL, 0, 10, &members);
	cr_assert_eq(n, 2);
	cr_expect(str_eqc(members[0].name, "buf"));
	cr_expect(str_eqc(members[1].name, "len"));
	debuggee_end(&s.d);
}

Test(value_live, suspended_coroutines_have_variables)
{
	struct stopped s = {0};
	stop_in(&s, "values", "debug", "values::main");
	struct dbg_value future = dbg_shown(variable_named(&s, "future")->value);
	struct dbg_variable *variables;
	struct buf buf = buf_on(&s.d.arena);
	size_t n = dbg_coroutine_variables(&s.d.arena, future, &variables);
	for (size_t i = 0; i < n; i++)
		buf_printf(&buf, "%.*s=%.*s ", STRF(variables[i].name), STRF(rendered(&s, variables[i].value)));
	cr_expect_str_eq(buf_str(&buf).ptr, "input=21 label=\"w\" doubled=42 text=\"w 42\" ");
	char wanted[100];
	snprintf(wanted, sizeof(wanted), "values::work {suspended at src/main.rs:%u}",
	         mark_line("tests/fixtures/values/src/main.rs", "suspended"));
	cr_expect_str_eq(rendered(&s, future).ptr, wanted);
	debuggee_end(&s.d);
}

// "name=text name=text " of the newest frame's variables at the next stop.
static const char *stopped_variables(struct debuggee *d)
{
	struct dbg_event event = debuggee_wait_stop(d);
	while (event.stop == DBG_STOP_SIGNAL) { // the fixture's own trap
		debuggee_continue(d);
		event = debuggee_wait_stop(d);
	}
	cr_assert_eq(event.stop, DBG_STOP_BREAKPOINT);
	struct dbg_frame *frames;
	bool whole;
	struct str note;
	cr_assert_gt(dbg_unwind(d->target, &d->arena, event.tid, 0, &frames, &whole, &note), 0);
	struct dbg_variable *variables;
	struct buf buf = buf_on(&d->arena);
	size_t n = dbg_frame_variables(dbg_target_space(d->target), &d->arena, &frames[0], &variables);
	for (size_t i = 0; i < n; i++)
		buf_printf(&buf, "%.*s%s=%.*s ", STRF(variables[i].name), variables[i].kind == DBG_VARIABLE_ARGUMENT ? "(argument)" : "",
		           STRF(dbg_value_render(&d->arena, variables[i].value, (struct dbg_render){0})));
	return buf_str(&buf).ptr;
}

static void launch_values(struct debuggee *d)
{
	const char *program = fixture_rust("values");
	if (!program)
		cr_skip_test("the fixture is not built");
	debuggee_launch(d, program, NULL);
}

// Where an async fn is polled, its frame has the same variables as its state, by the machine's locations.
Test(value_live, a_polled_async_fn_has_its_arguments_once)
{
	struct debuggee d = {0};
	launch_values(&d);
	break_mark(&d, "tests/fixtures/values/src/main.rs", "in-async");
	debuggee_continue(&d);
	cr_expect_str_eq(stopped_variables(&d), "input(argument)=21 label(argument)=\"w\" doubled=42 early=22 ");
	debuggee_end(&d);
}

// Where a function breakpoint stops, on the line of its first argument: those on the lines below are there too.
Test(value_live, an_async_fn_begins_with_all_its_arguments)
{
	struct debuggee d = {0};
	launch_values(&d);
	break_function(&d, "values::work");
	debuggee_continue(&d);
	cr_expect_str_eq(stopped_variables(&d), "input(argument)=21 label(argument)=\"w\" ");
	debuggee_end(&d);
}

// Behind an await a local that nothing uses any more is not in the future; its place in the frame is another poll's.
Test(value_live, locals_that_an_await_does_not_keep_are_told)
{
	struct debuggee d = {0};
	char wanted[200];
	launch_values(&d);
	break_mark(&d, "tests/fixtures/values/src/main.rs", "suspended");
	break_mark(&d, "tests/fixtures/values/src/main.rs", "resumed");
	debuggee_continue(&d);
	cr_expect_str_eq(stopped_variables(&d), "input(argument)=21 label(argument)=\"w\" doubled=42 early=22 text=\"w 42\" ");
	debuggee_continue(&d);
	snprintf(wanted, sizeof(wanted),
	         "input(argument)=21 label(argument)=\"w\" doubled=42 early=<not kept across the await on line %u> text=\"w 42\" ",
	         mark_line("tests/fixtures/values/src/main.rs", "suspended"));
	cr_expect_str_eq(stopped_variables(&d), wanted);
	debuggee_end(&d);
}

Test(value_live, assignment_writes_memory)
{
	struct stopped s = {0};
	stop_in(&s, "values", "debug", "values::main");
	const struct dbg_variable *number = variable_named(&s, "i64_");
	must(dbg_value_assign(number->value, STR("-77")));
	cr_expect_str_eq(rendered(&s, number->value).ptr, "-77");
	must(dbg_value_assign(variable_named(&s, "c_like")->value, STR("Colour::Red")));
	cr_expect_str_eq(rendered(&s, variable_named(&s, "c_like")->value).ptr, "Red");
	must(dbg_value_assign(variable_named(&s, "atomic_i32")->value, STR("9")));
	cr_expect_str_eq(rendered(&s, variable_named(&s, "atomic_i32")->value).ptr, "9");
	static const struct {
		const char *name, *text, *shown; // shown NULL: refused
	} rows[] = {
	    {"string", "\"new\"", "\"new\""},
	    {"string", "\"\\u{e9}\\n\\\"\"", "\"é\\n\\\"\""},
	    {"string", "\"\"", "\"\""},
	    {"string", "\"longer than what it owns\"", NULL},
	    {"string", "new", NULL},
	    {"string", "\"a\"b\"", NULL},
	    {"string", "\"\\q\"", NULL},
	    {"str_", "\"x\"", NULL},
	    {"vec", "[1, 0xff]", "Vec<u8> (len 2) [1, 255]"},
	    {"vec", "[]", "Vec<u8> (len 0) []"},
	    {"vec", "[1, 256]", NULL},
	    {"vec", "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", NULL},
	    {"vec", "1, 2", NULL},
	    {"vec_strings", "[1]", NULL},
	    {"array", "[4, -5, 6]", "[4, -5, 6]"},
	    {"array", "[4, 5]", NULL},
	    {"tagged", "Shape::Empty", "Empty"},
	    {"tagged", "Circle", NULL},
	    {"tagged", "Square", NULL},
	    {"some", "None", "None"},
	    {"niche_text", "Niche::Nothing", "Nothing"},
	    {"future", "Returned", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct dbg_variable *variable = variable_named(&s, rows[i].name);
		const char *before = rendered(&s, variable->value).ptr;
		err_t refused = dbg_value_assign(variable->value, str_of(rows[i].text));
		cr_expect_eq(refused == NULL, rows[i].shown != NULL, "%s = %s: %s", rows[i].name, rows[i].text,
		             refused ? refused->what.ptr : "not refused");
		cr_expect_str_eq(rendered(&s, variable->value).ptr, rows[i].shown ? rows[i].shown : before, "%s = %s", rows[i].name,
		                 rows[i].text);
	}
	err_t error = dbg_value_assign(variable_named(&s, "order")->value, STR("1"));
	cr_assert(error && error->code == ERR_UNSUPPORTED);
	debuggee_end(&s.d);
}

// Every type of the fixture's locals over a memory of random words.
Test(value_live, garbage_is_survived, .timeout = 120)
{
	struct stopped s = {0};
	stop_in(&s, "values", "debug", "values::main");
	survive_noise(&s);
	debuggee_end(&s.d);
}
