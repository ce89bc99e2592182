// Core files: segments of memory, the threads' registers, and the files that were mapped (core(5); elf(5), notes).
//
// The kernel leaves out pages that a file still has (code, constants), and gdb's gcore may leave out more: those are
// read from the files that NT_FILE names. What is in neither can't be read.
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <sys/procfs.h>
#include <unistd.h>

#include "base/vec.h"
#include "engine/os.h"
#include "regs_x86_64.h"

enum { MAX_THREADS = 100000, MAX_FILES = 4096, MAX_NOTES = 64 << 20 };

struct segment {
	u64 start, end;     // as it was mapped
	u64 offset, stored; // what the core has of it, from its start
	bool readable, writable, executable;
};

struct mapped_file {
	u64 start, end, offset; // offset in bytes
	struct str path;
	int fd;      // -1: not opened yet, or not to be had
	bool opened; // tried
};

struct os_core {
	struct arena arena;
	int fd;
	VEC(struct segment) segments;  // by address
	VEC(struct mapped_file) files; // by address
	VEC(struct os_core_thread) threads;
	struct str program; // path
	pid_t pid;
};

// ---- notes -----------------------------------------------------------------------------------------------

static void read_thread(struct os_core *core, const u8 *desc, size_t size)
{
	struct elf_prstatus status;
	struct user_regs_struct user;
	if (size < sizeof(status) || core->threads.len >= MAX_THREADS)
		return;
	memcpy(&status, desc, sizeof(status));
	_Static_assert(sizeof(user) == sizeof(status.pr_reg), "the same registers");
	memcpy(&user, &status.pr_reg, sizeof(user));
	struct os_core_thread thread = {.tid = status.pr_pid, .signal = status.pr_cursig};
	regs_from_user(&user, &thread.regs);
	vec_push(&core->arena, &core->threads, thread);
}

// Vector registers of the thread whose NT_PRSTATUS came last.
static void read_float(struct os_core *core, const u8 *desc, size_t size)
{
	struct user_fpregs_struct user;
	if (size < sizeof(user) || !core->threads.len)
		return;
	memcpy(&user, desc, sizeof(user));
	regs_from_float(&user, &core->threads.items[core->threads.len - 1].regs);
}

static void read_process(struct os_core *core, const u8 *desc, size_t size)
{
	struct elf_prpsinfo info;
	if (size < sizeof(info))
		return;
	memcpy(&info, desc, sizeof(info));
	core->pid = info.pr_pid;
}

// NT_FILE: count, page size, count x (start, end, offset in pages), count names (linux/fs/binfmt_elf.c, fill_files_note).
static void read_files(struct os_core *core, const u8 *desc, size_t size)
{
	u64 head[2], row[3];
	if (size < sizeof(head))
		return;
	memcpy(head, desc, sizeof(head));
	u64 count = head[0], page = head[1];
	if (count > MAX_FILES || size < sizeof(head) + count * sizeof(row))
		return;
	const char *name = (const char *)desc + sizeof(head) + count * sizeof(row), *end = (const char *)desc + size;
	for (u64 i = 0; i < count && name < end; i++) {
		memcpy(row, desc + sizeof(head) + i * sizeof(row), sizeof(row));
		struct str path = str_n(name, strnlen(name, (size_t)(end - name)));
		name += path.len + 1;
		if (row[1] <= row[0])
			continue;
		vec_push(&core->arena, &core->files,
		         ((struct mapped_file){
		             .start = row[0], .end = row[1], .offset = row[2] * page, .path = str_dup(&core->arena, path), .fd = -1}));
	}
}

static const struct {
	u32 type;
	void (*read)(struct os_core *core, const u8 *desc, size_t size);
} notes[] = {{NT_PRSTATUS, read_thread}, {NT_FPREGSET, read_float}, {NT_PRPSINFO, read_process}, {NT_FILE, read_files}};

static void read_notes(struct os_core *core, const u8 *bytes, size_t size)
{
	for (size_t at = 0; at + sizeof(Elf64_Nhdr) <= size;) {
		Elf64_Nhdr head;
		memcpy(&head, bytes + at, sizeof(head));
		size_t name = at + sizeof(head), desc = name + ((head.n_namesz + 3u) & ~(size_t)3);
		if (desc > size || head.n_descsz > size - desc)
			return;
		for (size_t i = 0; i < ARRAY_LEN(notes); i++)
			if (notes[i].type == head.n_type)
				notes[i].read(core, bytes + desc, head.n_descsz);
		at = desc + ((head.n_descsz + 3u) & ~(size_t)3);
	}
}

