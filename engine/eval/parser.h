// Steps that parse.c and parse_contents.c share. Private to engine/eval.
#pragma once
#include "parse.h"

struct parser {
	struct lexer lexer;
	struct token token; // that is looked at
	unsigned depth;
	bool calls;   // the next path may be a function's: the text is a call
	bool several; // ... and methods may have several arguments
};

bool parser_at(const struct parser *parser, const char *punct);
err_t parser_advance(struct parser *parser) MUST_USE;
err_t parser_expect(struct parser *parser, const char *punct) MUST_USE; // and advances
err_t parser_unexpected(const struct parser *parser, const char *wanted) MUST_USE;
struct node *parser_node(struct parser *parser, enum node_kind kind, size_t column);

// Operators that bind at least so strongly; 1: any.
err_t parser_binary(struct parser *parser, unsigned least, const struct node **out) MUST_USE;
err_t parser_path(struct parser *parser, const struct node **out) MUST_USE;

// `1..=5`, `..`, or any expression.
err_t parser_pattern(struct parser *parser, const struct node **out) MUST_USE;
// parse_contents.c: a path, and what stands in brackets behind it if it is a type or variant; what begins with ( or [.
err_t parser_items(struct parser *parser, struct node *node, const char *close) MUST_USE; // of a list, tuple, call or struct
err_t parser_name(struct parser *parser, const struct node **out) MUST_USE;
err_t parser_bracketed(struct parser *parser, const struct node **out) MUST_USE;
