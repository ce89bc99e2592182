// What a function takes and gives, and in which registers its parameters come.
#include <dwarf.h>

#include "engine/symbols/private.h"

enum { MOST_PARAMETERS = 64, MOST_OPERATIONS = 64 };

static const struct dbg_type *type_of(struct dbg_module *module, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Die type;
	if (!dwarf_attr_integrate(die, DW_AT_type, &attr) || !dwarf_formref_die(&attr, &type))
		return NULL;
	return type_of_die(module, &type);
}

// The operations of the variable's first place, in the order of addresses.
static size_t first_place(Dwarf_Die *variable, Dwarf_Op **out)
{
	Dwarf_Attribute attr;
	Dwarf_Addr base, start, end, first = ~(Dwarf_Addr)0;
	Dwarf_Op *ops;
	size_t n, found = 0;
	if (!dwarf_attr(variable, DW_AT_location, &attr))
		return 0;
	if (dwarf_getlocation(&attr, out, &n) == 0)
		return n;
	ptrdiff_t offset = 0;
	for (int guard = 0; guard < 1000 && (offset = dwarf_getlocations(&attr, offset, &base, &start, &end, &ops, &n)) > 0; guard++)
		if (start < first) {
			first = start;
			*out = ops;
			found = n;
		}
	return found;
}

// A bit for each register that the place is made of.
static u64 registers_of(Dwarf_Die *variable)
{
	Dwarf_Op *ops;
	size_t n = first_place(variable, &ops);
	u64 registers = 0;
	for (size_t i = 0; i < n && i < MOST_OPERATIONS; i++) {
		unsigned atom = ops[i].atom;
		u64 number = atom >= DW_OP_reg0 && atom <= DW_OP_reg31     ? atom - DW_OP_reg0
		             : atom >= DW_OP_breg0 && atom <= DW_OP_breg31 ? atom - DW_OP_breg0
		             : atom == DW_OP_regx || atom == DW_OP_bregx   ? ops[i].number
		                                                           : 64;
		registers |= number < 64 ? (u64)1 << number : 0;
	}
	return registers;
}

// Code that was not optimised keeps its parameters in the frame; other code in registers as long as it can. A single function
// may do either (it lends a parameter's address, or is given a pointer for a large value), so that a unit's functions vote.
// What was inlined does not tell: rustc inlines small functions by itself.
static void count_votes(Dwarf_Die *function, unsigned *in_frame, unsigned *elsewhere)
{
	Dwarf_Die child;
	Dwarf_Op *ops;
	if (dwarf_child(function, &child))
		return;
	do {
		if (dwarf_tag(&child) != DW_TAG_formal_parameter)
			continue;
		size_t n = first_place(&child, &ops);
		*(n && ops[0].atom == DW_OP_fbreg ? in_frame : elsewhere) += 1;
	} while (dwarf_siblingof(&child, &child) == 0);
}

bool unit_is_optimised(struct unit *unit)
{
	enum { UNKNOWN, OPTIMISED, PLAIN, ENOUGH = 200 };
	unsigned in_frame = 0, elsewhere = 0;
	for (u32 i = 0; !unit->optimised && i < unit->n_nodes && in_frame + elsewhere < ENOUGH; i++) {
		Dwarf_Die die;
		if (unit->nodes[i].tag == DW_TAG_subprogram && unit->nodes[i].has_code && unit_die(unit, i, &die))
			count_votes(&die, &in_frame, &elsewhere);
	}
	if (!unit->optimised)
		unit->optimised = elsewhere > in_frame ? OPTIMISED : PLAIN;
	return unit->optimised == OPTIMISED;
}

static size_t count_parameters(Dwarf_Die *function)
{
	Dwarf_Die child;
	size_t n = 0;
	if (dwarf_child(function, &child))
		return 0;
	do
		n += dwarf_tag(&child) == DW_TAG_formal_parameter;
	while (dwarf_siblingof(&child, &child) == 0);
	return n;
}

// What LLVM and gcc append to the symbol of a function that they have made anew for some of its callers.
static bool is_made_anew(struct dbg_module *module, u64 low)
{
	static const char *const marks[] = {".specialized", ".argprom", ".argelim", ".retelim", ".constprop", ".isra", ".part"};
	const struct symbol *symbol = module_symbol_at(module, low);
	for (size_t i = 0; symbol && i < ARRAY_LEN(marks); i++)
		if (str_find(str_of(symbol->name), str_of(marks[i])) > 0)
			return true;
	return false;
}

bool dbg_function_signature(struct dbg_modules *modules, struct arena *arena, u64 addr, struct dbg_signature *out)
{
	struct dbg_module *module;
	Dwarf_Die die, child, origin;
	Dwarf_Addr low;
	u64 convention = 0;
	VEC(struct dbg_parameter) params = {0};
	*out = (struct dbg_signature){.addr = addr};
	if (!module_function_die(modules, addr, &module, &die) || dwarf_lowpc(&die, &low) || low + module->bias != addr)
		return false;
	struct unit *unit = module_unit_at(module, low);
	out->optimised = unit && unit_is_optimised(unit);
	out->result = type_of(module, &die);
	if (dwarf_child(&die, &child) == 0)
		do
			if (dwarf_tag(&child) == DW_TAG_formal_parameter && params.len < MOST_PARAMETERS)
				vec_push(arena, &params,
				         ((struct dbg_parameter){.name = str_of(dwarf_diename(&child)),
				                                 .type = type_of(module, &child),
				                                 .registers = registers_of(&child)}));
		while (dwarf_siblingof(&child, &child) == 0);
	out->params = params.items;
	out->n_params = params.len;
	out->adapted = die_unsigned(&die, DW_AT_calling_convention, &convention) && convention == DW_CC_nocall;
	if (die_ref(&die, DW_AT_abstract_origin, &origin) && count_parameters(&origin) != params.len)
		out->adapted = true;
	out->adapted |= out->optimised && is_made_anew(module, low);
	return true;
}

bool dbg_closure_borrows(struct dbg_modules *modules, u64 addr, struct str captured)
{
	struct dbg_module *module;
	Dwarf_Die die, child;
	Dwarf_Attribute attribute;
	Dwarf_Op *ops;
	size_t n;
	if (!module_function_die(modules, addr, &module, &die) || dwarf_child(&die, &child))
		return false;
	do // rustc 1.63 to 1.97: `fbreg, deref` of a capture behind &self; `fbreg` alone, or a list of one register, of one in self
		if (dwarf_tag(&child) == DW_TAG_variable && str_eqc(captured, dwarf_diename(&child) ? dwarf_diename(&child) : ""))
			return dwarf_attr(&child, DW_AT_location, &attribute) && dwarf_getlocation(&attribute, &ops, &n) == 0 && n >= 2 &&
			       ops[0].atom == DW_OP_fbreg && ops[1].atom == DW_OP_deref;
	while (dwarf_siblingof(&child, &child) == 0);
	return false;
}
