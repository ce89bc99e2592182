// What the line at which a thread stands calls and polls, for a step into just one of it.
//
// The line's code is decoded: a call has its function in the instruction or in a slot of the linkage table. An `await` calls
// the body of the coroutine; where it is polled by other code (a Box<dyn Future>, `select!`), only the function that makes
// the coroutine is called on the line, and its body is a target all the same; one that was made elsewhere is told by the type
// of what the line awaits (step_awaited.c). Functions that were inlined into the line (DWARF 5, 3.3.8) are targets by their
// instance.
#include <capstone/capstone.h>

#include "engine/coroutine.h"
#include "step.h"

enum { MOST_CODE = 1 << 20, MOST_ROWS = 1 << 16, MOST_TARGETS = 64 };

struct search {
	struct dbg_target *target;
	struct arena *arena;
	bool libraries;
	u64 instance; // DIE of the function instance that is stepped
	struct dbg_place line;
	csh handle;
	VEC(struct dbg_step_target) found;
	VEC(const struct dbg_type *) envs; // of each of these the coroutine, or NULL
	const struct dbg_type **awaited;   // envs of what the line awaits, and does not make
	size_t n_awaited;
	VEC(u32) makers; // other lines that make one of them
};

static bool is_line(const struct search *search, const struct dbg_place *place)
{
	return place->line == search->line.line && str_eq(place->file, search->line.file);
}

static size_t find_same(const struct search *search, const struct dbg_step_target *target, const struct dbg_type *env)
{
	for (size_t i = 0; i < search->found.len; i++) {
		const struct dbg_step_target *known = &search->found.items[i];
		bool same_call =
		    known->start == target->start && known->inlined == target->inlined && known->place.column == target->place.column;
		if (same_call || (env && search->envs.items[i] && dbg_type_same(env, search->envs.items[i])))
			return i;
	}
	return SIZE_MAX;
}

static void add(struct search *search, struct dbg_step_target target, const struct dbg_type *env)
{
	size_t same = find_same(search, &target, env);
	if (same == SIZE_MAX) {
		if (search->found.len == MOST_TARGETS)
			return;
		vec_push(search->arena, &search->found, target);
		vec_push(search->arena, &search->envs, env);
		return;
	}
	// Made in one place and polled in another, or one call in two copies: entered from wherever it is called.
	if (search->found.items[same].behind != target.behind)
		search->found.items[same].behind = 0;
}

// "shop::price::{async_fn#0}" is called `shop::price` by who reads the source.
static struct str name_of_body(struct str name)
{
	ptrdiff_t at = str_find(name, STR("::{async_fn#"));
	return at > 0 ? str_n(name.ptr, (size_t)at) : name;
}

static bool is_wanted(const struct search *search, struct dbg_place decl)
{
	return decl.line && (search->libraries || !dbg_place_is_library(decl));
}

static void add_coroutine(struct search *search, const struct dbg_coroutine_body *body, u64 behind, struct dbg_place place)
{
	struct dbg_step_target target = {
	    .name = name_of_body(body->scope.name), .is_coroutine = true, .place = place, .behind = behind, .start = body->start};
	if (body->start && is_wanted(search, body->scope.decl))
		add(search, target, body->env);
}

// A function that is called: the body of a coroutine, one that makes a coroutine, or any other.
static void add_call(struct search *search, u64 entry, u64 behind, struct dbg_place place)
{
	struct dbg_modules *modules = search->target->space.modules;
	struct dbg_coroutine_body body;
	struct dbg_scope *scopes;
	size_t n = dbg_scopes_at(modules, search->arena, entry, &scopes);
	if (!n || step_is_glue(search->target, entry))
		return;
	const struct dbg_scope *function = &scopes[n - 1];
	const struct dbg_type *made = dbg_made_coroutine(modules, entry);
	if (made && dbg_coroutine_body_of(modules, made, &body)) {
		add_coroutine(search, &body, 0, place);
		return;
	}
	if (dbg_coroutine_body_at(modules, entry, &body) && body.scope.die == function->die) {
		add_coroutine(search, &body, behind, place);
		return;
	}
	struct dbg_step_target target = {
	    .name = function->name, .place = place, .behind = behind, .start = step_function_start(search->target, entry)};
	if (target.start && is_wanted(search, function->decl))
		add(search, target, NULL);
}

// `call target`, and `call qword ptr [rip + slot]` as of programs that are linked without a procedure linkage table.
static bool called(const struct search *search, const cs_insn *insn, u64 *entry)
{
	const cs_x86 *x86 = &insn->detail->x86;
	if (insn->id != X86_INS_CALL || x86->op_count != 1)
		return false;
	const cs_x86_op *op = &x86->operands[0];
	if (op->type == X86_OP_IMM) {
		*entry = (u64)op->imm;
		return true;
	}
	return op->type == X86_OP_MEM && op->mem.base == X86_REG_RIP && op->mem.index == X86_REG_INVALID &&
	       step_read_word(search->target, insn->address + insn->size + (u64)op->mem.disp, entry);
}

typedef void look_at_call(struct search *search, u64 entry, u64 behind, struct dbg_place place);

static void each_call(struct search *search, const struct dbg_line_row *row, cs_insn *insn, look_at_call *look)
{
	size_t size = row->end - row->addr;
	u8 *code = NEW_N(search->arena, u8, size);
	size_t left = dbg_mem_read_some(search->target->space.mem, row->addr, code, size);
	const u8 *at = code;
	u64 pc = row->addr, entry;
	while (left && cs_disasm_iter(search->handle, &at, &left, &pc, insn))
		if (called(search, insn, &entry))
			look(search, entry, pc, row->place);
}

