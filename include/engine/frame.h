// A frame of a machine stack, and a row of any stack (machine or async) as plain data.
#pragma once
#include "engine/regs.h"
#include "engine/value.h"

// A frame: filled by engine/target's unwinder, read by values (locals) and by the tokio floor.
// Inlined functions are frames of their own that share the registers of the physical frame.
struct dbg_frame {
	const struct dbg_regs *regs; // as they are in this frame; the mask tells what could be restored
	u64 pc;
	u64 lookup; // the address for lines and scopes: pc in the newest frame, pc - 1 in callers
	u64 cfa;    // canonical frame address of the physical frame; 0 if not known
	bool inlined;
	struct dbg_scope scope; // scope.name "" if nothing is known but the pc
	struct dbg_place place; // where it is: the line, or for a caller of an inlined frame the call's line
};

// Arguments and locals visible at the frame's place, in order of declaration, innermost block last; one that
// is shadowed stays, before the one that shadows it. Values that can't be told are absent with their reason.
struct dbg_variable {
	struct str name;
	struct dbg_value value;
	enum { DBG_VARIABLE_LOCAL, DBG_VARIABLE_ARGUMENT, DBG_VARIABLE_CAPTURE } kind;
	u32 decl_line;
};
size_t dbg_frame_variables(const struct dbg_space *space, struct arena *arena, const struct dbg_frame *frame,
                           struct dbg_variable **out);
// A variable of the frame's function by its DIE (module-unique).
struct dbg_value dbg_frame_variable(const struct dbg_space *space, struct arena *arena, const struct dbg_frame *frame,
                                    u64 variable);
// The first parameter of the frame's function, also where the compiler gave it no name.
struct dbg_value dbg_frame_first_parameter(const struct dbg_space *space, struct arena *arena, const struct dbg_frame *frame);

// The locals and captures that a suspended coroutine keeps in its active variant; the compiler's own members
// (`__state`, `__awaitee`, `__N`) are left out.
size_t dbg_coroutine_variables(struct arena *arena, struct dbg_value coroutine, struct dbg_variable **out);

enum dbg_row_kind {
	DBG_ROW_FRAME,  // a machine frame, physical or inlined
	DBG_ROW_ASYNC,  // an async fn or block, suspended or being polled
	DBG_ROW_FUTURE, // any other future on the way to a leaf (Timeout, PollFn, Box<dyn Future>)
	DBG_ROW_LABEL,  // text only: a separator, or what a leaf waits for
};

// A line of a stack. The adapter prints rows and never asks where they come from.
struct dbg_row {
	enum dbg_row_kind kind;
	struct str text;
	struct dbg_place place;        // line 0 for labels
	bool subtle;                   // runtime and library code, to be shown dimmed or collapsed
	const struct dbg_frame *frame; // the machine frame, NULL if the row has none
	struct dbg_value state;        // the coroutine or future behind the row; absent if none
	u64 pc;                        // 0: the row has none
};
