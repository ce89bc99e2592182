// Private to symbols/: jumps by a table in a function's code, and what is stored where their index was read.
#pragma once
#include <capstone/capstone.h>

#include "base/vec.h"
#include "engine/symbols/private.h"

// A place in memory as an instruction names it; `size` 0: none.
struct named_place {
	i64 disp;
	u8 size;
};

// `lea table(%rip), reg` ... `jmp *reg` has i32 entries relative to the table; code that is not position-independent has
// addresses in it, and `jmp *table(,reg,8)` or `mov table(,reg,8), reg` ... `jmp *reg`.
struct table_jump {
	u32 index; // of the instruction
	u64 addr;
	u64 table; // 0: none was seen
	bool absolute;
	u64 entries;             // as the comparison before it tells; 0: not known
	struct named_place from; // where the index was read
};

// `mov $value, disp(reg)`
struct stored {
	u32 index;
	i64 value;
	struct named_place to;
};

struct jump_tables {
	struct arena *arena;
	VEC(struct table_jump) jumps;
	VEC(struct stored) stores;
	struct table_jump next; // what is known of the next one
};

void jump_tables_look(struct jump_tables *tables, u32 index, const cs_insn *insn);
// Where an entry leads; 0 if it can't be told.
u64 jump_table_target(struct dbg_module *module, const struct table_jump *jump, u64 entry);
