// Forms: how the user wants values of their own types shown. Rows of a text file (doc/values.md, "Your own types") or of
// a natvis file: for types whose path matches, one line with expressions in it, children, or the elements it stands for.
#pragma once
#include "engine/value.h"

// What engine/value asks; engine/eval answers (dbg_form_set), since that is where expressions are.
struct dbg_forms {
	// Adds the line; false: no form for this value, or none that holds.
	bool (*text)(const struct dbg_forms *forms, struct buf *buf, struct dbg_value value, enum dbg_radix radix);
	// Whether there is a form for the type, which comes before what the type is otherwise shown as.
	bool (*is_for)(const struct dbg_forms *forms, const struct dbg_type *type);
	// The named children instead of its members; 0: its members. Item i's value is made in `arena`.
	size_t (*count)(const struct dbg_forms *forms, struct dbg_value value);
	struct dbg_child (*child)(const struct dbg_forms *forms, struct arena *arena, struct dbg_value value, size_t i);
	// What its elements are those of; absent with no reason: it has no elements of its own.
	struct dbg_value (*elements)(const struct dbg_forms *forms, struct arena *arena, struct dbg_value value);
};

// `matches` tells whether a text has a part that the regular expression describes, or what is wrong with that.
struct dbg_form_set;
struct dbg_form_set *dbg_forms_new(err_t (*matches)(void *context, struct str text, struct str regex, bool *out), void *context);
void dbg_forms_free(struct dbg_form_set *set);
// Reads a file's text, natvis if it is XML. Forms that come first win. What is wrong is complained of ("FILE:3: ...");
// the rest of the file holds.
void dbg_forms_add(struct dbg_form_set *set, struct str file, struct str text);
size_t dbg_forms_len(const struct dbg_form_set *set);
size_t dbg_forms_complaints(const struct dbg_form_set *set, const struct str **out);
// As long as the set.
const struct dbg_forms *dbg_forms_of(const struct dbg_form_set *set);
