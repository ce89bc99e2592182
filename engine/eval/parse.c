// Builds the tree: operators by a table of binding strengths (the Rust Reference, "Expression precedence").
#include "parse.h"

#include <stdio.h>

#include "base/buf.h"

enum { MAX_DEPTH = 200, MAX_TYPE = 400 };

struct parser {
	struct lexer lexer;
	struct token token;
	unsigned depth;
};

static const struct {
	const char *name;
	unsigned strength;
	bool chains; // comparisons do not
} operators[] = {
    {"||", 1, true},  {"&&", 2, true},  {"==", 3, false}, {"!=", 3, false}, {"~", 3, false}, {"<", 3, false}, {">", 3, false},
    {"<=", 3, false}, {">=", 3, false}, {"|", 4, true},   {"^", 5, true},   {"&", 6, true},  {"<<", 7, true}, {">>", 7, true},
    {"+", 8, true},   {"-", 8, true},   {"*", 9, true},   {"/", 9, true},   {"%", 9, true},
};

static bool at_punct(const struct parser *parser, const char *punct)
{
	return parser->token.kind == TOKEN_PUNCT && str_eqc(parser->token.text, punct);
}

static err_t advance(struct parser *parser)
{
	return lex_next(&parser->lexer, &parser->token);
}

static err_t unexpected(const struct parser *parser, const char *wanted)
{
	if (parser->token.kind == TOKEN_END)
		return err_new(ERR_SYNTAX, "expected %s at column %zu, where the expression ends", wanted, parser->token.column);
	return err_new(ERR_SYNTAX, "expected %s at column %zu", wanted, parser->token.column);
}

static err_t expect(struct parser *parser, const char *punct)
{
	char wanted[16];
	snprintf(wanted, sizeof(wanted), "`%s`", punct);
	if (!at_punct(parser, punct))
		return unexpected(parser, wanted);
	return advance(parser);
}

static struct node *node_at(struct parser *parser, enum node_kind kind, size_t column)
{
	struct node *node = NEW(parser->lexer.arena, struct node);
	node->kind = kind;
	node->column = column;
	return node;
}

static err_t parse_binary(struct parser *parser, unsigned least, const struct node **out);
static err_t parse_unary(struct parser *parser, const struct node **out);

// ---- primary expressions ---------------------------------------------------------------------------

// Arguments `::<...>` inside a path: kept in the name, since DWARF's names have them.
static err_t parse_path(struct parser *parser, const struct node **out)
{
	struct node *node = node_at(parser, NODE_PATH, parser->token.column);
	size_t start = parser->lexer.at - parser->token.text.len, end = parser->lexer.at;
	TRY(advance(parser));
	while (at_punct(parser, "::")) {
		TRY(advance(parser));
		if (parser->token.kind != TOKEN_NAME)
			return unexpected(parser, "a name");
		end = parser->lexer.at;
		TRY(advance(parser));
	}
	node->name = str_slice(parser->lexer.source, start, end);
	if (str_eqc(node->name, "true") || str_eqc(node->name, "false")) {
		node->kind = NODE_BOOL;
		node->number = str_eqc(node->name, "true");
	}
	*out = node;
	return NULL;
}

static err_t parse_primary(struct parser *parser, const struct node **out)
{
	static const enum node_kind kinds[] = {
	    [TOKEN_INT] = NODE_INT, [TOKEN_FLOAT] = NODE_FLOAT, [TOKEN_CHAR] = NODE_CHAR, [TOKEN_STRING] = NODE_STRING};
	struct token *token = &parser->token;
	switch (token->kind) {
	case TOKEN_NAME: return parse_path(parser, out);
	case TOKEN_INT:
	case TOKEN_FLOAT:
	case TOKEN_CHAR:
	case TOKEN_STRING: {
		struct node *node = node_at(parser, kinds[token->kind], token->column);
		node->number = token->number;
		node->real = token->real;
		node->suffix = token->suffix;
		node->name = token->text;
		*out = node;
		return advance(parser);
	}
	default: break;
	}
	if (at_punct(parser, "(")) {
		TRY(advance(parser));
		TRY(parse_binary(parser, 1, out));
		return expect(parser, ")");
	}
	return unexpected(parser, "an expression");
}

