// What forms are made of. Private to engine/eval.
#pragma once
#include "base/map.h"
#include "base/vec.h"
#include "engine/forms.h"

struct form_line {
	struct str condition; // "": always
	struct str text;
};
struct form_child {
	struct str name, expression;
};

struct form {
	struct str regex; // of the type's path
	VEC(struct form_line) lines;
	VEC(struct form_child) children;
	struct str elements; // an expression, or ""
	bool strict;         // a line with an expression that can't be evaluated does not hold (natvis)
};

struct dbg_form_set {
	struct dbg_forms hooks;
	struct arena arena;
	VEC(struct form) forms;
	VEC(struct str) complaints;
	struct map by_type; // hash of a path -> index of its form + 1, 0: none
	err_t (*matches)(void *context, struct str text, struct str regex, bool *out);
	void *context;
	// While values are shown: those that are, so that a form may show its own `self`, and how many lines still may.
	struct form_active {
		u64 addr;
		const struct dbg_type *type;
	} active[8];
	size_t n_active;
	unsigned left;
};

void form_complain(struct dbg_form_set *set, struct str file, unsigned line, const char *fmt, ...) PRINTF_LIKE(4, 5);
// Adds a form for types by a regular expression; NULL, with a complaint, if that is none.
struct form *form_add(struct dbg_form_set *set, struct str file, unsigned line, struct str regex);
void form_read_natvis(struct dbg_form_set *set, struct str file, struct str text);
