// The debuggee's memory: reads and writes by address through whatever stands behind it (a live process, a
// core file, an array of bytes in a test), with a page cache that is valid for one stop.
//
// A pointer to struct dbg_mem is all that symbols, values and tokio know of a process.
#pragma once
#include "base/err.h"

struct dbg_mem;

// What stands behind a memory. `read` copies up to len bytes from addr and returns how many it got from the
// start (0: the first byte can't be read). `write` is NULL where nothing can be written.
struct dbg_mem_source {
	void *context;
	size_t (*read)(void *context, u64 addr, void *buf, size_t len);
	err_t (*write)(void *context, u64 addr, const void *buf, size_t len);
};

struct dbg_mem *dbg_mem_new(struct dbg_mem_source source);
void dbg_mem_free(struct dbg_mem *mem); // NULL is fine

// All of [addr, addr + len), or ERR_FAULT with the first address that can't be read.
err_t dbg_mem_read(struct dbg_mem *mem, u64 addr, void *buf, size_t len) MUST_USE;
// As many bytes as can be read from the start.
size_t dbg_mem_read_some(struct dbg_mem *mem, u64 addr, void *buf, size_t len);
// A little-endian unsigned of 1 to 8 bytes.
err_t dbg_mem_read_uint(struct dbg_mem *mem, u64 addr, size_t size, u64 *out) MUST_USE;
// Large pieces: past the cache.
size_t dbg_mem_read_bulk(struct dbg_mem *mem, u64 addr, void *buf, size_t len);
// For a walk through all of memory: holds [addr, addr + len) by one read, from which whatever lies in it is answered until
// another piece is held or the memory is invalidated. *got: the bytes that are there from the start.
const u8 *dbg_mem_hold(struct dbg_mem *mem, u64 addr, size_t len, size_t *got);

// Is told of each read that is answered: what was wanted, and how much of it there was. NULL: nobody is.
typedef void dbg_mem_reads(void *context, u64 addr, const void *bytes, size_t len, size_t got);
void dbg_mem_tap(struct dbg_mem *mem, dbg_mem_reads *reads, void *context);

// Writes, drops the pages from the cache, and bumps the generation.
err_t dbg_mem_write(struct dbg_mem *mem, u64 addr, const void *buf, size_t len) MUST_USE;

// Forgets all pages: to be called whenever the debuggee has run.
void dbg_mem_invalidate(struct dbg_mem *mem);
// A number that changes whenever a value read earlier may be out of date.
u64 dbg_mem_generation(const struct dbg_mem *mem);

// A mapping of the debuggee, as /proc/PID/maps or a core file tells it.
struct dbg_mapping {
	u64 start, end, file_offset;
	bool readable, writable, executable;
	struct str path; // "" for anonymous, "[heap]", "[stack]", "[vdso]" or a file, as the process sees it
	u64 inode;       // of the file; 0: not known
};
