// File descriptors by /proc/PID/fd and the socket tables in /proc/PID/net (proc(5)).
#include "engine/fd.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/map.h"

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

// Texts of sockets by their inodes: of one that is wanted, or of all (wanted 0).
struct dbg_sockets {
	struct arena *arena;
	unsigned long wanted;
	struct map texts; // inode -> struct str *
};

// True if it is the one that was wanted.
static bool put_socket(struct dbg_sockets *sockets, unsigned long inode, struct str text)
{
	struct str *kept = NEW(sockets->arena, struct str);
	*kept = text;
	map_put(&sockets->texts, sockets->arena, inode, (uintptr_t)kept);
	return inode == sockets->wanted;
}

static bool read_inet_row(struct dbg_sockets *sockets, const char *line)
{
	char local[33], remote[33];
	unsigned local_port, remote_port, state;
	unsigned long inode;
	if (sscanf(line, " %*d: %32[0-9A-F]:%x %32[0-9A-F]:%x %x %*s %*s %*s %*s %*s %lu", local, &local_port, remote, &remote_port,
	           &state, &inode) != 6 ||
	    !inode || (sockets->wanted && inode != sockets->wanted))
		return false;
	struct str text = address_text(sockets->arena, local, local_port);
	if (remote_port)
		text = str_printf(sockets->arena, "%.*s \xe2\x86\x94 %.*s", STRF(text),
		                  STRF(address_text(sockets->arena, remote, remote_port)));
	return put_socket(sockets, inode, text);
}

static bool read_unix_row(struct dbg_sockets *sockets, const char *line)
{
	char name[256] = "";
	unsigned long inode;
	if (sscanf(line, "%*x: %*x %*x %*x %*x %*x %lu %255s", &inode, name) < 1 || !inode ||
	    (sockets->wanted && inode != sockets->wanted))
		return false;
	return put_socket(sockets, inode, str_printf(sockets->arena, "unix socket%s%s", name[0] ? " " : "", name));
}

static struct dbg_sockets *read_sockets(pid_t pid, unsigned long wanted, struct arena *arena)
{
	static const struct {
		const char *name;
		bool (*row)(struct dbg_sockets *sockets, const char *line);
	} tables[] = {
	    {"tcp", read_inet_row}, {"tcp6", read_inet_row}, {"udp", read_inet_row}, {"udp6", read_inet_row}, {"unix", read_unix_row},
	};
	struct dbg_sockets *sockets = NEW(arena, struct dbg_sockets);
	*sockets = (struct dbg_sockets){.arena = arena, .wanted = wanted};
	bool found = false;
	for (size_t i = 0; i < ARRAY_LEN(tables) && !found; i++) {
		char path[64], line[512];
		snprintf(path, sizeof(path), "/proc/%d/net/%s", pid, tables[i].name);
		FILE *file = fopen(path, "re");
		for (int row = 0; file && !found && row < MAX_ROWS && fgets(line, sizeof(line), file); row++)
			found = tables[i].row(sockets, line);
		if (file)
			fclose(file);
	}
	return sockets;
}

struct dbg_sockets *dbg_sockets_read(pid_t pid, struct arena *arena)
{
	return read_sockets(pid, 0, arena);
}

struct str dbg_fd_text(pid_t pid, int fd, const struct dbg_sockets *sockets, struct arena *arena)
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
	if (sscanf(target, "socket:[%lu]", &inode) == 1 && inode) {
		const u64 *known = map_get(&(sockets ? sockets : read_sockets(pid, inode, arena))->texts, inode);
		return known ? *(struct str *)(uintptr_t)*known : STR("");
	}
	if (strncmp(target, "pipe:", 5) == 0)
		return STR("pipe");
	return str_dup(arena, str_of(target));
}
