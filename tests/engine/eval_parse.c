// The grammar of expressions, as fully parenthesised text.
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/buf.h"
#include "engine/eval/parse.h"

static void put(struct buf *buf, const struct node *node)
{
	switch (node->kind) {
	case NODE_INT: buf_printf(buf, "%llu%.*s", (unsigned long long)node->number, STRF(node->suffix)); break;
	case NODE_FLOAT: buf_printf(buf, "%g%.*s", node->real, STRF(node->suffix)); break;
	case NODE_CHAR: buf_printf(buf, "'%u'", (unsigned)node->number); break;
	case NODE_STRING: buf_printf(buf, "\"%.*s\"", STRF(node->name)); break;
	case NODE_BOOL:
	case NODE_PATH: buf_put(buf, node->name); break;
	case NODE_FIELD:
	case NODE_METHOD:
		put(buf, node->left);
		buf_printf(buf, ".%.*s%s", STRF(node->name), node->kind == NODE_METHOD ? "(" : "");
		if (node->right)
			put(buf, node->right);
		buf_puts(buf, node->kind == NODE_METHOD ? ")" : "");
		break;
	case NODE_INDEX:
	case NODE_SLICE:
		put(buf, node->left);
		buf_putc(buf, '[');
		if (node->right)
			put(buf, node->right);
		if (node->kind == NODE_SLICE)
			buf_puts(buf, node->inclusive ? "..=" : "..");
		if (node->third)
			put(buf, node->third);
		buf_putc(buf, ']');
		break;
	case NODE_LIST:
	case NODE_TUPLE:
	case NODE_CALL:
	case NODE_STRUCT:
		buf_printf(buf, "%.*s%c", STRF(node->name), node->kind == NODE_LIST ? '[' : node->kind == NODE_STRUCT ? '{' : '(');
		for (const struct node *item = node->right; item; item = item->next) {
			if (item->name.len)
				buf_printf(buf, "%.*s: ", STRF(item->name));
			put(buf, item->left);
			buf_puts(buf, item->next ? ", " : "");
		}
		buf_putc(buf, node->kind == NODE_LIST ? ']' : node->kind == NODE_STRUCT ? '}' : ')');
		break;
	case NODE_ITEM: break;
	case NODE_REST: buf_puts(buf, ".."); break;
	case NODE_RANGE:
		put(buf, node->left);
		buf_puts(buf, node->inclusive ? "..=" : "..");
		if (node->right)
			put(buf, node->right);
		break;
	case NODE_CLOSURE:
		buf_putc(buf, '|');
		put(buf, node->left);
		buf_puts(buf, "| ");
		put(buf, node->right);
		break;
	case NODE_MATCH:
		buf_puts(buf, "matches!(");
		put(buf, node->left);
		buf_puts(buf, ", ");
		put(buf, node->right);
		if (node->third) {
			buf_puts(buf, " if ");
			put(buf, node->third);
		}
		buf_putc(buf, ')');
		break;
	case NODE_UNARY:
		buf_printf(buf, "(%.*s", STRF(node->name));
		put(buf, node->left);
		buf_putc(buf, ')');
		break;
	case NODE_BINARY:
		buf_putc(buf, '(');
		put(buf, node->left);
		buf_printf(buf, " %.*s ", STRF(node->name));
		put(buf, node->right);
		buf_putc(buf, ')');
		break;
	case NODE_CAST:
		buf_putc(buf, '(');
		put(buf, node->left);
		buf_printf(buf, " as %.*s)", STRF(node->name));
		break;
	}
}

// The tree, or the error.
static void expect(const char *text, const char *wanted)
{
	struct arena arena = {0};
	const struct node *tree;
	struct buf buf = buf_on(&arena);
	err_t error = parse_expression(&arena, str_of(text), &tree);
	if (error)
		buf_put(&buf, error->what);
	else
		put(&buf, tree);
	cr_expect_str_eq(buf_str(&buf).ptr, wanted, "%s\n   gives %s\n  wanted %s", text, buf_str(&buf).ptr, wanted);
	arena_deinit(&arena);
	err_reset();
}

Test(eval_parse, binds_as_rust_does)
{
	expect("1 + 2 * 3", "(1 + (2 * 3))");
	expect("1 - 2 - 3", "((1 - 2) - 3)");
	expect("a || b && c == d | e ^ f & g << h + i * -j", "(a || (b && (c == (d | (e ^ (f & (g << (h + (i * (-j))))))))))");
	expect("-x as u8 + 1", "(((-x) as u8) + 1)");
	expect("*p.x", "(*p.x)");
	expect("(*p).x", "(*p).x");
	expect("&mut v[0]", "(&v[0])");
	expect("!a.b[1].0.1", "(!a.b[1].0.1)");
	expect("x as u8 as char", "((x as u8) as char)");
	expect("a < b", "(a < b)");
	expect("p as *const u8 == q", "((p as *const u8) == q)");
	expect("p as *const alloc::vec::Vec<u8, A<T>>", "(p as *const alloc::vec::Vec<u8, A<T>>)");
}

