// The variables of a frame: parameters and locals of its function's DIE and of the lexical blocks around its pc.
//
// Inlined instances name their variables by DW_AT_abstract_origin. What an expression computes is location.c's
// affair. The compiler's own variables (`__awaitee`, `_task_context`, the env of a closure) are left out.
#include <dwarf.h>
#include <stdlib.h>

#include "engine/coroutine.h"
#include "location.h"
#include "private.h"

enum { MAX_VARIABLES = 2000, MAX_BLOCKS = 10000 };

struct walk {
	struct arena *arena;
	const struct dbg_space *space;
	const struct dbg_frame *frame;
	struct dbg_module *module;
	Dwarf_Die function; // physical: it has the frame base
	bool has_function;
	bool is_closure, is_async_fn; // variables of the outermost level are captures, or an async fn's arguments
	bool is_coroutine, has_resumed;
	struct coroutine_resume resumed; // once has_resumed: where a coroutine's poll began, if it was not the first
	VEC(struct dbg_variable) found;
	VEC(u64) told;          // the origins of those that the instance itself has
	VEC(u64) blocks_beside; // the origins of the instance's blocks that have no code here
};

// ---- the frame base --------------------------------------------------------------------------------

static struct location_context context_of(const struct walk *walk)
{
	const struct dbg_frame *frame = walk->frame;
	return (struct location_context){
	    .space = walk->space,
	    .regs = frame->regs,
	    .bias = walk->module->bias,
	    .cfa = frame->cfa,
	    .at_entry = frame->pc == frame->scope.low && frame->pc == frame->lookup && !frame->inlined,
	    .module = walk->module,
	};
}

static bool frame_base(const struct location_context *context, u64 *out, struct str *why)
{
	const struct walk *walk = context->frame_base_context;
	Dwarf_Die function = walk->function;
	Dwarf_Attribute attribute;
	Dwarf_Op *ops;
	size_t n;
	u64 addr = walk->frame->lookup - walk->module->bias;
	if (!walk->has_function || !dwarf_attr(&function, DW_AT_frame_base, &attribute) ||
	    dwarf_getlocation_addr(&attribute, addr, &ops, &n, 1) != 1) {
		*why = STR("the function has no frame base in the debug info");
		return false;
	}
	struct location_context own = context_of(walk); // without frame_base: it can't stand on itself
	own.attribute = &attribute;
	return location_number(walk->arena, &own, ops, n, out, why);
}

// The physical function around an inlined instance: the innermost DW_TAG_subprogram among the DIEs around it.
static bool find_function(struct walk *walk, Dwarf_Die *scope)
{
	if (dwarf_tag(scope) == DW_TAG_subprogram) {
		walk->function = *scope;
		return true;
	}
	Dwarf_Die *scopes = NULL;
	int n = dwarf_getscopes_die(scope, &scopes);
	bool found = false;
	for (int i = 0; i < n && !found; i++) {
		found = dwarf_tag(&scopes[i]) == DW_TAG_subprogram;
		if (found)
			walk->function = scopes[i];
	}
	free(scopes);
	return found;
}

// ---- one variable ----------------------------------------------------------------------------------

static struct dbg_value constant(struct walk *walk, Dwarf_Attribute *attribute, const struct dbg_type *type)
{
	u8 *bytes = NEW_N(walk->arena, u8, 64);
	Dwarf_Block block;
	Dwarf_Word word;
	if (!type || type->size > 64)
		return dbg_value_none(walk->arena, "a constant of a type that is not in the debug info");
	if (!dwarf_formblock(attribute, &block)) {
		if (block.length < type->size)
			return dbg_value_none(walk->arena, "a constant of %zu bytes, fewer than its type has", (size_t)block.length);
		memcpy(bytes, block.data, (size_t)type->size);
	} else if (!dwarf_formudata(attribute, &word)) {
		memcpy(bytes, &word, sizeof(word));
		Dwarf_Sword signed_word;
		if (type->size > sizeof(word) && type->kind == DBG_TYPE_INT && !dwarf_formsdata(attribute, &signed_word) &&
		    signed_word < 0)
			memset(bytes + sizeof(word), 0xff, 64 - sizeof(word));
	} else if (dwarf_formstring(attribute)) {
		return dbg_value_none(walk->arena, "a constant string: \"%s\"", dwarf_formstring(attribute));
	} else {
		return dbg_value_none(walk->arena, "a constant of a form that is not known");
	}
	return dbg_value_of_bytes(walk->space, type, bytes);
}

