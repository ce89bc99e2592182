// Reading attributes of a DIE, followed through abstract origins and specifications where that is the rule.
#include <dwarf.h>

#include "engine/symbols/private.h"

static u64 sign_extended(Dwarf_Attribute *attr, u64 value)
{
	unsigned form = dwarf_whatform(attr);
	unsigned bits = form == DW_FORM_data1 ? 8 : form == DW_FORM_data2 ? 16 : form == DW_FORM_data4 ? 32 : 64;
	return bits == 64 ? value : value & (((u64)1 << bits) - 1);
}

// rustc writes 128-bit numbers (discriminants of niches in a u128) as blocks; the low half tells them apart.
static bool low_half(Dwarf_Attribute *attr, u64 *out)
{
	Dwarf_Block block;
	if (dwarf_formblock(attr, &block) || block.length != 2 * sizeof(*out))
		return false;
	memcpy(out, block.data, sizeof(*out));
	return true;
}

bool die_unsigned(Dwarf_Die *die, unsigned name, u64 *out)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;
	Dwarf_Sword negative;
	if (!dwarf_attr_integrate(die, name, &attr))
		return false;
	if (low_half(&attr, out))
		return true;
	if (dwarf_whatform(&attr) == DW_FORM_sdata) {
		if (dwarf_formsdata(&attr, &negative))
			return false;
		*out = (u64)negative;
		return true;
	}
	if (dwarf_formudata(&attr, &value))
		return false;
	*out = sign_extended(&attr, value);
	return true;
}

bool die_ref(Dwarf_Die *die, unsigned name, Dwarf_Die *out)
{
	Dwarf_Attribute attr;
	return dwarf_attr(die, name, &attr) && dwarf_formref_die(&attr, out);
}

bool die_flag(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attr;
	bool set = false;
	return dwarf_attr(die, name, &attr) && dwarf_formflag(&attr, &set) == 0 && set;
}

const char *die_linkage_name(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	if (!dwarf_attr_integrate(die, DW_AT_linkage_name, &attr) && !dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attr))
		return NULL;
	return dwarf_formstring(&attr);
}

static struct dbg_place place_of(struct dbg_module *module, Dwarf_Die *die, unsigned file, unsigned line, unsigned column)
{
	u64 line_number = 0, column_number = 0;
	struct dbg_place place = {0};
	// An inherited declaration names a file of its own unit's table.
	Dwarf_Attribute attr;
	if (!dwarf_attr_integrate(die, file, &attr))
		return place;
	Dwarf_Word index;
	Dwarf_Die unit_die;
	Dwarf_Files *files;
	size_t n;
	if (dwarf_formudata(&attr, &index) || !dwarf_cu_die(attr.cu, &unit_die, NULL, NULL, NULL, NULL, NULL, NULL))
		return place;
	struct unit *unit = module_unit_of_die(module, module_offset(module, &unit_die));
	if (unit && dwarf_getsrcfiles(&unit_die, &files, &n) == 0 && index < n)
		place.file = unit_source(unit, dwarf_filesrc(files, index, NULL, NULL));
	if (die_unsigned(die, line, &line_number))
		place.line = (u32)line_number;
	if (die_unsigned(die, column, &column_number))
		place.column = (u32)column_number;
	return place;
}

struct dbg_place die_decl(struct dbg_module *module, Dwarf_Die *die)
{
	return place_of(module, die, DW_AT_decl_file, DW_AT_decl_line, DW_AT_decl_column);
}

struct dbg_place die_call(struct dbg_module *module, Dwarf_Die *die)
{
	return place_of(module, die, DW_AT_call_file, DW_AT_call_line, DW_AT_call_column);
}

bool die_extent(Dwarf_Die *die, u64 *low, u64 *high)
{
	enum { MAX_RANGES = 1000 };
	Dwarf_Addr base, start, end;
	ptrdiff_t offset = 0;
	*low = UINT64_MAX;
	*high = 0;
	for (int guard = 0; guard < MAX_RANGES && (offset = dwarf_ranges(die, offset, &base, &start, &end)) > 0; guard++) {
		*low = u64_min(*low, start);
		*high = end > *high ? end : *high;
	}
	return *low < *high;
}
