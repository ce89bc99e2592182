// Finds a module's unwind table: the one that the linker made (.eh_frame_hdr), or, where there is none, one made
// here from .eh_frame. Such a table is given addresses that no process has, and is read by unwind_tables_word().
#include "unwind_table.h"

#include <dwarf.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_ENTRIES = 1 << 22 };

// Not canonical on x86-64, so no address of a process; one GiB a table.
static const u64 MADE_BASE = 0x7fff000000000000, MADE_STRIDE = 1 << 30;

struct entry {
	i32 start, fde;
};

struct known {
	const struct dbg_module *module;
	u64 bias;
	bool found;
	struct unwind_table table;
	struct entry *made; // or NULL
};

struct unwind_tables {
	struct arena arena;
	VEC(struct known) known;
};

struct unwind_tables *unwind_tables_new(struct arena *arena)
{
	return NEW(arena, struct unwind_tables);
}

void unwind_tables_free(struct unwind_tables *tables)
{
	if (!tables)
		return;
	arena_deinit(&tables->arena);
	tables->known.items = NULL;
	tables->known.len = tables->known.cap = 0;
}

// ---- the linker's ----------------------------------------------------------------------------------

// version, eh_frame_ptr_enc, fde_count_enc, table_enc, eh_frame_ptr (4 bytes), fde_count (4), the table.
static bool linkers_table(const struct dbg_space *space, const struct dbg_module *module, struct unwind_table *out)
{
	u64 addr, size;
	u8 header[12];
	u32 count;
	if (!dbg_module_eh_frame_hdr(module, &addr, &size) || size < sizeof(header))
		return false;
	if (dbg_mem_read_some(space->mem, addr, header, sizeof(header)) != sizeof(header))
		return false;
	bool usual = header[0] == 1 && (header[1] & 0x0f) == DW_EH_PE_sdata4 && header[2] == DW_EH_PE_udata4 &&
	             header[3] == (DW_EH_PE_datarel | DW_EH_PE_sdata4);
	memcpy(&count, header + 8, sizeof(count));
	if (!usual || !count)
		return false;
	*out =
	    (struct unwind_table){.base = addr, .start = addr + sizeof(header), .count = u64_min(count, (size - sizeof(header)) / 8)};
	return true;
}

// ---- our own ---------------------------------------------------------------------------------------

struct section {
	const u8 *bytes;
	size_t len;
	u64 addr; // in the file
};

struct reader {
	const struct section *section;
	size_t at, end;
	bool failed;
};

static u64 take(struct reader *reader, size_t size)
{
	u64 value = 0;
	if (reader->failed || reader->end - reader->at < size) {
		reader->failed = true;
		return 0;
	}
	memcpy(&value, reader->section->bytes + reader->at, size);
	reader->at += size;
	return value;
}

static u64 take_leb(struct reader *reader)
{
	u64 value = 0, byte;
	unsigned shift = 0;
	do {
		byte = take(reader, 1);
		if (shift < 64)
			value |= (byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && !reader->failed);
	return value;
}

// A pointer as LSB 5.0 Core, 10.5.1 encodes it; of the bases only pcrel and absolute occur in .eh_frame.
static u64 take_pointer(struct reader *reader, u8 encoding)
{
	u64 here = reader->section->addr + reader->at, value;
	switch (encoding & 0x0f) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8: value = take(reader, 8); break;
	case DW_EH_PE_udata4: value = take(reader, 4); break;
	case DW_EH_PE_sdata4: value = (u64)(i64)(i32)take(reader, 4); break;
	default: reader->failed = true; return 0;
	}
	return (encoding & 0x70) == DW_EH_PE_pcrel ? here + value : value;
}