static struct dbg_value value_of(struct walk *walk, Dwarf_Die *die, const struct dbg_type *type)
{
	Dwarf_Attribute attribute;
	if (!type || type->kind == DBG_TYPE_UNKNOWN)
		return dbg_value_none(walk->arena, "its type is not in the debug info: build with debug = 2");
	if (dwarf_attr_integrate(die, DW_AT_const_value, &attribute))
		return constant(walk, &attribute, type);
	if (type->size == 0)
		return dbg_value_of_bytes(walk->space, type, (const u8 *)""); // nothing of it can be lost
	if (!dwarf_attr(die, DW_AT_location, &attribute))
		return dbg_value_none(walk->arena, "optimised out");
	Dwarf_Op *ops;
	size_t n;
	int locations = dwarf_getlocation_addr(&attribute, walk->frame->lookup - walk->module->bias, &ops, &n, 1);
	if (locations < 0)
		return dbg_value_none(walk->arena, "its location is broken: %s", dwarf_errmsg(-1));
	if (locations == 0)
		return dbg_value_none(walk->arena, "optimised out here");
	struct location_context context = context_of(walk);
	context.attribute = &attribute;
	context.frame_base = frame_base;
	context.frame_base_context = walk;
	return location_value(walk->arena, &context, ops, n, type);
}

static bool is_compilers(struct str name, bool artificial)
{
	return name.len == 0 || artificial || str_starts(name, STR("__")) || str_eqc(name, "_task_context");
}

// In code that was not optimised a local has one place in its whole block, and the block may begin before the
// declaration has run. (Optimised code has a list, which tells where the variable is.)
static bool is_declared_later(const struct walk *walk, Dwarf_Die *die, struct dbg_place decl)
{
	Dwarf_Attribute attribute;
	struct dbg_place here = walk->frame->place;
	if (!dwarf_attr(die, DW_AT_location, &attribute))
		return false;
	unsigned form = dwarf_whatform(&attribute);
	bool has_list = form == DW_FORM_sec_offset || form == DW_FORM_loclistx || form == DW_FORM_data4 || form == DW_FORM_data8;
	return !has_list && here.line && decl.line > here.line && str_eq(decl.file, here.file);
}

// A local of code that was not optimised has a place in the frame, or in the future if it is used behind an await. One of the
// frame whose block the poll began in got its value in an earlier poll, in a frame that is gone (nothing behind the await uses
// it), unless its `let` was come to again since, in the next turn of a loop.
static enum local_turn turn_of(struct walk *walk, Dwarf_Die *variable, Dwarf_Die *block, const struct dbg_type *type)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *ops;
	size_t n;
	if (!walk->is_coroutine || walk->frame->inlined || !dwarf_attr(variable, DW_AT_location, &attribute) ||
	    dwarf_getlocation(&attribute, &ops, &n) != 0 || n != 1 || ops[0].atom != DW_OP_fbreg || !type || !type->size)
		return TURN_THIS;
	if (!walk->has_resumed)
		walk->resumed = coroutine_resumed_at(walk->space, walk->frame);
	walk->has_resumed = true;
	const struct dbg_place *await = &walk->resumed.row.place, *here = &walk->frame->place;
	if (!await->line || dwarf_haspc(block, walk->resumed.row.addr - walk->module->bias) <= 0)
		return TURN_THIS;
	struct local_slot slot = {.offset = (i64)ops[0].number, .size = (i64)u64_min(type->size, INT32_MAX)};
	enum local_turn turn = coroutine_local_turn(walk->module, walk->frame->lookup, slot, walk->resumed.addr);
	if (turn != TURN_UNKNOWN)
		return turn;
	return here->line >= await->line && str_eq(here->file, await->file) ? TURN_EARLIER : TURN_THIS;
}

