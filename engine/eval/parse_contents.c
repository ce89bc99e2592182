// What has contents, to be compared with: lists, tuples, structs and variants; and matches!() with its patterns.
#include "made.h"
#include "parser.h"

// `1..=5`, `..`, `Some(_)`, or any expression.
err_t parser_pattern(struct parser *parser, const struct node **out)
{
	struct node *node = parser_node(parser, NODE_REST, parser->token.column);
	if (parser_at(parser, "..")) {
		*out = node;
		return parser_advance(parser);
	}
	TRY(parser_binary(parser, 1, out));
	if (!parser_at(parser, "..") && !parser_at(parser, "..="))
		return NULL;
	node->kind = NODE_RANGE;
	node->inclusive = parser_at(parser, "..=");
	node->left = *out;
	*out = node;
	TRY(parser_advance(parser));
	bool is_open = parser->token.kind == TOKEN_END || parser_at(parser, ",") || parser_at(parser, ")") ||
	               parser_at(parser, "]") || parser_at(parser, "}");
	return is_open ? NULL : parser_binary(parser, 1, &node->right);
}

// `[0; 3]`: as many items as the number behind the semicolon says.
static err_t parse_count(struct parser *parser, struct node *item)
{
	enum { MOST = 1000 };
	TRY(parser_advance(parser));
	if (parser->token.kind != TOKEN_INT || parser->token.number == 0 || parser->token.number > MOST)
		return parser_unexpected(parser, "a number from 1 to 1000");
	for (unsigned i = 1; i < (unsigned)parser->token.number; i++) {
		struct node *same = parser_node(parser, NODE_ITEM, item->column);
		same->left = item->left;
		item->next = same;
		item = same;
	}
	return parser_advance(parser);
}

// Items up to the closing bracket, each with a name before a colon if they are fields.
err_t parser_items(struct parser *parser, struct node *node, const char *close)
{
	struct node *last = NULL;
	for (;;) {
		struct node *item = parser_node(parser, NODE_ITEM, parser->token.column);
		if (parser_at(parser, close))
			break;
		TRY(parser_pattern(parser, &item->left));
		if (node->kind == NODE_STRUCT && item->left->kind == NODE_PATH) { // `id` is `id: id`
			item->name = item->left->name;
			if (parser_at(parser, ":")) {
				TRY(parser_advance(parser));
				TRY(parser_pattern(parser, &item->left));
			}
		} else if (node->kind == NODE_STRUCT && item->left->kind != NODE_REST) {
			return err_new(ERR_SYNTAX, "expected a field's name at column %zu", item->column);
		}
		if (last)
			last->next = item;
		else
			node->right = item;
		last = item;
		if (item == node->right && node->kind == NODE_LIST && parser_at(parser, ";"))
			TRY(parse_count(parser, item));
		if (!parser_at(parser, ","))
			break;
		TRY(parser_advance(parser));
	}
	return parser_expect(parser, close);
}

// matches!(value, pattern if condition), from the `!` on.
static err_t parse_match(struct parser *parser, struct node *node)
{
	node->kind = NODE_MATCH;
	TRY(parser_advance(parser));
	TRY(parser_expect(parser, "("));
	TRY(parser_binary(parser, 1, &node->left));
	TRY(parser_expect(parser, ","));
	TRY(parser_pattern(parser, &node->right));
	if (parser->token.kind == TOKEN_NAME && str_eqc(parser->token.text, "if")) {
		TRY(parser_advance(parser));
		TRY(parser_binary(parser, 1, &node->third));
	}
	return parser_expect(parser, ")");
}

// Types and variants begin with a capital letter; functions do not.
static bool is_constructor(struct str path)
{
	ptrdiff_t colons = str_rfind(path, STR("::"));
	struct str name = colons < 0 ? path : str_from(path, (size_t)colons + 2);
	return name.len && name.ptr[0] >= 'A' && name.ptr[0] <= 'Z';
}

err_t parser_name(struct parser *parser, const struct node **out)
{
	TRY(parser_path(parser, out));
	struct node *node = parser_node(parser, NODE_CALL, (*out)->column);
	node->name = (*out)->name;
	node->suffix = (*out)->suffix;
	if (parser_at(parser, "!") && str_eqc(node->name, "matches")) {
		*out = node;
		return parse_match(parser, node);
	}
	if (parser_at(parser, "!") && str_eqc(node->name, "vec")) {
		TRY(parser_advance(parser));
		return parser_at(parser, "[") ? parser_bracketed(parser, out) : parser_unexpected(parser, "`[`");
	}
	bool has_fields = parser_at(parser, "{");
	bool calls = (parser->calls || made_is_function(node->name)) && !has_fields;
	parser->calls = false;
	if ((*out)->kind != NODE_PATH || (!calls && !is_constructor(node->name)) || (!has_fields && !parser_at(parser, "(")))
		return NULL;
	node->kind = has_fields ? NODE_STRUCT : NODE_CALL;
	*out = node;
	TRY(parser_advance(parser));
	return parser_items(parser, node, has_fields ? "}" : ")");
}

err_t parser_bracketed(struct parser *parser, const struct node **out)
{
	bool is_list = parser_at(parser, "[");
	struct node *node = parser_node(parser, is_list ? NODE_LIST : NODE_TUPLE, parser->token.column);
	const struct node *first = NULL;
	TRY(parser_advance(parser));
	*out = node;
	if (!is_list && !parser_at(parser, ")")) {
		TRY(parser_pattern(parser, &first));
		if (first->kind != NODE_REST && !parser_at(parser, ",")) { // only parentheses
			*out = first;
			return parser_expect(parser, ")");
		}
	}
	if (first && parser_at(parser, ",")) { // the first item has been read
		struct node *item = parser_node(parser, NODE_ITEM, first->column);
		item->left = first;
		node->right = item;
		struct node rest = {.kind = NODE_TUPLE};
		TRY(parser_advance(parser));
		TRY(parser_items(parser, &rest, ")"));
		item->next = rest.right;
		return NULL;
	}
	if (first)
		return parser_unexpected(parser, "`,`");
	return parser_items(parser, node, is_list ? "]" : ")");
}
