// Types as Rust programmers write them: the last component of each path, without default allocators.
//
// A path's text is taken apart into identifiers and punctuation; no type is looked up, so that names work
// where the debug info has nothing but a name.
#include "engine/value.h"

enum { MAX_NESTING = 64, MAX_NAME = 400 };

// Arguments that a programmer does not write, when they come last.
static const char *const defaults[] = {
    "alloc::alloc::Global",
    "std::alloc::System",
    "std::hash::random::RandomState",
    "std::collections::hash::map::RandomState",
    "hashbrown::raw::alloc::inner::Global",
    "hashbrown::raw::inner::alloc::inner::Global",
    "core::hash::BuildHasherDefault<std::collections::hash::map::DefaultHasher>",
};

static bool is_default(struct str argument)
{
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
		if (str_eqc(argument, defaults[i]))
			return true;
	return false;
}

static bool is_word(char c)
{
	return c == '_' || c == '#' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (u8)c >= 0x80;
}

// The length of one argument at the start of `s`: to a comma or closing bracket of its own level.
static size_t argument_length(struct str s)
{
	int depth = 0;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (depth == 0 && (c == ',' || c == '>' || c == ')' || c == ']'))
			return i;
		if (c == '-' && i + 1 < s.len && s.ptr[i + 1] == '>') // -> of a function type
			i++;
		else
			depth += (c == '<' || c == '(' || c == '[') - (c == '>' || c == ')' || c == ']');
	}
	return s.len;
}

static void shorten(struct buf *buf, struct str s, unsigned depth);

// What stands between < and its >; answers how much was taken, both included.
static size_t arguments(struct buf *buf, struct str s, unsigned depth)
{
	struct buf inside = buf_on(buf->arena);
	size_t at = 1;
	bool any = false;
	while (at < s.len && s.ptr[at] != '>') {
		struct str argument = str_slice(s, at, at + argument_length(str_from(s, at)));
		at += argument.len;
		argument = str_trim(argument);
		if (argument.len && !is_default(argument)) {
			if (any)
				buf_puts(&inside, ", ");
			any = true;
			shorten(&inside, argument, depth + 1);
		}
		if (at < s.len && s.ptr[at] != '>')
			at++;
	}
	if (any) {
		buf_putc(buf, '<');
		buf_put(buf, buf_str(&inside));
		buf_putc(buf, '>');
	}
	return size_min(at + 1, s.len);
}

// A component such as "{closure_env#1}", which says nothing without the one before it.
static size_t braces(struct str s)
{
	ptrdiff_t end = str_find(s, STR("}"));
	return end < 0 ? s.len : (size_t)end + 1;
}

static void put_braced(struct buf *buf, struct str component)
{
	ptrdiff_t env = str_find(component, STR("_env#"));
	if (env < 0) {
		buf_put(buf, component);
		return;
	}
	buf_put(buf, str_slice(component, 0, (size_t)env));
	buf_put(buf, str_from(component, (size_t)env + 4));
}

static void shorten(struct buf *buf, struct str s, unsigned depth)
{
	if (depth > MAX_NESTING) {
		buf_puts(buf, "…");
		return;
	}
	struct str last = {0}; // the latest component of the path being read, not written yet
	for (size_t i = 0; i < s.len && buf->len < MAX_NAME;) {
		struct str rest = str_from(s, i);
		if (str_starts(rest, STR("::"))) {
			i += 2;
			bool anonymous = i < s.len && s.ptr[i] == '{';
			if (anonymous) { // main::{closure#1}
				put_braced(buf, last);
				buf_puts(buf, "::");
			} else if (!last.len && buf->len) { // behind arguments: Option<u32>::Some
				buf_puts(buf, "::");
			}
			last = (struct str){0};
			continue;
		}
		if (is_word(rest.ptr[0])) {
			size_t len = 1;
			while (len < rest.len && is_word(rest.ptr[len]))
				len++;
			put_braced(buf, last);
			last = str_slice(rest, 0, len);
			i += len;
			continue;
		}
		if (rest.ptr[0] == '{') {
			put_braced(buf, last);
			last = str_slice(rest, 0, braces(rest));
			i += last.len;
			continue;
		}
		put_braced(buf, last);
		last = (struct str){0};
		if (rest.ptr[0] == '<') {
			i += arguments(buf, rest, depth);
		} else {
			buf_putc(buf, rest.ptr[0]);
			i++;
		}
	}
	put_braced(buf, last);
}

struct str dbg_type_render(struct arena *arena, const struct dbg_type *type)
{
	struct buf buf = buf_on(arena);
	if (!type)
		return STR("?");
	if (type->kind == DBG_TYPE_ARRAY && !type->name.len) {
		struct str element = dbg_type_render(arena, type->target);
		return str_printf(arena, "[%.*s; %llu]", STRF(element), (unsigned long long)type->count);
	}
	bool anonymous = str_starts(type->name, STR("{"));
	shorten(&buf, anonymous ? type->path : type->name, 0);
	if (buf.len >= MAX_NAME)
		buf_puts(&buf, "…");
	return buf.len ? buf_str(&buf) : STR("?");
}

struct str dbg_type_told(const struct dbg_type *type)
{
	return dbg_type_render(err_scratch(), type);
}
