// Whether the executable that is here is the one that a core file is of, by their build ids: that of the file, and that of
// its first page as it was mapped, which the kernel and gdb's gcore put into core files (core(5), coredump_filter, bit 4).
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "engine/os.h"

enum { MAX_HEADERS = 256, MAX_NOTES = 4096, MAX_ID = 64 };

struct image {
	bool (*read)(const struct image *image, u64 offset, void *buf, size_t len);
	const struct os_core *core;
	u64 start; // of the program's first mapping
	int fd;
};

struct build_id {
	u8 bytes[MAX_ID];
	size_t len; // 0: it has none, or it can't be read
};

static bool read_core(const struct image *image, u64 offset, void *buf, size_t len)
{
	return os_core_read_stored(image->core, image->start + offset, buf, len);
}

static bool read_file(const struct image *image, u64 offset, void *buf, size_t len)
{
	return pread(image->fd, buf, len, (off_t)offset) == (ssize_t)len;
}

// elf(5), "Notes": name and desc are padded to 4 bytes; where all are aligned to 8 (.note.gnu.property), to 8.
static bool find_in_notes(const struct image *image, const Elf64_Phdr *header, struct build_id *out)
{
	u8 notes[MAX_NOTES];
	size_t size = header->p_filesz, align = header->p_align == 8 ? 8 : 4;
	if (size > sizeof(notes) || !image->read(image, header->p_offset, notes, size))
		return false;
	for (size_t at = 0; at + sizeof(Elf64_Nhdr) <= size;) {
		Elf64_Nhdr note;
		memcpy(&note, notes + at, sizeof(note));
		size_t name = at + sizeof(note), desc = name + (((size_t)note.n_namesz + align - 1) & ~(align - 1));
		if (note.n_namesz > size || note.n_descsz > size || desc + note.n_descsz > size)
			return false;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && !memcmp(notes + name, "GNU", 4) && note.n_descsz <= MAX_ID) {
			out->len = note.n_descsz;
			memcpy(out->bytes, notes + desc, out->len);
			return out->len > 0;
		}
		at = desc + (((size_t)note.n_descsz + align - 1) & ~(align - 1));
	}
	return false;
}

static struct build_id build_id_of(const struct image *image)
{
	Elf64_Ehdr head;
	struct build_id id = {.len = 0};
	if (!image->read(image, 0, &head, sizeof(head)) || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
	    head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_phentsize != sizeof(Elf64_Phdr) || head.e_phnum > MAX_HEADERS)
		return id;
	for (size_t i = 0; i < head.e_phnum; i++) {
		Elf64_Phdr header;
		if (!image->read(image, head.e_phoff + i * sizeof(header), &header, sizeof(header)))
			return id;
		if (header.p_type == PT_NOTE && find_in_notes(image, &header, &id))
			return id;
	}
	return id;
}

static bool first_mapping(const struct os_core *core, struct str program, u64 *start)
{
	struct arena scratch = {0};
	struct dbg_mapping *mappings;
	bool found = false;
	size_t n = os_core_mappings(core, &scratch, &mappings);
	for (size_t i = 0; i < n && !found; i++) {
		found = mappings[i].file_offset == 0 && str_eq(mappings[i].path, program);
		*start = mappings[i].start;
	}
	arena_deinit(&scratch);
	return found;
}

err_t os_core_check_program(const struct os_core *core)
{
	struct arena scratch = {0};
	struct str path = os_core_program(core);
	struct image mapped = {.read = read_core, .core = core}, file = {.read = read_file};
	if (!path.len)
		return NULL;
	file.fd = open(str_cstr(&scratch, path), O_RDONLY | O_CLOEXEC);
	int os = errno;
	arena_deinit(&scratch);
	if (file.fd < 0)
		return err_os(os, "opening %.*s, the program of this core file (the key `program`, or --program, tells where it is now)",
		              STRF(path));
	struct build_id here = build_id_of(&file), then = {.len = 0};
	close(file.fd);
	if (here.len && first_mapping(core, path, &mapped.start))
		then = build_id_of(&mapped);
	if (!then.len || (then.len == here.len && !memcmp(then.bytes, here.bytes, then.len)))
		return NULL;
	return err_new(ERR_ARGUMENT,
	               "%.*s is not the program of this core file, or is another build of it (their build ids differ): name the one "
	               "that it is of, by the key `program` or --program",
	               STRF(path));
}
