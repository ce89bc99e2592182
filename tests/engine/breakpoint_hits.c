// Every hit is told and none twice; setting and removing while running; memory never shows a trap.
#include <signal.h>
#include <unistd.h>

#include <debuggee.h>

Test(breakpoint, counts_every_pass_of_many_threads, .timeout = 120)
{
	struct debuggee d = {0};
	unsigned hits = 0;
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("threads", "8", "1000"));
	break_function(&d, "pass");
	cr_assert_eq(debuggee_count_hits(&d, &hits).exit_code, 0);
	cr_assert_eq(hits, 8000);
	debuggee_end(&d);
}

Test(breakpoint, counts_every_pass_while_threads_come_and_go, .timeout = 120)
{
	struct debuggee d = {0};
	unsigned hits = 0;
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("churn", "200"));
	break_function(&d, "pass");
	cr_assert_eq(debuggee_count_hits(&d, &hits).exit_code, 0);
	cr_assert_eq(hits, 800);
	cr_assert_eq(d.seen[DBG_EVENT_THREAD_NEW], 800);
	debuggee_end(&d);
}

Test(breakpoint, is_set_and_removed_while_it_runs, .timeout = 120)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("forever"));
	debuggee_continue(&d);
	debuggee_wait_output(&d, "2000");
	for (int i = 0; i < 200; i++) {
		u32 first = break_function(&d, "pass");
		u32 second = break_function(&d, "pass_again");
		cr_assert_eq(dbg_target_state(d.target), DBG_RUNNING);
		struct dbg_event event = debuggee_wait_stop(&d);
		cr_assert_eq(event.stop, DBG_STOP_BREAKPOINT);
		cr_assert_eq(event.n_breakpoints, 1);
		cr_assert(event.breakpoints[0] == first || event.breakpoints[0] == second);
		debuggee_continue(&d);
		// The program may have run into the second one by now, or not yet.
		dbg_breakpoint_remove(d.target, first);
		dbg_breakpoint_remove(d.target, second);
		debuggee_pump(&d, 1);
		if (dbg_target_state(d.target) == DBG_STOPPED)
			debuggee_continue(&d);
		d.queue.len = d.next = 0;
	}
	must(dbg_target_interrupt(d.target));
	debuggee_wait_stop(&d);
	debuggee_end(&d);
}

Test(breakpoint, at_one_address_is_several)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("threads", "1", "3"));
	u32 first = break_function(&d, "pass");
	struct dbg_breakpoint_info info;
	cr_assert(dbg_breakpoint_info(d.target, first, &info));
	u32 second =
	    dbg_breakpoint_add(d.target, &(struct dbg_breakpoint_spec){.kind = DBG_BREAK_ADDRESS, .addr = info.addresses[0]});
	debuggee_continue(&d);
	struct dbg_event event = debuggee_wait_stop(&d);
	cr_assert_eq(event.n_breakpoints, 2);
	dbg_breakpoint_remove(d.target, first);
	debuggee_continue(&d);
	event = debuggee_wait_stop(&d);
	cr_assert_eq(event.n_breakpoints, 1);
	cr_assert_eq(event.breakpoints[0], second);
	dbg_breakpoint_remove(d.target, second);
	debuggee_continue(&d);
	cr_assert_eq(debuggee_wait_stop(&d).kind, DBG_EVENT_EXITED);
	debuggee_end(&d);
}

