// What an epoll watches, by /proc/PID/fdinfo (proc(5)): "tfd: 11 events: 2001 data: 55d5f8a0 ..", one line a descriptor.
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/types.h"
#include "engine/fd.h"

enum { MAX_DESCRIPTORS = 100000 };

static bool is_epoll(pid_t pid, const char *fd)
{
	char path[64], target[64];
	snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, fd);
	ssize_t len = readlink(path, target, sizeof(target) - 1);
	target[len > 0 ? len : 0] = 0;
	return !strcmp(target, "anon_inode:[eventpoll]");
}

static int look_in_epoll(pid_t pid, const char *epoll, u64 datum)
{
	char path[64], line[256];
	int found = -1;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, epoll);
	FILE *file = fopen(path, "re");
	for (int row = 0; file && found < 0 && row < MAX_DESCRIPTORS && fgets(line, sizeof(line), file); row++) {
		int fd;
		u64 data;
		if (sscanf(line, "tfd: %d events: %*x data: %" SCNx64, &fd, &data) == 2 && data == datum)
			found = fd;
	}
	if (file)
		fclose(file);
	return found;
}

int dbg_fd_of_epoll(pid_t pid, u64 datum)
{
	char path[64];
	int found = -1;
	bool several = false;
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	DIR *dir = opendir(path);
	struct dirent *entry;
	for (int i = 0; dir && i < MAX_DESCRIPTORS && (entry = readdir(dir)); i++)
		if (entry->d_name[0] != '.' && strlen(entry->d_name) < 12 && is_epoll(pid, entry->d_name)) {
			int fd = look_in_epoll(pid, entry->d_name, datum);
			several |= found >= 0 && fd >= 0 && fd != found;
			found = fd >= 0 ? fd : found;
		}
	if (dir)
		closedir(dir);
	return several ? -1 : found;
}
