// What /proc tells: mappings, threads, names, the auxiliary vector, and why tracing was refused.
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/vec.h"
#include "engine/os.h"

enum { MOST_BYTES = 64 << 20 };

// A whole file of /proc, in `arena`, with a NUL behind it. False if it can't be opened.
static bool read_file(struct arena *arena, const char *path, struct str *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	size_t len = 0, cap = 16 << 10;
	char *text = arena_alloc(arena, cap, 1);
	for (;;) {
		if (len + 1 == cap) {
			char *larger = arena_alloc(arena, cap * 2, 1);
			memcpy(larger, text, len);
			text = larger;
			cap *= 2;
		}
		ssize_t n = read(fd, text + len, cap - 1 - len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0 || len > MOST_BYTES)
			break;
		len += (size_t)n;
	}
	close(fd);
	text[len] = 0;
	*out = str_n(text, len);
	return true;
}

static bool read_proc(struct arena *arena, pid_t pid, const char *name, struct str *out)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return read_file(arena, path, out);
}

// "55d0-55d8 r-xp 00001000 fd:01 1234   /path with spaces" (proc(5)).
static bool parse_mapping(struct str line, struct dbg_mapping *out)
{
	unsigned long long start, end, offset, inode = 0;
	char flags[5];
	int path_at = 0;
	if (sscanf(line.ptr, "%llx-%llx %4s %llx %*s %llu %n", &start, &end, flags, &offset, &inode, &path_at) < 4)
		return false;
	*out = (struct dbg_mapping){
	    .start = start,
	    .end = end,
	    .file_offset = offset,
	    .readable = flags[0] == 'r',
	    .writable = flags[1] == 'w',
	    .executable = flags[2] == 'x',
	    .path = str_trim(str_from(line, path_at > 0 ? (size_t)path_at : line.len)),
	    .inode = inode,
	};
	return true;
}

size_t os_maps(pid_t pid, struct arena *arena, struct dbg_mapping **out)
{
	VEC(struct dbg_mapping) maps = {0};
	struct str text;
	*out = NULL;
	if (!read_proc(arena, pid, "maps", &text))
		return 0;
	for (size_t at = 0; at < text.len;) {
		struct str rest = str_from(text, at);
		ptrdiff_t end = str_find(rest, STR("\n"));
		struct str line = end < 0 ? rest : str_slice(rest, 0, (size_t)end);
		((char *)line.ptr)[line.len] = 0;
		struct dbg_mapping mapping;
		if (parse_mapping(line, &mapping))
			vec_push(arena, &maps, mapping);
		at += line.len + 1;
	}
	*out = maps.items;
	return maps.len;
}

size_t os_tasks(pid_t pid, struct arena *arena, pid_t **out)
{
	VEC(pid_t) tasks = {0};
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR *folder = opendir(path);
	for (struct dirent *entry; folder && (entry = readdir(folder));)
		if (isdigit((unsigned char)entry->d_name[0]))
			vec_push(arena, &tasks, (pid_t)atoi(entry->d_name));
	if (folder)
		closedir(folder);
	*out = tasks.items;
	return tasks.len;
}

// proc_pid_syscall(5): "running", or "NUMBER ARGUMENTS... SP PC", or "-1 SP PC" where it is blocked, but in no system call.
bool os_sleeps_at(pid_t pid, pid_t tid, u64 *sp, u64 *pc)
{
	char name[48];
	struct str text;
	struct arena arena = {0};
	snprintf(name, sizeof(name), "task/%d/syscall", (int)tid);
	bool known = read_proc(&arena, pid, name, &text);
	ptrdiff_t last = known ? str_rfind(str_trim(text), STR(" ")) : -1;
	ptrdiff_t before = last > 0 ? str_rfind(str_slice(text, 0, (size_t)last), STR(" ")) : -1;
	known = before > 0 && str_to_u64(str_slice(text, (size_t)before + 1, (size_t)last), sp) &&
	        str_to_u64(str_trim(str_from(text, (size_t)last + 1)), pc);
	arena_deinit(&arena);
	return known;
}

u64 os_robust_list(pid_t tid)
{
	void *head = NULL;
	size_t len;
	return syscall(SYS_get_robust_list, tid, &head, &len) ? 0 : (u64)(uintptr_t)head;
}

struct str os_comm(struct arena *arena, pid_t pid, pid_t tid)
{
	char name[48];
	snprintf(name, sizeof(name), "task/%d/comm", (int)tid);
	struct str text;
	if (!read_proc(arena, pid, name, &text))
		return STR("");
	if (str_ends(text, STR("\n")))
		text.len--;
	return text;
}

