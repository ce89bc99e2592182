// Split debug info (`-C split-debuginfo=unpacked` and `packed`; DWARF 5, 3.1.2 and 7.3.2, and GNU's form of it for
// DWARF 4): the program holds skeleton units, and the units themselves are in .dwo files or in one package beside it.
// libdw follows a skeleton to its .dwo file by itself, but reads packages only from 0.191 on: each unit of a package is
// shown to it as a .dwo file in memory, which has the package's bytes and a section table of that unit's parts.
#include "engine/symbols/split.h"

#include <dwarf.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

enum { MAX_SECTIONS = 64, MAX_COLUMNS = 8, DW_SECT_INFO_ = 1, NO_COLUMN = -1 };

struct package {
	int fd; // the copy in memory
	u64 size;
	Elf64_Ehdr header;
	Elf64_Shdr sections[MAX_SECTIONS];
	int columns[MAX_SECTIONS]; // of the index, for each section; NO_COLUMN: it is every unit's
	// The index of units (DWARF 5, 7.3.5.3).
	u32 n_columns, n_units, n_slots;
	const u8 *ids, *rows, *offsets, *sizes;
	u8 *index;
};

// Which column of the index tells a section's part: by DW_SECT (DWARF 5, table 7.1; GNU's numbers for version 2).
static const struct {
	const char *section;
	u32 version, id;
} parts[] = {
    {".debug_info.dwo", 0, DW_SECT_INFO_},
    {".debug_abbrev.dwo", 0, 3},
    {".debug_line.dwo", 0, 4},
    {".debug_loc.dwo", 2, 5},
    {".debug_loclists.dwo", 5, 5},
    {".debug_str_offsets.dwo", 0, 6},
    {".debug_macinfo.dwo", 2, 7},
    {".debug_macro.dwo", 2, 8},
    {".debug_macro.dwo", 5, 7},
    {".debug_rnglists.dwo", 5, 8},
};

static u32 u32_at(const u8 *bytes)
{
	u32 value;
	memcpy(&value, bytes, sizeof(value));
	return value;
}

static bool read_at(int fd, void *out, u64 size, u64 offset)
{
	return pread(fd, out, size, (off_t)offset) == (ssize_t)size;
}

static bool copy_to_memory(struct package *package, int from)
{
	struct stat status;
	if (fstat(from, &status) || (package->fd = memfd_create("dwp", MFD_CLOEXEC)) < 0)
		return false;
	package->size = (u64)status.st_size;
	for (u64 left = package->size; left;) {
		ssize_t n = sendfile(package->fd, from, NULL, left);
		if (n <= 0)
			return false;
		left -= (u64)n;
	}
	return true;
}

static bool read_index(struct package *package, const Elf64_Shdr *section, u32 *version)
{
	u64 size = section->sh_size;
	const u64 header = 16, most = (u64)64 << 20;
	if (size < header || size > most || !(package->index = malloc(size)) ||
	    !read_at(package->fd, package->index, size, section->sh_offset))
		return false;
	const u8 *at = package->index;
	*version = u32_at(at) & 0xffff;
	package->n_columns = u32_at(at + 4);
	package->n_units = u32_at(at + 8);
	package->n_slots = u32_at(at + 12);
	if ((*version != 2 && *version != 5) || package->n_columns > MAX_COLUMNS || package->n_slots > size ||
	    package->n_units > size)
		return false;
	u64 table = 4ull * package->n_columns * package->n_units;
	if (header + 12ull * package->n_slots + 4ull * package->n_columns + 2 * table > size)
		return false;
	package->ids = at + header;
	package->rows = package->ids + 8ull * package->n_slots;
	package->offsets = package->rows + 4ull * package->n_slots; // the first row: which section a column is of
	package->sizes = package->offsets + 4ull * package->n_columns + table;
	return true;
}

static void name_columns(struct package *package, const char *names, u64 names_size, u32 version)
{
	for (size_t i = 0; i < package->header.e_shnum; i++) {
		package->columns[i] = NO_COLUMN;
		const char *name = package->sections[i].sh_name < names_size ? names + package->sections[i].sh_name : "";
		if (strcmp(name, ".debug_cu_index") == 0 || strcmp(name, ".debug_tu_index") == 0) {
			package->sections[i].sh_type = SHT_NULL; // a .dwo file has none: libdw refuses a file with both
			package->sections[i].sh_name = 0;
		}
		for (size_t p = 0; p < ARRAY_LEN(parts); p++)
			for (u32 c = 0; c < package->n_columns; c++)
				if (strcmp(name, parts[p].section) == 0 && (!parts[p].version || parts[p].version == version) &&
				    u32_at(package->offsets + 4ull * c) == parts[p].id)
					package->columns[i] = (int)c;
	}
}