// ---- opening ---------------------------------------------------------------------------------------------

static err_t read_headers(struct os_core *core, struct str path)
{
	Elf64_Ehdr header;
	if (pread(core->fd, &header, sizeof(header), 0) != sizeof(header) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
		return err_new(ERR_ARGUMENT, "%.*s is not an ELF file, so no core file", STRF(path));
	if (header.e_type != ET_CORE)
		return err_new(ERR_ARGUMENT, "%.*s is an ELF file, but no core file (is it the program? give that as `program`)",
		               STRF(path));
	if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64)
		return err_new(ERR_UNSUPPORTED, "%.*s is the core file of another machine than x86-64", STRF(path));
	// More segments than e_phnum can tell: the number stands in the first section header (elf(5), PN_XNUM).
	u64 n = header.e_phnum;
	Elf64_Shdr first;
	if (n == PN_XNUM && pread(core->fd, &first, sizeof(first), (off_t)header.e_shoff) == sizeof(first))
		n = first.sh_info;
	for (u64 i = 0; i < n; i++) {
		Elf64_Phdr phdr;
		if (pread(core->fd, &phdr, sizeof(phdr), (off_t)(header.e_phoff + i * sizeof(phdr))) != sizeof(phdr))
			return err_new(ERR_ARGUMENT, "%.*s is cut short: its program headers are not all there", STRF(path));
		if (phdr.p_type == PT_LOAD && phdr.p_memsz && phdr.p_vaddr + phdr.p_memsz > phdr.p_vaddr)
			vec_push(
			    &core->arena, &core->segments,
			    ((struct segment){phdr.p_vaddr, phdr.p_vaddr + phdr.p_memsz, phdr.p_offset, u64_min(phdr.p_filesz, phdr.p_memsz),
			                      phdr.p_flags & PF_R, phdr.p_flags & PF_W, phdr.p_flags & PF_X}));
		if (phdr.p_type != PT_NOTE || phdr.p_filesz > MAX_NOTES)
			continue;
		u8 *bytes = NEW_N(&core->arena, u8, phdr.p_filesz);
		ssize_t got = pread(core->fd, bytes, phdr.p_filesz, (off_t)phdr.p_offset);
		if (got > 0)
			read_notes(core, bytes, (size_t)got);
	}
	return NULL;
}

static int compare_segments(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
}

static int compare_files(const void *a, const void *b)
{
	const struct mapped_file *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
}

err_t os_core_open(struct str path, struct os_core **out)
{
	*out = NULL;
	struct arena arena = {0};
	struct os_core *core = NEW(&arena, struct os_core);
	core->arena = arena;
	core->fd = open(str_cstr(&core->arena, path), O_RDONLY | O_CLOEXEC);
	err_t error = core->fd < 0 ? err_os(errno, "core file %.*s", STRF(path)) : read_headers(core, path);
	if (!error && !core->threads.len)
		error = err_new(ERR_ARGUMENT, "%.*s tells of no thread: it is cut short", STRF(path));
	if (error) {
		os_core_close(core);
		return error;
	}
	vec_sort(core->segments.items, core->segments.len, sizeof(struct segment), compare_segments);
	vec_sort(core->files.items, core->files.len, sizeof(struct mapped_file), compare_files);
	core->program = core->files.len ? core->files.items[0].path : STR("");
	*out = core;
	return NULL;
}

void os_core_close(struct os_core *core)
{
	if (core->fd >= 0)
		close(core->fd);
	for (size_t i = 0; i < core->files.len; i++)
		if (core->files.items[i].fd >= 0)
			close(core->files.items[i].fd);
	struct arena arena = core->arena;
	arena_deinit(&arena);
}

struct str os_core_program(const struct os_core *core)
{
	return core->program;
}
pid_t os_core_pid(const struct os_core *core)
{
	return core->pid;
}

size_t os_core_threads(const struct os_core *core, const struct os_core_thread **out)
{
	*out = core->threads.items;
	return core->threads.len;
}

void os_core_set_program(struct os_core *core, struct str path)
{
	// The path on this machine of the program that was mapped first.
	struct str old = core->program;
	char *whole = realpath(str_cstr(&core->arena, path), NULL); // what is mapped is known by whole paths
	path = whole ? str_of(whole) : path;
	for (size_t i = 0; i < core->files.len; i++)
		if (str_eq(core->files.items[i].path, old))
			core->files.items[i].path = str_dup(&core->arena, path);
	core->program = str_dup(&core->arena, path);
	free(whole);
}

