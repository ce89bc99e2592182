// Cuts an expression into tokens (the Rust Reference, "Tokens").
#include "lex.h"

#include <stdlib.h>

#include "base/buf.h"

// Longest first.
static const char *const puncts[] = {"..=", "<<=", ">>=", "...", "::", "..", "->", "=>", "==", "!=", "<=", ">=", "&&", "||",
                                     "<<",  ">>",  "+",   "-",   "*",  "/",  "%",  "^",  "~",  "!",  "&",  "|",  "=",  "<",
                                     ">",   "(",   ")",   "[",   "]",  "{",  "}",  ".",  ",",  ";",  ":",  "#",  "?",  "@"};

static size_t column(const struct lexer *lexer, size_t at)
{
	return str_columns(str_slice(lexer->source, 0, at)) + 1;
}

static bool is_name_start(char c)
{
	return c == '_' || c == '$' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (u8)c >= 0x80;
}
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static bool is_name(char c)
{
	return (is_name_start(c) && c != '$') || is_digit(c);
}

static char peek(const struct lexer *lexer, size_t ahead)
{
	return lexer->at + ahead < lexer->source.len ? lexer->source.ptr[lexer->at + ahead] : '\0';
}

static unsigned digit_value(char c)
{
	return is_digit(c) ? (unsigned)(c - '0') : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (unsigned)((c | 0x20) - 'a' + 10) : 99;
}

// ---- numbers ---------------------------------------------------------------------------------------

static void skip_name(struct lexer *lexer)
{
	while (lexer->at < lexer->source.len && is_name(lexer->source.ptr[lexer->at]))
		lexer->at++;
}

static err_t lex_integer(struct lexer *lexer, struct token *token, unsigned base)
{
	size_t digits = 0;
	token->kind = TOKEN_INT;
	for (; peek(lexer, 0) == '_' || digit_value(peek(lexer, 0)) < base; lexer->at++) {
		if (peek(lexer, 0) == '_')
			continue;
		digits++;
		unsigned __int128 digit = digit_value(peek(lexer, 0));
		if (__builtin_mul_overflow(token->number, (unsigned __int128)base, &token->number) ||
		    __builtin_add_overflow(token->number, digit, &token->number))
			return err_new(ERR_SYNTAX, "the number at column %zu is too large", token->column);
	}
	size_t start = lexer->at;
	skip_name(lexer);
	token->suffix = str_slice(lexer->source, start, lexer->at);
	if (!digits)
		return err_new(ERR_SYNTAX, "expected digits at column %zu", column(lexer, start));
	return NULL;
}

// Digits, then `.digits` or an exponent: a float. "1..2" and "x.0.1" are none.
static bool is_float(const struct lexer *lexer)
{
	size_t i = 0;
	while (is_digit(peek(lexer, i)) || peek(lexer, i) == '_')
		i++;
	char c = peek(lexer, i), next = peek(lexer, i + 1);
	if (c == '.')
		return next != '.' && !is_name_start(next);
	if ((c | 0x20) != 'e')
		return c == 'f' && (next == '3' || next == '6');
	return is_digit(next) || ((next == '-' || next == '+') && is_digit(peek(lexer, i + 2)));
}

static void lex_float(struct lexer *lexer, struct token *token)
{
	struct buf digits = buf_on(lexer->arena);
	for (;; lexer->at++) {
		char c = peek(lexer, 0);
		bool sign = (c == '-' || c == '+') && digits.len && (digits.ptr[digits.len - 1] | 0x20) == 'e';
		if (c == '_')
			continue;
		if (!is_digit(c) && c != '.' && (c | 0x20) != 'e' && !sign)
			break;
		if (c == '.' && peek(lexer, 1) == '.')
			break;
		buf_putc(&digits, c);
	}
	size_t start = lexer->at;
	skip_name(lexer);
	token->suffix = str_slice(lexer->source, start, lexer->at);
	token->kind = TOKEN_FLOAT;
	token->real = strtod(buf_str(&digits).ptr, NULL);
}

