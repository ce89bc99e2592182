// Address to line and back, on libdw's decoded tables.
#include "engine/symbols/private.h"

size_t unit_lines(struct unit *unit, Dwarf_Lines **out)
{
	size_t n = 0;
	return dwarf_getsrclines(&unit->skeleton, out, &n) == 0 ? n : 0;
}

bool line_row(struct unit *unit, Dwarf_Lines *lines, size_t n, size_t i, struct dbg_line_row *out)
{
	Dwarf_Line *line = dwarf_onesrcline(lines, i), *next = i + 1 < n ? dwarf_onesrcline(lines, i + 1) : NULL;
	bool ends = true;
	Dwarf_Addr addr = 0, end = 0;
	int number = 0, column = 0;
	if (!line || dwarf_lineendsequence(line, &ends) || ends || dwarf_lineaddr(line, &addr))
		return false;
	if (!next || dwarf_lineaddr(next, &end))
		end = addr;
	dwarf_lineno(line, &number);
	dwarf_linecol(line, &column);
	bool is_stmt = false, prologue_end = false;
	dwarf_linebeginstatement(line, &is_stmt);
	dwarf_lineprologueend(line, &prologue_end);
	u64 bias = unit->module->bias;
	*out = (struct dbg_line_row){
	    .addr = addr + bias,
	    .end = end + bias,
	    .place = {unit_source(unit, dwarf_linesrc(line, NULL, NULL)), (u32)number, (u32)column},
	    .is_stmt = is_stmt,
	    .prologue_end = prologue_end,
	};
	return true;
}

// The index of the last row at or before the address; n if there is none.
static size_t last_row_before(Dwarf_Lines *lines, size_t n, u64 file_addr)
{
	size_t low = 0, high = n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		Dwarf_Addr addr = 0;
		dwarf_lineaddr(dwarf_onesrcline(lines, middle), &addr);
		if (addr <= file_addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? low - 1 : n;
}

bool dbg_line_at(struct dbg_modules *modules, u64 addr, struct dbg_line_row *out)
{
	struct dbg_module *module = dbg_module_at(modules, addr);
	struct unit *unit = module ? module_unit_at(module, addr - module->bias) : NULL;
	Dwarf_Lines *lines;
	size_t n = unit ? unit_lines(unit, &lines) : 0;
	if (!n)
		return false;
	size_t i = last_row_before(lines, n, addr - module->bias);
	return i < n && line_row(unit, lines, n, i, out) && addr < out->end;
}

size_t dbg_line_rows(struct dbg_modules *modules, struct arena *arena, u64 start, u64 end, struct dbg_line_row **out)
{
	*out = NULL;
	struct dbg_module *module = dbg_module_at(modules, start);
	struct unit *unit = module ? module_unit_at(module, start - module->bias) : NULL;
	Dwarf_Lines *lines;
	size_t n = unit ? unit_lines(unit, &lines) : 0;
	if (!n)
		return 0;
	size_t i = last_row_before(lines, n, start - module->bias);
	VEC(struct dbg_line_row) rows = {0};
	for (i = i == n ? 0 : i; i < n; i++) {
		struct dbg_line_row row;
		if (!line_row(unit, lines, n, i, &row))
			continue;
		if (row.addr >= end)
			break;
		if (row.end > start && row.end > row.addr)
			vec_push(arena, &rows, row);
	}
	*out = rows.items;
	return rows.len;
}
