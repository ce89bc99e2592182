// .symtab (or .dynsym where there is nothing better): symbols by address and by name, and demangling.
#include <gelf.h>
#include <libiberty/demangle.h>
#include <stdlib.h>

#include "base/buf.h"
#include "engine/symbols/private.h"

static int compare_symbols(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;
	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return (x->size < y->size) - (x->size > y->size);
}

static Elf_Scn *symbol_section(Elf *elf, GElf_Shdr *shdr)
{
	Elf_Scn *dynamic = NULL;
	GElf_Shdr dynamic_shdr;
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
		if (!gelf_getshdr(scn, shdr))
			continue;
		if (shdr->sh_type == SHT_SYMTAB)
			return scn;
		if (shdr->sh_type == SHT_DYNSYM) {
			dynamic = scn;
			dynamic_shdr = *shdr;
		}
	}
	if (dynamic)
		*shdr = dynamic_shdr;
	return dynamic;
}

void module_read_symbols(struct dbg_module *module)
{
	if (module->symbols_read || !module->debug_elf)
		return;
	module->symbols_read = true;
	GElf_Shdr shdr;
	Elf *elf = module->debug_elf;
	Elf_Scn *scn = symbol_section(elf, &shdr);
	if (!scn || shdr.sh_type == SHT_NOBITS)
		scn = symbol_section(elf = module->elf, &shdr);
	Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
	if (!data || !shdr.sh_entsize)
		return;
	VEC(struct symbol) symbols = {0};
	for (size_t i = 0; i < shdr.sh_size / shdr.sh_entsize; i++) {
		GElf_Sym sym;
		if (!gelf_getsym(data, (int)i, &sym) || sym.st_shndx == SHN_UNDEF)
			continue;
		unsigned type = GELF_ST_TYPE(sym.st_info);
		if (type != STT_FUNC && type != STT_OBJECT && type != STT_NOTYPE && type != STT_GNU_IFUNC)
			continue;
		const char *name = elf_strptr(elf, shdr.sh_link, sym.st_name);
		if (name && name[0] && sym.st_value)
			vec_push(&module->arena, &symbols, ((struct symbol){sym.st_value, sym.st_size, name}));
	}
	module->symbols = symbols.items;
	module->n_symbols = symbols.len;
	module_release_pages(module);
}

// What the linker drops of `thread_local!`'s variables keeps its debug info, with an offset of 0: of those at 0 only the
// one that the symbol table has there is real. Without symbols any may be.
bool module_has_first_tls(struct dbg_module *module, struct str name)
{
	GElf_Shdr shdr;
	Elf *elf = module->debug_elf ? module->debug_elf : module->elf;
	Elf_Scn *scn = module->tls_first || !elf ? NULL : symbol_section(elf, &shdr);
	Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
	for (size_t i = 0; data && shdr.sh_entsize && i < shdr.sh_size / shdr.sh_entsize; i++) {
		GElf_Sym sym;
		if (!gelf_getsym(data, (int)i, &sym) || GELF_ST_TYPE(sym.st_info) != STT_TLS || sym.st_value || sym.st_shndx == SHN_UNDEF)
			continue;
		const char *found = elf_strptr(elf, shdr.sh_link, sym.st_name);
		module->tls_first = found ? str_cstr(&module->arena, str_of(found)) : NULL;
	}
	module->tls_first = module->tls_first ? module->tls_first : "";
	return !module->tls_first[0] || str_eqc(name, module->tls_first);
}

// Sorting 200,000 symbols, or hashing their names, costs more than reading them: each only for who asks so.
static void sort_symbols(struct dbg_module *module)
{
	module_read_symbols(module);
	if (!module->symbols_sorted)
		vec_sort(module->symbols, module->n_symbols, sizeof(*module->symbols), compare_symbols);
	module->symbols_sorted = true;
}

static const struct symbol *symbol_by_name(struct dbg_module *module, struct str name)
{
	sort_symbols(module); // before the names are told by index
	if (!module->symbols_by_name.cap)
		for (size_t i = 0; i < module->n_symbols; i++)
			map_put(&module->symbols_by_name, &module->arena, str_hash(str_of(module->symbols[i].name)), i);
	u64 *index = map_get(&module->symbols_by_name, str_hash(name));
	return index && str_eqc(name, module->symbols[*index].name) ? &module->symbols[*index] : NULL;
}

