// Text with expressions between braces: log messages, and how a user wants a type to be shown.
#include "engine/eval.h"

// The next "{expression}" of a text: where it begins, and its length with both braces. A brace that is doubled or
// stands behind a backslash is itself; one inside a string of the expression closes nothing.
struct piece {
	size_t at, len;
	struct str expression;
	struct str literal; // "{" for an escaped brace: there is no expression then
};

static size_t length_of_braced(struct str s)
{
	unsigned depth = 0;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (c == '"') {
			for (i++; i < s.len && s.ptr[i] != '"'; i++)
				i += s.ptr[i] == '\\';
		} else if (c == '\'' && i + 2 < s.len && s.ptr[i + 2] == '\'') { // '{'
			i += 2;
		} else if (c == '{') {
			depth++;
		} else if (c == '}' && --depth == 0) {
			return i + 1;
		}
	}
	return 0;
}

static bool next_piece(struct str s, struct piece *out)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i], next = i + 1 < s.len ? s.ptr[i + 1] : 0;
		if ((c == '\\' && (next == '{' || next == '}')) || ((c == '{' || c == '}') && next == c)) {
			*out = (struct piece){.at = i, .len = 2, .literal = str_slice(s, i + 1, i + 2)};
			return true;
		}
		if (c != '{')
			continue;
		size_t len = length_of_braced(str_from(s, i));
		*out = (struct piece){.at = i, .len = len, .expression = str_trim(str_slice(s, i + 1, i + len - 1))};
		if (len)
			return true;
		*out = (struct piece){.at = i};
		return false; // a brace that is not closed
	}
	*out = (struct piece){.at = s.len};
	return false;
}

// False if there is no value to put.
static bool put_expression(const struct dbg_eval_context *context, struct arena *arena, struct buf *buf, struct str text,
                           struct dbg_render options)
{
	struct dbg_special special;
	struct dbg_value value;
	dbg_eval_format(&text, &options.radix);
	if (str_starts(text, STR("$")) && context->special &&
	    context->special(context->special_context, arena, str_from(text, 1), &special) && special.is_text) {
		buf_put(buf, special.text);
		return true;
	}
	err_t error = dbg_eval(context, arena, text, &value);
	if (error)
		buf_printf(buf, "<%.*s>", STRF(error->what));
	else
		buf_put(buf, dbg_value_render(arena, value, options));
	return !error;
}

bool dbg_eval_template(const struct dbg_eval_context *context, struct arena *arena, struct str text, struct dbg_render options,
                       struct buf *out)
{
	struct piece piece;
	bool whole = true;
	while (next_piece(text, &piece)) {
		buf_put(out, str_slice(text, 0, piece.at));
		if (piece.literal.len)
			buf_put(out, piece.literal);
		else
			whole = put_expression(context, arena, out, piece.expression, options) && whole;
		text = str_from(text, piece.at + piece.len);
	}
	buf_put(out, text);
	return whole;
}

err_t dbg_eval_template_check(struct arena *arena, struct str text)
{
	struct piece piece;
	enum dbg_radix radix;
	while (next_piece(text, &piece)) {
		struct str expression = piece.expression;
		dbg_eval_format(&expression, &radix);
		if (!piece.literal.len)
			TRY(err_wrap(dbg_eval_check(arena, expression), "{%.*s}", STRF(piece.expression)));
		text = str_from(text, piece.at + piece.len);
	}
	return piece.at < text.len ? err_new(ERR_SYNTAX, "`{` is not closed: %.*s", STRF(str_from(text, piece.at))) : NULL;
}
