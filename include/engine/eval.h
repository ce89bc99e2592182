// Expressions in Rust's grammar over the variables of a frame or coroutine and the program's statics:
// paths, fields, tuple fields, indexing and ranges, `*`, `&`, arithmetic, bit operations, comparison (also with
// `Some(5)`, `[1, 2]`, `Order { id: 1, .. }`), `matches!(x, pattern if condition)`, `&&`, `||`, `!`, `as`,
// `text ~ "regex"`, literals, parentheses, and methods without a call into the debuggee (`len()`).
#pragma once
#include "engine/frame.h"

// What a variable that begins with `$` stands for.
struct dbg_special {
	bool is_text;
	u64 number;
	struct str text;
	bool is_value;
	struct dbg_value value; // absent: with the reason
};

struct dbg_eval_context {
	const struct dbg_space *space;
	const struct dbg_variable *variables; // the last one of a name wins (shadowing)
	size_t n_variables;
	const struct dbg_value *self; // optional: `self`, whose fields names mean that are no variable
	const struct dbg_regs *regs;  // optional: of the frame, for its thread's thread locals and for `$rax`
	// Optional: variables that begin with `$` ("$thread", "$task.id"), asked by name without the `$`, with the fields
	// behind it first. Answers false for names it does not know.
	bool (*special)(void *context, struct arena *arena, struct str name, struct dbg_special *out);
	// Optional: `text ~ "regex"`.
	err_t (*matches)(void *context, struct str text, struct str regex, bool *out);
	void *special_context;
};

// ERR_SYNTAX tells the place ("expected `]` at column 5"); ERR_NOT_FOUND the name. A result that is absent is
// an error that carries the reason.
err_t dbg_eval(const struct dbg_eval_context *context, struct arena *arena, struct str text, struct dbg_value *out) MUST_USE;
// One that is evaluated often, read once: ERR_SYNTAX if the text is none. In `arena`.
struct dbg_expression;
err_t dbg_eval_prepare(struct arena *arena, struct str text, const struct dbg_expression **out) MUST_USE;
// Whether the text can be an expression at all: ERR_SYNTAX.
err_t dbg_eval_check(struct arena *arena, struct str text) MUST_USE;
// Is it an assignment (`x.y = 5`, `n += 1`)? Then where to, and what: with the operator before the `=`, `x op (...)`. In `arena`.
bool dbg_eval_assignment(struct arena *arena, struct str text, struct str *place, struct str *value);
// The methods that suit the value, as they are typed: "len()", "contains(". In `arena`.
size_t dbg_eval_methods(struct arena *arena, struct dbg_value value, struct str **out);
// Takes the format off the end of an expression: "flags,x" is `flags` in hexadecimal, ",b" in binary, ",d" in decimal; as
// in println!, ":x", ":#x", ":b", ":#b" are the same, and ":?", ":#?" nothing. False if none tells a base.
bool dbg_eval_format(struct str *text, enum dbg_radix *out);
// "n is {n}": adds the text, each expression between braces as its value or as `<why there is none>`, with its format if
// it has one ("{flags,x}"). "{{" and "}}" are braces; one that is not closed is text.
// False if one has no value.
bool dbg_eval_template(const struct dbg_eval_context *context, struct arena *arena, struct str text, struct dbg_render options,
                       struct buf *out);
// ERR_SYNTAX for the first expression that can't be one, or a brace that is not closed.
err_t dbg_eval_template_check(struct arena *arena, struct str text) MUST_USE;
// For conditions: bool as it is, integers != 0; ERR_ARGUMENT for other types.
err_t dbg_eval_condition(const struct dbg_eval_context *context, struct arena *arena, const struct dbg_expression *condition,
                         bool *out) MUST_USE;
