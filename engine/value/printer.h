// How types of the standard library are shown. Private to engine/value and its printers.
//
// HOWTO add a printer: write printers/NAME.c that defines `const struct printer printer_NAME` with the functions
// it needs, and a row in printers.def: PRINTER("path::without::Generics", NAME). Several rows may share one.
// Find members by name (dbg_value_find, walk_find_member), never by a version. Show it in tests/fixtures/values.
#pragma once
#include "engine/forms.h"
#include "engine/value.h"

#include "walk.h"

// What a list, set or map holds.
struct items {
	enum { ITEMS_LIST, ITEMS_SET, ITEMS_MAP } shape;
	u64 len;
	struct str suspect; // "" or what is wrong: then there is nothing to ask for
};
struct item {
	struct dbg_value key; // of maps only
	struct dbg_value value;
};

// A set is a map to (): what the map's functions gave, as a set's.
static inline bool items_of_set(bool known, struct items *out)
{
	if (known)
		out->shape = ITEMS_SET;
	return known;
}
static inline size_t keys_alone(struct item *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (struct item){.value = out[i].key};
	return n;
}

struct printer {
	// The value shown in this one's place (Box, Cell, atomics); absent: its reason is shown.
	struct dbg_value (*inner)(struct dbg_value value);
	// Written around the inner value: "Cell" gives "Cell(5)"; NULL: nothing.
	const char *label;
	// Written behind it: " (locked)".
	void (*note)(struct buf *buf, struct dbg_value value);
	// The same, only where the value itself is what was asked for: " (strong 2)".
	void (*outer_note)(struct buf *buf, struct dbg_value value);
	// The whole text instead of all that; false: not in the form expected, go on.
	bool (*text)(struct buf *buf, struct dbg_value value);
	// What it holds; false: it is no collection after all (an Arc that is not of a slice).
	bool (*items)(struct dbg_value value, struct items *out);
	// Items [start, start + count), as many as there are; costs nothing for those not asked for where the
	// structure allows it. Out has room for count.
	size_t (*page)(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out);
	// Of maps by hash: the entries whose key may be the one that writes these bytes to its hasher, at most `max`.
	// False: that can't be told, look at all.
	bool (*find)(struct dbg_value value, const u8 *bytes, size_t len, struct item *out, size_t max, size_t *n);
};

extern const struct printer printer_span; // of contiguous elements: others show theirs by it
struct span;
size_t page_of_span(const struct dbg_space *space, const struct span *span, u64 start, u64 count, struct item *out);

// What it holds by its own type's printer, for one that hands on; false, 0: it is no collection, or absent.
bool items_of(struct dbg_value value, struct items *out);
size_t page_of(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out);

// The printer of a type, NULL if it has none. Slices and references have theirs too.
const struct printer *printer_of(const struct dbg_type *type);

// What a value is shown as: references, boxes and inner values followed. At most `max` stages are put into
// `stages` (each a value with its printer, outermost first); the last value is the one to show.
struct stage {
	struct dbg_value value;
	const struct printer *printer; // NULL: a plain reference
};
enum { MAX_STAGES = 12 };
struct dbg_value printer_shown(struct dbg_value value, struct stage stages[MAX_STAGES], size_t *n);
// The same for people, who may have a form of their own for one of the types on the way: that is where it ends.
struct dbg_value printer_shown_to_user(struct dbg_value value, struct stage stages[MAX_STAGES], size_t *n);
// What a floor above knows of a type of its own (dbg_space.texts), or NULL.
const struct dbg_text_row *text_row_of(struct dbg_value value);
bool text_inner_of(struct dbg_value value, struct dbg_value *out); // what it lets at, by that
// The user's forms, if there is one for the value.
const struct dbg_forms *printer_form_of(struct dbg_value value);

// Whether a pointer type is shown as what it points to: references and Box, not raw pointers.
bool is_reference(const struct dbg_type *type);