// ---- what follows a primary expression ---------------------------------------------------------------

static err_t parse_dot(struct parser *parser, struct node *node)
{
	TRY(advance(parser));
	struct token *token = &parser->token;
	if (token->kind == TOKEN_NAME)
		node->name = token->text;
	else if (token->kind == TOKEN_INT && !token->suffix.len && token->number < 100000)
		node->name = str_printf(parser->lexer.arena, "%u", (unsigned)token->number);
	else
		return unexpected(parser, "a field's name or number");
	node->kind = NODE_FIELD;
	node->column = token->column;
	TRY(advance(parser));
	if (!at_punct(parser, "("))
		return NULL;
	TRY(advance(parser));
	node->kind = NODE_METHOD;
	if (!at_punct(parser, ")"))
		TRY(parse_binary(parser, 1, &node->right));
	if (at_punct(parser, ","))
		return err_new(ERR_SYNTAX, "`%.*s` with several arguments at column %zu: no method that needs no call has them",
		               STRF(node->name), node->column);
	return expect(parser, ")");
}

static err_t parse_index(struct parser *parser, struct node *node)
{
	node->kind = NODE_INDEX;
	TRY(advance(parser));
	if (!at_punct(parser, "..") && !at_punct(parser, "..="))
		TRY(parse_binary(parser, 1, &node->right));
	if (at_punct(parser, "..") || at_punct(parser, "..=")) {
		node->kind = NODE_SLICE;
		node->inclusive = at_punct(parser, "..=");
		TRY(advance(parser));
		if (!at_punct(parser, "]"))
			TRY(parse_binary(parser, 1, &node->third));
	}
	return expect(parser, "]");
}

static err_t parse_postfix(struct parser *parser, const struct node **out)
{
	TRY(parse_primary(parser, out));
	for (unsigned n = 0; at_punct(parser, ".") || at_punct(parser, "[") || at_punct(parser, "("); n++) {
		if (n > 10 * MAX_DEPTH)
			return err_new(ERR_SYNTAX, "the expression is too long at column %zu", parser->token.column);
		if (at_punct(parser, "("))
			return err_new(ERR_SYNTAX, "a call at column %zu: functions of the program can't be called", parser->token.column);
		struct node *node = node_at(parser, NODE_FIELD, parser->token.column);
		node->left = *out;
		TRY(at_punct(parser, ".") ? parse_dot(parser, node) : parse_index(parser, node));
		*out = node;
	}
	return NULL;
}

static err_t parse_unary(struct parser *parser, const struct node **out)
{
	static const char *const unary[] = {"-", "!", "*", "&", "&&"};
	if (++parser->depth > MAX_DEPTH)
		return err_new(ERR_SYNTAX, "the expression is nested too deeply at column %zu", parser->token.column);
	for (size_t i = 0; i < ARRAY_LEN(unary); i++) {
		if (!at_punct(parser, unary[i]))
			continue;
		struct node *node = node_at(parser, NODE_UNARY, parser->token.column);
		node->name = str_slice(str_of(unary[i]), 0, 1); // `&&x` takes a reference to a reference: one shows the same
		TRY(advance(parser));
		if (parser->token.kind == TOKEN_NAME && str_eqc(parser->token.text, "mut"))
			TRY(advance(parser));
		TRY(parse_unary(parser, &node->left));
		*out = node;
		parser->depth--;
		return NULL;
	}
	TRY(parse_postfix(parser, out));
	parser->depth--;
	return NULL;
}