Test(breakpoint, is_not_seen_in_memory)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("threads", "1", "1"));
	u32 id = break_function(&d, "pass");
	struct dbg_breakpoint_info info;
	cr_assert(dbg_breakpoint_info(d.target, id, &info));
	u64 addr = info.addresses[0];
	debuggee_continue(&d);
	debuggee_wait_stop(&d);
	struct dbg_mem *mem = dbg_target_space(d.target)->mem;
	u8 cached[16], bulk[16], again[16];
	must(dbg_mem_read(mem, addr - 4, cached, sizeof(cached)));
	cr_assert_eq(dbg_mem_read_bulk(mem, addr - 4, bulk, sizeof(bulk)), sizeof(bulk));
	cr_assert_neq(cached[4], 0xcc);
	cr_assert_arr_eq(cached, bulk, sizeof(bulk));
	must(dbg_mem_write(mem, addr - 4, cached, sizeof(cached))); // must not undo the trap
	dbg_breakpoint_remove(d.target, id);
	must(dbg_mem_read(mem, addr - 4, again, sizeof(again)));
	cr_assert_arr_eq(cached, again, sizeof(again));
	debuggee_continue(&d);
	cr_assert_eq(debuggee_wait_stop(&d).exit_code, 0);
	debuggee_end(&d);
}

Test(breakpoint, holds_after_its_memory_was_written)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("threads", "1", "5"));
	u32 id = break_function(&d, "pass");
	struct dbg_breakpoint_info info;
	cr_assert(dbg_breakpoint_info(d.target, id, &info));
	struct dbg_mem *mem = dbg_target_space(d.target)->mem;
	u8 code[8];
	must(dbg_mem_read(mem, info.addresses[0], code, sizeof(code)));
	must(dbg_mem_write(mem, info.addresses[0], code, sizeof(code)));
	unsigned hits = 0;
	cr_assert_eq(debuggee_count_hits(&d, &hits).exit_code, 0);
	cr_assert_eq(hits, 5);
	debuggee_end(&d);
}

Test(breakpoint, where_nothing_is_mapped_says_so)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("exit", "0"));
	u32 id = dbg_breakpoint_add(d.target, &(struct dbg_breakpoint_spec){.kind = DBG_BREAK_ADDRESS, .addr = 0x10});
	struct dbg_breakpoint_info info;
	cr_assert(dbg_breakpoint_info(d.target, id, &info));
	cr_assert(str_find(info.problem, STR("0x10")) >= 0);
	cr_assert_not(dbg_breakpoint_info(d.target, id + 1, &info));
	debuggee_continue(&d);
	cr_assert_eq(debuggee_wait_stop(&d).exit_code, 0);
	debuggee_end(&d);
}

#define PLUGIN_C "tests/fixtures/plugin/plugin.c"

Test(breakpoint, waits_for_its_library)
{
	struct debuggee d = {0};
	struct dbg_breakpoint_info info;
	unsigned hits = 0;
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("load", fixture_c("libplugin.so")));
	u32 id = dbg_breakpoint_add(
	    d.target,
	    &(struct dbg_breakpoint_spec){.kind = DBG_BREAK_LINE, .file = STR(PLUGIN_C), .line = mark_line(PLUGIN_C, "plugin")});
	cr_assert(dbg_breakpoint_info(d.target, id, &info));
	cr_assert_eq(info.n_addresses, 0);
	cr_assert(str_find(info.problem, STR("no code")) >= 0, "%.*s", STRF(info.problem));
	cr_assert_eq(debuggee_count_hits(&d, &hits).exit_code, 6);
	cr_assert_eq(hits, 2); // it was unloaded and loaded again in between
	cr_assert_geq(d.seen[DBG_EVENT_BREAKPOINT], 3);
	cr_assert_geq(d.seen[DBG_EVENT_MODULES], 3);
	debuggee_end(&d);
}

Test(breakpoint, of_one_thread_alone)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("process"), FIXTURE_ARGS("threads", "4", "1000"));
	break_function(&d, "pass");
	debuggee_continue(&d);
	struct dbg_event event = debuggee_wait_stop(&d);
	pid_t tid = event.tid;
	for (int i = 0; i < 50; i++) {
		must(dbg_target_continue_thread(d.target, tid));
		event = debuggee_wait_stop(&d);
		cr_assert_eq(event.stop, DBG_STOP_BREAKPOINT);
		cr_assert_eq(event.tid, tid);
	}
	unsigned hits = 51;
	cr_assert_eq(debuggee_count_hits(&d, &hits).exit_code, 0);
	cr_assert_eq(hits, 4000);
	debuggee_end(&d);
}
