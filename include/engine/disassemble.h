// Machine code as text.
#pragma once
#include "engine/space.h"

struct dbg_instruction {
	u64 addr;
	u8 size; // bytes; those that can't be read or are no instruction are rows of 1 byte
	u8 bytes[16];
	bool readable, valid;
	struct str text;  // "mov rax, qword ptr [rbp - 8]"; of a direct jump or call with where it leads
	struct str where; // of the first instruction of a function: its name, else ""
};

// Exactly `count` rows in order of address: the one at `addr` is number -`offset` (so offset -10 begins ten
// instructions before it). Backwards the way is found from the beginnings of functions: instructions are of all
// lengths. In `arena`.
void dbg_disassemble(const struct dbg_space *space, struct arena *arena, u64 addr, i64 offset, size_t count,
                     struct dbg_instruction **out);
