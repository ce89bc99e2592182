// Debug sections compressed with zstd (`ELFCOMPRESS_ZSTD`, generic ABI), which libelf can read from 0.189 on, and only
// if it was built so: they are put, as they were, into a file in memory that libdw then reads. zlib's it reads itself.
#include <gelf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "base/log.h"
#include "engine/symbols/private.h"

enum { COMPRESSED_BY_ZSTD = 2 };
static const u64 most_inflated = (u64)4 << 30;

static bool is_zstd(Elf_Scn *scn, GElf_Chdr *header)
{
	GElf_Shdr shdr;
	return gelf_getshdr(scn, &shdr) && (shdr.sh_flags & SHF_COMPRESSED) && gelf_getchdr(scn, header) &&
	       header->ch_type == COMPRESSED_BY_ZSTD;
}

static bool has_zstd(Elf *elf)
{
	GElf_Chdr header;
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));)
		if (is_zstd(scn, &header))
			return true;
	return false;
}

// The section's bytes as they were, in memory of malloc's; NULL if they can't be had.
static void *inflated(Elf_Scn *scn, const GElf_Chdr *header)
{
	Elf_Data *raw = elf_rawdata(scn, NULL);
	if (!raw || raw->d_size < sizeof(Elf64_Chdr) || header->ch_size > most_inflated)
		return NULL;
	void *bytes = malloc(header->ch_size ? header->ch_size : 1);
	size_t got =
	    bytes ? ZSTD_decompress(bytes, header->ch_size, (char *)raw->d_buf + sizeof(Elf64_Chdr), raw->d_size - sizeof(Elf64_Chdr))
	          : 0;
	if (bytes && !ZSTD_isError(got) && got == header->ch_size)
		return bytes;
	free(bytes);
	return NULL;
}

struct image {
	int fd;
	u64 size;
};

static bool append(struct image *image, const void *bytes, size_t size, u64 *offset)
{
	image->size = (image->size + 15) & ~(u64)15;
	*offset = image->size;
	for (size_t done = 0; done < size;) {
		ssize_t n = pwrite(image->fd, (const char *)bytes + done, size - done, (off_t)(image->size + done));
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	image->size += size;
	return true;
}

static bool copy_section(struct image *image, Elf_Scn *scn, Elf64_Shdr *out)
{
	GElf_Shdr shdr;
	GElf_Chdr header;
	if (!gelf_getshdr(scn, &shdr))
		return false;
	*out = (Elf64_Shdr){shdr.sh_name, shdr.sh_type, shdr.sh_flags, shdr.sh_addr,      0,
	                    shdr.sh_size, shdr.sh_link, shdr.sh_info,  shdr.sh_addralign, shdr.sh_entsize};
	bool is_code = (shdr.sh_flags & SHF_ALLOC) != 0;
	if (is_code || shdr.sh_type == SHT_NOBITS) {
		out->sh_type = SHT_NOBITS; // the module's own file has it
		return true;
	}
	if (!is_zstd(scn, &header)) {
		Elf_Data *raw = elf_rawdata(scn, NULL);
		return raw && append(image, raw->d_buf, raw->d_size, &out->sh_offset);
	}
	void *bytes = inflated(scn, &header);
	bool done = bytes && append(image, bytes, header.ch_size, &out->sh_offset);
	free(bytes);
	out->sh_size = header.ch_size;
	out->sh_flags &= ~(u64)SHF_COMPRESSED;
	return done;
}

static bool copy_file(struct image *image, Elf *elf, struct arena *scratch)
{
	GElf_Ehdr given;
	size_t n, names;
	if (!gelf_getehdr(elf, &given) || elf_getshdrnum(elf, &n) || elf_getshdrstrndx(elf, &names) || n > SHN_LORESERVE)
		return false;
	Elf64_Ehdr header = {.e_type = given.e_type,
	                     .e_machine = given.e_machine,
	                     .e_version = EV_CURRENT,
	                     .e_ehsize = sizeof(header),
	                     .e_shentsize = sizeof(Elf64_Shdr),
	                     .e_shnum = (Elf64_Half)n,
	                     .e_shstrndx = (Elf64_Half)names};
	memcpy(header.e_ident, given.e_ident, EI_NIDENT);
	Elf64_Shdr *sections = NEW_N(scratch, Elf64_Shdr, n + 1);
	image->size = sizeof(header);
	for (size_t i = 1; i < n; i++)
		if (!copy_section(image, elf_getscn(elf, i), &sections[i]))
			return false;
	return append(image, sections, n * sizeof(*sections), &header.e_shoff) &&
	       pwrite(image->fd, &header, sizeof(header), 0) == sizeof(header);
}

Elf *inflate_debug_info(struct dbg_module *module)
{
	Elf *elf = module->debug_elf;
	if (module->image || !has_zstd(elf))
		return elf;
	struct arena scratch = {0};
	struct image image = {.fd = memfd_create("debug info", MFD_CLOEXEC)};
	Elf *made = image.fd >= 0 && copy_file(&image, elf, &scratch) ? elf_begin(image.fd, ELF_C_READ_MMAP_PRIVATE, NULL) : NULL;
	arena_deinit(&scratch);
	if (made && elf_cntl(made, ELF_C_FDREAD)) { // all of it is mapped, or read
		elf_end(made);
		made = NULL;
	}
	if (image.fd >= 0)
		close(image.fd);
	if (!made) {
		module->note = str_printf(&module->arena, "the debug info of %.*s is compressed with zstd and can't be unpacked",
		                          STRF(module->name));
		return elf;
	}
	LOG(LOG_DWARF, "%.*s: debug sections unpacked from zstd", STRF(module->name));
	module->inflated = made;
	return made;
}
