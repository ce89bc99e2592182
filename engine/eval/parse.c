// Builds the tree: operators by a table of binding strengths (the Rust Reference, "Expression precedence").
#include "engine/eval.h"
#include "number.h"
#include "parser.h"

#include <stdio.h>

#include "base/buf.h"

enum { MAX_DEPTH = 200, MAX_TYPE = 400 };

static const struct {
	const char *name;
	unsigned strength;
	bool chains; // comparisons do not
} operators[] = {
    {"||", 1, true},  {"&&", 2, true},  {"==", 3, false}, {"!=", 3, false}, {"~", 3, false}, {"<", 3, false}, {">", 3, false},
    {"<=", 3, false}, {">=", 3, false}, {"|", 4, true},   {"^", 5, true},   {"&", 6, true},  {"<<", 7, true}, {">>", 7, true},
    {"+", 8, true},   {"-", 8, true},   {"*", 9, true},   {"/", 9, true},   {"%", 9, true},
};

bool parser_at(const struct parser *parser, const char *punct)
{
	return parser->token.kind == TOKEN_PUNCT && parser->token.text.ptr[0] == punct[0] && str_eqc(parser->token.text, punct);
}

err_t parser_advance(struct parser *parser)
{
	return lex_next(&parser->lexer, &parser->token);
}

err_t parser_unexpected(const struct parser *parser, const char *wanted)
{
	if (parser->token.kind == TOKEN_END)
		return err_new(ERR_SYNTAX, "expected %s at column %zu, where the expression ends", wanted, parser->token.column);
	return err_new(ERR_SYNTAX, "expected %s at column %zu", wanted, parser->token.column);
}

err_t parser_expect(struct parser *parser, const char *punct)
{
	char wanted[16];
	snprintf(wanted, sizeof(wanted), "`%s`", punct);
	if (!parser_at(parser, punct))
		return parser_unexpected(parser, wanted);
	return parser_advance(parser);
}

struct node *parser_node(struct parser *parser, enum node_kind kind, size_t column)
{
	struct node *node = NEW(parser->lexer.arena, struct node);
	node->kind = kind;
	node->column = column;
	return node;
}

static err_t parse_unary(struct parser *parser, const struct node **out);

// ---- primary expressions ---------------------------------------------------------------------------

static err_t parse_type(struct parser *parser, struct str *out);

// `<u8, Vec<T>>` behind `::`, as it is written.
static err_t parse_generics(struct parser *parser, struct str *out)
{
	size_t start = parser->lexer.at - 1;
	struct str type;
	TRY(parser_advance(parser));
	for (;;) {
		TRY(parse_type(parser, &type));
		if (!parser_at(parser, ","))
			break;
		TRY(parser_advance(parser));
	}
	size_t end = parser->lexer.at;
	TRY(parser_expect(parser, ">"));
	*out = str_slice(parser->lexer.source, start, end);
	return NULL;
}

// Generic arguments are no part of the name: what a value or a variant is follows without them.
err_t parser_path(struct parser *parser, const struct node **out)
{
	struct node *node = parser_node(parser, NODE_PATH, parser->token.column);
	size_t start = parser->lexer.at - parser->token.text.len, end = parser->lexer.at;
	TRY(parser_advance(parser));
	struct buf rest = buf_on(parser->lexer.arena);
	while (parser_at(parser, "::")) {
		TRY(parser_advance(parser));
		if (parser_at(parser, "<")) {
			TRY(parse_generics(parser, &node->suffix));
			continue;
		}
		if (parser->token.kind != TOKEN_NAME)
			return parser_unexpected(parser, "a name");
		buf_printf(&rest, "::%.*s", STRF(parser->token.text));
		TRY(parser_advance(parser));
	}
	node->name = str_slice(parser->lexer.source, start, end);
	if (rest.len)
		node->name = str_printf(parser->lexer.arena, "%.*s%.*s", STRF(node->name), STRF(buf_str(&rest)));
	if (str_eqc(node->name, "true") || str_eqc(node->name, "false")) {
		node->kind = NODE_BOOL;
		node->number = str_eqc(node->name, "true");
	}
	*out = node;
	return NULL;
}

// b"ab" is a list of its bytes: [97, 98].
static const struct node *byte_list(struct parser *parser, const struct node *string)
{
	struct node *list = parser_node(parser, NODE_LIST, string->column), *last = NULL;
	for (size_t i = 0; i < string->name.len; i++) {
		struct node *item = parser_node(parser, NODE_ITEM, string->column), *byte = parser_node(parser, NODE_INT, string->column);
		byte->number = (u8)string->name.ptr[i];
		byte->suffix = STR("u8");
		item->left = byte;
		if (last)
			last->next = item;
		else
			list->right = item;
		last = item;
	}
	return list;
}

