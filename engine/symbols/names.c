// Rust paths from namespaces: as DWARF tells them, and as people write them.
//
// DWARF numbers impl blocks (`tokio::net::tcp::listener::{impl#0}::accept`). Which type an impl is for stands
// only in the linkage names of its functions, so those are demangled and cut at the impl's place.
#include <dwarf.h>

#include "base/buf.h"
#include "engine/symbols/private.h"

enum { MAX_COMPONENTS = 64 };

// Ancestors of a node, outermost first, the node last.
static size_t chain_of(const struct unit *unit, u32 node, u32 *chain)
{
	size_t n = 0;
	for (; node != NODE_ROOT && n < MAX_COMPONENTS; node = unit->nodes[node].parent)
		chain[n++] = node;
	for (size_t i = 0; i < n / 2; i++) {
		u32 other = chain[n - 1 - i];
		chain[n - 1 - i] = chain[i];
		chain[i] = other;
	}
	return n;
}

struct str node_path(struct unit *unit, u32 node)
{
	u32 chain[MAX_COMPONENTS];
	size_t n = chain_of(unit, node, chain);
	struct buf path = buf_on(&unit->module->arena);
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_puts(&path, "::");
		buf_puts(&path, unit->nodes[chain[i]].name);
	}
	return buf_str(&path);
}

// Cuts the last `n` components ("::" outside of brackets) off a demangled path.
static struct str cut_components(struct str path, size_t n)
{
	int depth = 0;
	for (size_t i = path.len; i-- > 1 && n;) {
		char c = path.ptr[i];
		if (c == '>' && path.ptr[i - 1] == '-')
			continue; // "->"
		depth += strchr(">)]}", c) ? 1 : strchr("<([{", c) ? -1 : 0;
		if (depth == 0 && c == ':' && path.ptr[i - 1] == ':') {
			path.len = i - 1;
			i--;
			n--;
		}
	}
	return n ? STR("") : path;
}

// "<T as Trait>" -> "T" where T is a path, "<T>" -> "T"; the rest as it is.
static struct str implementing_type(struct str impl)
{
	if (impl.len < 3 || impl.ptr[0] != '<' || impl.ptr[impl.len - 1] != '>')
		return impl;
	struct str inner = str_slice(impl, 1, impl.len - 1);
	int depth = 0;
	size_t end = inner.len;
	for (size_t i = 0; i + 4 <= inner.len; i++) {
		char c = inner.ptr[i];
		depth += c == '<' ? 1 : c == '>' && i && inner.ptr[i - 1] != '-' ? -1 : 0;
		if (depth == 0 && str_eq(str_slice(inner, i, i + 4), STR(" as "))) {
			end = i;
			break;
		}
	}
	inner = str_slice(inner, 0, end);
	bool is_path = inner.len && (inner.ptr[0] == '_' || (inner.ptr[0] | 0x20) >= 'a') && str_find(inner, STR("::")) > 0;
	return is_path ? inner : impl;
}

static struct str impl_from_unit(struct unit *unit, u32 impl)
{
	u32 chain[MAX_COMPONENTS];
	size_t impl_depth = chain_of(unit, impl, chain);
	struct arena *arena = &unit->module->arena;
	for (u32 i = impl + 1; i < unit->nodes[impl].end; i++) {
		Dwarf_Die die;
		if (unit->nodes[i].tag != DW_TAG_subprogram || !unit_die(unit, i, &die))
			continue;
		const char *linkage = die_linkage_name(&die);
		if (!linkage)
			continue;
		size_t below = chain_of(unit, i, chain) - impl_depth;
		struct str type = cut_components(dbg_demangle(arena, str_of(linkage)), below);
		if (type.len)
			return dbg_path_without_generics(arena, implementing_type(type));
	}
	return STR("");
}

// What was found for an impl block; a miss is tried again when more units have been indexed since.
struct impl {
	struct str type;
	size_t n_indexed;
};

static struct str impl_from_module(struct unit *unit, u32 impl)
{
	struct dbg_module *module = unit->module;
	u64 hash = unit->nodes[impl].hash;
	struct str type = impl_from_unit(unit, impl);
	// The linkage names may stand in another unit, of this crate or of one that made instances, or of the impl's own crate.
	u32 top = impl;
	while (!type.len && unit->nodes[top].parent != NODE_ROOT)
		top = unit->nodes[top].parent;
	struct str crates[] = {unit->crate, str_of(unit->nodes[top].name)};
	for (size_t i = 0; i < ARRAY_LEN(crates) && !type.len; i++)
		module_index_all(module, unit_may_be_of_crate, &crates[i]);
	for (size_t u = 0; u < module->n_units && !type.len; u++) {
		struct unit *other = &module->units[u];
		if (other == unit || !other->indexed)
			continue;
		for (u32 i = 0; i < other->n_nodes && !type.len; i++)
			if (other->nodes[i].hash == hash && other->nodes[i].tag == DW_TAG_namespace)
				type = impl_from_unit(other, i);
	}
	return type;
}

