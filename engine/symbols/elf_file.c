// Opening an ELF file and reading its headers: segments, build id, unwind table, thread locals, debug info.
// What is wrong with a file becomes a note with the remedy; a program that can't be run is told before it is.
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "engine/symbols/private.h"

static void read_segments(struct dbg_module *module)
{
	size_t n = 0;
	if (elf_getphdrnum(module->elf, &n))
		return;
	module->low = UINT64_MAX;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr phdr;
		if (!gelf_getphdr(module->elf, (int)i, &phdr))
			continue;
		switch (phdr.p_type) {
		case PT_LOAD:
			module->low = u64_min(module->low, phdr.p_vaddr);
			if (phdr.p_vaddr + phdr.p_memsz > module->high)
				module->high = phdr.p_vaddr + phdr.p_memsz;
			break;
		case PT_GNU_EH_FRAME:
			module->eh_frame_hdr = phdr.p_vaddr;
			module->eh_frame_hdr_size = phdr.p_memsz;
			break;
		case PT_TLS:
			module->tls_size = phdr.p_memsz;
			module->tls_align = phdr.p_align;
			module->tls_vaddr = phdr.p_vaddr;
			break;
		}
	}
	if (module->low == UINT64_MAX)
		module->low = 0;
}

struct str elf_build_id(Elf *elf, struct arena *arena)
{
	const void *bytes = NULL;
	ssize_t len = dwelf_elf_gnu_build_id(elf, &bytes);
	struct buf hex = buf_on(arena);
	for (ssize_t i = 0; i < len; i++)
		buf_printf(&hex, "%02x", ((const u8 *)bytes)[i]);
	return buf_str(&hex);
}

// Which debug info the units carry: values need types, which `line-tables-only` and `debug = 1` leave out.
static struct str debug_info_note(struct dbg_module *module)
{
	if (!module->dwarf && module->owner->len > 0)
		return STR("no debug info"); // a library of the system's, mostly: nothing to be done about it
	if (!module->dwarf)
		return str_printf(&module->arena, "%.*s has no debug info: build with debug = 2 (in Cargo.toml: [profile.dev] debug = 2)",
		                  STRF(module->name));
	return STR("");
}

void module_open(struct dbg_module *module)
{
	elf_version(EV_CURRENT);
	module->fd = module->debug_fd = -1;
	if (module->image) {
		module->elf = elf_memory((char *)module->image, module->high); // high holds the size until the segments are read
		module->high = 0;
	} else {
		char *file = str_cstr(&module->arena, module->file);
		module->fd = open(file, O_RDONLY | O_CLOEXEC);
		if (module->fd < 0) {
			module->note = str_printf(&module->arena, "%s can't be opened: %s", file, strerror(errno));
			return;
		}
		module->elf = elf_open(module->fd, module->beside);
	}
	if (!module->elf || elf_kind(module->elf) != ELF_K_ELF) {
		module->note = str_printf(&module->arena, "%.*s is not an ELF file", STRF(module->path));
		return;
	}
	read_segments(module);
	module->build_id = elf_build_id(module->elf, &module->arena);
	module_open_debug_file(module);
	if (!module->note.len)
		module->note = debug_info_note(module);
}

void module_close(struct dbg_module *module)
{
	module_close_debug_file(module);
	turn_forget(module);
	elf_end(module->elf);
	if (module->fd >= 0)
		close(module->fd);
	free(module->image);
	arena_deinit(&module->arena);
}

void module_release_pages(struct dbg_module *module)
{
	// Read-only private mappings: what is dropped comes back from the file.
	Elf *const files[] = {module->elf, module->debug_elf};
	for (size_t i = 0; i < ARRAY_LEN(files) && !module->image; i++) {
		size_t size;
		char *raw = files[i] ? elf_rawfile(files[i], &size) : NULL;
		if (raw && (i == 0 || files[i] != files[0]))
			madvise(raw, size, MADV_DONTNEED);
	}
}

static const char *machine_name(unsigned machine)
{
	static const struct {
		unsigned machine;
		const char *name;
	} names[] = {
	    {EM_X86_64, "x86-64"}, {EM_AARCH64, "aarch64"}, {EM_386, "32-bit x86"}, {EM_ARM, "32-bit ARM"}, {EM_RISCV, "RISC-V"}};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return "another machine";
}

static err_t check_header(int fd, struct str path)
{
	unsigned char ident[EI_NIDENT + 4] = {0};
	if (pread(fd, ident, sizeof(ident), 0) < (ssize_t)sizeof(ident) || memcmp(ident, ELFMAG, SELFMAG) != 0)
		return err_new(ERR_ARGUMENT, "%.*s is not an ELF program%s", STRF(path),
		               memcmp(ident, "#!", 2) == 0 ? " but a script: name the program that it starts" : "");
	unsigned machine = ident[EI_NIDENT + 2] | (unsigned)ident[EI_NIDENT + 3] << 8;
	if (machine != EM_X86_64 || ident[EI_CLASS] != ELFCLASS64)
		return err_new(ERR_UNSUPPORTED,
		               "%.*s is built for %s, this debugger runs x86-64 programs: build for x86_64-unknown-linux-gnu", STRF(path),
		               machine_name(machine));
	return NULL;
}

err_t dbg_module_check_program(struct str path)
{
	char name[4096];
	if (path.len >= sizeof(name))
		return err_new(ERR_ARGUMENT, "the program's path is longer than %zu bytes", sizeof(name) - 1);
	memcpy(name, path.ptr, path.len);
	name[path.len] = '\0';
	struct stat status;
	if (stat(name, &status))
		return err_os(errno, "program %s%s", name,
		              errno == ENOENT ? " (is it built? is the path relative to another folder?)" : "");
	if (S_ISDIR(status.st_mode))
		return err_new(ERR_ARGUMENT, "%s is a folder, not a program: name the executable in it", name);
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_os(errno, "program %s", name);
	err_t error = check_header(fd, path);
	close(fd);
	if (!error && access(name, X_OK))
		return err_os(errno, "program %s can't be executed (chmod +x)", name);
	return error;
}
