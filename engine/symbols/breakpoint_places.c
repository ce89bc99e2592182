// From file:line or a function's name to addresses: every instantiation and inlined copy.
#include <dwarf.h>
#include <stdlib.h>

#include "engine/coroutine.h"
#include "engine/symbols/private.h"

// A statement row of the wanted file, and where it belongs.
struct hit {
	u64 addr;
	u32 line, column;
	struct unit *unit;
	struct str file; // as the table spells it
};

struct search {
	struct arena *arena;
	struct str file;   // the path, or its last components
	struct str client; // the whole path, where `file` is not
	u32 line;          // the wanted one
	u32 column;        // likewise; 0: any
	bool all_rows;     // also those in the middle of a statement, as of a call's arguments
	u32 best;          // the lowest line at or after it that has code
	VEC(struct hit) hits;
};

static void collect_rows(void *context, struct unit *unit)
{
	struct search *search = context;
	Dwarf_Lines *lines;
	size_t n = unit_lines(unit, &lines);
	const char *last = NULL; // libdw gives one pointer per file
	bool matches = false;
	for (size_t i = 0; i < n; i++) {
		struct dbg_line_row row;
		if (!line_row(unit, lines, n, i, &row) || !(row.is_stmt || search->all_rows) || row.place.line < search->line ||
		    row.place.line > search->best)
			continue;
		if (row.place.file.ptr != last) {
			last = row.place.file.ptr;
			matches = path_ends_in(row.place.file, search->file) &&
			          (!search->client.len || is_built_elsewhere(row.place.file, search->client, search->file));
		}
		if (!matches || row.end == row.addr)
			continue;
		if (row.place.line < search->best) {
			search->best = row.place.line;
			search->hits.len = 0;
		}
		vec_push(search->arena, &search->hits, ((struct hit){row.addr, row.place.line, row.place.column, unit, row.place.file}));
	}
}

// Compiler-made functions that carry the user's lines: what drops a value on its line, not what runs the line.
static bool is_glue(const struct unit *unit, u32 node)
{
	Dwarf_Die die;
	if (!unit_die(unit, node, &die))
		return false;
	const char *text = dwarf_diename(&die);
	return text && str_starts(str_of(text), STR("drop_in_place<"));
}

// The innermost inlined subroutine around the address in the function, 0 for the function's own code.
static u64 inlined_instance(struct dbg_modules *modules, struct arena *arena, u64 addr)
{
	struct dbg_scope *scopes;
	size_t n = dbg_scopes_at(modules, arena, addr, &scopes);
	return n && scopes[0].inlined ? scopes[0].die : 0;
}

static int compare_addresses(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;
	return (x > y) - (x < y);
}

static int compare_hits(const void *a, const void *b)
{
	return compare_addresses(&((const struct hit *)a)->addr, &((const struct hit *)b)->addr);
}

struct addresses {
	u64 *items;
	size_t len, cap;
};

static void add_address(struct arena *arena, struct addresses *to, u64 addr)
{
	for (size_t i = 0; i < to->len; i++)
		if (to->items[i] == addr)
			return;
	vec_push(arena, to, addr);
}

// What each poll passes on its way to where the future is, is not where the line is come to.
static u64 behind_switch(const struct arrival_input *input, u64 addr)
{
	bool passed = !input->inlined && coroutine_passes_always(input->module, input->unit, input->function, addr, input->line);
	u64 beginning = passed ? coroutine_beginning(input->module, input->unit, input->function) : 0;
	return beginning ? beginning : addr;
}

// The line where the coroutine is declared whose body was inlined: of the copy's statements those of its first line are meant,
// as the copy passes the other one at each poll. False: it is another line, or the only one.
static bool is_copys_head(struct arena *arena, const struct arrival_input *input, u64 instance, struct addresses *first,
                          u32 *line)
{
	struct dbg_coroutine_body body;
	if (!dbg_coroutine_body_at(input->modules, input->wanted[0], &body) || body.scope.die != instance ||
	    body.scope.decl.line != input->line)
		return false;
	*line = UINT32_MAX;
	for (size_t i = 0; i < input->n_rows; i++) {
		const struct dbg_place *place = &input->rows[i].place;
		if (!input->rows[i].is_stmt || place->line <= input->line || place->line > *line || !str_eq(place->file, input->file) ||
		    inlined_instance(input->modules, arena, input->rows[i].addr) != instance)
			continue;
		first->len = place->line < *line ? 0 : first->len;
		*line = place->line;
		vec_push(arena, first, input->rows[i].addr);
	}
	return first->len > 0;
}

