// The future of an optimised coroutine's body whose debug info does not tell the parameter that leads to it, as rustc 1.75 to
// 1.85 write it. Two things tell it all the same:
//
// - At the body's first instruction the parameter lies in the register before that of its only other one, the context
//   (System V ABI AMD64, 3.2.3: rdi, rsi, rdx; the place of a result comes before both), and the code shows where it is kept.
// - A variable that lies at a register and so far behind it is a part of the future, for its own memory is of no other kind:
//   a place in the frame is told by the stack pointer. Where in the future it lies tells the coroutine's type, by its name.
#include <dwarf.h>

#include "engine/coroutine.h"
#include "engine/frame.h"
#include "engine/symbols/private.h"

enum { MOST_NESTED = 40, MOST_LOOKED_AT = 400, RDI = 5, RSI = 4, RDX = 1, RSP = 7, UNRESUMED = 0 };

struct search {
	const struct dbg_space *space;
	const struct dbg_coroutine_body *body;
	const struct dbg_frame *frame;
	Dwarf_Addr at;
	size_t looked;
};

static bool location_at(Dwarf_Die *die, Dwarf_Addr at, Dwarf_Op **ops, size_t *n)
{
	Dwarf_Attribute attribute;
	return dwarf_attr(die, DW_AT_location, &attribute) && dwarf_getlocation_addr(&attribute, at, ops, n, 1) == 1 && *n == 1;
}

// ---- by the code ---------------------------------------------------------------------------------------

// The register of the parameter at the first instruction; -1 if that is not known.
static int entry_register(Dwarf_Die *function, Dwarf_Addr low)
{
	static const struct {
		u8 context, self;
	} rows[] = {{DW_OP_reg0 + RSI, RDI}, {DW_OP_reg0 + RDX, RSI}};
	Dwarf_Die child;
	Dwarf_Op *ops;
	size_t n;
	if (dwarf_child(function, &child) != 0)
		return -1;
	do {
		if (dwarf_tag(&child) != DW_TAG_formal_parameter)
			continue;
		for (size_t i = 0; location_at(&child, low, &ops, &n) && i < ARRAY_LEN(rows); i++)
			if (ops[0].atom == rows[i].context)
				return rows[i].self;
		return -1;
	} while (dwarf_siblingof(&child, &child) == 0);
	return -1;
}

static const struct kept_parameter *kept_of(const struct dbg_scope *scope, unsigned number)
{
	struct dbg_module *module = scope->module;
	u64 *known = map_get(&module->kept_parameters, scope->die);
	if (known)
		return (const struct kept_parameter *)(uintptr_t)*known;
	struct kept_parameter *kept = NEW(&module->arena, struct kept_parameter);
	*kept = parameter_kept(module, scope->low, scope->high, number);
	map_put(&module->kept_parameters, &module->arena, scope->die, (uintptr_t)kept);
	return kept;
}

// NULL if there is no such function, or its parameter is not known.
static const struct kept_parameter *kept_by_code(const struct dbg_scope *scope, int *number)
{
	Dwarf_Die function;
	bool whole = !scope->inlined && scope->low && module_die(scope->module, scope->die, &function);
	*number = whole ? entry_register(&function, scope->low - scope->module->bias) : -1;
	return *number < 0 ? NULL : kept_of(scope, (unsigned)*number);
}

bool coroutine_is_kept_by_code(const struct dbg_scope *scope)
{
	int number;
	const struct kept_parameter *kept = kept_by_code(scope, &number);
	return kept && kept->where != NOT_KEPT;
}

static u64 self_by_code(const struct search *search)
{
	const struct dbg_scope *scope = &search->body->scope;
	const struct dbg_frame *frame = search->frame;
	int number;
	u64 self = 0;
	const struct kept_parameter *kept = kept_by_code(scope, &number);
	if (!kept)
		return 0;
	if (frame->pc == scope->low || (kept->where && frame->lookup < kept->from)) // where it came
		return dbg_regs_get(frame->regs, (unsigned)number, &self) ? self : 0;
	bool begins = frame->pc == search->body->start; // as at each hit of a step's breakpoint there: the code need not be read
	if (kept->where == KEPT_IN_REGISTER &&
	    (begins || !register_given_back(scope->module, scope->low, scope->high, kept->number, frame->pc)))
		return dbg_regs_get(frame->regs, kept->number, &self) ? self : 0;
	if (kept->where == KEPT_IN_FRAME && frame->cfa &&
	    dbg_mem_read_bulk(search->space->mem, frame->cfa + (u64)kept->from_cfa, &self, sizeof(self)) == sizeof(self))
		return self;
	return 0;
}