// `let x;` of code that was not optimised, before the first assignment. (The whole of an inlined function's frame is not its
// own.)
static bool has_no_value_yet(struct walk *walk, Dwarf_Die *variable, const struct dbg_type *type)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *ops;
	size_t n;
	if (walk->frame->inlined || !type || !type->size || !dwarf_attr(variable, DW_AT_location, &attribute) ||
	    dwarf_getlocation(&attribute, &ops, &n) != 0 || n != 1 || ops[0].atom != DW_OP_fbreg)
		return false;
	struct unit *unit = module_unit_at(walk->module, walk->frame->lookup - walk->module->bias);
	struct local_slot slot = {.offset = (i64)ops[0].number, .size = (i64)u64_min(type->size, INT32_MAX)};
	return unit && unit->is_rust && !unit_is_optimised(unit) && local_has_no_value_yet(walk->module, walk->frame->lookup, slot);
}

static struct dbg_type const *declared_type(struct walk *walk, Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Die type;
	if (!dwarf_attr_integrate(die, DW_AT_type, &attribute) || !dwarf_formref_die(&attribute, &type))
		return NULL;
	return type_of_die(walk->module, &type);
}

static struct dbg_place declaration(const struct walk *walk, Dwarf_Die *die)
{
	Dwarf_Die at = *die, origin;
	for (unsigned hops = 0; hops < 4 && !dwarf_hasattr(&at, DW_AT_decl_line) && die_ref(&at, DW_AT_abstract_origin, &origin);
	     hops++)
		at = origin;
	return die_decl(walk->module, &at);
}

// A closure's and a coroutine's function has its captures as variables of the outermost level; an async fn's
// body then makes locals of the same names of them, which take their place.
static struct dbg_variable *capture_taken_over(struct walk *walk, struct str name, u32 line)
{
	for (size_t i = 0; i < walk->found.len; i++) {
		struct dbg_variable *each = &walk->found.items[i];
		if (each->kind != DBG_VARIABLE_LOCAL && each->decl_line == line && str_eq(each->name, name))
			return each;
	}
	return NULL;
}

// Where the local came first: the captures of an inlined body may stand in its origin alone.
static bool is_local_of_it(const struct walk *walk, struct str name, u32 line)
{
	for (size_t i = 0; i < walk->found.len; i++) {
		const struct dbg_variable *each = &walk->found.items[i];
		if (each->kind == DBG_VARIABLE_LOCAL && each->decl_line == line && str_eq(each->name, name))
			return true;
	}
	return false;
}

static void note_origin(struct walk *walk, Dwarf_Die *die, void *origins_vec)
{
	VEC(u64) *origins = origins_vec;
	Dwarf_Die origin;
	if (die_ref(die, DW_AT_abstract_origin, &origin))
		vec_push(walk->arena, origins, module_offset(walk->module, &origin));
}

static void add(struct walk *walk, Dwarf_Die *die, Dwarf_Die *block, bool is_outermost)
{
	Dwarf_Attribute attribute;
	note_origin(walk, die, &walk->told);
	bool is_argument = dwarf_tag(die) == DW_TAG_formal_parameter;
	const char *text = dwarf_attr_integrate(die, DW_AT_name, &attribute) ? dwarf_formstring(&attribute) : NULL;
	struct str name = str_of(text);
	bool artificial = dwarf_attr_integrate(die, DW_AT_artificial, &attribute) != NULL;
	if (is_compilers(name, artificial) || walk->found.len >= MAX_VARIABLES)
		return;
	struct dbg_place decl = declaration(walk, die);
	bool is_captured = is_outermost && walk->is_closure; // an async fn's arguments, on the lines of its signature
	if (!is_argument && !is_captured && is_declared_later(walk, die, decl))
		return;
	struct dbg_variable *variable = walk->is_async_fn && !is_outermost ? capture_taken_over(walk, name, decl.line) : NULL;
	if (walk->is_async_fn && is_outermost && is_local_of_it(walk, name, decl.line))
		return;
	if (!variable) {
		variable = vec_add(walk->arena, &walk->found);
		bool is_capture = is_outermost && walk->is_closure && !is_argument;
		variable->kind = is_argument || (is_capture && walk->is_async_fn) ? DBG_VARIABLE_ARGUMENT
		                 : is_capture                                     ? DBG_VARIABLE_CAPTURE
		                                                                  : DBG_VARIABLE_LOCAL;
	}
	variable->name = name;
	variable->decl_line = decl.line;
	const struct dbg_type *type = declared_type(walk, die);
	variable->value = value_of(walk, die, type);
	enum local_turn turn = block && !is_outermost ? turn_of(walk, die, block, type) : TURN_THIS;
	if (turn != TURN_THIS)
		variable->value = dbg_value_none(walk->arena, "%snot kept across the await on line %u",
		                                 turn == TURN_EITHER ? "may be of an earlier turn: " : "", walk->resumed.row.place.line);
	else if (!is_argument && !is_captured && has_no_value_yet(walk, die, type))
		variable->value = dbg_value_none(walk->arena, "not initialised yet");
	if (!dbg_value_ok(variable->value))
		variable->value.type = type; // to be shown beside the reason
}

