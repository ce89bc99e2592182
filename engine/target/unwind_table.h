// Where the unwind information for an address lies, in the form that libunwind searches.
#pragma once
#include "target.h"

// A sorted table of {start, FDE} pairs, both signed 32-bit distances from `base` (the binary search table of
// .eh_frame_hdr: LSB 5.0 Core, 10.6.2).
struct unwind_table {
	u64 base;
	u64 start; // the table's address, in the debuggee or among those made here
	u64 count;
};

struct unwind_tables;
struct unwind_tables *unwind_tables_new(struct arena *arena);
void unwind_tables_free(struct unwind_tables *tables); // NULL is fine
// False: the module at `ip` has no unwind information, or there is no module.
bool unwind_table_at(struct unwind_tables *tables, const struct dbg_space *space, u64 ip, struct unwind_table *out);
// Reads a word of a table that was made here; false if addr is none of those.
bool unwind_tables_word(const struct unwind_tables *tables, u64 addr, u64 *out);
