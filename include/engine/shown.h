// What a value is shown as and what it holds: what expressions need of the printers of engine/value.
#pragma once
#include "engine/value.h"

// References, Box, Rc, guards, cells and the like followed to what has a presentation of its own; absent with the
// reason if one of them leads nowhere.
struct dbg_value dbg_shown(struct dbg_value value);
// The value itself; absent if it owns memory that was freed: it was moved or dropped.
struct dbg_value dbg_shown_owned(struct dbg_value value);
// The error that says so, also of what it leads to (an Arc of a lock of a Vec); NULL otherwise.
err_t dbg_shown_lost(struct dbg_value value) MUST_USE;
// One step of that for owners (not references); absent without a reason if the type is no owner.
struct dbg_value dbg_shown_inner(struct dbg_value value);

// A field of the value itself, by the name it is shown with: of a struct, of an enum's active variant, a capture
// of a closure, a variable of a coroutine. False if there is none. `out` in place.
bool dbg_shown_field(struct arena *arena, struct dbg_value value, struct str name, struct dbg_value *out);

// Is it text: String, &str, Path, and their owners? The length in bytes, if so.
bool dbg_shown_text_len(struct dbg_value value, u64 *len);
// Of what is no text, but shown as one (a header's name, an address, a date): that, without quotes. In `arena`.
bool dbg_shown_as_text(struct arena *arena, struct dbg_value value, struct str *out);

// Of Rc, Arc and their Weak: how many strong and weak ones there are; false for others.
bool dbg_shown_counts(struct dbg_value value, u64 *strong, u64 *weak);

// How many are in it, of a type that a floor above knows (dbg_space.texts); false for others.
bool dbg_shown_count(struct dbg_value value, u64 *out);

// Elements or entries.
struct dbg_items {
	bool is_map, is_set;
	u64 len;
	struct str suspect; // "" or why its items are not to be read
};
struct dbg_item {
	struct dbg_value key; // of maps only
	struct dbg_value value;
};
bool dbg_shown_items(struct dbg_value value, struct dbg_items *out); // false: no collection
size_t dbg_shown_page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct dbg_item *out);
// Of a map by hash, the entries whose key may be the one that writes these bytes to its hasher: at most `max`. False where
// that can't be told: then all have to be looked at.
bool dbg_shown_find(struct dbg_value value, const u8 *bytes, size_t len, struct dbg_item *out, size_t max, size_t *n);
// Elements [from, to) as an array in place. ERR_UNSUPPORTED where they do not lie side by side.
err_t dbg_shown_slice(struct arena *arena, struct dbg_value value, u64 from, u64 to, struct dbg_value *out) MUST_USE;
