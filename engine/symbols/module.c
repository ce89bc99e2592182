// The list of modules, kept in line with the process's mappings.
#include <dwarf.h>
#include <gelf.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/os.h"
#include "engine/symbols/private.h"

#define NOT_SEEN SIZE_MAX

struct dbg_modules *dbg_modules_new(void)
{
	struct dbg_modules *modules = calloc(1, sizeof(*modules));
	if (!modules)
		abort();
	dbg_modules_add_debug_folder(modules, STR("/usr/lib/debug"));
	return modules;
}

static void module_free(struct dbg_module *module)
{
	module_close(module);
	free(module);
}

void dbg_modules_free(struct dbg_modules *modules)
{
	if (!modules)
		return;
	for (size_t i = 0; i < modules->len; i++)
		module_free(modules->items[i]);
	free(modules->items);
	arena_deinit(&modules->statics_arena);
	arena_deinit(&modules->arena);
	free(modules);
}

// The module of a mapping. A file that was made anew under the same path, as linkers do, is another one, though its code may
// lie where the old file's did; its number is not given again while we hold the old one open.
static struct dbg_module *find_by_mapping(struct dbg_modules *modules, const struct dbg_mapping *mapping)
{
	for (size_t i = 0; i < modules->len; i++)
		if (modules->items[i]->inode == mapping->inode && str_eq(modules->items[i]->path, mapping->path))
			return modules->items[i];
	return NULL;
}

void dbg_modules_set_process(struct dbg_modules *modules, pid_t pid)
{
	modules->pid = pid;
}

static struct dbg_module *add(struct dbg_modules *modules, const struct dbg_mapping *mapping, u8 *image, u64 image_size)
{
	struct str path = mapping->path;
	struct dbg_module *module = calloc(1, sizeof(*module));
	if (modules->len == modules->cap) {
		modules->cap = size_max(16, modules->cap * 2);
		modules->items = realloc(modules->items, modules->cap * sizeof(*modules->items));
	}
	if (!module || !modules->items)
		abort();
	module->owner = modules;
	module->number = ++modules->numbers;
	module->inode = mapping->inode;
	module->path = str_dup(&module->arena, path);
	module->name = str_from(module->path, (size_t)(str_rfind(module->path, STR("/")) + 1));
	module->file = str_dup(&module->arena, os_mapped_file(&module->arena, modules->pid, mapping));
	struct str root = os_files_root(&module->arena, modules->pid);
	module->root = str_eq(module->file, path) ? STR("") : root; // a path that is right for us needs none before it
	module->beside = str_printf(&module->arena, "%.*s%.*s", STRF(module->root), STRF(path));
	module->image = image;
	module->high = image_size;
	module_open(module);
	modules->items[modules->len++] = module;
	LOG(LOG_DWARF, "module %.*s%s%.*s", STRF(path), module->note.len ? ": " : "", STRF(module->note));
	return module;
}