struct str os_exe(struct arena *arena, pid_t pid)
{
	char link[64], path[4096];
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	ssize_t n = readlink(link, path, sizeof(path));
	return n > 0 ? str_dup(arena, str_n(path, (size_t)n)) : STR("");
}

bool os_auxv(pid_t pid, u64 type, u64 *out)
{
	struct arena arena = {0};
	struct str text;
	bool found = false;
	if (read_proc(&arena, pid, "auxv", &text)) {
		for (size_t at = 0; at + 16 <= text.len && !found; at += 16) {
			u64 pair[2];
			memcpy(pair, text.ptr + at, sizeof(pair));
			if (pair[0] == type) {
				*out = pair[1];
				found = true;
			}
		}
	}
	arena_deinit(&arena);
	return found;
}

// A numeric field of /proc/PID/status, -1 if there is none.
static long status_field(pid_t pid, struct str label)
{
	struct arena arena = {0};
	struct str text;
	long value = -1;
	if (read_proc(&arena, pid, "status", &text)) {
		ptrdiff_t at = str_find(text, label);
		if (at >= 0)
			value = strtol(text.ptr + at + label.len, NULL, 10);
	}
	arena_deinit(&arena);
	return value;
}

pid_t os_thread_group(pid_t tid)
{
	long tgid = status_field(tid, STR("\nTgid:"));
	return tgid > 0 ? (pid_t)tgid : 0;
}

pid_t os_tracer(pid_t pid)
{
	long tracer = status_field(pid, STR("\nTracerPid:"));
	return tracer > 0 ? (pid_t)tracer : 0;
}

bool os_task_exists(pid_t pid, pid_t tid)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/task/%d", (int)pid, (int)tid);
	return access(path, F_OK) == 0;
}

// A zombie, or on the way to be one (proc_pid_status(5), State).
static bool has_ended(pid_t pid)
{
	struct arena arena = {0};
	struct str text;
	bool ended = false;
	if (read_proc(&arena, pid, "status", &text)) {
		ptrdiff_t at = str_find(text, STR("\nState:\t"));
		ended = at >= 0 && (text.ptr[at + 8] == 'Z' || text.ptr[at + 8] == 'X');
	}
	arena_deinit(&arena);
	return ended;
}

static long yama_scope(void)
{
	struct arena arena = {0};
	struct str text;
	long scope = read_file(&arena, "/proc/sys/kernel/yama/ptrace_scope", &text) ? strtol(text.ptr, NULL, 10) : 0;
	arena_deinit(&arena);
	return scope;
}

err_t os_explain_refusal(pid_t pid, int error)
{
	if (error == ESRCH || !os_thread_group(pid))
		return err_new(ERR_GONE, "there is no process %d", (int)pid);
	if (has_ended(pid))
		return err_new(ERR_GONE, "process %d has ended; only its parent has not asked for its exit code yet", (int)pid);
	if (error != EPERM && error != EACCES)
		return err_os(error, "tracing process %d", (int)pid);
	pid_t tracer = os_tracer(pid);
	if (tracer) {
		struct arena arena = {0};
		struct str name = os_comm(&arena, tracer, tracer);
		err_t told = err_new(ERR_OS, "process %d is traced by %.*s (pid %d): end that first", (int)pid, STRF(name), (int)tracer);
		arena_deinit(&arena);
		told->os = error;
		return told;
	}
	long owner = status_field(pid, STR("\nUid:")), scope = yama_scope();
	err_t told;
	if (geteuid() != 0 && owner >= 0 && owner != (long)geteuid())
		told = err_new(ERR_OS, "process %d belongs to user %ld: run the debugger as that user or as root", (int)pid, owner);
	else if (scope >= 3)
		told = err_new(ERR_OS, "the kernel forbids tracing until the next boot (kernel.yama.ptrace_scope is 3)");
	else if (scope == 2)
		told = err_new(ERR_OS, "only root may trace here (kernel.yama.ptrace_scope is 2): run the debugger as root");
	else if (scope == 1)
		told = err_new(ERR_OS,
		               "only parents may trace here (kernel.yama.ptrace_scope is 1): launch the program from the debugger, or "
		               "`sudo sysctl kernel.yama.ptrace_scope=0`");
	else
		told = err_new(ERR_OS,
		               "the kernel does not permit tracing process %d (a kernel thread, a set-user-id program, or a container "
		               "without CAP_SYS_PTRACE)",
		               (int)pid);
	told->os = error;
	return told;
}
