// See debuggee.h.
#include <debuggee.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 30000 };

static u64 now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000 + (u64)now.tv_nsec / 1000000;
}

const char *fixture_c(const char *name)
{
	static char paths[4][4096]; // so that a few can be named at once
	static unsigned turn;
	char *path = paths[turn++ % ARRAY_LEN(paths)];
	snprintf(path, sizeof(paths[0]), "%s/%s", STACKFUL_C_FIXTURES, name);
	cr_assert(access(path, X_OK) == 0, "no fixture %s", path);
	return path;
}

const char *fixture_rust(const char *name)
{
	static char path[4096];
	const char *profile = getenv("STACKFUL_TEST_PROFILE"); // "release": the same tests on optimised code
	const char *folder = getenv("STACKFUL_TEST_FIXTURES"); // tests/values-matrix: of another compiler
	snprintf(path, sizeof(path), "%s/%s/%s", folder ? folder : STACKFUL_FIXTURES, profile ? profile : "debug", name);
	return access(path, X_OK) == 0 ? path : NULL;
}

u32 mark_line(const char *file, const char *mark)
{
	char path[4096], line[1024], wanted[256];
	snprintf(path, sizeof(path), "%s/%s", STACKFUL_SOURCE, file);
	snprintf(wanted, sizeof(wanted), "MARK: %s", mark);
	FILE *source = fopen(path, "r");
	cr_assert(source, "no file %s", path);
	u32 number = 0, found = 0;
	while (!found && fgets(line, sizeof(line), source)) {
		number++;
		char *at = strstr(line, wanted);
		char after = at ? at[strlen(wanted)] : 'x';
		if (at && (after == '\n' || after == ' ' || after == 0))
			found = number;
	}
	fclose(source);
	cr_assert(found, "no mark %s in %s", mark, file);
	return found;
}

static void prepare(struct debuggee *d)
{
	dbg_block_signals();
	must(dbg_signal_fd(&d->signal_fd));
	d->modules = dbg_modules_new();
	if (getenv("STACKFUL_DEBUG_FOLDER"))
		dbg_modules_add_debug_folder(d->modules, str_of(getenv("STACKFUL_DEBUG_FOLDER")));
	d->out = buf_on(&d->arena);
	d->err = buf_on(&d->arena);
}

void debuggee_launch_as(struct debuggee *d, const struct dbg_launch *launch)
{
	prepare(d);
	must(dbg_target_launch(launch, d->modules, &d->target));
	int fds[2];
	dbg_target_stdio(d->target, fds);
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			fcntl(fds[i], F_SETFL, O_NONBLOCK);
}

void debuggee_launch(struct debuggee *d, const char *program, const char *const *args)
{
	struct str list[16];
	size_t n = 0;
	while (args && args[n]) {
		list[n] = str_of(args[n]);
		n++;
	}
	debuggee_launch_as(d, &(struct dbg_launch){.program = str_of(program), .args = list, .n_args = n});
}

pid_t spawn_free(const char *program, const char *const *args, int *out)
{
	int fds[2], exec[2];
	cr_assert(pipe2(fds, O_CLOEXEC) == 0 && pipe2(exec, O_CLOEXEC) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that fails leaves nothing behind
		const char *argv[16] = {program};
		for (int i = 0; args && args[i]; i++)
			argv[i + 1] = args[i];
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		dup2(fds[1], 1);
		execv(program, (char **)argv);
		_exit(127);
	}
	char byte;
	close(exec[1]);
	cr_assert_eq(read(exec[0], &byte, 1), 0); // closed by its exec
	close(exec[0]);
	close(fds[1]);
	*out = fds[0];
	return pid;
}

void debuggee_attach(struct debuggee *d, pid_t pid)
{
	prepare(d);
	must(dbg_target_attach(pid, d->modules, &d->target));
	struct dbg_event event = debuggee_wait_stop(d);
	cr_assert_eq(event.kind, DBG_EVENT_STOPPED);
	cr_assert_eq(event.stop, DBG_STOP_ATTACH, "attached to %d: stop %d, signal %d, thread %d", (int)pid, event.stop, event.signal,
	             (int)event.tid);
}

void debuggee_end(struct debuggee *d)
{
	dbg_target_free(d->target);
	dbg_modules_free(d->modules);
	close(d->signal_fd);
	arena_deinit(&d->arena);
	err_reset();
}

void debuggee_read_output(struct debuggee *d)
{
	int fds[2];
	char piece[4096];
	dbg_target_stdio(d->target, fds);
	for (int i = 0; i < 2; i++)
		for (ssize_t n; fds[i] >= 0 && (n = read(fds[i], piece, sizeof(piece))) > 0;)
			buf_put(i ? &d->err : &d->out, str_n(piece, (size_t)n));
}

