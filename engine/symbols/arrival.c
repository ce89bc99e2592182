// Where the first arrival at a line is seen, and not each resume of an `.await` on it.
//
// A coroutine's body starts with a switch on its state. What can be reached over direct edges from the target
// of state Unresumed is the source's own control flow, as if every await completed at once: blocks of resumes
// and of unwinding drop out by themselves. Of the line's rows in that flow, those are taken that are entered
// from another line, and of those the ones that no other of them dominates. (169 of 171 lines of 38 bodies had
// exactly one such address; hits equalled the source's arrivals.) Functions that are no coroutines start at
// their first instruction; otherwise the same.
#include <dwarf.h>

#include "base/log.h"
#include "engine/coroutine.h"
#include "engine/symbols/flow.h"

// Marks what can be reached from the start without entering `avoid`.
static void reach(struct flow *flow, u32 avoid)
{
	memset(flow->reached, 0, flow->len);
	size_t depth = 0;
	if (flow->start != avoid && flow->start < flow->len)
		flow->stack[depth++] = flow->start;
	while (depth) {
		u32 i = flow->stack[--depth];
		if (flow->reached[i])
			continue;
		flow->reached[i] = 1;
		size_t way = 0;
		for (u32 next; flow_next(flow, i, &way, &next);)
			if (next != avoid && !flow->reached[next])
				flow->stack[depth++] = next;
	}
}

static bool is_wanted(const struct arrival_input *input, u64 addr)
{
	for (size_t i = 0; i < input->n_wanted; i++)
		if (input->wanted[i] == addr)
			return true;
	return false;
}

// Gives each instruction its line in the wanted file, and marks where rows of the wanted line begin.
static void put_lines(struct flow *flow, const struct arrival_input *input)
{
	size_t row = 0;
	for (size_t i = 0; i < flow->len; i++) {
		struct instruction *item = &flow->items[i];
		item->line = 0;
		item->row_start = false;
		while (row + 1 < input->n_rows && input->rows[row + 1].addr <= item->addr)
			row++;
		const struct dbg_line_row *r = &input->rows[row];
		if (item->addr < r->addr || item->addr >= r->end || !str_eq(r->place.file, input->file))
			continue;
		item->line = r->place.line;
		item->row_start = (r->is_stmt || input->by_column) && r->addr == item->addr && r->place.line == input->line &&
		                  is_wanted(input, item->addr);
	}
}

u64 coroutine_switch(struct dbg_module *module, const struct function_range *body)
{
	u64 *known = map_get(&module->switches, body->low);
	if (known)
		return *known ? *known + module->bias : 0;
	struct arena scratch = {0};
	struct flow flow = {0};
	flow_decode(&scratch, module, body, &flow);
	const struct table_jump *jump = flow_state_switch(&flow);
	u64 addr = jump ? jump->addr : 0;
	arena_deinit(&scratch);
	map_put(&module->switches, &module->arena, body->low, addr ? addr - module->bias : 0);
	return addr;
}

u64 coroutine_resume_address(struct dbg_module *module, const struct function_range *body, u64 state)
{
	struct arena scratch = {0};
	struct flow flow = {0};
	u64 low = body->low + module->bias, size = body->high - body->low, target = 0;
	if (size <= FLOW_MAX_CODE) {
		u8 *code = NEW_N(&scratch, u8, size);
		target = coroutine_chain_target(code, dbg_module_file_bytes(module, low, code, size), low, state);
	}
	if (!target) {
		flow_decode(&scratch, module, body, &flow);
		const struct table_jump *jump = flow_state_switch(&flow);
		target = jump && state < 10000 ? jump_table_target(module, jump, state) : 0;
	}
	arena_deinit(&scratch);
	return target >= body->low + module->bias && target < body->high + module->bias ? target : 0;
}

// Is the row entered from another line? Predecessors without a line (line 0, other files) are looked through.
static void mark_entries(struct arena *arena, struct flow *flow, u32 line, u8 *entry)
{
	// Lines known at the end of each instruction: propagated forward over instructions without one, until
	// nothing changes. Bit 0: may come from the wanted line, bit 1: may come from another one.
	u8 *from = NEW_N(arena, u8, flow->len + 1);
	if (flow->start < flow->len)
		from[flow->start] |= 2;
	for (bool changed = true; changed;) {
		changed = false;
		for (size_t i = 0; i < flow->len; i++) {
			if (!flow->reached[i])
				continue;
			const struct instruction *item = &flow->items[i];
			u8 out = item->line == 0 ? from[i] : item->line == line ? 1 : 2;
			size_t way = 0;
			for (u32 next; flow_next(flow, (u32)i, &way, &next);)
				if ((from[next] | out) != from[next]) {
					from[next] |= out;
					changed = true;
				}
		}
	}
	for (size_t i = 0; i < flow->len; i++)
		entry[i] = flow->reached[i] && flow->items[i].row_start && (from[i] & 2);
}

