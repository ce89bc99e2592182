// The user's line of a suspended await, from the line table at the state's resume point; where the body was inlined, from
// where it polls what it awaits.
#include <dwarf.h>

#include "engine/coroutine.h"
#include "engine/symbols/flow.h"
#include "engine/symbols/private.h"

enum { MAX_INSTRUCTIONS = 4096 };

static bool is_function(unsigned tag)
{
	return tag == DW_TAG_subprogram;
}

static struct str body_path(struct arena *arena, const struct dbg_type *type, ptrdiff_t at)
{
	size_t prefix = type->path.len - type->name.len + (size_t)at;
	return str_printf(arena, "%.*s%.*s", (int)prefix, type->path.ptr, STRF(str_from(type->path, prefix + 4)));
}

bool coroutine_inlined_everywhere(const struct dbg_type *type, Dwarf_Die *out)
{
	struct dbg_module *module = type->module;
	ptrdiff_t at = str_find(type->name, STR("_env#"));
	struct arena scratch = {0};
	struct str path = at >= 0 ? body_path(&scratch, type, at) : STR("");
	u64 hash = str_hash(path);
	bool found = false;
	for (size_t u = 0; path.len && u < module->n_units && !found; u++) {
		struct unit *unit = &module->units[u];
		for (u32 i = 0; unit->indexed && i < unit->n_nodes && !found; i++)
			found = unit->nodes[i].tag == DW_TAG_subprogram && unit->nodes[i].hash == hash && !unit->nodes[i].declaration &&
			        unit_die(unit, i, out) && dwarf_hasattr(out, DW_AT_inline);
	}
	arena_deinit(&scratch);
	return found;
}

// The body of a coroutine is the subprogram beside its env: `{async_fn_env#0}<T>` and `{async_fn#0}<T>`; it may be in
// another unit of the crate that made the instance.
const struct definition *coroutine_definition(struct unit *unit, const struct dbg_type *type)
{
	struct dbg_module *module = unit->module;
	ptrdiff_t at = str_find(type->name, STR("_env#"));
	if (at < 0)
		return NULL;
	struct arena scratch = {0};
	struct str path = body_path(&scratch, type, at);
	const struct definition *found = module_definition(module, path, is_function);
	// The type may stand in a unit of whoever uses it, the body in one of the crate that has it.
	struct str crates[] = {unit->crate, path_crate(path)};
	for (size_t i = 0; i < ARRAY_LEN(crates) && !found; i++) {
		module_index_all(module, unit_may_be_of_crate, &crates[i]);
		found = module_definition(module, path, is_function);
	}
	arena_deinit(&scratch);
	return found;
}

const struct function_range *coroutine_body_of(struct unit *unit, const struct dbg_type *type, struct unit **body_unit)
{
	struct dbg_module *module = unit->module;
	const struct definition *found = coroutine_definition(unit, type);
	if (!found)
		return NULL;
	*body_unit = &module->units[found->unit];
	return unit_function_of(*body_unit, found->node);
}

// Lines of a coroutine's body, as seen from the one where it is declared.
enum lines { LINES_BEHIND, LINES_OTHER, LINES_ALL };

static bool is_among(enum lines lines, u32 line, u32 decl)
{
	return line && (lines == LINES_ALL || (lines == LINES_BEHIND ? line > decl : line != decl));
}

// From an instruction on, in the order in which they run: blocks may lie in any order.
static bool first_row_from(struct arena *arena, struct dbg_module *module, struct flow *flow, i32 start,
                           const struct dbg_place *decl, enum lines lines, struct dbg_line_row *out)
{
	memset(flow->reached, 0, flow->len);
	VEC(u32) queue = {0};
	vec_push(arena, &queue, (u32)start);
	for (size_t at = 0; at < queue.len && at < MAX_INSTRUCTIONS; at++) {
		size_t way = 0;
		u64 addr = flow->items[queue.items[at]].addr;
		if (dbg_line_at(module->owner, addr, out) && is_among(lines, out->place.line, decl->line) &&
		    str_eq(out->place.file, decl->file)) {
			out->addr = addr; // the row may have begun in a block before
			return true;
		}
		for (u32 next; flow_next(flow, queue.items[at], &way, &next);)
			if (!flow->reached[next]) {
				flow->reached[next] = 1;
				vec_push(arena, &queue, next);
			}
	}
	return false;
}

static bool row_of_state(struct dbg_module *module, struct unit *unit, const struct function_range *body, u64 state,
                         enum lines lines, struct dbg_line_row *out)
{
	Dwarf_Die die;
	u64 resume = coroutine_resume_address(module, body, state);
	if (!resume || !unit_die(unit, body->node, &die))
		return false;
	struct dbg_place decl = die_decl(module, &die);
	struct arena scratch = {0};
	struct flow flow = {0};
	flow_decode(&scratch, module, body, &flow);
	i32 start = flow_index(&flow, resume);
	bool found = start != NO_TARGET && first_row_from(&scratch, module, &flow, start, &decl, lines, out);
	arena_deinit(&scratch);
	return found;
}

