// Data that is watched: its id on the wire says all of it, so that it needs no table: "0x7ffd1000/8/u/sum".
#pragma once
#include "adapter/session.h"

struct dap_data {
	u64 addr, size;
	char form; // u, i, f: numbers; b: bool; c: char; x: anything else, shown in hexadecimal
	struct str name;
};

// Fails with what is wrong with the value for a watch: not in memory, too large.
err_t dap_data_of_value(struct dbg_value value, struct str name, i64 bytes, struct dap_data *out) MUST_USE;
struct str dap_data_id(struct arena *arena, const struct dap_data *data);
bool dap_data_read_id(struct str id, struct dap_data *out);

// "sum: 3 → 4", in the stop's arena.
struct str dap_data_hit_text(struct dap_session *session, struct str id, const struct dbg_watch_hit *hit);