// The encoding of addresses in the FDEs of a CIE: 'R' of its augmentation.
static bool cie_encoding(const struct section *section, size_t at, u8 *out)
{
	struct reader reader = {.section = section, .at = at, .end = section->len};
	u64 length = take(&reader, 4);
	if (reader.failed || length == 0xffffffff || take(&reader, 4) != 0 || reader.failed)
		return false;
	u64 version = take(&reader, 1);
	const char *augmentation = (const char *)section->bytes + reader.at;
	while (take(&reader, 1) && !reader.failed)
		;
	*out = DW_EH_PE_absptr;
	take_leb(&reader); // code alignment
	take_leb(&reader); // data alignment: signed, of the same length
	if (version == 1)
		take(&reader, 1);
	else
		take_leb(&reader);
	if (reader.failed || augmentation[0] != 'z')
		return !reader.failed && !augmentation[0];
	take_leb(&reader);
	for (const char *a = augmentation + 1; *a && !reader.failed; a++) {
		if (*a == 'R')
			*out = (u8)take(&reader, 1);
		else if (*a == 'L')
			take(&reader, 1);
		else if (*a == 'P')
			take_pointer(&reader, (u8)take(&reader, 1) & 0x0f);
		else if (*a != 'S' && *a != 'B')
			return false;
	}
	return !reader.failed;
}

static int by_start(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
}

static struct entry *read_entries(struct arena *arena, const struct section *section, u64 *count)
{
	VEC(struct entry) entries = {0};
	size_t at = 0;
	while (section->len - at >= 8 && entries.len < MOST_ENTRIES) {
		struct reader reader = {.section = section, .at = at, .end = section->len};
		u64 length = take(&reader, 4);
		size_t id_at = reader.at;
		if (!length || length == 0xffffffff || length > section->len - id_at)
			break; // the end, or a section of 4 GiB
		u64 id = take(&reader, 4);
		u8 encoding;
		if (id && id <= id_at && cie_encoding(section, id_at - id, &encoding)) {
			u64 start = take_pointer(&reader, encoding);
			if (!reader.failed && start)
				vec_push(arena, &entries, ((struct entry){(i32)(start - section->addr), (i32)at}));
		}
		at = id_at + length;
	}
	if (entries.len)
		qsort(entries.items, entries.len, sizeof(*entries.items), by_start);
	*count = entries.len;
	return entries.items;
}

static bool find_section(Elf *elf, struct section *out)
{
	size_t names;
	if (elf_getshdrstrndx(elf, &names))
		return false;
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
		GElf_Shdr header;
		const char *name = gelf_getshdr(scn, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
		if (!name || strcmp(name, ".eh_frame") || header.sh_type == SHT_NOBITS)
			continue;
		Elf_Data *data = elf_rawdata(scn, NULL);
		if (!data || !data->d_buf)
			return false;
		*out = (struct section){.bytes = data->d_buf, .len = data->d_size, .addr = header.sh_addr};
		return true;
	}
	return false;
}

static bool make_table(struct unwind_tables *tables, const struct dbg_module *module, struct known *known)
{
	struct section section;
	char *path = str_cstr(&tables->arena, dbg_module_file(module));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf && find_section(elf, &section)) {
		known->made = read_entries(&tables->arena, &section, &known->table.count);
		known->table.base = section.addr + dbg_module_bias(module);
		known->table.start = MADE_BASE + tables->known.len * MADE_STRIDE;
	}
	elf_end(elf);
	close(fd);
	return known->made != NULL;
}

// ---- both ------------------------------------------------------------------------------------------

bool unwind_table_at(struct unwind_tables *tables, const struct dbg_space *space, u64 ip, struct unwind_table *out)
{
	const struct dbg_module *module = dbg_module_at(space->modules, ip);
	if (!module)
		return false;
	for (size_t i = 0; i < tables->known.len; i++) {
		const struct known *known = &tables->known.items[i];
		if (known->module == module && known->bias == dbg_module_bias(module)) {
			*out = known->table;
			return known->found;
		}
	}
	struct known known = {.module = module, .bias = dbg_module_bias(module)};
	known.found = linkers_table(space, module, &known.table) || make_table(tables, module, &known);
	vec_push(&tables->arena, &tables->known, known);
	*out = known.table;
	return known.found;
}

bool unwind_tables_word(const struct unwind_tables *tables, u64 addr, u64 *out)
{
	if (addr < MADE_BASE)
		return false;
	u64 i = (addr - MADE_BASE) / MADE_STRIDE, offset = (addr - MADE_BASE) % MADE_STRIDE;
	if (i >= tables->known.len || !tables->known.items[i].made)
		return false;
	const struct known *known = &tables->known.items[i];
	if (offset % sizeof(u64) || offset / sizeof(struct entry) >= known->table.count)
		return false;
	memcpy(out, &known->made[offset / sizeof(struct entry)], sizeof(*out));
	return true;
}
