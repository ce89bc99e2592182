// Unwind information from .debug_frame, which debuggers alone read: C libraries that no exception passes have no other
// (musl, as rustup has it, for one).
#pragma once
#include "unwind_table.h"

struct debug_frames;
struct debug_frames *debug_frames_new(struct arena *arena);
void debug_frames_free(struct debug_frames *frames); // NULL is fine
// A table for libunwind to look up `ip + shift` in: what it finds is moved by `shift`, too. False: the module at `ip`
// has no .debug_frame.
bool debug_frame_table_at(struct debug_frames *frames, const struct dbg_space *space, u64 ip, struct unwind_table *out,
                          u64 *shift);
// Reads a word of such a table, or of what it leads to; false if addr is none of those.
bool debug_frame_word(const struct debug_frames *frames, u64 addr, u64 *out);
