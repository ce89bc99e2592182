// Which types are futures: async fns and blocks by their shape, all others by an `impl Future` that left a `poll` in the
// symbol table or, inlined into whoever calls it, in the debug info; and those that other tables know.
#include "tokio/private.h"

// Legacy: "_ZN..$LT$T as core..future..future..Future$GT$4poll17h0123456789abcdefE", and perhaps ".llvm.123"; v0 has
// 6future6Future and 4poll somewhere. There may be a million names: those of the one form are looked at where it would stand.
static bool may_be_poll(struct str mangled)
{
	enum { TAIL = sizeof("4poll17h0123456789abcdefE") - 1 };
	if (!str_starts(mangled, STR("_ZN")))
		return str_find(mangled, STR("4poll")) >= 0 && str_find(mangled, STR("6future6Future")) >= 0;
	if (mangled.len && mangled.ptr[mangled.len - 1] != 'E') {
		ptrdiff_t added = str_rfind(mangled, STR(".llvm."));
		mangled = str_slice(mangled, 0, added < 0 ? 0 : (size_t)added);
	}
	return mangled.len > TAIL && str_starts(str_from(mangled, mangled.len - TAIL), STR("4poll17h")) &&
	       str_find(mangled, STR("..future..Future")) >= 0;
}

static void look_at_name(void *context, struct str mangled)
{
	struct tk_reader *reader = context;
	if (!may_be_poll(mangled))
		return;
	struct arena scratch = {0};
	struct str name = dbg_demangle(&scratch, mangled);
	ptrdiff_t as = str_find(name, STR(" as core::future::future::Future>::poll"));
	if (as > 1 && name.ptr[0] == '<') {
		struct str type = dbg_path_without_generics(&scratch, str_slice(name, 1, (size_t)as));
		// An Option is looked into, whatever is implemented for it, and so is an Either, which may be one of two services.
		if (!str_eqc(type, "core::option::Option") && !str_ends(type, STR("::Either")))
			map_put(&reader->futures, &reader->arena, str_hash(type), 1);
	}
	arena_deinit(&scratch);
}

static bool look_at_symbol(void *context, const struct dbg_symbol *symbol)
{
	look_at_name(context, symbol->name);
	return true;
}

// Futures by name, for a program in which the optimiser left no `poll` of theirs.
static const char *const named[] = {
#define LEAF(path, function)    path,
#define WAIT(path, brief, text) path,
#include "tokio/leaf.def"
#define PASS(path) path,
#define WRAP(path)
#define MACRO(file, name)
#define NAME(path, name)
#define ELSE(path, name)
#define OPEN(path)
#define LIST(path, function)
#define BARE(path) path,
#include "tokio/construct.def"
};

static void by_symbols(struct tk_reader *reader)
{
	dbg_symbols_each(reader->space->modules, look_at_symbol, reader);
}

static void by_linkage_names(struct tk_reader *reader)
{
	dbg_linkage_names_each(reader->space->modules, STR(""), look_at_name, reader);
}

static void by_tables(struct tk_reader *reader)
{
	for (size_t i = 0; i < ARRAY_LEN(named); i++)
		map_put(&reader->futures, &reader->arena, str_hash(str_of(named[i])), 1);
}

bool learn_futures(struct tk_reader *reader)
{
	static void (*const ways[])(struct tk_reader *) = {by_symbols, by_linkage_names, by_tables};
	if (reader->futures_learnt < ARRAY_LEN(ways))
		ways[reader->futures_learnt++](reader);
	return reader->futures_learnt < ARRAY_LEN(ways);
}

bool is_future_type(struct tk_reader *reader, const struct dbg_type *type)
{
	while (learn_futures(reader))
		;
	if (!type)
		return false;
	if (dbg_type_is_coroutine(type))
		return true;
	struct str base = dbg_type_base_path(type);
	return base.len && map_get(&reader->futures, str_hash(base)) != NULL;
}