void debuggee_pump(struct debuggee *d, int ms)
{
	struct pollfd fd = {.fd = d->signal_fd, .events = POLLIN};
	poll(&fd, 1, ms);
	struct dbg_event *events;
	size_t n = dbg_target_pump(d->target, &d->arena, &events);
	for (size_t i = 0; i < n; i++) {
		d->seen[events[i].kind]++;
		vec_push(&d->arena, &d->queue, events[i]);
	}
	debuggee_read_output(d);
	err_reset();
}

static struct dbg_event wait_for(struct debuggee *d, bool (*wanted)(enum dbg_event_kind, enum dbg_event_kind),
                                 enum dbg_event_kind kind)
{
	u64 limit = now_ms() + PATIENCE_MS;
	for (;;) {
		while (d->next < d->queue.len) {
			struct dbg_event event = d->queue.items[d->next++];
			if (wanted(event.kind, kind))
				return event;
		}
		d->queue.len = d->next = 0;
		cr_assert(now_ms() < limit, "no event %d within %d s; state %d", kind, PATIENCE_MS / 1000, dbg_target_state(d->target));
		debuggee_pump(d, 100);
	}
}

static bool is_kind(enum dbg_event_kind a, enum dbg_event_kind b)
{
	return a == b;
}
static bool is_stop(enum dbg_event_kind a, enum dbg_event_kind b)
{
	(void)b;
	return a == DBG_EVENT_STOPPED || a == DBG_EVENT_EXITED;
}

struct dbg_event debuggee_wait(struct debuggee *d, enum dbg_event_kind kind)
{
	return wait_for(d, is_kind, kind);
}
struct dbg_event debuggee_wait_stop(struct debuggee *d)
{
	return wait_for(d, is_stop, DBG_EVENT_STOPPED);
}

void debuggee_continue(struct debuggee *d)
{
	must(dbg_target_continue(d->target));
}

void debuggee_wait_output(struct debuggee *d, const char *text)
{
	u64 limit = now_ms() + PATIENCE_MS;
	while (str_find(buf_str(&d->out), str_of(text)) < 0) {
		cr_assert(now_ms() < limit, "it did not print %s", text);
		debuggee_pump(d, 10);
	}
}

u32 break_function(struct debuggee *d, const char *function)
{
	u32 id =
	    dbg_breakpoint_add(d->target, &(struct dbg_breakpoint_spec){.kind = DBG_BREAK_FUNCTION, .function = str_of(function)});
	struct dbg_breakpoint_info info;
	cr_assert(dbg_breakpoint_info(d->target, id, &info));
	cr_assert_gt(info.n_addresses, 0, "%s: %.*s", function, STRF(info.problem));
	return id;
}

u32 break_mark(struct debuggee *d, const char *file, const char *mark)
{
	u32 line = mark_line(file, mark);
	u32 id =
	    dbg_breakpoint_add(d->target, &(struct dbg_breakpoint_spec){.kind = DBG_BREAK_LINE, .file = str_of(file), .line = line});
	struct dbg_breakpoint_info info;
	cr_assert(dbg_breakpoint_info(d->target, id, &info));
	cr_assert_gt(info.n_addresses, 0, "%s: %.*s", mark, STRF(info.problem));
	cr_assert_eq(info.place.line, line);
	return id;
}

struct dbg_event debuggee_count_hits(struct debuggee *d, unsigned *hits)
{
	for (;;) {
		debuggee_continue(d);
		struct dbg_event event = debuggee_wait_stop(d);
		if (event.kind == DBG_EVENT_EXITED)
			return event;
		cr_assert_eq(event.stop, DBG_STOP_BREAKPOINT, "stopped by %d: %.*s", event.stop, STRF(event.text));
		++*hits;
	}
}

char process_state(pid_t pid)
{
	char path[64], text[512] = "";
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *stat = fopen(path, "r");
	if (!stat)
		return 0;
	size_t n = fread(text, 1, sizeof(text) - 1, stat);
	text[n] = 0;
	fclose(stat);
	char *after_name = strrchr(text, ')');
	return after_name ? after_name[2] : 0;
}

u32 debuggee_line(struct debuggee *d, pid_t tid)
{
	struct dbg_regs regs;
	struct dbg_line_row row;
	must(dbg_thread_regs(d->target, tid, &regs));
	return dbg_line_at(d->modules, dbg_regs_pc(&regs), &row) ? row.place.line : 0;
}
