// From a function's name to the addresses to stop at, in every instantiation and every copy that was inlined.
#include <regex.h>

#include "base/vec.h"
#include "engine/symbols/private.h"

// Of a regular expression: more would be everything.
enum { MOST_MATCHES = 2000 };

// Does the path end in the wanted components? "main" matches "echo::main", "Listener::accept" matches
// "tokio::net::tcp::listener::TcpListener::accept".
static bool name_matches(struct str path, struct str wanted)
{
	if (!str_ends(path, wanted))
		return false;
	struct str before = str_slice(path, 0, path.len - wanted.len);
	return !before.len || str_ends(before, STR("::"));
}

// The path of a symbol without generic arguments. The newer form of names (v0) has a type's own functions as
// "<calls::Order>::total": that is "calls::Order::total".
static struct str path_of_symbol(struct arena *arena, struct str mangled)
{
	struct str path = dbg_path_without_generics(arena, dbg_demangle(arena, mangled));
	ptrdiff_t close = str_starts(path, STR("<")) ? str_find(path, STR(">::")) : -1;
	if (close < 0 || str_find(str_slice(path, 0, (size_t)close), STR(" as ")) >= 0)
		return path;
	return str_printf(arena, "%.*s%.*s", STRF(str_slice(path, 1, (size_t)close)), STRF(str_from(path, (size_t)close + 1)));
}

struct found {
	u64 addr;
	struct str path; // of the fn, without what stands for an async fn's body
	u64 linkage;     // hash of the mangled name
	bool is_body, has_dwarf;
};