// The type that `{impl#N}` is for, "" if not known.
static struct str impl_name(struct unit *unit, u32 node)
{
	struct dbg_module *module = unit->module;
	u64 key = unit->nodes[node].hash;
	u64 *known = map_get(&module->impls, key);
	struct impl *impl = known ? (struct impl *)(uintptr_t)*known : NEW(&module->arena, struct impl);
	if (!known)
		map_put(&module->impls, &module->arena, key, (uintptr_t)impl);
	else if (impl->type.len || impl->n_indexed == module->n_indexed)
		return impl->type;
	impl->type = impl_from_module(unit, node);
	impl->n_indexed = module->n_indexed;
	return impl->type;
}

// "{async_fn#0}" is the body of the fn around it, whose name is enough; an env is named as its body.
static void put_component(struct buf *path, struct str name)
{
	name = name_without_generics(name);
	if (str_starts(name, STR("{async_fn#")) || str_starts(name, STR("{async_fn_env#")))
		return;
	if (path->len)
		buf_puts(path, "::");
	ptrdiff_t env = name.len && name.ptr[0] == '{' ? str_find(name, STR("_env#")) : -1;
	if (env > 0) {
		buf_put(path, str_slice(name, 0, (size_t)env));
		name = str_from(name, (size_t)env + 4);
	}
	buf_put(path, name);
}

struct str node_nice_path(struct unit *unit, u32 node)
{
	u32 chain[MAX_COMPONENTS];
	size_t n = chain_of(unit, node, chain);
	struct buf path = buf_on(&unit->module->arena);
	for (size_t i = 0; i < n; i++) {
		struct str name = str_of(unit->nodes[chain[i]].name);
		struct str impl = str_starts(name, STR("{impl#")) ? impl_name(unit, chain[i]) : STR("");
		if (impl.len) {
			path = buf_on(&unit->module->arena);
			buf_put(&path, impl);
		} else if (!i || !is_macro_body(unit, chain[i])) {
			put_component(&path, name);
		}
	}
	return buf_str(&path);
}

// Out-of-line instances and inlined ones name their declaration, which stands where the path is right.
static bool declaration_of(Dwarf_Die *die, Dwarf_Die *out)
{
	*out = *die;
	for (int guard = 0; guard < 8; guard++) {
		Dwarf_Die next;
		if (!die_ref(out, DW_AT_abstract_origin, &next) && !die_ref(out, DW_AT_specification, &next))
			return true;
		*out = next;
	}
	return false;
}

struct str function_name(struct dbg_module *module, Dwarf_Die *die)
{
	Dwarf_Die declaration;
	if (!declaration_of(die, &declaration))
		return STR("");
	struct unit *unit = module_unit_of_die(module, module_offset(module, &declaration));
	if (!unit)
		return STR("");
	u32 node = unit_node_of_die(unit, module_offset(module, &declaration));
	if (node != NODE_ROOT && unit->nodes[node].parent != NODE_ROOT)
		return node_nice_path(unit, node);
	// C, or Rust's `main` shim: nothing around it. Line tables alone have no namespaces: then the symbol tells.
	const char *linkage = die_linkage_name(die);
	Dwarf_Addr low;
	const struct symbol *symbol = !linkage && unit->is_rust && dwarf_lowpc(die, &low) == 0 ? module_symbol_at(module, low) : NULL;
	if (symbol && symbol->addr == low)
		linkage = symbol->name;
	if (linkage && str_starts(str_of(linkage), STR("_")))
		return dbg_path_without_generics(&module->arena, dbg_demangle(&module->arena, str_of(linkage)));
	return str_of(dwarf_diename(&declaration));
}

struct str dbg_path_without_generics(struct arena *arena, struct str path)
{
	// Angle brackets that open a component ("<T as Trait>::poll") are part of the path.
	struct buf out = buf_on(arena);
	int depth = 0;
	for (size_t i = 0; i < path.len; i++) {
		char c = path.ptr[i];
		bool opens = c == '<' && i > 0 &&
		             (path.ptr[i - 1] == '_' || path.ptr[i - 1] == '}' || path.ptr[i - 1] == ':' ||
		              (path.ptr[i - 1] >= '0' && path.ptr[i - 1] <= '9') || (path.ptr[i - 1] | 0x20) >= 'a');
		if (depth || opens) {
			depth += c == '<' ? 1 : c == '>' && path.ptr[i - 1] != '-' ? -1 : 0;
			if (opens && depth == 1 && out.len >= 2 && out.ptr[out.len - 1] == ':')
				out.len -= 2; // "::<T>"
			continue;
		}
		buf_putc(&out, c);
	}
	return out.len ? buf_str(&out) : path;
}
