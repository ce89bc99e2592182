// What an open file descriptor of the debuggee is, by /proc.
#pragma once
#include <sys/types.h>

#include "base/str.h"

// "127.0.0.1:8080" for a listening socket, "127.0.0.1:8080 ↔ 127.0.0.1:51234" for a connected one, a path for a
// file, "pipe", "unix socket /run/x"; "" if nothing can be told. In `arena`, or that of `sockets`: all sockets read once,
// for those who ask for many (the kernel's tables are read from their start for each); NULL: only this one is asked for.
struct dbg_sockets;
struct dbg_sockets *dbg_sockets_read(pid_t pid, struct arena *arena);
struct str dbg_fd_text(pid_t pid, int fd, const struct dbg_sockets *sockets, struct arena *arena);
// The descriptor that an epoll of the debuggee watches with this datum; -1 if there is none, or if several
// watch different ones with it.
int dbg_fd_of_epoll(pid_t pid, u64 datum);