static err_t parse_primary(struct parser *parser, const struct node **out)
{
	static const enum node_kind kinds[] = {
	    [TOKEN_INT] = NODE_INT, [TOKEN_FLOAT] = NODE_FLOAT, [TOKEN_CHAR] = NODE_CHAR, [TOKEN_STRING] = NODE_STRING};
	struct token *token = &parser->token;
	switch (token->kind) {
	case TOKEN_NAME: return parser_name(parser, out);
	case TOKEN_INT:
	case TOKEN_FLOAT:
	case TOKEN_CHAR:
	case TOKEN_STRING: {
		struct node *node = parser_node(parser, kinds[token->kind], token->column);
		node->number = token->number;
		node->real = token->real;
		node->suffix = token->suffix;
		node->name = token->text;
		*out = node;
		if (token->kind == TOKEN_STRING && str_eqc(token->suffix, "u8"))
			*out = byte_list(parser, node);
		return parser_advance(parser);
	}
	default: break;
	}
	if (parser_at(parser, "(") || parser_at(parser, "["))
		return parser_bracketed(parser, out);
	return parser_unexpected(parser, "an expression");
}

// ---- what follows a primary expression ---------------------------------------------------------------

// `|x| x.id == 5`: a pattern, and an expression of what it binds.
static err_t parse_closure(struct parser *parser, const struct node **out)
{
	enum { ABOVE_BAR = 5 }; // the `|` behind it ends the pattern
	struct str type;
	struct node *node = parser_node(parser, NODE_CLOSURE, parser->token.column);
	TRY(parser_expect(parser, "|"));
	TRY(parser_binary(parser, ABOVE_BAR, &node->left));
	if (parser_at(parser, ":")) {
		TRY(parser_advance(parser));
		TRY(parse_type(parser, &type));
	}
	TRY(parser_expect(parser, "|"));
	*out = node;
	return parser_binary(parser, 1, &node->right);
}

static err_t parse_argument(struct parser *parser, const struct node **out)
{
	if (parser->token.kind == TOKEN_NAME && str_eqc(parser->token.text, "move"))
		TRY(parser_advance(parser));
	return parser_at(parser, "|") ? parse_closure(parser, out) : parser_binary(parser, 1, out);
}

static err_t parse_dot(struct parser *parser, struct node *node)
{
	TRY(parser_advance(parser));
	struct token *token = &parser->token;
	if (token->kind == TOKEN_NAME)
		node->name = token->text;
	else if (token->kind == TOKEN_INT && !token->suffix.len && token->number < 100000)
		node->name = str_printf(parser->lexer.arena, "%u", (unsigned)token->number);
	else
		return parser_unexpected(parser, "a field's name or number");
	node->kind = NODE_FIELD;
	node->column = token->column;
	TRY(parser_advance(parser));
	if (!parser_at(parser, "("))
		return NULL;
	TRY(parser_advance(parser));
	node->kind = NODE_METHOD;
	if (!parser_at(parser, ")"))
		TRY(parse_argument(parser, &node->right));
	if (!parser_at(parser, ","))
		return parser_expect(parser, ")");
	if (!parser->several)
		return err_new(ERR_SYNTAX, "`%.*s` with several arguments at column %zu: no method that needs no call has them",
		               STRF(node->name), node->column);
	struct node more = {.kind = NODE_TUPLE};
	TRY(parser_advance(parser));
	TRY(parser_items(parser, &more, ")"));
	node->third = more.right;
	return NULL;
}

static err_t parse_index(struct parser *parser, struct node *node)
{
	node->kind = NODE_INDEX;
	TRY(parser_advance(parser));
	if (!parser_at(parser, "..") && !parser_at(parser, "..="))
		TRY(parser_binary(parser, 1, &node->right));
	if (parser_at(parser, "..") || parser_at(parser, "..=")) {
		node->kind = NODE_SLICE;
		node->inclusive = parser_at(parser, "..=");
		TRY(parser_advance(parser));
		if (!parser_at(parser, "]"))
			TRY(parser_binary(parser, 1, &node->third));
	}
	return parser_expect(parser, "]");
}