// ---- by its parts --------------------------------------------------------------------------------------

struct place {
	bool found, differs;
	u64 offset;
};

static void look_in(const struct dbg_member *variant, struct str name, const struct dbg_type *type, struct place *out)
{
	const struct dbg_member *members;
	size_t n = variant->type ? dbg_type_members(variant->type, &members) : 0;
	for (size_t i = 0; i < n; i++) {
		u64 offset = variant->offset + members[i].offset;
		if (!str_eq(members[i].name, name) || !dbg_type_same(members[i].type, type))
			continue;
		out->differs |= out->found && out->offset != offset;
		out->found = true;
		out->offset = offset;
	}
}

// Where the coroutine keeps it: a capture, which each state has, is the body's own variable; others are kept by some states.
static bool kept_at(const struct dbg_type *env, struct str name, const struct dbg_type *type, bool captured, u64 *offset)
{
	const struct dbg_variant *variants;
	struct place place = {0};
	size_t n = dbg_type_variants(env, &variants);
	for (size_t i = 0; i < n; i++)
		if (!captured || variants[i].value == UNRESUMED)
			look_in(&variants[i].member, name, type, &place);
	*offset = place.offset;
	return place.found && !place.differs;
}

static bool is_a_state(const struct search *search, u64 self)
{
	const struct dbg_variant *variants;
	enum dbg_coroutine_state kind;
	u64 state;
	size_t n = dbg_type_variants(search->body->env, &variants);
	return dbg_coroutine_state(search->space, search->body, self, &state, &kind) && state < n;
}

static u64 self_by_variable(struct search *search, Dwarf_Die *variable, bool captured)
{
	struct dbg_module *module = search->body->scope.module;
	Dwarf_Attribute attribute;
	Dwarf_Op *ops;
	size_t n;
	u64 base, offset;
	if (!location_at(variable, search->at, &ops, &n) || ops[0].atom < DW_OP_breg0 || ops[0].atom > DW_OP_breg15 ||
	    ops[0].atom == DW_OP_breg0 + RSP || !dbg_regs_get(search->frame->regs, ops[0].atom - DW_OP_breg0, &base))
		return 0;
	const char *name = dwarf_attr_integrate(variable, DW_AT_name, &attribute) ? dwarf_formstring(&attribute) : NULL;
	Dwarf_Die typed, *type_die = variable;
	if (!dwarf_hasattr(variable, DW_AT_type) && die_ref(variable, DW_AT_abstract_origin, &typed))
		type_die = &typed;
	if (!name || !kept_at(search->body->env, str_of(name), type_attribute(module, type_die, DW_AT_type), captured, &offset))
		return 0;
	u64 self = base + ops[0].number - offset;
	return is_a_state(search, self) ? self : 0;
}

static u64 self_by_variables(struct search *search, Dwarf_Die *parent, int depth)
{
	Dwarf_Die die;
	u64 self = 0;
	if (depth > MOST_NESTED || dwarf_child(parent, &die) != 0)
		return 0;
	do {
		if (++search->looked > MOST_LOOKED_AT)
			return 0;
		if (dwarf_tag(&die) == DW_TAG_variable)
			self = self_by_variable(search, &die, depth == 0);
		else if (dwarf_tag(&die) == DW_TAG_lexical_block)
			self = self_by_variables(search, &die, depth + 1);
	} while (!self && dwarf_siblingof(&die, &die) == 0);
	return self;
}

u64 coroutine_optimised_self(const struct dbg_space *space, const struct dbg_coroutine_body *body, const struct dbg_frame *frame)
{
	struct search search = {.space = space, .body = body, .frame = frame, .at = frame->lookup - body->scope.module->bias};
	Dwarf_Die die;
	if (!frame->regs || !module_die(body->scope.module, body->scope.die, &die))
		return 0;
	u64 self = self_by_code(&search);
	return self && is_a_state(&search, self) ? self : self_by_variables(&search, &die, 0);
}