static size_t choose(struct arena *arena, struct flow *flow, u32 line, bool by_column, u64 **out)
{
	u8 *entry = NEW_N(arena, u8, flow->len + 1);
	reach(flow, UINT32_MAX);
	if (!by_column)
		mark_entries(arena, flow, line, entry);
	for (size_t i = 0; by_column && i < flow->len; i++)
		entry[i] = flow->reached[i] && flow->items[i].row_start;
	VEC(u32) entries = {0};
	for (size_t i = 0; i < flow->len; i++)
		if (entry[i])
			vec_push(arena, &entries, (u32)i);
	for (size_t i = 0; i < entries.len && entries.len > 1; i++) {
		if (!entry[entries.items[i]])
			continue;
		reach(flow, entries.items[i]);
		for (size_t k = 0; k < entries.len; k++)
			if (k != i && !flow->reached[entries.items[k]])
				entry[entries.items[k]] = 0;
	}
	VEC(u64) addresses = {0};
	for (size_t i = 0; i < entries.len; i++)
		if (entry[entries.items[i]])
			vec_push(arena, &addresses, flow->items[entries.items[i]].addr);
	*out = addresses.items;
	return addresses.len;
}

// A stop inside the prologue shows no locals: move to its end.
static void leave_prologue(const struct arrival_input *input, u64 *addresses, size_t n)
{
	u64 low = input->function->low + input->module->bias, body = 0;
	for (size_t i = 0; i < input->n_rows && !body; i++)
		if (input->rows[i].prologue_end && input->rows[i].addr >= low)
			body = input->rows[i].addr;
	for (size_t i = 0; i < n; i++)
		if (addresses[i] >= low && addresses[i] < body)
			addresses[i] = body;
}

// ---- ways on that no instruction names ---------------------------------------------------------------

// The state switch of a coroutine whose body was inlined has the line of its declaration.
static bool is_inlined_switch(const struct arrival_input *input, const struct table_jump *jump)
{
	struct dbg_coroutine_body body;
	struct dbg_line_row row;
	return dbg_coroutine_body_at(input->modules, jump->addr, &body) && body.scope.inlined &&
	       dbg_line_at(input->modules, jump->addr, &row) && row.place.line == body.scope.decl.line;
}

// From where a state is stored to where the coroutine is resumed in it.
static void add_resumes(struct arena *arena, struct dbg_module *module, struct flow *flow, const struct table_jump *jump)
{
	for (size_t i = 0; i < flow->tables.stores.len; i++) {
		const struct stored *store = &flow->tables.stores.items[i];
		if (jump->from.size && store->to.disp == jump->from.disp && store->to.size == jump->from.size && store->value >= 3 &&
		    store->value < FLOW_MAX_ENTRIES)
			flow_add_edge(arena, flow, store->index, jump_table_target(module, jump, (u64)store->value));
	}
}

static void add_edges(struct arena *arena, const struct arrival_input *input, struct flow *flow, bool coroutine, bool resumes)
{
	flow->edges.len = 0;
	for (size_t i = 0; i < flow->tables.jumps.len; i++) {
		const struct table_jump *jump = &flow->tables.jumps.items[i];
		bool own = coroutine && i == 0, inner = !own && is_inlined_switch(input, jump);
		if (inner)
			flow_add_edge(arena, flow, jump->index, jump_table_target(input->module, jump, 0));
		else if (!own)
			flow_add_match(arena, input->module, flow, jump);
		if (resumes && (own || inner))
			add_resumes(arena, input->module, flow, jump);
	}
	flow_sort_edges(flow);
	flow->stack = NEW_N(arena, u32, flow->len * 2 + flow->edges.len + 2);
}

struct flow *arrival_open(struct arena *arena, const struct arrival_input *input)
{
	struct flow *flow = NEW(arena, struct flow);
	*flow = (struct flow){0};
	flow_decode(arena, input->module, input->function, flow);
	return flow;
}

size_t arrival_addresses(struct arena *arena, const struct arrival_input *input, struct flow *flow, u64 **out)
{
	*out = NULL;
	if (!input->n_rows || !flow->len)
		return 0;
	bool coroutine = is_coroutine_body(input->unit, input->function->node);
	const struct table_jump *jump = coroutine ? flow_state_switch(flow) : NULL;
	i32 unresumed = jump ? flow_index(flow, jump_table_target(input->module, jump, 0)) : NO_TARGET;
	flow->start = unresumed == NO_TARGET ? 0 : (u32)unresumed;
	put_lines(flow, input);
	size_t n = 0;
	// Optimised code may know that the first poll of what is awaited ends in a suspension: behind that only a resume comes.
	for (int resumes = 0; resumes < 2 && !n; resumes++) {
		add_edges(arena, input, flow, coroutine, resumes);
		n = choose(arena, flow, input->line, input->by_column, out);
	}
	if (!input->inlined)
		leave_prologue(input, *out, n);
	return n;
}
