// Where a module's debug info is: in itself, or in a file beside it or below a folder of such files, found by its
// build id or its debug link as other debuggers find it (GDB manual, "Debugging Information in Separate Files").
#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/log.h"
#include "engine/symbols/private.h"

// Strings of a program with a package of split units are written to for a moment (split.c).
Elf *elf_open(int fd, struct str path)
{
	struct arena scratch = {0};
	bool has_package = access(str_cstr(&scratch, str_printf(&scratch, "%.*s.dwp", STRF(path))), R_OK) == 0;
	arena_deinit(&scratch);
	return elf_begin(fd, has_package ? ELF_C_READ_MMAP_PRIVATE : ELF_C_READ_MMAP, NULL);
}

bool elf_section(Elf *elf, const char *wanted, Elf_Scn **out, GElf_Shdr *shdr)
{
	size_t names;
	if (!elf || elf_getshdrstrndx(elf, &names))
		return false;
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
		const char *name = gelf_getshdr(scn, shdr) ? elf_strptr(elf, names, shdr->sh_name) : NULL;
		if (name && strcmp(name, wanted) == 0) {
			*out = scn;
			return true;
		}
	}
	return false;
}

static bool has_debug_info(Elf *elf)
{
	Elf_Scn *scn;
	GElf_Shdr shdr;
	return (elf_section(elf, ".debug_info", &scn, &shdr) || elf_section(elf, ".zdebug_info", &scn, &shdr)) &&
	       shdr.sh_type != SHT_NOBITS;
}

// Written in Rust: rustc names itself in .comment, which no linker strips with the debug info.
static bool is_rust(Elf *elf)
{
	Elf_Scn *scn;
	GElf_Shdr shdr;
	Elf_Data *data = elf_section(elf, ".comment", &scn, &shdr) ? elf_rawdata(scn, NULL) : NULL;
	return data && data->d_buf && memmem(data->d_buf, data->d_size, "rustc version", 13);
}

static bool same_build_id(Elf *elf, struct str wanted)
{
	struct arena scratch = {0};
	bool same = str_eq(elf_build_id(elf, &scratch), wanted);
	arena_deinit(&scratch);
	return same;
}

// The checksum that a debug link carries: of the whole file.
static bool has_crc(Elf *elf, GElf_Word wanted)
{
	size_t size;
	char *raw = elf_rawfile(elf, &size);
	return raw && crc32(0, (const Bytef *)raw, (uInt)size) == wanted;
}

struct search {
	struct dbg_module *module;
	struct str folder; // of the module, as its process knows it
	const char *link;  // its debug link, or NULL
	GElf_Word crc;
	struct str refused; // a file that was there but belongs to another build
};

// Opens the file if it is this module's; debug info of another build would be worse than none.
static bool try(struct search *search, struct str path)
{
	struct dbg_module *module = search->module;
	struct stat other, own;
	char *name = str_cstr(&module->arena, path);
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	Elf *elf = fstat(fd, &other) == 0 && S_ISREG(other.st_mode) && fstat(module->fd, &own) == 0 &&
	                   (other.st_ino != own.st_ino || other.st_dev != own.st_dev)
	               ? elf_open(fd, module->beside)
	               : NULL;
	bool ours = elf && elf_kind(elf) == ELF_K_ELF && has_debug_info(elf) &&
	            (module->build_id.len ? same_build_id(elf, module->build_id) : search->link && has_crc(elf, search->crc));
	if (!ours) {
		if (elf && !search->refused.len)
			search->refused = path;
		elf_end(elf);
		close(fd);
		return false;
	}
	module->debug_elf = elf;
	module->debug_fd = fd;
	module->debug_path = path;
	LOG(LOG_DWARF, "debug info of %.*s is in %.*s", STRF(module->path), STRF(path));
	return true;
}

static bool try_build_id(struct search *search, struct str folder)
{
	struct str id = search->module->build_id;
	return id.len > 2 && try(search, str_printf(&search->module->arena, "%.*s/.build-id/%.2s/%.*s.debug", STRF(folder), id.ptr,
	                                            STRF(str_from(id, 2))));
}

static bool try_link(struct search *search, struct str folder, struct str below)
{
	return search->link &&
	       try(search, str_printf(&search->module->arena, "%.*s%.*s/%s", STRF(folder), STRF(below), search->link));
}

// Below all folders of debug files, those of the process and those of ours.
static bool try_folders(struct search *search, bool (*look)(struct search *, struct str folder))
{
	struct dbg_module *module = search->module;
	for (size_t i = 0; i < module->owner->debug_folders.len; i++) {
		struct str folder = module->owner->debug_folders.items[i];
		if ((module->root.len && look(search, str_printf(&module->arena, "%.*s%.*s", STRF(module->root), STRF(folder)))) ||
		    look(search, folder))
			return true;
	}
	return false;
}

static bool try_link_below(struct search *search, struct str folder)
{
	return try_link(search, folder, search->folder) || try_link(search, folder, STR(""));
}

static bool find_separate(struct search *search)
{
	struct str beside = str_printf(&search->module->arena, "%.*s%.*s", STRF(search->module->root), STRF(search->folder));
	return try_folders(search, try_build_id) || try_link(search, beside, STR("")) || try_link(search, beside, STR("/.debug")) ||
	       try_folders(search, try_link_below);
}

void module_open_debug_file(struct dbg_module *module)
{
	module->debug_elf = module->elf;
	module->debug_fd = -1;
	if (!has_debug_info(module->elf) && !module->image && (is_rust(module->elf) || module->owner->len == 0)) {
		ptrdiff_t slash = str_rfind(module->path, STR("/"));
		struct search search = {.module = module, .folder = str_slice(module->path, 0, (size_t)(slash < 0 ? 0 : slash))};
		search.link = dwelf_elf_gnu_debuglink(module->elf, &search.crc);
		if (!find_separate(&search) && search.refused.len)
			module->note = str_printf(&module->arena,
			                          "%.*s has no debug info, and %.*s is of another build: put the file of this build there",
			                          STRF(module->name), STRF(search.refused));
	}
	module->dwarf = dwarf_begin_elf(inflate_debug_info(module), DWARF_C_READ, NULL);
}

void module_close_debug_file(struct dbg_module *module)
{
	dwarf_end(module->dwarf);
	elf_end(module->inflated);
	if (module->debug_elf != module->elf)
		elf_end(module->debug_elf);
	if (module->debug_fd >= 0)
		close(module->debug_fd);
}

void dbg_modules_add_debug_folder(struct dbg_modules *modules, struct str folder)
{
	vec_push(&modules->arena, &modules->debug_folders, str_dup(&modules->arena, folder));
}

size_t dbg_module_debug_frame(const struct dbg_module *module, const u8 **out)
{
	Elf_Scn *scn;
	GElf_Shdr shdr;
	// libdw has its sections expanded, should they be compressed.
	Elf *elf = module->dwarf ? dwarf_getelf(module->dwarf) : NULL;
	Elf_Data *data = elf_section(elf, ".debug_frame", &scn, &shdr) && shdr.sh_type != SHT_NOBITS ? elf_getdata(scn, NULL) : NULL;
	if (!data || !data->d_buf || shdr.sh_flags & SHF_COMPRESSED)
		return 0;
	*out = data->d_buf;
	return data->d_size;
}
