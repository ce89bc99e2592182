// Tokens of Rust expressions. Private to engine/eval.
#pragma once
#include "base/err.h"

enum token_kind {
	TOKEN_END,
	TOKEN_NAME,   // also keywords, `self`, `$task`
	TOKEN_INT,    // `number`
	TOKEN_FLOAT,  // `real`
	TOKEN_CHAR,   // `number`
	TOKEN_STRING, // `text`: its contents, escapes resolved
	TOKEN_PUNCT,  // `text`: the longest of the operators
};

struct token {
	enum token_kind kind;
	struct str text;
	size_t column; // 1-based, in characters
	unsigned __int128 number;
	double real;
	struct str suffix; // of numbers: "u8", "" if none
};

struct lexer {
	struct arena *arena;
	struct str source;
	size_t at;
	bool after_dot; // "x.0.1": what follows a dot is no float
};

err_t lex_next(struct lexer *lexer, struct token *out) MUST_USE;