static err_t lex_number(struct lexer *lexer, struct token *token)
{
	static const struct {
		char letter;
		unsigned base;
	} bases[] = {{'x', 16}, {'b', 2}, {'o', 8}};
	if (lexer->after_dot) // a tuple's field
		return lex_integer(lexer, token, 10);
	for (size_t i = 0; i < ARRAY_LEN(bases); i++)
		if (peek(lexer, 0) == '0' && peek(lexer, 1) == bases[i].letter) {
			lexer->at += 2;
			return lex_integer(lexer, token, bases[i].base);
		}
	if (is_float(lexer)) {
		lex_float(lexer, token);
		return NULL;
	}
	return lex_integer(lexer, token, 10);
}

// ---- chars and strings -----------------------------------------------------------------------------

static void put_code(struct buf *buf, u32 code)
{
	char utf8[4];
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; code >>= 6)
		utf8[i] = (char)(0x80 | (code & 0x3f));
	utf8[0] = (char)(n == 1 ? code : (0xf00 >> n) | code);
	buf_put(buf, str_n(utf8, n));
}

// One character or escape; `at` is behind it then.
static err_t lex_char(struct lexer *lexer, u32 *out)
{
	static const char escapes[] = "n\nt\tr\r0\0\\\\''\"\"";
	char c = peek(lexer, 0);
	size_t start = lexer->at;
	if (c != '\\') {
		u8 lead = (u8)c;
		size_t len = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
		u32 code = len == 1 ? lead : lead & (0x7fu >> len);
		for (size_t i = 1; i < len; i++)
			code = code << 6 | ((u8)peek(lexer, i) & 0x3f);
		lexer->at = size_min(lexer->at + len, lexer->source.len);
		*out = code;
		return NULL;
	}
	c = peek(lexer, 1);
	lexer->at += 2;
	for (size_t i = 0; i + 1 < sizeof(escapes); i += 2)
		if (c == escapes[i]) {
			*out = (u8)escapes[i + 1];
			return NULL;
		}
	u32 code = 0;
	size_t digits = 0;
	if (c == 'x') {
		for (; digits < 2 && digit_value(peek(lexer, 0)) < 16; digits++, lexer->at++)
			code = code << 4 | digit_value(peek(lexer, 0));
	} else if (c == 'u' && peek(lexer, 0) == '{') {
		lexer->at++;
		for (; digits < 6 && digit_value(peek(lexer, 0)) < 16; digits++, lexer->at++)
			code = code << 4 | digit_value(peek(lexer, 0));
		digits = peek(lexer, 0) == '}' ? digits : 0;
		lexer->at += digits != 0;
	}
	if (!digits || code > 0x10ffff)
		return err_new(ERR_SYNTAX, "the escape at column %zu is not known", column(lexer, start));
	*out = code;
	return NULL;
}

static err_t lex_char_literal(struct lexer *lexer, struct token *token)
{
	u32 code;
	lexer->at++;
	if (lexer->at >= lexer->source.len)
		return err_new(ERR_SYNTAX, "expected a char at column %zu", column(lexer, lexer->at));
	TRY(lex_char(lexer, &code));
	if (peek(lexer, 0) != '\'')
		return err_new(ERR_SYNTAX, "expected `'` at column %zu", column(lexer, lexer->at));
	lexer->at++;
	token->kind = TOKEN_CHAR;
	token->number = code;
	return NULL;
}

static err_t lex_string(struct lexer *lexer, struct token *token, bool is_bytes)
{
	struct buf text = buf_on(lexer->arena);
	for (lexer->at++; peek(lexer, 0) != '"';) {
		u32 code;
		if (lexer->at >= lexer->source.len)
			return err_new(ERR_SYNTAX, "the string at column %zu has no end", token->column);
		bool is_byte = is_bytes && peek(lexer, 0) == '\\' && peek(lexer, 1) == 'x';
		TRY(lex_char(lexer, &code));
		if (is_byte)
			buf_putc(&text, (char)code);
		else
			put_code(&text, code);
	}
	lexer->at++;
	token->kind = TOKEN_STRING;
	token->text = buf_str(&text);
	return NULL;
}