Test(eval_parse, literals)
{
	expect("0xff_u8", "255u8");
	expect("0xffu16", "255u16");
	expect("0b101", "5");
	expect("0o17", "15");
	expect("1_000", "1000");
	expect("1.5", "1.5");
	expect("1e3", "1000");
	expect("2f32", "2f32");
	expect("2.5f32", "2.5f32");
	expect("'x'", "'120'");
	expect("'\\n'", "'10'");
	expect("'\\u{1f980}'", "'129408'");
	expect("b'a'", "97u8");
	expect("\"a\\\"b\"", "\"a\"b\"");
	expect("true", "true");
}

Test(eval_parse, places)
{
	expect("v[1..3]", "v[1..3]");
	expect("v[..=n - 1]", "v[..=(n - 1)]");
	expect("v[..]", "v[..]");
	expect("v.len() > 3", "(v.len() > 3)");
	expect("v.get(n + 1).len()", "v.get((n + 1)).len()");
	expect("a::b::C", "a::b::C");
	expect("$task.id", "$task.id");
	expect("map[\"one\"].x", "map[\"one\"].x");
}

Test(eval_parse, contents_and_patterns)
{
	expect("x == Some(5)", "(x == Some(5))");
	expect("x == a::B { id: 1, name, .. } && y", "((x == a::B{id: 1, name: name, ..}) && y)");
	expect("v != [1, -2, [3]]", "(v != [1, (-2), [3]])");
	expect("t == (1, 2,)", "(t == (1, 2))");
	expect("((1 + 2)) * 3", "((1 + 2) * 3)");
	expect("t == ()", "(t == ())");
	expect("matches!(x.y, A::B | C(1..=5, _) if z > 1) || w", "(matches!(x.y, (A::B | C(1..=5, _)) if (z > 1)) || w)");
	expect("matches!(n, 3..)", "matches!(n, 3..)");
	expect("matches == 1", "(matches == 1)");
	expect("x == [7; 3]", "(x == [7, 7, 7])");
	expect("vec![1, 2]", "[1, 2]");
	expect("(1..=n).contains(&5)", "1..=n.contains((&5))");
	expect("a + 1..b", "(a + 1)..b");
	expect("Ok::<u8, Vec<T>>(1)", "Ok(1)");
	expect("a::<u8>::b::C", "a::b::C");
	expect("v.iter().any(|x| x.id == 5 || *x)", "v.iter().any(|x| ((x.id == 5) || (*x)))");
	expect("v.any(move |&(a, _): &T| a | b)", "v.any(|(&(a, _))| (a | b))");
	expect("n as u8 < 9", "((n as u8) < 9)");
}

Test(eval_parse, errors_tell_the_column)
{
	expect("", "the expression is empty");
	expect("(1, 2", "expected `)` at column 6, where the expression ends");
	expect("x == [1; n]", "expected a number from 1 to 1000 at column 10");
	expect("v.any(|x x)", "expected `|` at column 10");
	expect("size_of::<u8()", "expected `>` at column 13");
	expect("vec!(1)", "expected `[` at column 5");
	expect("x == Foo { 1 }", "expected a field's name at column 12");
	expect("matches!(x)", "expected `,` at column 11");
	expect("v[1", "expected `]` at column 4, where the expression ends");
	expect("v[1)", "expected `]` at column 4");
	expect("1 +", "expected an expression at column 4, where the expression ends");
	expect("a b", "expected an operator or the end at column 3");
	expect("a.", "expected a field's name or number at column 3, where the expression ends");
	expect("a = 5", "`=` at column 3: assignments are no expressions here; compare with `==`");
	expect("a < b < c", "comparisons don't chain: put parentheses before column 7");
	expect("f(1)", "a call at column 2: functions of the program are only called by `call path(args)`");
	expect("v.get(1, 2)", "`get` with several arguments at column 3: no method that needs no call has them");
	expect("\"abc", "the string at column 1 has no end");
	expect("\xc3\xa9 + \\", "`\\` at column 5 has no meaning here");
	expect("x as", "expected a type at column 5, where the expression ends");
	expect("'ab'", "expected `'` at column 3");
	expect("99999999999999999999999999999999999999999", "the number at column 1 is too large");
}

Test(eval_parse, depth_is_bounded)
{
	char deep[5000];
	memset(deep, '(', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = 0;
	expect(deep, "the expression is nested too deeply at column 101");
	memset(deep, '!', sizeof(deep) - 1);
	expect(deep, "the expression is nested too deeply at column 200");
}

// Any text ends in a tree or in an error of syntax.
Test(eval_parse, noise_is_survived)
{
	static const char *const pieces[] = {
	    "a", "1",  ".",  "[", "]", "(",  ")",  "..", "*", "&",  "-", "!", " as ", "u8", "::", "\"",
	    "'", "0x", "1e", "<", ">", "==", "&&", "$",  "{", "\\", "=", ",", "\xff", "b'", "1.", "_"};
	srand(1);
	for (int round = 0; round < 50000; round++) {
		struct arena arena = {0};
		struct buf text = buf_on(&arena);
		const struct node *tree;
		for (int n = rand() % 12; n >= 0; n--)
			buf_puts(&text, pieces[(size_t)rand() % ARRAY_LEN(pieces)]);
		err_t error = parse_expression(&arena, buf_str(&text), &tree);
		cr_assert(!error || error->code == ERR_SYNTAX);
		arena_deinit(&arena);
		err_reset();
	}
}
