// Anything at all as expressions, templates, files of forms and natvis, and as the memory of every type: no crash, no hang,
// no more read than a bound. The rounds are few and always the same; FUZZ_ROUNDS=N plays more.
#include <stdio.h>
#include <stdlib.h>

#include "engine/eval.h"
#include "engine/forms.h"
#include "shown.h"

static u64 state = 88172645463325252u;

// xorshift64 (Marsaglia, "Xorshift RNGs").
static u64 next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static unsigned rounds(unsigned few)
{
	const char *more = getenv("FUZZ_ROUNDS");
	return more ? (unsigned)atoi(more) : few;
}

static const char *const words[] = {
    "matches!(",
    "Some(",
    "Order { ",
    "id: ",
    "_",
    " if ",
    " == [",
    ", ..",
    "order",
    "vec",
    "map",
    "list",
    "self",
    "tagged",
    "closure",
    "future",
    "raw",
    "None",
    "Shape::Circle",
    "usize",
    "f64",
    "COUNTER",
    ".",
    ".0",
    ".name",
    ".next",
    ".len()",
    ".unwrap()",
    ".is_some()",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "{{",
    "0",
    "1",
    "-1",
    "0x1f_u8",
    "1e400",
    "340282366920938463463374607431768211456",
    "'a'",
    "'\\u{110000}'",
    "\"text\"",
    "\"",
    "'",
    "b\"x\"",
    "\\",
    "+",
    "-",
    "*",
    "/",
    "%",
    "&",
    "&&",
    "|",
    "||",
    "^",
    "!",
    "<<",
    ">>",
    "==",
    "!=",
    "<",
    ">=",
    "=",
    "..",
    "..=",
    "::",
    " as ",
    " as *const u8",
    ",",
    ",x",
    ";",
    "$task",
    "$rip",
    "~",
    "#",
    "é",
    "\xff",
    "\x00",
    "\n",
    "type ",
    "show ",
    "when ",
    "child ",
    "elements ",
    "^values::",
    "<Type Name=\"values::*\">",
    "<DisplayString>",
    "</",
    "/>",
    "<!--",
    "-->",
    "<Item Name='x'>",
    "&lt;",
    "&amp",
    " Condition=\"",
    "<Expand>",
    "<",
    ">",
};

// Words in any order, now and then with a byte turned over.
static struct str make_text(struct arena *arena, unsigned most)
{
	struct buf buf = buf_on(arena);
	for (u64 n = next_random() % most; n > 0; n--) {
		const char *word = words[next_random() % ARRAY_LEN(words)];
		buf_put(&buf, str_n(word, word[0] ? strlen(word) : 1));
	}
	for (u64 n = next_random() % 8 == 0 && buf.len ? 1 + next_random() % 3 : 0; n > 0; n--)
		buf.ptr[next_random() % buf.len] = (char)next_random();
	return buf_str(&buf);
}

Test(fuzz, expressions_and_files_are_read_or_refused, .timeout = 120)
{
	struct arena arena = {0};
	unsigned sound = 0;
	for (unsigned i = 0; i < rounds(60000); i++) {
		struct str text = make_text(&arena, 12);
		sound += !dbg_eval_check(&arena, text);
		err_ignore(dbg_eval_template_check(&arena, text));
		arena_clear(&arena);
		err_reset();
	}
	cr_expect_gt(sound, 100, "only %u were expressions", sound); // else this tries nothing but the first word
	arena_deinit(&arena);
}

Test(fuzz, deep_nesting_is_refused)
{
	static const char *const openings[] = {"(", "[", "!", "-", "*", "&", "a[", "a.b(", "a as &", "{", "1+(", "a||"};
	struct arena arena = {0};
	for (size_t i = 0; i < ARRAY_LEN(openings); i++) {
		struct buf buf = buf_on(&arena);
		while (buf.len < 9000)
			buf_puts(&buf, openings[i]);
		cr_expect(dbg_eval_check(&arena, buf_str(&buf)));
		arena_clear(&arena);
	}
	arena_deinit(&arena);
}

static err_t no_regex(void *context, struct str text, struct str regex, bool *out)
{
	(void)context;
	*out = str_find(regex, STR("values::")) >= 0 && str_find(text, STR("values::")) >= 0;
	return NULL;
}

// Over a live program: whatever the expression, it has a value or a reason.
Test(fuzz, expressions_over_a_program, .timeout = 240)
{
	struct stopped s = {0};
	stop_in(&s, "values", "debug", "values::main");
	struct arena arena = {0};
	struct dbg_eval_context context = {.space = dbg_target_space(s.d.target), .variables = s.variables, .n_variables = s.n};
	context.regs = s.frames[0].regs;
	unsigned values = 0;
	for (unsigned i = 0; i < rounds(6000); i++) {
		struct dbg_value value;
		err_t error = dbg_eval(&context, &arena, make_text(&arena, 6), &value);
		if (!error) {
			values++;
			dbg_value_render(&arena, value, (struct dbg_render){0});
		}
		arena_clear(&arena);
		err_reset();
	}
	cr_expect_gt(values, 50, "only %u had a value", values);
	arena_deinit(&arena);
	debuggee_end(&s.d);
}