// A type is kept as its text: what follows `as`, up to an operator that is none of a type's.
static err_t parse_type(struct parser *parser, struct str *out)
{
	size_t start = parser->token.kind == TOKEN_END ? parser->lexer.at : parser->lexer.at - parser->token.text.len, end = start;
	int depth = 0;
	bool wants_name = true;
	for (; parser->token.kind == TOKEN_NAME || parser->token.kind == TOKEN_PUNCT || (depth && parser->token.kind == TOKEN_INT);) {
		bool pointer =
		    wants_name && (at_punct(parser, "*") || at_punct(parser, "&") || at_punct(parser, "(") || at_punct(parser, "["));
		bool opens = !wants_name && at_punct(parser, "<");
		bool closes =
		    depth && (at_punct(parser, ">") || at_punct(parser, ">>") || at_punct(parser, ")") || at_punct(parser, "]"));
		bool inside = depth && (at_punct(parser, ",") || at_punct(parser, ";"));
		bool is_word = parser->token.kind == TOKEN_NAME && (wants_name || depth);
		bool is_modifier =
		    str_eqc(parser->token.text, "const") || str_eqc(parser->token.text, "mut") || str_eqc(parser->token.text, "dyn");
		bool colons = !wants_name && at_punct(parser, "::");
		if (!pointer && !opens && !closes && !inside && !is_word && !colons && parser->token.kind != TOKEN_INT)
			break;
		depth += (opens || at_punct(parser, "(") || at_punct(parser, "[")) - closes - (closes && at_punct(parser, ">>"));
		wants_name = pointer || opens || inside || colons || (is_word && is_modifier);
		end = parser->lexer.at;
		TRY(advance(parser));
	}
	if (end == start || depth > 0 || wants_name)
		return unexpected(parser, "a type");
	*out = str_trim(str_slice(parser->lexer.source, start, end));
	return NULL;
}

static err_t parse_cast(struct parser *parser, const struct node **out)
{
	TRY(parse_unary(parser, out));
	while (parser->token.kind == TOKEN_NAME && str_eqc(parser->token.text, "as")) {
		struct node *node = node_at(parser, NODE_CAST, parser->token.column);
		TRY(advance(parser));
		node->left = *out;
		TRY(parse_type(parser, &node->name));
		*out = node;
	}
	return NULL;
}

// ---- operators ---------------------------------------------------------------------------------------

static size_t operator_at(const struct parser *parser)
{
	for (size_t i = 0; i < ARRAY_LEN(operators); i++)
		if (at_punct(parser, operators[i].name))
			return i;
	return ARRAY_LEN(operators);
}

static err_t parse_binary(struct parser *parser, unsigned least, const struct node **out)
{
	if (++parser->depth > MAX_DEPTH)
		return err_new(ERR_SYNTAX, "the expression is nested too deeply at column %zu", parser->token.column);
	TRY(parse_cast(parser, out));
	bool compared = false;
	for (;;) {
		size_t i = operator_at(parser);
		if (i == ARRAY_LEN(operators) || operators[i].strength < least)
			break;
		if (compared && !operators[i].chains)
			return err_new(ERR_SYNTAX, "comparisons don't chain: put parentheses before column %zu", parser->token.column);
		compared = compared || !operators[i].chains;
		struct node *node = node_at(parser, NODE_BINARY, parser->token.column);
		node->name = str_of(operators[i].name);
		node->left = *out;
		TRY(advance(parser));
		TRY(parse_binary(parser, operators[i].strength + 1, &node->right));
		*out = node;
	}
	parser->depth--;
	return NULL;
}

err_t parse_expression(struct arena *arena, struct str text, const struct node **out)
{
	struct parser parser = {.lexer = {.arena = arena, .source = text}};
	TRY(advance(&parser));
	if (parser.token.kind == TOKEN_END)
		return err_new(ERR_SYNTAX, "the expression is empty");
	TRY(parse_binary(&parser, 1, out));
	if (at_punct(&parser, "="))
		return err_new(ERR_SYNTAX, "`=` at column %zu: assignments are no expressions here; compare with `==`",
		               parser.token.column);
	if (parser.token.kind != TOKEN_END)
		return err_new(ERR_SYNTAX, "expected an operator or the end at column %zu", parser.token.column);
	return NULL;
}
