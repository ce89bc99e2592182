// Places in memory that the processor watches: which accesses are told, in which threads, with which values.
#include <debuggee.h>

#define SOURCE "tests/fixtures/watch/watch.c"

static u64 address_of(struct debuggee *d, const char *name)
{
	struct dbg_symbol symbol;
	cr_assert(dbg_symbol_find(d->modules, str_of(name), &symbol), "no symbol %s", name);
	return symbol.addr;
}

static void begin(struct debuggee *d, const char *part, const char *n)
{
	*d = (struct debuggee){0};
	debuggee_launch(d, fixture_c("watch"), FIXTURE_ARGS(part, n));
	u32 id = break_function(d, "ready");
	debuggee_continue(d);
	cr_assert_eq(debuggee_wait_stop(d).stop, DBG_STOP_BREAKPOINT);
	dbg_breakpoint_remove(d->target, id);
}

static u32 watch(struct debuggee *d, const char *name, u64 size, enum dbg_watch_on on)
{
	u32 id;
	must(dbg_watch_add(d->target, address_of(d, name), size, on, &id));
	cr_assert_neq(id, 0);
	return id;
}

// The next stop is the watch's, behind the marked line's access.
static void hits(struct debuggee *d, u32 id, const char *mark, u64 old_value, u64 new_value)
{
	debuggee_continue(d);
	struct dbg_event event = debuggee_wait_stop(d);
	cr_assert_eq(event.kind, DBG_EVENT_STOPPED, "%s: the program has ended", mark);
	cr_assert_eq(event.stop, DBG_STOP_WATCH, "%s: stopped by %d", mark, event.stop);
	cr_assert_eq(event.n_watches, 1);
	cr_assert_eq(event.watches[0].id, id);
	cr_assert_eq(event.watches[0].old_value, old_value, "%s: was %llx", mark, (unsigned long long)event.watches[0].old_value);
	cr_assert_eq(event.watches[0].new_value, new_value, "%s: is %llx", mark, (unsigned long long)event.watches[0].new_value);
	cr_assert_leq(debuggee_line(d, event.tid) - mark_line(SOURCE, mark), 1, "%s is line %u; stopped at %u", mark,
	              mark_line(SOURCE, mark), debuggee_line(d, event.tid));
}

static void runs_to_its_end(struct debuggee *d)
{
	debuggee_continue(d);
	cr_assert_eq(debuggee_wait_stop(d).kind, DBG_EVENT_EXITED);
	debuggee_end(d);
}

Test(watch, of_changes_passes_over_what_stays_the_same)
{
	struct debuggee d;
	begin(&d, "", "");
	u32 id = watch(&d, "number", 4, DBG_WATCH_CHANGE);
	hits(&d, id, "changed", 3, 4);
	runs_to_its_end(&d);
}

Test(watch, of_writes_tells_each)
{
	struct debuggee d;
	begin(&d, "", "");
	u32 id = watch(&d, "number", 4, DBG_WATCH_WRITE);
	hits(&d, id, "same", 3, 3);
	hits(&d, id, "changed", 3, 4);
	runs_to_its_end(&d);
}

Test(watch, of_accesses_tells_reads)
{
	struct debuggee d;
	begin(&d, "", "");
	u32 id = watch(&d, "number", 4, DBG_WATCH_ACCESS);
	hits(&d, id, "same", 3, 3);
	hits(&d, id, "changed", 3, 4);
	hits(&d, id, "read", 4, 4);
	dbg_watch_remove(d.target, id);
	runs_to_its_end(&d);
}