Test(fuzz, files_of_forms, .timeout = 240)
{
	struct stopped s = {0};
	stop_in(&s, "values", "debug", "values::main");
	struct arena arena = {0};
	for (unsigned i = 0; i < rounds(300); i++) {
		struct dbg_form_set *set = dbg_forms_new(no_regex, NULL);
		struct buf text = buf_on(&arena);
		buf_puts(&text, i % 2 ? "<AutoVisualizer>" : "type ^values::\n");
		for (unsigned line = 0; line < 12; line++) {
			buf_puts(&text, i % 2 ? "<Type Name=\"values::*\">" : line % 2 ? "\nshow " : "\nchild x = ");
			buf_put(&text, make_text(&arena, 8));
		}
		dbg_forms_add(set, STR("fuzz"), buf_str(&text));
		dbg_target_set_forms(s.d.target, dbg_forms_of(set));
		for (size_t k = 0; k < s.n; k += 7) {
			struct dbg_child *children;
			struct str line = dbg_value_render(&arena, s.variables[k].value, (struct dbg_render){0});
			cr_assert_leq(str_columns(line), 200);
			dbg_value_children(&arena, s.variables[k].value, DBG_CHILDREN_ALL, 0, 20, &children);
		}
		dbg_target_set_forms(s.d.target, NULL);
		dbg_forms_free(set);
		arena_clear(&arena);
		err_reset();
	}
	arena_deinit(&arena);
	debuggee_end(&s.d);
}

// ---- memory ----------------------------------------------------------------------------------------

// A memory in which every address can be read: pointers to anywhere near, small numbers, large ones, all bits set.
static struct {
	u64 seed, bytes;
} endless;

static u64 endless_word(u64 index)
{
	u64 hash = (index + endless.seed) * 0x9e3779b97f4a7c15u;
	hash ^= hash >> 29;
	hash *= 0xbf58476d1ce4e5b9u;
	hash ^= hash >> 32;
	switch (hash >> 61) {
	case 0:
	case 1:
	case 2: return 0x10000000 + (hash & 0xffffff8);
	case 3:
	case 4: return hash & 15;
	case 5: return hash & 0xffffff;
	case 6: return UINT64_MAX;
	default: return hash;
	}
}

static size_t read_endless(void *context, u64 addr, void *buf, size_t len)
{
	(void)context;
	if (addr >> 47 || (addr + len) >> 47)
		return 0;
	endless.bytes += len;
	for (size_t i = 0; i < len; i++) {
		u64 word = endless_word((addr + i) / 8);
		((u8 *)buf)[i] = (u8)(word >> 8 * ((addr + i) % 8));
	}
	return len;
}

static void show_all(const char *fixture, const char *function)
{
	enum { MOST = 24 << 20 }; // bytes: a page of a hash table that is as good as empty is the most
	struct stopped s = {0};
	stop_in(&s, fixture, "debug", function);
	struct dbg_space space = *dbg_target_space(s.d.target);
	struct arena arena = {0};
	space.mem = dbg_mem_new((struct dbg_mem_source){.read = read_endless});
	space.is_freed = NULL;
	for (unsigned i = 0; i < rounds(12); i++) {
		endless.seed = i;
		for (size_t k = 0; k < s.n; k++) {
			if (!s.variables[k].value.type)
				continue;
			dbg_mem_invalidate(space.mem);
			endless.bytes = 0;
			struct dbg_value value = dbg_value_at(&space, s.variables[k].value.type, 0x10000000 + 8 * (next_random() % 4096));
			struct str text = dbg_value_render(&arena, value, (struct dbg_render){0});
			cr_assert_leq(str_columns(text), 200);
			struct dbg_child *children;
			size_t n = dbg_value_children(&arena, value, DBG_CHILDREN_ALL, next_random() % 3, 20, &children);
			for (size_t c = 0; c < n; c++)
				dbg_value_render(&arena, children[c].value, (struct dbg_render){0});
			cr_expect_lt(endless.bytes, MOST, "%.*s: %llu bytes read for a line and 20 children", STRF(s.variables[k].name),
			             (unsigned long long)endless.bytes);
			arena_clear(&arena);
			err_reset();
		}
	}
	arena_deinit(&arena);
	dbg_mem_free(space.mem);
	debuggee_end(&s.d);
}

Test(fuzz, any_memory_is_shown_within_a_bound, .timeout = 240)
{
	show_all("values", "values::main");
}

Test(fuzz, any_memory_of_crates_is_shown_within_a_bound, .timeout = 240)
{
	show_all("crates", "crates::main");
}
