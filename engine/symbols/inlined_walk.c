// The functions that were inlined into a function, as the lexical blocks and inlined subroutines of its DIE nest them.
#include <dwarf.h>

#include "engine/symbols/private.h"

enum { MAX_NESTED = 200 };

static bool walk(Dwarf_Die *parent, inlined_visitor *visit, void *context, int depth)
{
	Dwarf_Die die;
	if (depth > MAX_NESTED || dwarf_child(parent, &die))
		return false;
	do {
		int tag = dwarf_tag(&die);
		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block)
			continue;
		enum inlined_way way = visit(context, &die, tag == DW_TAG_lexical_block);
		if (way == INLINED_END)
			return true;
		if (way == INLINED_INTO || way == INLINED_ONLY_INTO) {
			if (walk(&die, visit, context, depth + 1))
				return true;
			if (way == INLINED_ONLY_INTO)
				return false;
		}
	} while (dwarf_siblingof(&die, &die) == 0);
	return false;
}

bool inlined_walk(Dwarf_Die *function, inlined_visitor *visit, void *context)
{
	return walk(function, visit, context, 0);
}
