// The lines of one `.await`, where its expression takes several:
//
//     let rows = query("..")     the poll has this line, as the beginning of what is awaited,
//         .fetch(&pool)
//         .await?;               and this one.
//
// A block of the body has the poll: it declares `__awaitee` (rustc compiler/rustc_ast_lowering/src/expr.rs, lower_expr_await).
#include <dwarf.h>

#include "engine/coroutine.h"
#include "engine/symbols/private.h"

enum { MAX_DEPTH = 200, MAX_RANGES = 64 };

struct await_search {
	struct dbg_modules *modules;
	struct dbg_module *module;
	struct arena *arena;
	const struct dbg_place *decl; // of the body
	u32 line;
	VEC(u32) found;
};

static void add_line(struct await_search *search, u32 line)
{
	for (size_t i = 0; i < search->found.len; i++)
		if (search->found.items[i] == line)
			return;
	vec_push(search->arena, &search->found, line);
}

// The block's lines, if the wanted one is among them.
static void look_at_block(struct await_search *search, Dwarf_Die *block)
{
	struct arena scratch = {0};
	Dwarf_Addr base, low, high;
	ptrdiff_t at = 0;
	VEC(u32) lines = {0};
	bool has = false;
	for (int guard = 0; guard < MAX_RANGES && (at = dwarf_ranges(block, at, &base, &low, &high)) > 0; guard++) {
		struct dbg_line_row *rows;
		size_t n = dbg_line_rows(search->modules, &scratch, low + search->module->bias, high + search->module->bias, &rows);
		for (size_t i = 0; i < n; i++)
			if (rows[i].place.line && rows[i].place.line != search->decl->line &&
			    str_eq(rows[i].place.file, search->decl->file)) {
				vec_push(&scratch, &lines, rows[i].place.line);
				has = has || rows[i].place.line == search->line;
			}
	}
	for (size_t i = 0; has && i < lines.len; i++)
		add_line(search, lines.items[i]);
	arena_deinit(&scratch);
}

static void walk(struct await_search *search, Dwarf_Die *parent, int depth)
{
	Dwarf_Die die;
	if (depth > MAX_DEPTH || dwarf_child(parent, &die))
		return;
	do {
		if (dwarf_tag(&die) == DW_TAG_variable && str_eqc(STR("__awaitee"), dwarf_diename(&die) ? dwarf_diename(&die) : ""))
			look_at_block(search, parent);
		else if (dwarf_tag(&die) == DW_TAG_lexical_block)
			walk(search, &die, depth + 1);
	} while (dwarf_siblingof(&die, &die) == 0);
}

size_t dbg_await_lines(struct dbg_modules *modules, struct arena *arena, const struct dbg_coroutine_body *body, u32 line,
                       u32 **out)
{
	Dwarf_Die die;
	struct await_search search = {
	    .modules = modules, .module = body->scope.module, .arena = arena, .decl = &body->scope.decl, .line = line};
	if (search.module && body->scope.die && module_die(search.module, body->scope.die, &die))
		walk(&search, &die, 0);
	*out = search.found.items;
	return search.found.len;
}
