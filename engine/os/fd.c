// File descriptors by /proc/PID/fd and the socket tables in /proc/PID/net (proc(5)).
#include "engine/fd.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { MAX_ROWS = 100000 };

// An address as /proc/net/tcp has it: words of 4 bytes in the host's order, then the port.
static struct str address_text(struct arena *arena, const char *hex, unsigned port)
{
	unsigned char bytes[16];
	char text[INET6_ADDRSTRLEN];
	size_t words = strlen(hex) / 8;
	for (size_t i = 0; i < words && i < 4; i++) {
		u32 word;
		if (sscanf(hex + 8 * i, "%8" SCNx32, &word) != 1)
			return STR("");
		memcpy(bytes + 4 * i, &word, 4);
	}
	bool v6 = words == 4;
	if (!inet_ntop(v6 ? AF_INET6 : AF_INET, bytes, text, sizeof(text)))
		return STR("");
	return str_printf(arena, v6 ? "[%s]:%u" : "%s:%u", text, port);
}

static struct str look_in_inet_table(const char *path, unsigned long inode, struct arena *arena)
{
	FILE *file = fopen(path, "re");
	struct str found = STR("");
	char line[512];
	for (int row = 0; file && !found.len && row < MAX_ROWS && fgets(line, sizeof(line), file); row++) {
		char local[33], remote[33];
		unsigned local_port, remote_port, state;
		unsigned long row_inode;
		if (sscanf(line, " %*d: %32[0-9A-F]:%x %32[0-9A-F]:%x %x %*s %*s %*s %*s %*s %lu", local, &local_port, remote,
		           &remote_port, &state, &row_inode) != 6 ||
		    row_inode != inode)
			continue;
		found = address_text(arena, local, local_port);
		if (remote_port)
			found = str_printf(arena, "%.*s \xe2\x86\x94 %.*s", STRF(found), STRF(address_text(arena, remote, remote_port)));
	}
	if (file)
		fclose(file);
	return found;
}

static struct str look_in_unix_table(const char *path, unsigned long inode, struct arena *arena)
{
	FILE *file = fopen(path, "re");
	struct str found = STR("");
	char line[512];
	for (int row = 0; file && !found.len && row < MAX_ROWS && fgets(line, sizeof(line), file); row++) {
		char name[256] = "";
		unsigned long row_inode;
		if (sscanf(line, "%*x: %*x %*x %*x %*x %*x %lu %255s", &row_inode, name) >= 1 && row_inode == inode)
			found = str_printf(arena, "unix socket%s%s", name[0] ? " " : "", name);
	}
	if (file)
		fclose(file);
	return found;
}

static struct str socket_text(pid_t pid, unsigned long inode, struct arena *arena)
{
	static const char *const tables[] = {"tcp", "tcp6", "udp", "udp6"};
	char path[64];
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		snprintf(path, sizeof(path), "/proc/%d/net/%s", pid, tables[i]);
		struct str text = look_in_inet_table(path, inode, arena);
		if (text.len)
			return text;
	}
	snprintf(path, sizeof(path), "/proc/%d/net/unix", pid);
	return look_in_unix_table(path, inode, arena);
}

struct str dbg_fd_text(pid_t pid, int fd, struct arena *arena)
{
	char path[64], target[512];
	if (!pid) // a core file
		return STR("");
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	ssize_t len = readlink(path, target, sizeof(target) - 1);
	if (len <= 0)
		return STR("");
	target[len] = '\0';
	unsigned long inode;
	if (sscanf(target, "socket:[%lu]", &inode) == 1)
		return socket_text(pid, inode, arena);
	if (strncmp(target, "pipe:", 5) == 0)
		return STR("pipe");
	return str_dup(arena, str_of(target));
}
