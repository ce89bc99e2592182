// Breakpoints that are passed over without lifting their traps: each instruction does what it does without one, whichever
// way it is passed over, and hits are told while the other threads run.
#include <debuggee.h>

enum { MOST = 2000 };

struct addresses {
	u64 items[MOST];
	size_t len;
};

static void add(struct addresses *to, u64 addr)
{
	for (size_t i = 0; i < to->len; i++)
		if (to->items[i] == addr)
			return;
	cr_assert_lt(to->len, (size_t)MOST);
	to->items[to->len++] = addr;
}

// Where a call of `work` goes, instruction by instruction.
static void trace(struct addresses *out)
{
	struct debuggee d = {0};
	struct dbg_regs regs;
	struct dbg_scope *scopes;
	debuggee_launch(&d, fixture_c("instructions"), FIXTURE_ARGS("1", "4"));
	u32 id = break_function(&d, "work");
	for (int round = 0; round < 4; round++) {
		debuggee_continue(&d);
		struct dbg_event event = debuggee_wait_stop(&d);
		cr_assert_eq(event.stop, DBG_STOP_BREAKPOINT);
		for (;;) {
			must(dbg_thread_regs(d.target, event.tid, &regs));
			size_t n = dbg_scopes_at(d.modules, &d.arena, dbg_regs_pc(&regs), &scopes);
			if (!n || !str_eqc(scopes[n - 1].name, "work"))
				break;
			add(out, dbg_regs_pc(&regs));
			must(dbg_target_step(d.target, event.tid, DBG_STEP_OVER, DBG_BY_INSTRUCTION));
			event = debuggee_wait_stop(&d);
			cr_assert_eq(event.kind, DBG_EVENT_STOPPED);
		}
	}
	dbg_breakpoint_remove(d.target, id);
	debuggee_end(&d);
	cr_assert_gt(out->len, 200);
}

static void set_all(struct debuggee *d, const struct addresses *at, bool asks)
{
	for (size_t i = 0; i < at->len; i++)
		dbg_breakpoint_add(d->target,
		                   &(struct dbg_breakpoint_spec){.kind = DBG_BREAK_ADDRESS, .addr = at->items[i], .asks = asks});
}

// Answers hits until the process ends.
static unsigned pass_all(struct debuggee *d)
{
	unsigned hits = 0;
	debuggee_continue(d);
	for (;;) {
		while (d->next < d->queue.len) {
			struct dbg_event event = d->queue.items[d->next++];
			if (event.kind == DBG_EVENT_EXITED) {
				cr_assert_eq(event.exit_code, 0);
				return hits;
			}
			cr_assert_neq(event.kind, DBG_EVENT_STOPPED, "stopped by %d: %.*s", event.stop, STRF(event.text));
			if (event.kind != DBG_EVENT_HIT)
				continue;
			cr_assert_eq(event.n_breakpoints, 1);
			dbg_target_answer_hit(d->target, event.tid, false);
			hits++;
		}
		d->queue.len = d->next = 0;
		debuggee_pump(d, 100);
	}
}

static struct str output(struct debuggee *d)
{
	debuggee_read_output(d);
	return buf_str(&d->out);
}

static void same_as_without(const char *threads, const char *rounds, bool watched)
{
	static struct addresses at;
	struct debuggee plain = {0}, d = {0};
	u32 watch;
	debuggee_launch(&plain, fixture_c("instructions"), FIXTURE_ARGS(threads, rounds));
	debuggee_continue(&plain);
	cr_assert_eq(debuggee_wait_stop(&plain).kind, DBG_EVENT_EXITED);
	trace(&at);
	debuggee_launch(&d, fixture_c("instructions"), FIXTURE_ARGS(threads, rounds));
	struct dbg_symbol symbol;
	u32 main_ = break_function(&d, "main");
	debuggee_continue(&d);
	cr_assert_eq(debuggee_wait_stop(&d).stop, DBG_STOP_BREAKPOINT);
	dbg_breakpoint_remove(d.target, main_);
	set_all(&d, &at, true);
	if (watched && dbg_symbol_find(d.modules, STR("chosen"), &symbol))
		must(dbg_watch_add(d.target, symbol.addr, 8, DBG_WATCH_CHANGE, &watch));
	unsigned hits = pass_all(&d);
	cr_assert_geq(hits, at.len);
	cr_assert(str_eq(output(&d), output(&plain)), "%u hits:\n%.*s, not\n%.*s", hits, STRF(output(&d)), STRF(output(&plain)));
	debuggee_end(&d);
	debuggee_end(&plain);
}

Test(displaced, every_instruction_does_what_it_does, .timeout = 120)
{
	same_as_without("1", "12", false);
}

Test(displaced, every_instruction_does_what_it_does_in_four_threads, .timeout = 120)
{
	same_as_without("4", "6", false);
}

// With a watch nothing is done by us: the processor would not see it.
Test(displaced, every_instruction_does_what_it_does_beside_a_watch, .timeout = 120)
{
	same_as_without("2", "4", true);
}

