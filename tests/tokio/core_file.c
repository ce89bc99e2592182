// The same tasks, stacks and lines from a core file as from the process.
#include "tests/tokio/run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOURCE "tests/fixtures/waits/src/main.rs"

// A core file does not tell what time it was, nor what a descriptor was connected to.
static const struct expected expectations[] = {
    {"::joins", {"joins"}, "waits for task "},
    {"::chain", {"sleeps", "middle", "chain"}, " s of uptime (a core file does not tell what time it was)"},
    {"::oneshot_alive", {"oneshot_alive"}, "waits for a oneshot message (sender alive)"},
    {"::locks", {"locks"}, "waits for a Mutex, next in line"},
    {"::accepts", {"accepts"}, "waits for a connection on fd "},
    {"::join_two", {"sleeps", "sleeps", "middle", "join_two"}, NULL},
    {"::dynamic", {"sleeps", "{async_block#0}=boxed", "dynamic"}, NULL},
};

static bool at_rest(const struct tk_snapshot *snapshot)
{
	bool rest = snapshot->n_tasks == 19;
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		rest &= snapshot->tasks[i].state == TK_IDLE;
	return rest;
}

// A free process whose tasks have come to rest: looked at, let go, looked at again until it is so.
static pid_t start_free(const char *program)
{
	int out;
	pid_t pid = spawn_free(program, NULL, &out);
	for (int i = 0; i < 500; i++) {
		struct run run = {0};
		debuggee_attach(&run.d, pid);
		run.reader = tk_reader_new(run.d.target);
		err_t error = tk_snapshot_take(run.reader, &run.d.arena, &run.snapshot);
		bool rest = !error && at_rest(run.snapshot);
		must(dbg_target_detach(run.d.target, false));
		run_end(&run);
		if (rest)
			return pid;
	}
	cr_assert_fail("the tasks of %d have not come to rest", pid);
	return 0;
}

// gdb's gcore leaves out the pages that a file has, even code; the kernel's cores say at least where they were.
static void make_core(pid_t pid, const char *folder, char *core, size_t size)
{
	char command[256];
	snprintf(command, sizeof(command), "gcore -o %s/core %d >/dev/null 2>&1", folder, (int)pid);
	cr_assert_eq(system(command), 0, "gcore (Debian package gdb) has made no core file");
	snprintf(core, size, "%s/core.%d", folder, (int)pid);
}

Test(core_file, has_the_tasks_of_its_process)
{
	char folder[] = "/tmp/stackful-core-XXXXXX", core[96];
	const char *program = fixture_rust("waits");
	cr_assert(program, "the fixture waits is not built (./dev test builds it)");
	cr_assert(mkdtemp(folder));
	pid_t pid = start_free(program);
	make_core(pid, folder, core, sizeof(core));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	struct run run = {.source = SOURCE};
	run.d.modules = dbg_modules_new();
	must(dbg_target_open_core(str_of(core), STR(""), run.d.modules, &run.d.target));
	run.reader = tk_reader_new(run.d.target);
	must(tk_snapshot_take(run.reader, &run.d.arena, &run.snapshot));
	cr_assert_eq(run.snapshot->n_tasks, 19);
	cr_assert_eq(run.snapshot->n_workers, 2);
	for (size_t i = 0; i < ARRAY_LEN(expectations); i++)
		run_check(&run, &expectations[i]);
	bool block_on = false;
	for (size_t i = 0; i < run.snapshot->n_threads; i++)
		block_on |= run.snapshot->threads[i].blocks_on && dbg_value_ok(run.snapshot->threads[i].future);
	cr_assert(block_on, "the root future of block_on was not found");
	err_t error = dbg_target_continue(run.d.target);
	cr_assert(error && error->code == ERR_UNSUPPORTED);
	tk_reader_free(run.reader);
	dbg_target_free(run.d.target);
	// Its program where it is said to be, by a path that is not whole; another's; and one that is not there.
	struct dbg_target *target;
	char *name = strrchr(str_cstr(&run.d.arena, str_of(program)), '/');
	cr_assert_eq(chdir(str_cstr(&run.d.arena, str_slice(str_of(program), 0, strlen(program) - strlen(name)))), 0);
	must(dbg_target_open_core(str_of(core), str_of(name + 1), run.d.modules, &target));
	cr_assert_eq(dbg_target_core_lacks(target).len, 0);
	struct tk_reader *reader = tk_reader_new(target);
	must(tk_snapshot_take(reader, &run.d.arena, &run.snapshot));
	cr_assert_eq(run.snapshot->n_tasks, 19);
	tk_reader_free(reader);
	dbg_target_free(target);
	error = dbg_target_open_core(str_of(core), str_of(fixture_rust("trees")), run.d.modules, &target);
	cr_assert(error && str_find(error->what, STR("another build of it")) >= 0, "%s", err_text(error));
	error = dbg_target_open_core(str_of(core), STR("/no/such/program"), run.d.modules, &target);
	cr_assert(error && str_find(error->what, STR("tells where it is now")) >= 0, "%s", err_text(error));
	unlink(core);
	rmdir(folder);
	dbg_modules_free(run.d.modules);
	arena_deinit(&run.d.arena);
}

Test(core_file, what_is_none_is_told)
{
	struct dbg_modules *modules = dbg_modules_new();
	struct dbg_target *target;
	const char *program = fixture_rust("waits");
	cr_assert(program);
	err_t error = dbg_target_open_core(str_of(program), STR(""), modules, &target);
	cr_assert(error && str_find(error->what, STR("no core file")) >= 0, "%s", err_text(error));
	error = dbg_target_open_core(STR("/etc/hostname"), STR(""), modules, &target);
	cr_assert(error && str_find(error->what, STR("not an ELF file")) >= 0, "%s", err_text(error));
	error = dbg_target_open_core(STR("/no/such/core"), STR(""), modules, &target);
	cr_assert(error && error->code == ERR_OS, "%s", err_text(error));
	dbg_modules_free(modules);
}