// The code at this row is of an instance that was inlined into the line.
static void look_at_inlined(struct search *search, u64 addr)
{
	struct dbg_scope *scopes;
	struct dbg_coroutine_body body;
	struct dbg_modules *modules = search->target->space.modules;
	size_t n = dbg_scopes_at(modules, search->arena, addr, &scopes);
	for (size_t i = 1; i < n; i++) {
		const struct dbg_scope *inner = &scopes[i - 1];
		if (scopes[i].die != search->instance || !is_line(search, &inner->call) || !is_wanted(search, inner->decl) ||
		    step_is_glue(search->target, addr))
			continue;
		bool polls = dbg_coroutine_body_at(modules, addr, &body) && body.scope.die == inner->die;
		add(search,
		    (struct dbg_step_target){.name = polls ? name_of_body(inner->name) : inner->name,
		                             .is_coroutine = polls,
		                             .place = inner->call,
		                             .inlined = inner->die},
		    polls ? body.env : NULL);
	}
}

static bool is_of_instance(struct search *search, u64 addr)
{
	struct dbg_scope *scopes;
	size_t n = dbg_scopes_at(search->target->space.modules, search->arena, addr, &scopes);
	return n && scopes[0].die == search->instance;
}

typedef void look_at_row(struct search *search, const struct dbg_line_row *row, cs_insn *insn);

static void each_row(struct search *search, const struct dbg_scope *function, look_at_row *look)
{
	u64 low = function->low, high = function->high;
	struct dbg_line_row *rows;
	size_t n = dbg_line_rows(search->target->space.modules, search->arena, low, u64_min(high, low + MOST_CODE), &rows);
	cs_insn *insn = cs_malloc(search->handle);
	for (size_t i = 0; insn && i < n && i < MOST_ROWS; i++) {
		struct dbg_line_row row = rows[i];
		row.end = u64_min(row.end, high);
		if (row.end > row.addr)
			look(search, &row, insn);
	}
	if (insn)
		cs_free(insn, 1);
}

static void look_for_targets(struct search *search, const struct dbg_line_row *row, cs_insn *insn)
{
	if (!is_of_instance(search, row->addr))
		look_at_inlined(search, row->addr);
	else if (is_line(search, &row->place))
		each_call(search, row, insn, add_call);
}

static void note_maker(struct search *search, u64 entry, u64 behind, struct dbg_place place)
{
	const struct dbg_type *made = dbg_made_coroutine(search->target->space.modules, entry);
	(void)behind;
	for (size_t i = 0; made && i < search->n_awaited; i++) {
		if (!dbg_type_same(made, search->awaited[i]))
			continue;
		vec_push(search->arena, &search->makers, place.line);
		return;
	}
}

static void look_for_makers(struct search *search, const struct dbg_line_row *row, cs_insn *insn)
{
	if (search->makers.len < MOST_TARGETS && row->place.line != search->line.line && str_eq(row->place.file, search->line.file) &&
	    is_of_instance(search, row->addr))
		each_call(search, row, insn, note_maker);
}

// Those that no call on the line has told.
static void look_at_awaited(struct search *search, u64 pc, const struct dbg_scope *function)
{
	struct dbg_coroutine_body body, polled;
	struct dbg_modules *modules = search->target->space.modules;
	if (!dbg_coroutine_body_at(modules, pc, &body) || body.scope.die != search->instance)
		return;
	const struct dbg_type **envs;
	size_t n = step_awaited(search->arena, body.env, &search->line, search->libraries, &envs), told = search->found.len;
	for (size_t i = 0; i < n; i++)
		if (dbg_coroutine_body_of(modules, envs[i], &polled))
			add_coroutine(search, &polled, 0, search->line);
	search->awaited = &search->envs.items[told];
	search->n_awaited = search->envs.len - told;
	if (search->n_awaited)
		each_row(search, function, look_for_makers);
	for (size_t i = told; i < search->found.len; i++) {
		search->found.items[i].makers = search->makers.items;
		search->found.items[i].n_makers = search->makers.len;
	}
}

static int by_column(const void *left, const void *right)
{
	const struct dbg_step_target *a = left, *b = right;
	return a->place.column < b->place.column ? -1 : a->place.column > b->place.column;
}

size_t dbg_step_targets(struct dbg_target *target, struct arena *arena, pid_t tid, bool libraries, struct dbg_step_target **out)
{
	struct dbg_regs regs;
	struct dbg_line_row row;
	struct dbg_scope *scopes;
	struct search search = {.target = target, .arena = arena, .libraries = libraries};
	err_t error = dbg_thread_regs(target, tid, &regs);
	*out = NULL;
	size_t n = error ? 0 : dbg_scopes_at(target->space.modules, arena, dbg_regs_pc(&regs), &scopes);
	if (!n || !scopes[0].die || !dbg_line_at(target->space.modules, dbg_regs_pc(&regs), &row) || !row.place.line)
		return 0;
	search.instance = scopes[0].die;
	search.line = row.place;
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &search.handle) != CS_ERR_OK)
		return 0;
	cs_option(search.handle, CS_OPT_DETAIL, CS_OPT_ON);
	each_row(&search, &scopes[n - 1], look_for_targets);
	look_at_awaited(&search, dbg_regs_pc(&regs), &scopes[n - 1]);
	cs_close(&search.handle);
	if (search.found.len)
		qsort(search.found.items, search.found.len, sizeof(search.found.items[0]), by_column);
	*out = search.found.items;
	return search.found.len;
}