struct name_search {
	struct dbg_modules *modules;
	struct arena *arena;
	struct str wanted;
	const regex_t *regex; // instead of `wanted`; NULL: none
	VEC(struct found) found;
	VEC(struct inlined_name) names; // that debug info knows
	struct str crate;               // for a regular expression: whose names are looked at
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

static struct str last_component(struct str path)
{
	struct str last = str_from(path, (size_t)(str_rfind(path, STR("::")) + 1));
	return str_starts(last, STR(":")) ? str_from(last, 1) : last;
}

static bool path_is_wanted(const struct name_search *search, struct str path)
{
	if (!search->regex)
		return name_matches(path, search->wanted);
	// Not what the compiler has made: closures, drop glue, implementations of traits.
	return str_find(path, STR("{{")) < 0 && str_find(path, STR("<")) < 0 &&
	       regexec(search->regex, str_cstr(search->arena, path), 0, NULL, 0) == 0;
}

// Is a mangled name what is wanted, or what may be the body of an async fn of that name?
static bool is_wanted(const struct name_search *search, struct str mangled, struct str *path, bool *is_body)
{
	// Most names can be told apart by the last component's text before they are demangled.
	if (!search->regex && str_find(mangled, last_component(search->wanted)) < 0)
		return false;
	*path = dbg_path_without_generics(search->arena, dbg_demangle(search->arena, mangled));
	*is_body = false;
	if (path_is_wanted(search, *path))
		return true;
	*is_body = str_ends(*path, STR("::{{closure}}")) || str_ends(*path, STR("::{closure#0}"));
	*path = *is_body ? str_slice(*path, 0, path->len - 13) : *path;
	return *is_body && path_is_wanted(search, *path);
}

static bool look_at_symbol(void *context, const struct dbg_symbol *symbol)
{
	struct name_search *search = context;
	struct str path;
	bool is_body;
	struct dbg_line_row row;
	if (search->regex && search->found.len >= MOST_MATCHES)
		return false;
	u64 addr = is_wanted(search, symbol->name, &path, &is_body) ? place_in_function(search, symbol, is_body) : 0;
	bool has_dwarf = addr && dbg_line_at(search->modules, addr, &row);
	if (addr)
		vec_push(search->arena, &search->found, ((struct found){addr, path, str_hash(symbol->name), is_body, has_dwarf}));
	return true;
}

static void look_at_name(void *context, struct str mangled)
{
	struct name_search *search = context;
	struct inlined_name name = {.mangled = mangled};
	if (search->names.len >= MOST_MATCHES || !is_wanted(search, mangled, &name.path, &name.is_body))
		return;
	name.last = last_component(name.path);
	name.crate = path_crate(name.path);
	if (search->regex && !str_eq(name.crate, search->crate))
		return; // the crate is in its generic arguments
	for (size_t i = 0; i < search->found.len && !name.has_code; i++) {
		const struct found *found = &search->found.items[i];
		struct dbg_scope *scopes;
		size_t n = found->linkage == str_hash(mangled) ? dbg_scopes_at(search->modules, search->arena, found->addr, &scopes) : 0;
		name.has_code = n > 0;
		name.file = n ? scopes[n - 1].decl.file : STR("");
	}
	vec_push(search->arena, &search->names, name);
}

// A regular expression is for the functions of the user's own crates, where it is about copies.
static void look_at_own_names(struct name_search *search)
{
	struct map done = {0};
	for (size_t m = 0; m < search->modules->len; m++) {
		struct dbg_module *module = search->modules->items[m];
		if (!module->dwarf)
			continue;
		module_read_units(module);
		for (size_t u = 0; u < module->n_units; u++) {
			struct unit *unit = &module->units[u];
			if (!unit->is_rust || !unit->crate.len || map_get(&done, str_hash(unit->crate)) ||
			    dbg_place_is_library((struct dbg_place){.file = unit_source(unit, unit->name.ptr)}))
				continue;
			map_put(&done, search->arena, str_hash(unit->crate), 1);
			search->crate = unit->crate;
			dbg_linkage_names_each(search->modules, unit->crate, look_at_name, search);
		}
	}
}

// What was inlined, of each function.
static void look_at_copies(struct name_search *search)
{
	const struct inlined_copy *copies;
	if (search->regex)
		look_at_own_names(search);
	else
		dbg_linkage_names_each(search->modules, last_component(search->wanted), look_at_name, search);
	size_t n =
	    inlined_functions_find(search->modules, search->arena, search->names.items, search->names.len, !search->regex, &copies);
	for (size_t i = 0; i < n; i++)
		vec_push(search->arena, &search->found,
		         ((struct found){copies[i].addr, copies[i].name->path, 0, copies[i].name->is_body, true}));
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

struct function_search {
	struct dbg_modules *modules;
	struct arena *arena;
	bool is_closure;
	struct str wanted, last;
	VEC(struct dbg_function) found;
};

static bool look_for_function(void *context, const struct dbg_symbol *symbol)
{
	struct function_search *search = context;
	if (str_find(symbol->name, search->last) < 0)
		return true;
	struct dbg_scope *scopes;
	struct str path = path_of_symbol(search->arena, symbol->name);
	if (search->is_closure) { // its number is in the debug info alone
		size_t n =
		    str_find(path, STR("{closure")) >= 0 ? dbg_scopes_at(search->modules, search->arena, symbol->addr, &scopes) : 0;
		path = n ? scopes[n - 1].name : STR("");
	}
	if (search->is_closure ? !str_eq(path, search->wanted) : !name_matches(path, search->wanted))
		return true;
	for (size_t i = 0; i < search->found.len; i++)
		if (search->found.items[i].addr == symbol->addr)
			return true;
	vec_push(search->arena, &search->found, ((struct dbg_function){path, symbol->addr}));
	return true;
}

size_t dbg_functions_find(struct dbg_modules *modules, struct arena *arena, struct str name, struct dbg_function **out)
{
	struct function_search search = {.modules = modules, .arena = arena, .wanted = str_trim(name)};
	struct str rest = search.wanted;
	do { // the part that a mangled name has as it is
		ptrdiff_t colons = str_rfind(rest, STR("::"));
		search.last = colons < 0 ? rest : str_from(rest, (size_t)colons + 2);
		rest = str_slice(rest, 0, colons < 0 ? 0 : (size_t)colons);
		search.is_closure = search.is_closure || str_starts(search.last, STR("{closure#"));
	} while (search.last.len && search.last.ptr[0] == '{' && rest.len);
	if (search.last.len)
		dbg_symbols_each(modules, look_for_function, &search);
	*out = search.found.items;
	return search.found.len;
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
	regex_t regex;
	bool by_regex = search.wanted.len > 2 && str_starts(search.wanted, STR("/")) && str_ends(search.wanted, STR("/"));
	if (by_regex) {
		struct str text = str_slice(search.wanted, 1, search.wanted.len - 1);
		char why[200];
		int failed = regcomp(&regex, str_cstr(arena, text), REG_EXTENDED | REG_NOSUB);
		if (failed) {
			regerror(failed, &regex, why, sizeof(why));
			return err_new(ERR_SYNTAX, "the regular expression %.*s: %s", STRF(search.wanted), why);
		}
		search.regex = &regex;
	}
	dbg_symbols_each(modules, look_at_symbol, &search);
	look_at_copies(&search);
	if (by_regex)
		regfree(&regex);
	VEC(u64) addresses = {0};
	for (size_t i = 0; i < search.found.len; i++)
		if (!is_not_meant(&search, &search.found.items[i]))
			vec_push(arena, &addresses, search.found.items[i].addr);
	vec_sort(addresses.items, addresses.len, sizeof(u64), compare_addresses);
	*out = addresses.items;
	for (size_t i = 0; i < addresses.len; i++)
		if (!i || addresses.items[i] != addresses.items[i - 1])
			(*out)[(*n_out)++] = addresses.items[i];
	return NULL;
}