// The load bias that puts some PT_LOAD at this mapping.
static bool bias_of(struct dbg_module *module, const struct dbg_mapping *mapping, u64 *out)
{
	size_t n = 0;
	const u64 page = 4096;
	if (!module->elf || elf_getphdrnum(module->elf, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr phdr;
		if (!gelf_getphdr(module->elf, (int)i, &phdr) || phdr.p_type != PT_LOAD)
			continue;
		if ((phdr.p_offset & ~(page - 1)) != mapping->file_offset)
			continue;
		bool executable = phdr.p_flags & PF_X;
		if (executable != mapping->executable)
			continue;
		*out = mapping->start - (phdr.p_vaddr & ~(page - 1));
		return true;
	}
	return false;
}

static u8 *read_image(struct dbg_mem *mem, const struct dbg_mapping *mapping, u64 *size)
{
	*size = u64_min(mapping->end - mapping->start, 1 << 20);
	u8 *image = calloc(1, *size);
	if (image && mem && dbg_mem_read_some(mem, mapping->start, image, *size) == *size)
		return image;
	free(image);
	return NULL;
}

static bool is_module_mapping(const struct dbg_mapping *mapping)
{
	return mapping->executable && (str_starts(mapping->path, STR("/")) || str_eqc(mapping->path, "[vdso]")) &&
	       !str_starts(mapping->path, STR("/dev/"));
}

// In the order of their mappings, also where a file was made anew.
static int by_position(const void *a, const void *b)
{
	const struct dbg_module *x = *(struct dbg_module *const *)a, *y = *(struct dbg_module *const *)b;
	return (x->position > y->position) - (x->position < y->position);
}

// The program is mapped below its libraries; but the vdso may be below a static program that is position-independent,
// as those of musl are.
static void program_first(struct dbg_modules *modules)
{
	struct dbg_module *first = modules->len ? modules->items[0] : NULL;
	if (modules->len < 2 || !first->image)
		return;
	modules->items[0] = modules->items[1];
	modules->items[1] = first;
}

void module_forget_statics(struct dbg_modules *modules)
{
	arena_deinit(&modules->statics_arena);
	modules->statics = (struct map){0};
}

bool dbg_modules_update(struct dbg_modules *modules, struct dbg_mem *mem, const struct dbg_mapping *mappings, size_t n)
{
	bool changed = false;
	modules->last_hit = NULL;
	for (size_t i = 0; i < modules->len; i++)
		modules->items[i]->position = NOT_SEEN;
	for (size_t i = 0; i < n; i++) {
		const struct dbg_mapping *mapping = &mappings[i];
		if (!is_module_mapping(mapping))
			continue;
		struct dbg_module *module = find_by_mapping(modules, mapping);
		if (module && module->position != NOT_SEEN)
			continue; // a second executable mapping of the same file
		if (!module) {
			u8 *image = NULL;
			u64 size = 0;
			if (mapping->path.ptr[0] == '[' && !(image = read_image(mem, mapping, &size)))
				continue;
			module = add(modules, mapping, image, size);
			changed = true;
		}
		u64 bias = 0;
		bool placed = bias_of(module, mapping, &bias);
		if (!placed && module->image)
			bias = mapping->start - module->low;
		else if (!placed && module->elf)
			continue; // not where its code is mapped
		changed |= bias != module->bias;
		module->bias = bias;
		module->position = i;
	}
	size_t kept = 0;
	for (size_t i = 0; i < modules->len; i++) {
		if (modules->items[i]->position != NOT_SEEN) {
			modules->items[kept++] = modules->items[i];
			continue;
		}
		module_free(modules->items[i]);
		changed = true;
	}
	modules->len = kept;
	if (kept)
		qsort(modules->items, kept, sizeof(modules->items[0]), by_position);
	program_first(modules);
	if (changed)
		module_forget_statics(modules);
	return changed;
}

size_t dbg_modules_count(const struct dbg_modules *modules)
{
	return modules->len;
}

struct dbg_module *dbg_modules_get(const struct dbg_modules *modules, size_t i)
{
	return i < modules->len ? modules->items[i] : NULL;
}

static bool covers(const struct dbg_module *module, u64 addr)
{
	return addr - module->bias >= module->low && addr - module->bias < module->high;
}

struct dbg_module *dbg_module_at(const struct dbg_modules *modules, u64 addr)
{
	if (modules->last_hit && covers(modules->last_hit, addr))
		return modules->last_hit;
	for (size_t i = 0; i < modules->len; i++)
		if (covers(modules->items[i], addr))
			return ((struct dbg_modules *)modules)->last_hit = modules->items[i]; // a cache, not a change
	return NULL;
}

u64 dbg_module_number(const struct dbg_module *module)
{
	return module->number;
}
struct str dbg_module_path(const struct dbg_module *module)
{
	return module->path;
}
struct str dbg_module_file(const struct dbg_module *module)
{
	return module->file;
}
struct str dbg_module_name(const struct dbg_module *module)
{
	return module->name;
}
u64 dbg_module_bias(const struct dbg_module *module)
{
	return module->bias;
}
bool dbg_module_has_dwarf(const struct dbg_module *module)
{
	return module->dwarf != NULL;
}
struct str dbg_module_build_id(const struct dbg_module *module)
{
	return module->build_id;
}
// Has some unit of Rust's namespaces, types or variables? `debug = 1` and line-tables-only leave them out.
static bool has_types(struct dbg_module *module)
{
	enum { ENOUGH = 16 };
	size_t looked_at = 0;
	for (size_t i = 0; i < module->n_units && looked_at < ENOUGH; i++) {
		struct unit *unit = &module->units[i];
		if (!unit->is_rust || dbg_place_is_library((struct dbg_place){.file = unit_source(unit, unit->name.ptr)}))
			continue;
		looked_at++;
		unit_index(unit);
		for (size_t n = 0; n < unit->n_nodes; n++)
			if (unit->nodes[n].tag == DW_TAG_structure_type)
				return true;
	}
	return looked_at == 0;
}

struct str dbg_module_note(const struct dbg_module *given)
{
	struct dbg_module *module = (struct dbg_module *)given; // a cache, not a change
	if (!module->note_settled && module->dwarf && !module->note.len && module == module->owner->items[0]) {
		module_read_units(module);
		if (module->n_missing)
			module->note =
			    str_printf(&module->arena,
			               "the debug info of %zu of %zu units of %.*s is in files that are not there (%.*s): keep the "
			               ".dwo files or the .dwp package of this build, or build with split-debuginfo = \"off\"",
			               module->n_missing, module->n_units, STRF(module->name), STRF(module->first_missing));
		else if (!has_types(module))
			module->note = str_printf(&module->arena,
			                          "%.*s has lines but no types in its debug info: there are no values and no futures; "
			                          "build with debug = 2 (in Cargo.toml: [profile.dev] debug = 2)",
			                          STRF(module->name));
	}
	module->note_settled = true;
	return module->note;
}

void dbg_module_range(const struct dbg_module *module, u64 *start, u64 *end)
{
	*start = module->low + module->bias;
	*end = module->high + module->bias;
}

bool dbg_module_eh_frame_hdr(const struct dbg_module *module, u64 *addr, u64 *size)
{
	*addr = module->eh_frame_hdr + module->bias;
	*size = module->eh_frame_hdr_size;
	return module->eh_frame_hdr_size != 0;
}

bool dbg_module_tls(const struct dbg_module *module, u64 *memory_size, u64 *align, u64 *vaddr)
{
	*memory_size = module->tls_size;
	*align = module->tls_align;
	*vaddr = module->tls_vaddr;
	return module->tls_size != 0;
}

size_t dbg_module_file_bytes(const struct dbg_module *module, u64 addr, void *buf, size_t len)
{
	size_t n = 0;
	u64 file_addr = addr - module->bias;
	if (!module->elf || elf_getphdrnum(module->elf, &n))
		return 0;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr phdr;
		if (!gelf_getphdr(module->elf, (int)i, &phdr) || phdr.p_type != PT_LOAD || (phdr.p_flags & PF_W))
			continue;
		if (file_addr < phdr.p_vaddr || file_addr - phdr.p_vaddr >= phdr.p_filesz)
			continue;
		u64 at = file_addr - phdr.p_vaddr;
		size_t size = size_min(len, phdr.p_filesz - at);
		if (module->image) {
			memcpy(buf, module->image + phdr.p_offset + at, size);
			return size;
		}
		ssize_t got = pread(module->fd, buf, size, (off_t)(phdr.p_offset + at));
		return got > 0 ? (size_t)got : 0;
	}
	return 0;
}

bool dbg_modules_index_some(struct dbg_modules *modules, struct str crate)
{
	// The program's own debug info only: libraries are read when a frame lies in them.
	struct dbg_module *module = dbg_modules_get(modules, 0);
	if (!module || !module->dwarf)
		return false;
	module_read_units(module);
	static bool (*const wanted[])(const struct unit *, void *) = {unit_is_of_crate, unit_may_be_of_crate};
	for (size_t w = 0; w < ARRAY_LEN(wanted); w++) {
		for (size_t i = 0; i < module->n_units; i++) {
			if (module->units[i].indexed || !wanted[w](&module->units[i], &crate))
				continue;
			unit_index(&module->units[i]);
			return true;
		}
	}
	module_release_pages(module);
	return false;
}