static err_t parse_postfix(struct parser *parser, const struct node **out)
{
	TRY(parse_primary(parser, out));
	for (unsigned n = 0; parser_at(parser, ".") || parser_at(parser, "[") || parser_at(parser, "("); n++) {
		if (n > 10 * MAX_DEPTH)
			return err_new(ERR_SYNTAX, "the expression is too long at column %zu", parser->token.column);
		if (parser_at(parser, "("))
			return err_new(ERR_SYNTAX, "a call at column %zu: functions of the program are only called by `call path(args)`",
			               parser->token.column);
		struct node *node = parser_node(parser, NODE_FIELD, parser->token.column);
		node->left = *out;
		TRY(parser_at(parser, ".") ? parse_dot(parser, node) : parse_index(parser, node));
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
		if (!parser_at(parser, unary[i]))
			continue;
		struct node *node = parser_node(parser, NODE_UNARY, parser->token.column);
		node->name = str_slice(str_of(unary[i]), 0, 1); // `&&x` takes a reference to a reference: one shows the same
		TRY(parser_advance(parser));
		if (parser->token.kind == TOKEN_NAME && str_eqc(parser->token.text, "mut"))
			TRY(parser_advance(parser));
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
	bool wants_name = true, is_primitive_end = false; // behind `u8` a `<` compares
	for (; parser->token.kind == TOKEN_NAME || parser->token.kind == TOKEN_PUNCT || (depth && parser->token.kind == TOKEN_INT);) {
		bool pointer =
		    wants_name && (parser_at(parser, "*") || parser_at(parser, "&") || parser_at(parser, "(") || parser_at(parser, "["));
		bool opens = !wants_name && parser_at(parser, "<") && !is_primitive_end;
		bool closes =
		    depth && (parser_at(parser, ">") || parser_at(parser, ">>") || parser_at(parser, ")") || parser_at(parser, "]"));
		bool inside = depth && (parser_at(parser, ",") || parser_at(parser, ";"));
		bool is_word = parser->token.kind == TOKEN_NAME && (wants_name || depth);
		bool is_modifier =
		    str_eqc(parser->token.text, "const") || str_eqc(parser->token.text, "mut") || str_eqc(parser->token.text, "dyn");
		bool colons = !wants_name && parser_at(parser, "::");
		if (!pointer && !opens && !closes && !inside && !is_word && !colons && parser->token.kind != TOKEN_INT)
			break;
		if (closes && depth == 1 && parser_at(parser, ">>")) { // the second one is a list's around it
			parser->token.text = str_from(parser->token.text, 1);
			depth = 0;
			end = parser->lexer.at - 1;
			break;
		}
		depth += (opens || parser_at(parser, "(") || parser_at(parser, "[")) - closes - (closes && parser_at(parser, ">>"));
		wants_name = pointer || opens || inside || colons || (is_word && is_modifier);
		is_primitive_end = is_word && primitive_type(parser->token.text);
		end = parser->lexer.at;
		TRY(parser_advance(parser));
	}
	if (end == start || depth > 0 || wants_name)
		return parser_unexpected(parser, "a type");
	*out = str_trim(str_slice(parser->lexer.source, start, end));
	return NULL;
}

static err_t parse_cast(struct parser *parser, const struct node **out)
{
	TRY(parse_unary(parser, out));
	while (parser->token.kind == TOKEN_NAME && str_eqc(parser->token.text, "as")) {
		struct node *node = parser_node(parser, NODE_CAST, parser->token.column);
		TRY(parser_advance(parser));
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
		if (parser_at(parser, operators[i].name))
			return i;
	return ARRAY_LEN(operators);
}

err_t parser_binary(struct parser *parser, unsigned least, const struct node **out)
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
		struct node *node = parser_node(parser, NODE_BINARY, parser->token.column);
		node->name = str_of(operators[i].name);
		node->left = *out;
		TRY(parser_advance(parser));
		TRY(parser_binary(parser, operators[i].strength + 1, &node->right));
		*out = node;
	}
	parser->depth--;
	return NULL;
}

err_t parse_call(struct arena *arena, struct str text, const struct node **out)
{
	struct parser parser = {.lexer = {.arena = arena, .source = text}, .calls = true, .several = true};
	TRY(parser_advance(&parser));
	if (parser.token.kind == TOKEN_END)
		return err_new(ERR_SYNTAX, "expected a function's path and its arguments");
	TRY(parser_binary(&parser, 1, out));
	return parser.token.kind == TOKEN_END ? NULL : parser_unexpected(&parser, "the end");
}

bool dbg_eval_assignment(struct arena *arena, struct str text, struct str *place, struct str *value)
{
	static const struct str compound[] = {STR("<<"), STR(">>"), STR("+"), STR("-"), STR("*"),
	                                      STR("/"),  STR("%"),  STR("&"), STR("|"), STR("^")};
	struct parser parser = {.lexer = {.arena = arena, .source = text}};
	for (;;) {
		err_t error = parser_advance(&parser);
		if (error || parser.token.kind == TOKEN_END)
			return false;
		if (parser_at(&parser, "="))
			break;
	}
	*place = str_trim(str_slice(text, 0, parser.lexer.at - 1));
	*value = str_trim(str_from(text, parser.lexer.at));
	for (size_t i = 0; i < ARRAY_LEN(compound); i++) {
		if (!str_ends(*place, compound[i]))
			continue;
		*place = str_trim(str_slice(*place, 0, place->len - compound[i].len));
		*value = str_printf(arena, "%.*s %.*s (%.*s)", STRF(*place), STRF(compound[i]), STRF(*value));
		break;
	}
	return place->len && value->len;
}

err_t parse_expression(struct arena *arena, struct str text, const struct node **out)
{
	struct parser parser = {.lexer = {.arena = arena, .source = text}};
	TRY(parser_advance(&parser));
	if (parser.token.kind == TOKEN_END)
		return err_new(ERR_SYNTAX, "the expression is empty");
	TRY(parser_pattern(&parser, out));
	if (parser_at(&parser, "="))
		return err_new(ERR_SYNTAX, "`=` at column %zu: assignments are no expressions here; compare with `==`",
		               parser.token.column);
	if (parser.token.kind != TOKEN_END)
		return err_new(ERR_SYNTAX, "expected an operator or the end at column %zu", parser.token.column);
	return NULL;
}
