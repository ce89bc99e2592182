// Where a thread's copy of a thread local is (Drepper, "ELF Handling For Thread-Local Storage", 3 and 4.4): the
// program's own block lies below the thread pointer; a shared library's is found by its module id in the thread's
// dynamic thread vector, and the id is what the dynamic linker wrote where the library's relocations asked for it.
#include <gelf.h>

#include "engine/symbols/private.h"

enum { NOT_LOOKED_FOR = 0, NO_SLOT = 1, MAX_MODULES = 4096, DTV_ENTRY = 16, DTV_FROM_FS = 8 };

// The thread pointer ends the program's block, rounded up to its alignment (variant II, 3.4.6).
static u64 program_block(const struct dbg_module *module, u64 fs_base)
{
	u64 align = module->tls_align ? module->tls_align : 1;
	u64 misaligned = module->tls_vaddr & (align - 1);
	u64 size = ((module->tls_size + misaligned + align - 1) & ~(align - 1)) - misaligned;
	return fs_base - size;
}

static bool is_own_symbol(Elf *elf, const GElf_Shdr *relocations, size_t symbol)
{
	GElf_Sym sym;
	Elf_Scn *scn = elf_getscn(elf, relocations->sh_link);
	Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
	return symbol == 0 || (data && gelf_getsym(data, (int)symbol, &sym) && sym.st_shndx != SHN_UNDEF);
}

// Where the module's own id is kept: the address that a DTPMOD64 relocation fills in; a file address, or NO_SLOT.
static u64 find_slot(const struct dbg_module *module)
{
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(module->elf, scn));) {
		GElf_Shdr shdr;
		Elf_Data *data = gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_RELA ? elf_getdata(scn, NULL) : NULL;
		for (size_t i = 0; data && shdr.sh_entsize && i < shdr.sh_size / shdr.sh_entsize; i++) {
			GElf_Rela rela;
			if (gelf_getrela(data, (int)i, &rela) && GELF_R_TYPE(rela.r_info) == R_X86_64_DTPMOD64 &&
			    is_own_symbol(module->elf, &shdr, GELF_R_SYM(rela.r_info)))
				return rela.r_offset;
		}
	}
	return NO_SLOT;
}

static bool library_block(struct dbg_module *module, struct dbg_mem *mem, u64 fs_base, u64 *out)
{
	u64 id, dtv;
	if (module->tls_slot == NOT_LOOKED_FOR)
		module->tls_slot = module->elf ? find_slot(module) : NO_SLOT;
	if (module->tls_slot == NO_SLOT || dbg_mem_read_uint(mem, module->tls_slot + module->bias, 8, &id) || id == 0 ||
	    id > MAX_MODULES)
		return false;
	// glibc and musl keep the vector's address in the second word at the thread pointer; a block that this thread has
	// not used yet is not there: all ones (glibc sysdeps/x86_64/nptl/tls.h, csu/libc-tls.c).
	if (dbg_mem_read_uint(mem, fs_base + DTV_FROM_FS, 8, &dtv) || dbg_mem_read_uint(mem, dtv + id * DTV_ENTRY, 8, out))
		return false;
	return *out != 0 && *out != UINT64_MAX;
}

bool dbg_tls_address(const struct dbg_static *variable, struct dbg_mem *mem, u64 fs_base, u64 *out)
{
	struct dbg_module *module = variable->module;
	if (!variable->is_tls || !module->tls_size || variable->addr >= module->tls_size)
		return false;
	u64 block;
	if (module == module->owner->items[0])
		block = program_block(module, fs_base);
	else if (!library_block(module, mem, fs_base, &block))
		return false;
	*out = block + variable->addr;
	return true;
}