// ---- memory ----------------------------------------------------------------------------------------------

static size_t read_from_file(struct os_core *core, u64 addr, void *buf, size_t len)
{
	for (size_t i = 0; i < core->files.len; i++) {
		struct mapped_file *file = &core->files.items[i];
		if (addr < file->start || addr >= file->end)
			continue;
		if (!file->opened) {
			file->opened = true;
			file->fd = open(str_cstr(&core->arena, file->path), O_RDONLY | O_CLOEXEC);
		}
		if (file->fd < 0)
			return 0;
		ssize_t got = pread(file->fd, buf, size_min(len, file->end - addr), (off_t)(file->offset + (addr - file->start)));
		return got > 0 ? (size_t)got : 0;
	}
	return 0;
}

static size_t read_piece(struct os_core *core, u64 addr, void *buf, size_t len)
{
	size_t low = vec_first_above(core->segments.items, core->segments.len, start, addr);
	const struct segment *segment = low ? &core->segments.items[low - 1] : NULL;
	if (!segment || addr >= segment->end)
		return read_from_file(core, addr, buf, len);
	u64 at = addr - segment->start;
	if (at >= segment->stored)
		return read_from_file(core, addr, buf, size_min(len, segment->end - addr));
	ssize_t got = pread(core->fd, buf, size_min(len, segment->stored - at), (off_t)(segment->offset + at));
	return got > 0 ? (size_t)got : 0;
}

bool os_core_read_stored(const struct os_core *core, u64 addr, void *buf, size_t len)
{
	size_t low = vec_first_above(core->segments.items, core->segments.len, start, addr);
	const struct segment *segment = low ? &core->segments.items[low - 1] : NULL;
	u64 at = segment ? addr - segment->start : 0;
	return segment && at < segment->stored && len <= segment->stored - at &&
	       pread(core->fd, buf, len, (off_t)(segment->offset + at)) == (ssize_t)len;
}

size_t os_core_read(struct os_core *core, u64 addr, void *buf, size_t len)
{
	size_t done = 0;
	while (done < len && addr + done >= addr) {
		size_t got = read_piece(core, addr + done, (char *)buf + done, len - done);
		if (!got)
			break;
		done += got;
	}
	return done;
}

static const struct mapped_file *file_of(const struct os_core *core, u64 addr)
{
	for (size_t i = 0; i < core->files.len; i++)
		if (addr >= core->files.items[i].start && addr < core->files.items[i].end)
			return &core->files.items[i];
	return NULL;
}

static bool is_covered(const struct os_core *core, const struct mapped_file *file)
{
	for (size_t i = 0; i < core->segments.len; i++)
		if (core->segments.items[i].start < file->end && file->start < core->segments.items[i].end)
			return true;
	return false;
}

static int compare_mappings(const void *a, const void *b)
{
	const struct dbg_mapping *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
}

size_t os_core_mappings(const struct os_core *core, struct arena *arena, struct dbg_mapping **out)
{
	VEC(struct dbg_mapping) all = {0};
	for (size_t i = 0; i < core->segments.len; i++) {
		const struct segment *segment = &core->segments.items[i];
		const struct mapped_file *file = file_of(core, segment->start);
		struct dbg_mapping mapping = {.start = segment->start,
		                              .end = segment->end,
		                              .file_offset = file ? file->offset + (segment->start - file->start) : 0,
		                              .readable = segment->readable,
		                              .writable = segment->writable,
		                              .executable = segment->executable,
		                              .path = file ? file->path : STR("")};
		vec_push(arena, &all, mapping);
	}
	// gdb's gcore leaves code out without a trace among the segments: what only NT_FILE names is taken for code.
	for (size_t i = 0; i < core->files.len; i++) {
		const struct mapped_file *file = &core->files.items[i];
		if (!is_covered(core, file))
			vec_push(arena, &all,
			         ((struct dbg_mapping){.start = file->start,
			                               .end = file->end,
			                               .file_offset = file->offset,
			                               .readable = true,
			                               .executable = true,
			                               .path = file->path}));
	}
	vec_sort(all.items, all.len, sizeof(struct dbg_mapping), compare_mappings);
	*out = all.items;
	return all.len;
}
