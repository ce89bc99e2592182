// Follows the dynamic loader: which files are mapped now.
//
// The loader calls an empty function (r_debug.r_brk) before and after it changes the list of libraries
// (glibc elf/link.h). At a program's start that function is not known yet, so the program's entry point, which
// is reached when the first libraries are loaded, is the first place to look.
#include <elf.h>
#include <link.h>

#include "target.h"

enum { MOST_HEADERS = 128, MOST_DYNAMIC = 512 };

static bool read_plain(struct dbg_target *target, u64 addr, void *buf, size_t len)
{
	return dbg_mem_read_bulk(target->space.mem, addr, buf, len) == len;
}

// The address of DT_DEBUG's r_debug as the loader has filled it in; 0 before that and for static programs.
static u64 find_r_debug(struct dbg_target *target)
{
	u64 headers, count, bias = 0, dynamic = 0;
	if (!os_auxv(target->pid, AT_PHDR, &headers) || !os_auxv(target->pid, AT_PHNUM, &count))
		return 0;
	for (u64 i = 0; i < u64_min(count, MOST_HEADERS); i++) {
		Elf64_Phdr header;
		if (!read_plain(target, headers + i * sizeof(header), &header, sizeof(header)))
			return 0;
		if (header.p_type == PT_PHDR)
			bias = headers - header.p_vaddr;
		if (header.p_type == PT_DYNAMIC)
			dynamic = header.p_vaddr;
	}
	if (!dynamic)
		return 0;
	for (u64 i = 0; i < MOST_DYNAMIC; i++) {
		Elf64_Dyn entry;
		if (!read_plain(target, bias + dynamic + i * sizeof(entry), &entry, sizeof(entry)) || entry.d_tag == DT_NULL)
			return 0;
		if (entry.d_tag == DT_DEBUG)
			return entry.d_un.d_ptr;
	}
	return 0;
}

static void find_loader(struct dbg_target *target)
{
	struct r_debug r_debug;
	u64 addr = find_r_debug(target);
	if (!addr || !read_plain(target, addr, &r_debug, sizeof(r_debug)) || !r_debug.r_brk)
		return;
	target->r_debug = addr;
	target->loader_brk = r_debug.r_brk;
	site_update(target, target->loader_brk);
}

bool loader_update_modules(struct dbg_target *target)
{
	struct arena arena = {0};
	struct dbg_mapping *mappings;
	size_t n = os_maps(target->pid, &arena, &mappings);
	bool changed = n && dbg_modules_update(target->space.modules, target->space.mem, mappings, n);
	arena_deinit(&arena);
	if (!changed)
		return false;
	unwind_forget(target);
	target->watches_known = target->bodies_known = false;
	event_emit(target, DBG_EVENT_MODULES, target->pid);
	breakpoints_resolve(target);
	return true;
}

void loader_start(struct dbg_target *target)
{
	target->entry = target->loader_brk = target->r_debug = 0;
	if (!loader_update_modules(target))
		breakpoints_resolve(target); // the same program again: its breakpoints have to be inserted anew
	find_loader(target);
	u64 entry;
	if (!target->loader_brk && os_auxv(target->pid, AT_ENTRY, &entry)) {
		target->entry = entry;
		site_update(target, entry);
	}
}

bool loader_wants(const struct dbg_target *target, u64 addr)
{
	return addr && (addr == target->entry || addr == target->loader_brk);
}

void loader_hit(struct dbg_target *target, u64 addr)
{
	if (addr == target->entry) {
		target->entry = 0;
		find_loader(target);
		loader_update_modules(target);
		return;
	}
	struct r_debug r_debug;
	if (read_plain(target, target->r_debug, &r_debug, sizeof(r_debug)) && r_debug.r_state == RT_CONSISTENT)
		loader_update_modules(target);
}
