// DWARF expressions: where a variable's bytes are. Private to engine/symbols (and its tests).
#pragma once
#include <elfutils/libdw.h>

#include "engine/regs.h"
#include "engine/value.h"

// What an expression may ask for.
struct location_context {
	const struct dbg_space *space; // for memory
	const struct dbg_regs *regs;   // NULL: none known
	u64 bias;                      // added to addresses of the file
	u64 cfa;                       // 0: not known
	bool at_entry;                 // the frame stands at its function's first instruction: registers are entry values
	struct dbg_module *module;     // for thread locals; NULL: none
	Dwarf_Attribute *attribute;    // that the operations come from, for operands that libdw looks up; NULL: none
	// DW_AT_frame_base of the function, evaluated when first needed.
	bool (*frame_base)(const struct location_context *context, u64 *out, struct str *why);
	const void *frame_base_context;
};

// The value of type `type` that the expression describes: in memory, or bytes (in `arena`) collected from
// registers, constants and pieces. Absent, with the operation that could not be done, if it is not there.
struct dbg_value location_value(struct arena *arena, const struct location_context *context, const Dwarf_Op *ops, size_t n,
                                const struct dbg_type *type);
// The number an expression computes (a frame base, a call site value): a register's contents where it names one.
bool location_number(struct arena *arena, const struct location_context *context, const Dwarf_Op *ops, size_t n, u64 *out,
                     struct str *why);
