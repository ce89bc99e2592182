// From a function's name to the addresses to stop at, in every instantiation.
#include "base/vec.h"
#include "engine/symbols/private.h"

// Does the path end in the wanted components? "main" matches "echo::main", "Listener::accept" matches
// "tokio::net::tcp::listener::TcpListener::accept".
static bool name_matches(struct str path, struct str wanted)
{
	if (!str_ends(path, wanted))
		return false;
	struct str before = str_slice(path, 0, path.len - wanted.len);
	return !before.len || str_ends(before, STR("::"));
}

struct found {
	u64 addr;
	struct str path; // of the fn, without what stands for an async fn's body
	bool is_body, has_dwarf;
};

struct name_search {
	struct dbg_modules *modules;
	struct arena *arena;
	struct str wanted;
	VEC(struct found) found;
};

static u64 after_prologue(struct dbg_modules *modules, struct arena *arena, u64 low, u64 high)
{
	struct dbg_line_row *rows;
	size_t n = dbg_line_rows(modules, arena, low, high, &rows);
	for (size_t i = 0; i < n; i++)
		if (rows[i].prologue_end)
			return rows[i].addr;
	return low;
}

// The address to stop at for the function at a symbol, 0 if it is not what the name means.
static u64 place_in_function(struct name_search *search, const struct dbg_symbol *symbol, bool is_body)
{
	struct dbg_module *module = symbol->module;
	struct unit *unit = module_unit_at(module, symbol->addr - module->bias);
	const struct function_range *function = unit ? unit_function_at(unit, symbol->addr - module->bias) : NULL;
	if (!function)
		return is_body ? 0 : symbol->addr;
	bool is_async_fn =
	    str_starts(str_of(unit->nodes[function->node].name), STR("{async_fn#")) || is_macro_body(unit, function->node);
	if (is_body != is_async_fn)
		return 0;
	struct dbg_line_row row;
	if (is_async_fn && coroutine_first_row(module, unit, function, 0, &row)) // behind the state switch
		return row.addr;
	return after_prologue(search->modules, search->arena, function->low + module->bias, function->high + module->bias);
}

static bool look_at_symbol(void *context, const struct dbg_symbol *symbol)
{
	struct name_search *search = context;
	// Most symbols can be told apart by the last component's text before they are demangled.
	struct str last = str_from(search->wanted, (size_t)(str_rfind(search->wanted, STR("::")) + 1));
	last = str_starts(last, STR(":")) ? str_from(last, 1) : last;
	if (str_find(symbol->name, last) < 0)
		return true;
	struct str path = dbg_path_without_generics(search->arena, dbg_demangle(search->arena, symbol->name));
	bool is_body = str_ends(path, STR("::{{closure}}")) || str_ends(path, STR("::{closure#0}"));
	struct str base = is_body ? str_slice(path, 0, path.len - 13) : path;
	u64 addr = 0;
	struct dbg_line_row row;
	if (name_matches(path, search->wanted))
		addr = place_in_function(search, symbol, false);
	else if (is_body && name_matches(base, search->wanted))
		addr = place_in_function(search, symbol, true);
	if (addr)
		vec_push(search->arena, &search->found, ((struct found){addr, base, is_body, dbg_line_at(search->modules, addr, &row)}));
	return true;
}

// An async fn's own symbol is the function that makes its future: its body is what the name means. And one without
// lines is not meant where there is one with them: C's `main`, which calls Rust's.
static bool is_not_meant(const struct name_search *search, const struct found *found)
{
	for (size_t i = 0; i < search->found.len; i++) {
		const struct found *other = &search->found.items[i];
		if ((other->is_body && !found->is_body && str_eq(other->path, found->path)) || (other->has_dwarf && !found->has_dwarf))
			return true;
	}
	return false;
}

static int compare_addresses(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;
	return (x > y) - (x < y);
}

err_t dbg_function_addresses(struct dbg_modules *modules, struct arena *arena, struct str name, u64 **out, size_t *n_out)
{
	*out = NULL;
	*n_out = 0;
	struct name_search search = {.modules = modules, .arena = arena, .wanted = str_trim(name)};
	if (!search.wanted.len)
		return err_new(ERR_ARGUMENT, "a function breakpoint needs a name");
	dbg_symbols_each(modules, look_at_symbol, &search);
	VEC(u64) addresses = {0};
	for (size_t i = 0; i < search.found.len; i++)
		if (!is_not_meant(&search, &search.found.items[i]))
			vec_push(arena, &addresses, search.found.items[i].addr);
	vec_sort(addresses.items, addresses.len, sizeof(u64), compare_addresses);
	*out = addresses.items;
	*n_out = addresses.len;
	return NULL;
}