// r"...", r#"..."#, br"..." and cr"...".
static bool is_raw_string(const struct lexer *lexer)
{
	size_t i = peek(lexer, 0) == 'b' || peek(lexer, 0) == 'c';
	if (peek(lexer, i) != 'r')
		return false;
	for (i++; peek(lexer, i) == '#'; i++)
		;
	return peek(lexer, i) == '"';
}

static err_t lex_raw_string(struct lexer *lexer, struct token *token)
{
	size_t hashes = 0, closing = 0;
	for (lexer->at++; peek(lexer, 0) == '#'; lexer->at++)
		hashes++;
	size_t start = ++lexer->at, end;
	for (end = start; end < lexer->source.len; end++) {
		if (lexer->source.ptr[end] != '"')
			continue;
		for (closing = 0;
		     closing < hashes && end + 1 + closing < lexer->source.len && lexer->source.ptr[end + 1 + closing] == '#';)
			closing++;
		if (closing == hashes)
			break;
	}
	if (end >= lexer->source.len)
		return err_new(ERR_SYNTAX, "the string at column %zu has no end", token->column);
	lexer->at = end + 1 + hashes;
	token->kind = TOKEN_STRING;
	token->text = str_slice(lexer->source, start, end);
	return NULL;
}

// ---- all -------------------------------------------------------------------------------------------

static err_t lex_punct(struct lexer *lexer, struct token *token)
{
	struct str rest = str_from(lexer->source, lexer->at);
	for (size_t i = 0; i < ARRAY_LEN(puncts); i++)
		if (puncts[i][0] == rest.ptr[0] && str_starts(rest, str_of(puncts[i]))) {
			token->kind = TOKEN_PUNCT;
			token->text = str_slice(rest, 0, strlen(puncts[i]));
			lexer->at += token->text.len;
			return NULL;
		}
	return err_new(ERR_SYNTAX, "`%c` at column %zu has no meaning here", rest.ptr[0], token->column);
}

static err_t lex_token(struct lexer *lexer, struct token *token)
{
	char c = peek(lexer, 0);
	if (is_digit(c))
		return lex_number(lexer, token);
	if (c == '"')
		return lex_string(lexer, token, false);
	if (c == '\'')
		return lex_char_literal(lexer, token);
	if (((c == 'b' || c == 'c') && peek(lexer, 1) == '"') || is_raw_string(lexer)) { // c"...": a text, too
		bool is_bytes = c == 'b';
		lexer->at += is_bytes || c == 'c';
		TRY(peek(lexer, 0) == 'r' ? lex_raw_string(lexer, token) : lex_string(lexer, token, is_bytes || c == 'c'));
		token->suffix = is_bytes ? STR("u8") : STR("");
		return NULL;
	}
	if (c == 'b' && peek(lexer, 1) == '\'') {
		lexer->at++;
		TRY(lex_char_literal(lexer, token));
		token->kind = TOKEN_INT;
		token->suffix = STR("u8");
		return NULL;
	}
	if (is_name_start(c)) {
		size_t start = lexer->at++;
		skip_name(lexer);
		token->kind = TOKEN_NAME;
		token->text = str_slice(lexer->source, start, lexer->at);
		return NULL;
	}
	return lex_punct(lexer, token);
}

err_t lex_next(struct lexer *lexer, struct token *out)
{
	while (lexer->at < lexer->source.len && strchr(" \t\n\r", lexer->source.ptr[lexer->at]) && lexer->source.ptr[lexer->at])
		lexer->at++;
	*out = (struct token){.kind = TOKEN_END, .column = column(lexer, lexer->at)};
	if (lexer->at >= lexer->source.len)
		return NULL;
	TRY(lex_token(lexer, out));
	lexer->after_dot = out->kind == TOKEN_PUNCT && str_eqc(out->text, ".");
	return NULL;
}