const struct symbol *module_symbol_at(struct dbg_module *module, u64 file_addr)
{
	sort_symbols(module);
	size_t low = vec_first_above(module->symbols, module->n_symbols, addr, file_addr);
	// Symbols may nest or have no size: look back a few for one that covers the address.
	for (size_t back = 0; low && back < 8; back++, low--) {
		const struct symbol *symbol = &module->symbols[low - 1];
		if (file_addr < symbol->addr + symbol->size || (symbol->size == 0 && back == 0))
			return symbol;
	}
	return NULL;
}

static struct dbg_symbol to_public(struct dbg_module *module, const struct symbol *symbol)
{
	return (struct dbg_symbol){str_of(symbol->name), symbol->addr + module->bias, symbol->size, module};
}

bool dbg_symbol_at(struct dbg_modules *modules, u64 addr, struct dbg_symbol *out)
{
	struct dbg_module *module = dbg_module_at(modules, addr);
	const struct symbol *symbol = module ? module_symbol_at(module, addr - module->bias) : NULL;
	if (symbol)
		*out = to_public(module, symbol);
	return symbol != NULL;
}

bool dbg_symbol_find(struct dbg_modules *modules, struct str mangled, struct dbg_symbol *out)
{
	for (size_t i = 0; i < modules->len; i++) {
		const struct symbol *symbol = symbol_by_name(modules->items[i], mangled);
		if (!symbol)
			continue;
		*out = to_public(modules->items[i], symbol);
		return true;
	}
	return false;
}

static u64 *symbol_with(struct dbg_module *module, struct str part)
{
	u64 hash = str_hash(part), *known = map_get(&module->symbols_with, hash);
	if (known)
		return known;
	u64 addr = 0;
	module_read_symbols(module);
	for (size_t i = 0; i < module->n_symbols && !addr; i++)
		if (str_find(str_of(module->symbols[i].name), part) >= 0)
			addr = module->symbols[i].addr;
	map_put(&module->symbols_with, &module->arena, hash, addr);
	return map_get(&module->symbols_with, hash);
}

bool dbg_symbol_with(struct dbg_modules *modules, struct str part, struct dbg_symbol *out)
{
	for (size_t i = 0; i < modules->len; i++) {
		u64 addr = *symbol_with(modules->items[i], part);
		const struct symbol *symbol = addr ? module_symbol_at(modules->items[i], addr) : NULL;
		if (!symbol)
			continue;
		*out = to_public(modules->items[i], symbol);
		return true;
	}
	return false;
}

void dbg_symbols_each(struct dbg_modules *modules, bool (*each)(void *context, const struct dbg_symbol *symbol), void *context)
{
	for (size_t i = 0; i < modules->len; i++) {
		struct dbg_module *module = modules->items[i];
		module_read_symbols(module);
		for (size_t k = 0; k < module->n_symbols; k++) {
			struct dbg_symbol symbol = to_public(module, &module->symbols[k]);
			if (!each(context, &symbol))
				return;
		}
	}
}

static void collect(const char *text, size_t len, void *buf)
{
	buf_put(buf, str_n(text, len));
}

// "name::h0123456789abcdef" -> "name".
static struct str without_hash(struct str name)
{
	ptrdiff_t at = str_rfind(name, STR("::h"));
	if (at < 0 || name.len - (size_t)at != 19)
		return name;
	for (size_t i = (size_t)at + 3; i < name.len; i++)
		if (!strchr("0123456789abcdef", name.ptr[i]))
			return name;
	return str_slice(name, 0, (size_t)at);
}

struct str dbg_demangle(struct arena *arena, struct str mangled)
{
	struct buf text = buf_on(arena);
	// LLVM appends ".llvm.123" and the like.
	ptrdiff_t dot = str_find(mangled, STR(".llvm."));
	char *name = str_cstr(arena, dot > 0 ? str_slice(mangled, 0, (size_t)dot) : mangled);
	if (rust_demangle_callback(name, 0, collect, &text))
		return without_hash(buf_str(&text));
	char *cplus = cplus_demangle(name, DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO);
	if (!cplus)
		return str_dup(arena, mangled);
	struct str copy = str_dup(arena, str_of(cplus));
	free(cplus);
	return copy;
}
