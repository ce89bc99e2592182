// The syntax tree of an expression. Private to engine/eval.
#pragma once
#include "lex.h"

enum node_kind {
	NODE_INT,    // number, suffix
	NODE_FLOAT,  // real, suffix
	NODE_CHAR,   // number
	NODE_STRING, // name: the text
	NODE_BOOL,   // number
	NODE_PATH,   // name: "a" or "a::b::C"; suffix: the last generic arguments of `a::<u8>`, "<u8>"
	NODE_FIELD,  // left . name
	NODE_METHOD, // left . name ( right ); right may be NULL; third: more arguments, a chain of NODE_ITEM
	NODE_INDEX,  // left [ right ]
	NODE_SLICE,  // left [ right .. third ]; either may be NULL; inclusive
	NODE_UNARY,  // name: "-" "!" "*" "&"; left
	NODE_BINARY, // name: the operator; left, right
	NODE_CAST,   // left as name (the type's text)

	// To be compared with, or patterns of matches!(): their items in `right`, a chain by `next` of NODE_ITEM.
	NODE_LIST,    // [ items ]
	NODE_TUPLE,   // ( items )
	NODE_CALL,    // name ( items ): a variant or struct with its contents
	NODE_STRUCT,  // name { name: item, .. }
	NODE_ITEM,    // left; name of a struct's field
	NODE_REST,    // ..
	NODE_RANGE,   // left .. right, inclusive
	NODE_MATCH,   // matches!(left, right if third)
	NODE_CLOSURE, // |left| right: an argument of any() and the like
};

struct node {
	enum node_kind kind;
	size_t column;
	struct str name, suffix;
	unsigned __int128 number;
	double real;
	const struct node *left, *right, *third, *next;
	bool inclusive;
};

// A call of a function: NODE_CALL with its path, or NODE_METHOD.
err_t parse_call(struct arena *arena, struct str text, const struct node **out) MUST_USE;
// The whole text as one expression; ERR_SYNTAX with the column if it is none. In `arena`.
err_t parse_expression(struct arena *arena, struct str text, const struct node **out) MUST_USE;