static bool read_sections(struct package *package)
{
	if (!read_at(package->fd, &package->header, sizeof(package->header), 0) ||
	    memcmp(package->header.e_ident, ELFMAG, SELFMAG) != 0 || package->header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    package->header.e_shentsize != sizeof(Elf64_Shdr) || package->header.e_shnum > MAX_SECTIONS ||
	    package->header.e_shstrndx >= package->header.e_shnum ||
	    !read_at(package->fd, package->sections, package->header.e_shnum * sizeof(Elf64_Shdr), package->header.e_shoff))
		return false;
	const Elf64_Shdr *strings = &package->sections[package->header.e_shstrndx];
	const u64 most = 1 << 16;
	char *names = strings->sh_size && strings->sh_size < most ? calloc(1, strings->sh_size + 1) : NULL;
	bool ok = names && read_at(package->fd, names, strings->sh_size, strings->sh_offset);
	u32 version = 0;
	bool found = false;
	for (size_t i = 0; ok && i < package->header.e_shnum; i++)
		if (package->sections[i].sh_name < strings->sh_size &&
		    strcmp(names + package->sections[i].sh_name, ".debug_cu_index") == 0)
			found = read_index(package, &package->sections[i], &version);
	if (found)
		name_columns(package, names, strings->sh_size, version);
	free(names);
	return found;
}

struct package *package_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	struct package *package = calloc(1, sizeof(*package));
	bool ok = package && copy_to_memory(package, fd) && read_sections(package);
	close(fd);
	if (ok)
		return package;
	LOG(LOG_DWARF, "%s can't be read as a package of split debug info", path);
	package_close(package);
	return NULL;
}

void package_close(struct package *package)
{
	if (!package)
		return;
	if (package->fd > 0)
		close(package->fd);
	free(package->index);
	free(package);
}

// The row of the unit, by the hash table of the index; 0: it is not in the package.
static u32 row_of(const struct package *package, u64 id)
{
	u32 mask = package->n_slots - 1, at = (u32)id & mask, step = ((u32)(id >> 32) & mask) | 1;
	for (u32 tried = 0; tried < package->n_slots; tried++, at = (at + step) & mask) {
		u64 signature;
		memcpy(&signature, package->ids + 8ull * at, sizeof(signature));
		u32 row = u32_at(package->rows + 4ull * at);
		if (row == 0 || row > package->n_units)
			return 0;
		if (signature == id)
			return row;
	}
	return 0;
}

// Makes the copy in memory read as the .dwo file of this unit, for who opens it next.
static bool show_unit(struct package *package, u32 row)
{
	Elf64_Shdr sections[MAX_SECTIONS];
	memcpy(sections, package->sections, sizeof(sections));
	for (size_t i = 0; i < package->header.e_shnum; i++) {
		if (package->columns[i] == NO_COLUMN)
			continue;
		u64 cell = 4ull * ((u64)row * package->n_columns + (u64)package->columns[i]);
		u64 offset = u32_at(package->offsets + cell), size = u32_at(package->sizes + cell - 4ull * package->n_columns);
		if (offset > sections[i].sh_size || size > sections[i].sh_size - offset)
			return false;
		sections[i].sh_offset += offset;
		sections[i].sh_size = size;
	}
	// Behind the tables of the units before: those are still mapped.
	Elf64_Ehdr header = package->header;
	header.e_shoff = package->size = (package->size + 7) & ~(u64)7;
	size_t size = header.e_shnum * sizeof(*sections);
	package->size += size;
	return pwrite(package->fd, sections, size, (off_t)header.e_shoff) == (ssize_t)size &&
	       pwrite(package->fd, &header, sizeof(header), 0) == sizeof(header);
}

static char *dwo_name(Dwarf_Die *skeleton)
{
	Dwarf_Attribute attr;
	return dwarf_attr(skeleton, DW_AT_dwo_name, &attr) || dwarf_attr(skeleton, DW_AT_GNU_dwo_name, &attr)
	           ? (char *)dwarf_formstring(&attr)
	           : NULL;
}

const char *split_name(Dwarf_Die *skeleton)
{
	return dwo_name(skeleton);
}

static bool follow(Dwarf_Die *skeleton, Dwarf_Die *out)
{
	return dwarf_cu_info(skeleton->cu, NULL, NULL, NULL, out, NULL, NULL, NULL) == 0 && out->addr != NULL;
}

bool split_unit(struct package *package, Dwarf_Die *skeleton, Dwarf_Die *out)
{
	u64 id = 0;
	memset(out, 0, sizeof(*out));
	char *name = dwo_name(skeleton), path[32], kept[sizeof(path)];
	u32 row = package && dwarf_cu_info(skeleton->cu, NULL, NULL, NULL, NULL, &id, NULL, NULL) == 0 ? row_of(package, id) : 0;
	if (!row)
		return follow(skeleton, out);
	size_t size = (size_t)snprintf(path, sizeof(path), "/proc/self/fd/%d", package->fd) + 1;
	if (!name || strlen(name) + 1 < size || !show_unit(package, row))
		return false;
	// The file's name is put into the skeleton for the time of the look: its section is mapped private and writable.
	memcpy(kept, name, size);
	memcpy(name, path, size);
	bool found = follow(skeleton, out);
	memcpy(name, kept, size);
	return found;
}