// Hits of one instance in a function (its own code, or an inlined copy in it), by control flow.
static void choose_in_instance(struct arena *arena, struct arrival_input *input, struct flow *flow, const struct hit *hits,
                               const u64 *instances, size_t n, u64 instance, struct addresses *out)
{
	VEC(u64) wanted = {0};
	u64 *chosen;
	for (size_t i = 0; i < n; i++)
		if (instances[i] == instance)
			vec_push(arena, &wanted, hits[i].addr);
	input->wanted = wanted.items;
	input->n_wanted = wanted.len;
	input->inlined = instance != 0;
	struct addresses first = {0};
	u32 line = input->line, first_line;
	if (instance && is_copys_head(arena, input, instance, &first, &first_line)) {
		input->wanted = first.items;
		input->n_wanted = first.len;
		input->line = first_line;
	}
	size_t n_chosen = arrival_addresses(arena, input, flow, &chosen);
	for (size_t i = 0; i < n_chosen; i++)
		add_address(arena, out, behind_switch(input, chosen[i]));
	if (!n_chosen && !input->by_column) // control flow that can't be followed: the lowest address
		add_address(arena, out, behind_switch(input, input->wanted[0]));
	input->line = line;
}

static void choose_in_function(struct dbg_modules *modules, struct arena *arena, const struct hit *hits, size_t n,
                               const struct function_range *function, bool by_column, struct addresses *out)
{
	struct unit *unit = hits[0].unit;
	struct dbg_module *module = unit->module;
	if (is_glue(unit, function->node))
		return;
	struct arrival_input input = {
	    .modules = modules, .module = module, .function = function, .unit = unit, .file = hits[0].file, .line = hits[0].line};
	input.by_column = by_column;
	struct dbg_line_row *rows;
	input.n_rows = dbg_line_rows(modules, arena, function->low + module->bias, function->high + module->bias, &rows);
	input.rows = rows;
	struct flow *flow = arrival_open(arena, &input);
	u64 *instances = NEW_N(arena, u64, n + 1);
	for (size_t i = 0; i < n; i++)
		instances[i] = inlined_instance(modules, arena, hits[i].addr);
	for (size_t i = 0; i < n; i++) {
		bool known = false;
		for (size_t k = 0; k < i; k++)
			known |= instances[k] == instances[i];
		if (!known && !coroutine_is_makers_copy(modules, hits[i].addr))
			choose_in_instance(arena, &input, flow, hits, instances, n, instances[i], out);
	}
}

static const struct function_range *function_of(const struct hit *hit)
{
	return unit_function_at(hit->unit, hit->addr - hit->unit->module->bias);
}

// Is this row of a fn only there because a macro took the span of a statement in an async block inside of it?
// `#[tokio::main]` gives its call of block_on the place of the last statement: a stop there would be before anything
// of the block has run. Told by a row of such a block with the same line and column that is not its first line.
static bool is_borrowed_span(struct dbg_modules *modules, const struct search *search, const struct hit *hit)
{
	const struct function_range *function = function_of(hit);
	if (!function || is_coroutine_body(hit->unit, function->node))
		return false;
	u64 path = hit->unit->nodes[function->node].hash;
	for (size_t i = 0; i < search->hits.len; i++) {
		const struct hit *other = &search->hits.items[i];
		if (other->line != hit->line || other->column != hit->column || other->unit->module != hit->unit->module)
			continue;
		const struct function_range *inner = function_of(other);
		if (!inner || inner == function || !is_coroutine_body(other->unit, inner->node) ||
		    !node_is_inside(other->unit, inner->node, path))
			continue;
		struct dbg_line_row first;
		if (dbg_line_at(modules, inner->low + other->unit->module->bias, &first) && first.place.line < hit->line)
			return true;
	}
	return false;
}

// Line tables alone have no functions but those with something inlined: the symbol tells where the function ends, and
// the lowest address of the line in it is taken.
static size_t choose_in_symbol(struct search *search, const struct hit *hits, size_t n, struct addresses *out)
{
	struct dbg_module *module = hits[0].unit->module;
	const struct symbol *symbol = module_symbol_at(module, hits[0].addr - module->bias);
	size_t used = 1;
	while (symbol && used < n && hits[used].addr - module->bias < symbol->addr + symbol->size)
		used++;
	if (!symbol || str_find(str_of(symbol->name), STR("drop_in_place")) < 0) // see is_glue
		add_address(search->arena, out, hits[0].addr);
	return used;
}

// The line is of a fn that only makes a future: where the body of that begins is meant, unless the body has the line, too.
static void add_beginning(struct search *search, struct unit *unit, const struct function_range *body, u32 line,
                          struct addresses *out)
{
	struct dbg_line_row row;
	u64 bias = unit->module->bias;
	for (size_t i = 0; i < out->len; i++)
		if (out->items[i] >= body->low + bias && out->items[i] < body->high + bias)
			return;
	bool is_head = !coroutine_first_row(unit->module, unit, body, 0, &row) || line < row.place.line;
	u64 beginning = is_head ? coroutine_beginning(unit->module, unit, body) : 0;
	if (beginning)
		add_address(search->arena, out, beginning);
}

struct meant {
	struct unit *unit;
	const struct function_range *body;
};