// ---- the walk --------------------------------------------------------------------------------------

// Level by level, since what a block declares shadows. rustc opens a block at every `let`, inside the one before:
// a long function nests them by the hundred, so no recursion here.
static void add_scope(struct walk *walk, Dwarf_Die *scope)
{
	VEC(Dwarf_Die) blocks = {0};
	u64 addr = walk->frame->lookup - walk->module->bias;
	vec_push(walk->arena, &blocks, *scope);
	for (size_t i = 0; i < blocks.len && blocks.len < MAX_BLOCKS; i++) {
		Dwarf_Die child, block = blocks.items[i];
		if (dwarf_child(&block, &child) != 0)
			continue;
		do {
			int tag = dwarf_tag(&child);
			if (tag == DW_TAG_formal_parameter || tag == DW_TAG_variable)
				add(walk, &child, &block, i == 0);
			else if (tag == DW_TAG_lexical_block && dwarf_haspc(&child, addr) > 0)
				vec_push(walk->arena, &blocks, child);
			else if (tag == DW_TAG_lexical_block)
				note_origin(walk, &child, &walk->blocks_beside);
		} while (dwarf_siblingof(&child, &child) == 0);
	}
}

// ---- what only the origin has ------------------------------------------------------------------------

static bool is_among(const u64 *offsets, size_t n, u64 die)
{
	for (size_t i = 0; i < n; i++)
		if (offsets[i] == die)
			return true;
	return false;
}

// Where the first variable of a block is declared; 0 if it has none, or is the inside of an `.await`, which ends on its line.
static u32 begins_at(const struct walk *walk, Dwarf_Die *block)
{
	Dwarf_Die child;
	if (dwarf_child(block, &child) != 0)
		return 0;
	do
		if (dwarf_tag(&child) == DW_TAG_variable)
			return str_eqc(str_of(dwarf_diename(&child)), "__awaitee") ? 0 : declaration(walk, &child).line;
	while (dwarf_siblingof(&child, &child) == 0);
	return 0;
}

// LLVM leaves out of an instance, be it inlined or not, each variable that has no place anywhere in it, and each block
// that has only such: the origin alone has those. An origin has no addresses, so what is in scope there is told by lines:
// a `let` opens a block that lasts to the end of the one around it, so that of several blocks side by side the last one
// that begins above this line counts. Parameters are always in scope.
static void add_lost(struct walk *walk, Dwarf_Die *scope)
{
	struct dbg_place here = walk->frame->place;
	Dwarf_Die block, child, next;
	if (!die_ref(scope, DW_AT_abstract_origin, &block))
		return;
	for (bool is_outermost = true, more = true; more && walk->found.len < MAX_VARIABLES; is_outermost = false, block = next) {
		u32 last = 0;
		more = false;
		if (dwarf_child(&block, &child) != 0)
			return;
		do {
			int tag = dwarf_tag(&child);
			u32 line = tag == DW_TAG_variable ? declaration(walk, &child).line : 0;
			if (tag == DW_TAG_lexical_block && (line = begins_at(walk, &child)) >= last && line < here.line && line &&
			    !is_among(walk->blocks_beside.items, walk->blocks_beside.len, module_offset(walk->module, &child))) {
				next = child;
				last = line;
				more = true;
			} else if ((tag == DW_TAG_formal_parameter || (tag == DW_TAG_variable && (line < here.line || is_outermost))) &&
			           !is_among(walk->told.items, walk->told.len, module_offset(walk->module, &child))) {
				add(walk, &child, NULL, is_outermost);
			}
		} while (dwarf_siblingof(&child, &child) == 0);
	}
}

