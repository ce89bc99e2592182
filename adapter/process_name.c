// /proc by name.
#include "adapter/process_name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"

err_t dap_process_read_file(struct arena *arena, struct str path, size_t max, struct str *out)
{
	int fd = open(str_cstr(arena, path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_os(errno, "%.*s", STRF(path));
	struct buf text = buf_on(arena);
	char piece[4096];
	ssize_t n;
	while ((n = read(fd, piece, sizeof piece)) > 0 && text.len <= max)
		buf_put(&text, str_n(piece, (size_t)n));
	int os = errno;
	close(fd);
	if (n < 0)
		return err_os(os, "%.*s", STRF(path));
	if (text.len > max)
		return err_new(ERR_UNSUPPORTED, "%.*s: longer than %zu bytes", STRF(path), max);
	*out = buf_str(&text);
	return NULL;
}

static bool has_name(struct arena *arena, const char *pid, struct str name)
{
	char target[4096];
	ssize_t n = readlink(str_printf(arena, "/proc/%s/exe", pid).ptr, target, sizeof target);
	struct str exe = str_n(target, n > 0 ? (size_t)n : 0);
	if (str_eq(str_from(exe, (size_t)(str_rfind(exe, STR("/")) + 1)), name))
		return true;
	struct str comm;
	err_t error = dap_process_read_file(arena, str_printf(arena, "/proc/%s/comm", pid), 64, &comm);
	return !error && str_eq(str_trim(comm), name);
}

void dap_process_all(struct arena *arena, struct map *known)
{
	DIR *proc = opendir("/proc");
	u64 pid;
	for (struct dirent *entry; proc && (entry = readdir(proc));)
		if (str_to_u64(str_of(entry->d_name), &pid))
			map_put(known, arena, pid, 1);
	if (proc)
		closedir(proc);
}

pid_t dap_process_new(struct arena *arena, struct str name, const struct map *known)
{
	DIR *proc = opendir("/proc");
	pid_t found = 0;
	u64 pid;
	for (struct dirent *entry; proc && !found && (entry = readdir(proc));)
		if (str_to_u64(str_of(entry->d_name), &pid) && !map_get(known, pid) && has_name(arena, entry->d_name, name))
			found = (pid_t)pid;
	if (proc)
		closedir(proc);
	return found;
}

// 0: none, or not known.
static pid_t parent_of(pid_t pid)
{
	struct arena arena = {0};
	struct str status;
	u64 parent = 0;
	if (!dap_process_read_file(&arena, str_printf(&arena, "/proc/%d/status", (int)pid), 64 << 10, &status)) {
		ptrdiff_t at = str_find(status, STR("\nPPid:\t"));
		if (at >= 0)
			parent = strtoul(str_from(status, (size_t)at + STR("\nPPid:\t").len).ptr, NULL, 10);
	}
	arena_deinit(&arena);
	return (pid_t)parent;
}

bool dap_process_is_above(pid_t pid)
{
	enum { MAX_GENERATIONS = 100 };
	pid_t above = getppid();
	for (int i = 0; above > 1 && i < MAX_GENERATIONS; i++, above = parent_of(above))
		if (above == pid)
			return true;
	return false;
}

err_t dap_process_by_name(struct arena *arena, struct str name, pid_t *out)
{
	enum { MAX_TOLD = 10 };
	DIR *proc = opendir("/proc");
	if (!proc)
		return err_os(errno, "/proc");
	struct buf found = buf_on(arena);
	size_t count = 0;
	for (struct dirent *entry; (entry = readdir(proc));) {
		u64 pid;
		if (!str_to_u64(str_of(entry->d_name), &pid) || (pid_t)pid == getpid() || !has_name(arena, entry->d_name, name))
			continue;
		if (count++ < MAX_TOLD)
			buf_printf(&found, "%s%s", count > 1 ? ", " : "", entry->d_name);
		*out = (pid_t)pid;
	}
	closedir(proc);
	if (count == 0)
		return err_new(ERR_NOT_FOUND, "no process is named \"%.*s\"", STRF(name));
	if (count > 1)
		return err_new(ERR_ARGUMENT, "%zu processes are named \"%.*s\": give the number of one of them (%.*s%s)", count,
		               STRF(name), STRF(buf_str(&found)), count > MAX_TOLD ? ", ..." : "");
	return NULL;
}