bool coroutine_first_row(struct dbg_module *module, struct unit *unit, const struct function_range *body, u64 state,
                         struct dbg_line_row *out)
{
	// What an attribute's macro puts at the beginning has the attribute's line.
	return (!state && row_of_state(module, unit, body, state, LINES_BEHIND, out)) ||
	       row_of_state(module, unit, body, state, LINES_OTHER, out);
}

u64 coroutine_beginning(struct dbg_module *module, struct unit *unit, const struct function_range *body)
{
	struct dbg_line_row row;
	bool found = is_coroutine_body(unit, body->node) &&
	             (coroutine_first_row(module, unit, body, 0, &row) || row_of_state(module, unit, body, 0, LINES_ALL, &row));
	return found ? row.addr : 0;
}

static const struct dbg_type *awaitee_of(const struct dbg_type *type, u64 state)
{
	const struct dbg_variant *variants;
	size_t n = dbg_type_variants(type, &variants);
	for (size_t i = 0; i < n; i++) {
		const struct dbg_type *payload = variants[i].member.type;
		const struct dbg_member *awaitee = variants[i].value == state && payload ? dbg_type_member(payload, "__awaitee") : NULL;
		if (awaitee)
			return awaitee->type;
	}
	return NULL;
}

static struct dbg_place find_await_place(struct dbg_module *module, const struct dbg_type *type, u64 state)
{
	struct unit *unit = module_unit_of_die(module, type->die), *body_unit = NULL;
	const struct function_range *body = unit ? coroutine_body_of(unit, type, &body_unit) : NULL;
	struct dbg_line_row row = {0};
	if (body && coroutine_first_row(module, body_unit, body, state, &row))
		return row.place;
	const struct dbg_type *awaitee = unit ? awaitee_of(type, state) : NULL;
	return awaitee ? body_copies_await_place(unit, type, awaitee) : (struct dbg_place){0};
}

struct dbg_place dbg_coroutine_await_place(const struct dbg_type *type, u64 state)
{
	struct dbg_module *module = type ? type->module : NULL;
	if (!module)
		return (struct dbg_place){0};
	u64 key = type->die << 12 ^ state; // a body is decoded for each: remember the answer
	u64 *known = map_get(&module->await_places, key);
	if (known)
		return *(struct dbg_place *)(uintptr_t)*known;
	struct dbg_place *place = NEW(&module->arena, struct dbg_place);
	*place = find_await_place(module, type, state);
	map_put(&module->await_places, &module->arena, key, (uintptr_t)place);
	return *place;
}

static const struct coroutine_resume *resume_of(const struct dbg_type *type, u64 state)
{
	struct dbg_module *module = type->module;
	u64 key = type->die << 12 ^ state; // a body is decoded for each: remember the answer
	u64 *known = map_get(&module->resume_rows, key);
	if (known)
		return (const struct coroutine_resume *)(uintptr_t)*known;
	struct coroutine_resume *resume = NEW(&module->arena, struct coroutine_resume);
	*resume = (struct coroutine_resume){0};
	struct unit *unit = module_unit_of_die(module, type->die), *body_unit = NULL;
	const struct function_range *body = unit ? coroutine_body_of(unit, type, &body_unit) : NULL;
	if (body && coroutine_first_row(module, body_unit, body, state, &resume->row))
		resume->addr = coroutine_resume_address(module, body, state);
	else
		resume->row = (struct dbg_line_row){0};
	map_put(&module->resume_rows, &module->arena, key, (uintptr_t)resume);
	return resume;
}

// Asked at each hit of a breakpoint: remembered by the function.
static bool may_be_resumed(const struct dbg_space *space, const struct dbg_frame *frame)
{
	struct dbg_module *module = frame->scope.module;
	u64 *known = map_get(&module->may_be_resumed, frame->scope.die);
	if (known)
		return *known == 2;
	struct arena scratch = {0};
	struct dbg_coroutine_body *bodies;
	const struct dbg_variant *variants;
	bool may = false;
	size_t n = dbg_coroutine_bodies_at(space->modules, &scratch, frame->lookup, &bodies);
	for (size_t i = 0; i < n; i++) {
		const struct dbg_type *env = bodies[i].scope.die == frame->scope.die ? bodies[i].env : NULL;
		size_t n_variants = env && env->module ? dbg_type_variants(env, &variants) : 0;
		for (size_t k = 0; k < n_variants && !may; k++)
			may = variants[k].member.type && str_starts(variants[k].member.type->name, STR("Suspend"));
	}
	arena_deinit(&scratch);
	map_put(&module->may_be_resumed, &module->arena, frame->scope.die, may ? 2 : 1);
	return may;
}

struct coroutine_resume coroutine_resumed_at(const struct dbg_space *space, const struct dbg_frame *frame)
{
	struct dbg_coroutine_body body;
	enum dbg_coroutine_state kind;
	if (!may_be_resumed(space, frame))
		return (struct coroutine_resume){0};
	u64 state, future = dbg_coroutine_of_frame(space, frame, &body);
	bool resumed = future && body.env && body.env->module && dbg_coroutine_state(space, &body, future, &state, &kind) &&
	               kind == DBG_COROUTINE_SUSPENDED;
	return resumed ? *resume_of(body.env, state) : (struct coroutine_resume){0};
}