// ---- what the future has -----------------------------------------------------------------------------

// Optimisation takes the places of a coroutine's variables more than of others: each is a part of what the body's only
// parameter points to, which LLVM forgets. But their memory is there, by the coroutine's own type: those that the await
// keeps with which this poll began. They are as they were last stored.
static void add_kept(struct walk *walk)
{
	struct dbg_coroutine_body body;
	struct dbg_variable *kept;
	bool lacking = false;
	for (size_t i = 0; i < walk->found.len; i++)
		lacking |= !dbg_value_ok(walk->found.items[i].value) && walk->found.items[i].value.type;
	u64 future = lacking ? dbg_coroutine_of_frame(walk->space, walk->frame, &body) : 0;
	size_t n = future ? dbg_coroutine_variables(walk->arena, dbg_value_at(walk->space, body.env, future), &kept) : 0;
	for (size_t i = 0; i < walk->found.len; i++) {
		struct dbg_variable *each = &walk->found.items[i];
		for (size_t k = 0; k < n && !dbg_value_ok(each->value) && each->value.type;
		     k++) // those of one name: the first is a capture
			if (str_eq(kept[k].name, each->name) && kept[k].value.type && dbg_type_same(kept[k].value.type, each->value.type) &&
			    (kept[k].decl_line == each->decl_line || !kept[k].decl_line))
				each->value = kept[k].value;
	}
}

size_t dbg_frame_variables(const struct dbg_space *space, struct arena *arena, const struct dbg_frame *frame,
                           struct dbg_variable **out)
{
	struct walk walk = {.arena = arena, .space = space, .frame = frame, .module = frame->scope.module};
	Dwarf_Die scope;
	*out = NULL;
	if (!walk.module || !frame->scope.die || !module_die(walk.module, frame->scope.die, &scope))
		return 0;
	walk.has_function = find_function(&walk, &scope);
	Dwarf_Attribute attribute;
	const char *own_name = dwarf_attr_integrate(&scope, DW_AT_name, &attribute) ? dwarf_formstring(&attribute) : NULL;
	walk.is_closure = str_starts(str_of(own_name), STR("{"));
	walk.is_async_fn = str_starts(str_of(own_name), STR("{async_fn#"));
	walk.is_coroutine = str_starts(str_of(own_name), STR("{async_"));
	add_scope(&walk, &scope);
	add_lost(&walk, &scope);
	add_kept(&walk);
	*out = walk.found.items;
	return walk.found.len;
}

struct dbg_value dbg_frame_variable(const struct dbg_space *space, struct arena *arena, const struct dbg_frame *frame,
                                    u64 variable)
{
	struct walk walk = {.arena = arena, .space = space, .frame = frame, .module = frame->scope.module};
	Dwarf_Die scope, die;
	if (!walk.module || !frame->scope.die || !module_die(walk.module, frame->scope.die, &scope) ||
	    !module_die(walk.module, variable, &die))
		return dbg_value_none(arena, "nothing is known of the function");
	walk.has_function = find_function(&walk, &scope);
	return value_of(&walk, &die, declared_type(&walk, &die));
}

struct dbg_value dbg_frame_first_parameter(const struct dbg_space *space, struct arena *arena, const struct dbg_frame *frame)
{
	struct walk walk = {.arena = arena, .space = space, .frame = frame, .module = frame->scope.module};
	Dwarf_Die scope, child;
	if (!walk.module || !frame->scope.die || !module_die(walk.module, frame->scope.die, &scope) || dwarf_child(&scope, &child))
		return dbg_value_none(arena, "nothing is known of the function");
	walk.has_function = find_function(&walk, &scope);
	do
		if (dwarf_tag(&child) == DW_TAG_formal_parameter)
			return value_of(&walk, &child, declared_type(&walk, &child));
	while (dwarf_siblingof(&child, &child) == 0);
	return dbg_value_none(arena, "the function has no parameters");
}
