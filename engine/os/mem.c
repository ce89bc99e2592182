// A live process's memory: process_vm_readv, and /proc/PID/mem for what that can't read and for writing,
// which also reaches read-only pages (code).
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "engine/os.h"

enum { BULK = 1 << 20 }; // per call: 5 GB/s in pieces of this size (design 2)

void os_memory_open(struct os_memory *memory, pid_t pid)
{
	char path[32];
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	memory->pid = pid;
	memory->fd = open(path, O_RDWR | O_CLOEXEC);
}

void os_memory_close(struct os_memory *memory)
{
	if (memory->fd >= 0)
		close(memory->fd);
	memory->fd = -1;
}

// Both calls copy what they can from the start and say how much (process_vm_readv(2), "partial transfers").
static size_t read_once(const struct os_memory *memory, u64 addr, void *buf, size_t len)
{
	struct iovec local = {buf, len}, remote = {(void *)addr, len};
	ssize_t got = process_vm_readv(memory->pid, &local, 1, &remote, 1, 0);
	if (got > 0)
		return (size_t)got;
	if (memory->fd < 0 || addr > INT64_MAX)
		return 0;
	got = pread(memory->fd, buf, len, (off_t)addr);
	return got > 0 ? (size_t)got : 0;
}

size_t os_memory_read(const struct os_memory *memory, u64 addr, void *buf, size_t len)
{
	size_t done = 0;
	while (done < len && addr + done >= addr) {
		size_t got = read_once(memory, addr + done, (char *)buf + done, size_min(len - done, BULK));
		if (!got)
			break;
		done += got;
	}
	return done;
}

err_t os_memory_write(const struct os_memory *memory, u64 addr, const void *buf, size_t len)
{
	if (memory->fd < 0)
		return err_new(ERR_OS, "memory of process %d can't be opened for writing", (int)memory->pid);
	size_t done = 0;
	while (done < len) {
		ssize_t wrote =
		    addr + done <= INT64_MAX ? pwrite(memory->fd, (const char *)buf + done, len - done, (off_t)(addr + done)) : -1;
		if (wrote <= 0)
			return err_fault(addr + done);
		done += (size_t)wrote;
	}
	return NULL;
}