Test(watch, watches_four_places_of_any_size)
{
	struct debuggee d;
	u32 fifth;
	begin(&d, "", "");
	u32 number = watch(&d, "number", 4, DBG_WATCH_CHANGE), wide = watch(&d, "wide", 8, DBG_WATCH_CHANGE);
	u32 half = watch(&d, "half", 2, DBG_WATCH_CHANGE), byte;
	must(dbg_watch_add(d.target, address_of(&d, "bytes") + 2, 1, DBG_WATCH_CHANGE, &byte));
	err_t error = dbg_watch_add(d.target, address_of(&d, "bytes"), 1, DBG_WATCH_CHANGE, &fifth);
	cr_assert(error && error->code == ERR_UNSUPPORTED && fifth == 0, "a fifth register");
	hits(&d, number, "changed", 3, 4);
	hits(&d, byte, "byte", 0, 9);
	dbg_watch_remove(d.target, byte);
	must(dbg_watch_add(d.target, address_of(&d, "bytes"), 1, DBG_WATCH_CHANGE, &fifth));
	hits(&d, half, "half", 7, 8);
	hits(&d, wide, "wide", 1, 0x1122334455667788);
	runs_to_its_end(&d);
}

Test(watch, refuses_what_the_processor_can_not_watch)
{
	struct debuggee d;
	u32 id;
	begin(&d, "", "");
	u64 wide = address_of(&d, "wide");
	err_t odd = dbg_watch_add(d.target, wide + 4, 8, DBG_WATCH_CHANGE, &id);
	cr_assert(odd && odd->code == ERR_UNSUPPORTED);
	err_t three = dbg_watch_add(d.target, wide, 3, DBG_WATCH_CHANGE, &id);
	cr_assert(three && three->code == ERR_UNSUPPORTED);
	err_t nowhere = dbg_watch_add(d.target, 8, 8, DBG_WATCH_CHANGE, &id);
	cr_assert(nowhere && nowhere->code == ERR_FAULT);
	runs_to_its_end(&d);
}

Test(watch, is_taken_over_by_threads_that_start_later)
{
	struct debuggee d;
	begin(&d, "threads", "20");
	u32 id = watch(&d, "number", 4, DBG_WATCH_CHANGE);
	for (u64 i = 0; i < 20; i++)
		hits(&d, id, "thread-write", i ? 99 + i : 3, 100 + i);
	runs_to_its_end(&d);
}

// The hits lie in the stepped line: the step goes on behind them.
Test(watch, cuts_a_step_short_that_can_go_on)
{
	struct debuggee d;
	begin(&d, "", "");
	u32 at = break_mark(&d, SOURCE, "changed");
	debuggee_continue(&d);
	struct dbg_event event = debuggee_wait_stop(&d);
	dbg_breakpoint_remove(d.target, at);
	u32 id = watch(&d, "number", 4, DBG_WATCH_CHANGE);
	must(dbg_target_step(d.target, event.tid, DBG_STEP_OVER, DBG_BY_LINE));
	event = debuggee_wait_stop(&d);
	cr_assert_eq(event.n_watches, 1);
	cr_assert_eq(event.watches[0].id, id);
	cr_assert_eq(event.watches[0].new_value, 4);
	if (event.stop == DBG_STOP_WATCH) {
		must(dbg_target_pass_over(d.target));
		event = debuggee_wait_stop(&d);
	}
	cr_assert_eq(event.stop, DBG_STOP_STEP);
	cr_assert_eq(debuggee_line(&d, event.tid), mark_line(SOURCE, "read"));
	runs_to_its_end(&d);
}

Test(watch, set_while_it_runs_halts_the_threads_for_it)
{
	struct debuggee d;
	u32 id;
	begin(&d, "often", "2000000000");
	u64 wide = address_of(&d, "wide");
	debuggee_continue(&d);
	must(dbg_watch_add(d.target, wide, 8, DBG_WATCH_CHANGE, &id));
	for (int i = 0; i < 100; i++) {
		struct dbg_event event = debuggee_wait_stop(&d);
		cr_assert_eq(event.stop, DBG_STOP_WATCH);
		cr_assert_eq(event.watches[0].old_value + event.watches[0].new_value, 3);
		debuggee_continue(&d);
	}
	debuggee_end(&d);
}