// A breakpoint that is hit often has the place for its instruction to itself, so one after the other is set. What paces them is
// a call, which is never run elsewhere.
static void one_after_the_other(const char *threads, const char *rounds, unsigned each)
{
	static struct addresses at;
	struct debuggee plain = {0}, d = {0};
	struct dbg_event event;
	at.len = 0;
	debuggee_launch(&plain, fixture_c("instructions"), FIXTURE_ARGS(threads, rounds));
	debuggee_continue(&plain);
	cr_assert_eq(debuggee_wait_stop(&plain).kind, DBG_EVENT_EXITED);
	trace(&at);
	debuggee_launch(&d, fixture_c("instructions"), FIXTURE_ARGS(threads, rounds));
	u32 first = break_function(&d, "work");
	debuggee_continue(&d);
	event = debuggee_wait_stop(&d);
	cr_assert_eq(event.stop, DBG_STOP_BREAKPOINT);
	dbg_breakpoint_remove(d.target, first);
	struct dbg_frame *frames;
	struct str note;
	bool whole;
	cr_assert_gt(dbg_unwind(d.target, &d.arena, event.tid, 2, &frames, &whole, &note), 1);
	u64 behind = frames[1].pc; // the call, 5 bytes
	u32 pace =
	    dbg_breakpoint_add(d.target, &(struct dbg_breakpoint_spec){.kind = DBG_BREAK_ADDRESS, .addr = behind - 5, .asks = true});
	u32 current = 0;
	unsigned paces = 0, hits = 0;
	size_t next = 0;
	debuggee_continue(&d);
	for (bool runs = true; runs;) {
		while (d.next < d.queue.len) {
			event = d.queue.items[d.next++];
			cr_assert_neq(event.kind, DBG_EVENT_STOPPED, "stopped by %d: %.*s", event.stop, STRF(event.text));
			runs = runs && event.kind != DBG_EVENT_EXITED;
			if (event.kind != DBG_EVENT_HIT)
				continue;
			bool is_pace = event.breakpoints[0] == pace;
			hits += !is_pace;
			if (is_pace && paces++ % each == 0 && next <= at.len) {
				dbg_breakpoint_remove(d.target, current);
				current = next < at.len ? dbg_breakpoint_add(d.target, &(struct dbg_breakpoint_spec){.kind = DBG_BREAK_ADDRESS,
				                                                                                     .addr = at.items[next],
				                                                                                     .asks = true})
				                        : 0;
				next++;
			}
			dbg_target_answer_hit(d.target, event.tid, false);
		}
		d.queue.len = d.next = 0;
		if (runs)
			debuggee_pump(&d, 100);
	}
	cr_assert_gt(next, at.len, "%zu of %zu addresses were tried", next, at.len);
	cr_assert_gt(hits, at.len * each / 2);
	cr_assert(str_eq(output(&d), output(&plain)), "%u hits:\n%.*s, not\n%.*s", hits, STRF(output(&d)), STRF(output(&plain)));
	debuggee_end(&d);
	debuggee_end(&plain);
}

Test(displaced, every_instruction_that_is_hit_often_does_what_it_does, .timeout = 120)
{
	one_after_the_other("1", "3600", 10);
}

Test(displaced, every_instruction_that_is_hit_often_does_what_it_does_in_three_threads, .timeout = 120)
{
	one_after_the_other("3", "1400", 10);
}

Test(displaced, leaves_nothing_in_memory, .timeout = 120)
{
	static struct addresses at;
	struct debuggee d = {0};
	u8 before[64], after[64];
	trace(&at);
	debuggee_launch(&d, fixture_c("instructions"), FIXTURE_ARGS("1", "3"));
	struct dbg_symbol symbol;
	cr_assert(dbg_symbol_find(d.modules, STR("_start"), &symbol));
	const struct dbg_space *space = dbg_target_space(d.target);
	cr_assert_eq(dbg_mem_read_some(space->mem, symbol.addr, before, sizeof(before)), sizeof(before));
	set_all(&d, &at, false);
	for (int i = 0; i < 100; i++) {
		debuggee_continue(&d);
		cr_assert_eq(debuggee_wait_stop(&d).stop, DBG_STOP_BREAKPOINT);
		cr_assert_eq(dbg_mem_read_some(space->mem, symbol.addr, after, sizeof(after)), sizeof(after));
		cr_assert_arr_eq(before, after, sizeof(before));
	}
	debuggee_end(&d);
}

Test(displaced, a_hit_that_counts_is_a_stop, .timeout = 60)
{
	struct debuggee d = {0};
	unsigned hits = 0, stops = 0;
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("threads", "4", "500"));
	dbg_breakpoint_add(d.target,
	                   &(struct dbg_breakpoint_spec){.kind = DBG_BREAK_FUNCTION, .function = STR("pass"), .asks = true});
	debuggee_continue(&d);
	for (bool runs = true; runs;) {
		while (d.next < d.queue.len) {
			struct dbg_event event = d.queue.items[d.next++];
			runs = runs && event.kind != DBG_EVENT_EXITED;
			if (event.kind == DBG_EVENT_HIT) {
				cr_assert_neq(dbg_target_state(d.target), DBG_EXITED);
				dbg_target_answer_hit(d.target, event.tid, ++hits % 10 == 0);
			}
			if (event.kind != DBG_EVENT_STOPPED)
				continue;
			cr_assert_eq(event.stop, DBG_STOP_BREAKPOINT);
			cr_assert(event.asked);
			stops++;
			debuggee_continue(&d);
		}
		d.queue.len = d.next = 0;
		debuggee_pump(&d, 100);
	}
	cr_assert_eq(hits, 2000, "%u hits", hits);
	cr_assert_eq(stops, 200);
	debuggee_end(&d);
}
