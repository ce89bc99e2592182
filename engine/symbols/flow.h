// Private to symbols/: a function's machine code as a graph, one node an instruction.
#pragma once
#include "engine/symbols/jump_tables.h"

enum { FLOW_MAX_CODE = 1 << 20, FLOW_MAX_ENTRIES = 512, NO_TARGET = -1 };

enum stack_base { STACK_NONE, STACK_RSP, STACK_RBP };

struct instruction {
	u64 addr;
	struct {
		i64 disp;
		u16 size; // as far as it is named; that of an address is 1
		enum stack_base base;
	} stack;    // what it names of the frame
	u32 next;   // index of the instruction after it; flows: execution may go on there
	i32 target; // index of a direct jump's target in the function, or NO_TARGET
	bool flows;
	u32 line;       // 0: none, or another file's
	bool row_start; // a statement row of the wanted line begins here
};

// Other ways on: by the tables of jumps, and from where a coroutine is suspended to where that is resumed.
struct edge {
	u32 from, to;
};

struct flow {
	struct instruction *items; // sorted by address
	size_t len;
	VEC(struct edge) edges; // sorted
	struct jump_tables tables;
	u32 *stack;
	u8 *reached;
	u32 start;
};

// Decodes a whole function from the file's bytes (no trap of ours in them); an empty flow if that can't be done.
void flow_decode(struct arena *arena, struct dbg_module *module, const struct function_range *function, struct flow *flow);
i32 flow_index(const struct flow *flow, u64 addr); // of the instruction that begins there, or NO_TARGET
// A coroutine's first jump by a table; NULL if there is none.
const struct table_jump *flow_state_switch(const struct flow *flow);

// Edges are added in any order, then sorted; only then may they be asked for.
void flow_add_edge(struct arena *arena, struct flow *flow, u32 from, u64 addr);
void flow_add_match(struct arena *arena, struct dbg_module *module, struct flow *flow, const struct table_jump *jump);
void flow_sort_edges(struct flow *flow);
size_t flow_first_edge(const struct flow *flow, u32 from);

// The instructions that may be executed behind the i-th, one a call; `*way` begins as 0. False: that was all.
bool flow_next(const struct flow *flow, u32 i, size_t *way, u32 *next);