static void choose_addresses(struct dbg_modules *modules, struct search *search, struct addresses *out)
{
	VEC(struct meant) meant = {0};
	struct meant body;
	u32 line = search->hits.len ? search->hits.items[0].line : 0;
	vec_sort(search->hits.items, search->hits.len, sizeof(struct hit), compare_hits);
	for (size_t i = 0; i < search->hits.len;) {
		struct hit *hit = &search->hits.items[i];
		const struct function_range *function = function_of(hit);
		if (!function) {
			i += choose_in_symbol(search, hit, search->hits.len - i, out);
			continue;
		}
		bool borrowed = is_borrowed_span(modules, search, hit);
		size_t n = 1;
		for (; i + n < search->hits.len && hit[n].addr < function->high + hit->unit->module->bias; n++)
			borrowed |= is_borrowed_span(modules, search, &hit[n]);
		if (coroutine_body_for(modules, hit->unit, function, line, &body.unit, &body.body))
			vec_push(search->arena, &meant, body);
		else if (!borrowed)
			choose_in_function(modules, search->arena, hit, n, function, search->column != 0, out);
		i += n;
	}
	for (size_t i = 0; i < meant.len; i++)
		add_beginning(search, meant.items[i].unit, meant.items[i].body, line, out);
}

// The last `n` components of a path.
static struct str last_components(struct str path, int n)
{
	for (size_t i = path.len; i-- > 0;)
		if (path.ptr[i] == '/' && --n == 0)
			return str_from(path, i + 1);
	return path;
}

static void search_modules(struct dbg_modules *modules, struct search *search)
{
	for (size_t i = 0; i < modules->len; i++)
		module_units_naming_file(modules->items[i], search->file, collect_rows, search);
}

static struct search find_rows(struct dbg_modules *modules, struct arena *arena, struct str file, u32 line, bool all)
{
	struct search search = {.arena = arena, .file = file, .line = line, .best = UINT32_MAX, .all_rows = all};
	search_modules(modules, &search);
	// Built elsewhere (a container, another checkout): the same file by fewer of its last components.
	for (int n = 4; n >= 2 && !search.hits.len; n--) {
		search.file = last_components(file, n);
		search.client = file;
		if (search.file.len < file.len)
			search_modules(modules, &search);
	}
	return search;
}

static void keep_column(struct search *search)
{
	size_t kept = 0;
	for (size_t i = 0; i < search->hits.len; i++)
		if (search->hits.items[i].column == search->column)
			search->hits.items[kept++] = search->hits.items[i];
	search->hits.len = kept;
}

// Where the rows of one column are to be stopped at; none where only a resume or an unwinding comes there.
static struct addresses in_column(struct dbg_modules *modules, const struct search *rows, u32 column)
{
	struct addresses addresses = {0};
	struct search search = *rows;
	search.column = column;
	search.hits.items = NEW_N(search.arena, struct hit, rows->hits.len + 1);
	if (rows->hits.len)
		memcpy(search.hits.items, rows->hits.items, rows->hits.len * sizeof(struct hit));
	keep_column(&search);
	choose_addresses(modules, &search, &addresses);
	return addresses;
}

size_t dbg_breakpoint_columns(struct dbg_modules *modules, struct arena *arena, struct str file, u32 line, u32 **out)
{
	struct addresses columns = {0};
	struct search search = find_rows(modules, arena, file, line, true);
	for (size_t i = 0; i < search.hits.len && search.best == line; i++)
		if (search.hits.items[i].column)
			add_address(arena, &columns, search.hits.items[i].column);
	vec_sort(columns.items, columns.len, sizeof(u64), compare_addresses);
	*out = NEW_N(arena, u32, columns.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < columns.len; i++)
		if (in_column(modules, &search, (u32)columns.items[i]).len)
			(*out)[n++] = (u32)columns.items[i];
	return n;
}

err_t dbg_breakpoint_addresses(struct dbg_modules *modules, struct arena *arena, struct str file, u32 line, u64 **out,
                               size_t *n_out, u32 *line_out)
{
	return dbg_breakpoint_addresses_at(modules, arena, file, line, &(u32){0}, out, n_out, line_out);
}

err_t dbg_breakpoint_addresses_at(struct dbg_modules *modules, struct arena *arena, struct str file, u32 line, u32 *column,
                                  u64 **out, size_t *n_out, u32 *line_out)
{
	*out = NULL;
	*n_out = 0;
	*line_out = line;
	if (!file.len || !line)
		return err_new(ERR_ARGUMENT, "a breakpoint needs a file and a line from 1 on");
	struct addresses addresses = {0};
	u32 *columns, best = 0;
	size_t n = *column ? dbg_breakpoint_columns(modules, arena, file, line, &columns) : 0;
	for (size_t i = 0; i < n && best < *column; i++)
		best = columns[i];
	*column = best;
	struct search search = find_rows(modules, arena, file, line, best != 0);
	if (best)
		addresses = in_column(modules, &search, best);
	else
		choose_addresses(modules, &search, &addresses);
	vec_sort(addresses.items, addresses.len, sizeof(u64), compare_addresses);
	*out = addresses.items;
	*n_out = addresses.len;
	if (addresses.len)
		*line_out = search.best;
	return NULL;
}
