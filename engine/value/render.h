// A line as it is being written. Private to engine/value.
#pragma once
#include "printer.h"

enum { MAX_ANCESTORS = 64 };

struct render {
	struct buf buf;
	size_t columns;
	unsigned depth, values;
	enum dbg_radix radix;
	struct ancestor {
		u64 addr;
		const struct dbg_type *type;
	} ancestors[MAX_ANCESTORS];
	size_t n_ancestors;
};

// render_scalar.c
void render_reason(struct render *r, struct str reason);
void render_enumerator(struct render *r, struct dbg_value value);
void render_function(struct render *r, struct dbg_value value, u64 addr);
void render_pointer(struct render *r, struct dbg_value value);
void render_scalar(struct render *r, struct dbg_value value);
void render_text(struct render *r, struct dbg_value value);
