// Reads forms from natvis files, which crates carry for Microsoft's debuggers (`#[debugger_visualizer]`): of a type, its
// DisplayStrings with their conditions and the Items of its expansion. The XML is read as far as that needs.
//
// Natvis's expressions are C++'s. What of them is also an expression here works: fields by `.` and `->`, `__0` of
// tuples, arithmetic, comparison. A line with anything else does not hold, and the type is shown as without it.
#include "forms.h"

#include "engine/eval.h"

struct xml {
	struct arena *arena;
	struct str all;
	size_t at;
	size_t counted; // up to where `line` is right
	unsigned line;
};

struct tag {
	struct str name, attributes; // as they stand
	struct str text;             // up to the next tag
	bool closes, is_empty;       // </name>, <name/>
	unsigned line;
};

struct natvis {
	struct dbg_form_set *set;
	struct str file;
	struct buf regex; // of the type's names, "" outside of types
	unsigned line;
	struct form form;
	bool in_array, conditional;
	struct str size, pointer; // of an array
};

// ---- XML -------------------------------------------------------------------------------------------

static unsigned line_at(struct xml *xml, size_t at)
{
	for (; xml->counted < at; xml->counted++)
		xml->line += xml->all.ptr[xml->counted] == '\n';
	return xml->line;
}

// Where `end` ends behind `at`; the text's end if it is not there.
static size_t behind(struct str s, size_t at, struct str end)
{
	ptrdiff_t found = str_find(str_from(s, at), end);
	return found < 0 ? s.len : at + (size_t)found + end.len;
}

static bool next_tag(struct xml *xml, struct tag *out)
{
	static const struct {
		struct str start, end;
	} skipped[] = {{STR("<!--"), STR("-->")}, {STR("<?"), STR("?>")}, {STR("<!"), STR(">")}};
	struct str s = xml->all;
again:;
	size_t at = behind(s, xml->at, STR("<"));
	if (at == s.len)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(skipped); i++)
		if (str_starts(str_from(s, at - 1), skipped[i].start)) {
			xml->at = behind(s, at, skipped[i].end);
			goto again;
		}
	size_t end = at;
	for (char quote = 0; end < s.len && (quote || s.ptr[end] != '>'); end++)
		if (quote ? s.ptr[end] == quote : s.ptr[end] == '"' || s.ptr[end] == '\'')
			quote = quote ? 0 : s.ptr[end];
	struct str inside = str_slice(s, at, end);
	*out = (struct tag){.line = line_at(xml, at), .closes = str_starts(inside, STR("/")), .is_empty = str_ends(inside, STR("/"))};
	inside = str_slice(inside, out->closes, inside.len - (out->is_empty && inside.len > 1));
	size_t name = 0;
	while (name < inside.len && !strchr(" \t\r\n", inside.ptr[name]))
		name++;
	out->name = str_slice(inside, 0, name);
	out->attributes = str_from(inside, name);
	xml->at = size_min(end + 1, s.len);
	out->text = str_slice(s, xml->at, behind(s, xml->at, STR("<")));
	out->text = str_ends(out->text, STR("<")) ? str_slice(out->text, 0, out->text.len - 1) : out->text;
	return true;
}

static struct str unescaped(struct arena *arena, struct str s)
{
	static const struct {
		struct str entity;
		char c;
	} entities[] = {
	    {STR("&lt;"), '<'}, {STR("&gt;"), '>'}, {STR("&amp;"), '&'}, {STR("&quot;"), '"'}, {STR("&apos;"), '\''},
	};
	struct buf buf = buf_on(arena);
	for (size_t at = 0; at < s.len;) {
		size_t i = 0;
		while (i < ARRAY_LEN(entities) && !str_starts(str_from(s, at), entities[i].entity))
			i++;
		buf_putc(&buf, i < ARRAY_LEN(entities) ? entities[i].c : s.ptr[at]);
		at += i < ARRAY_LEN(entities) ? entities[i].entity.len : 1;
	}
	return buf_str(&buf);
}

static struct str attribute(struct arena *arena, struct str attributes, struct str name)
{
	for (size_t at = 0; at < attributes.len;) {
		ptrdiff_t found = str_find(str_from(attributes, at), name);
		if (found < 0)
			break;
		size_t start = at + (size_t)found;
		struct str rest = str_trim(str_from(attributes, start + name.len));
		at = start + 1;
		bool begins = start > 0 && strchr(" \t\r\n", attributes.ptr[start - 1]);
		if (!begins || !str_starts(rest, STR("=")))
			continue;
		rest = str_trim(str_from(rest, 1));
		if (!rest.len || (rest.ptr[0] != '"' && rest.ptr[0] != '\''))
			continue;
		size_t end = behind(rest, 1, str_slice(rest, 0, 1));
		return end > 1 ? unescaped(arena, str_slice(rest, 1, end - 1)) : STR("");
	}
	return STR("");
}

// ---- names and expressions -------------------------------------------------------------------------

// "foo::Bar<*>" as a regular expression.
static void put_type(struct buf *regex, struct str name)
{
	buf_puts(regex, regex->len ? "|" : "");
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (c == '*')
			buf_puts(regex, ".*");
		else if (strchr("\\^$.|?+()[]{}", c))
			buf_printf(regex, "\\%c", c);
		else
			buf_putc(regex, c);
	}
}

// `p->x,su` as `p.x`: without formats but those that are ours too.
static void put_expression(struct buf *out, struct str s)
{
	int depth = 0;
	size_t end = 0;
	for (; end < s.len && !(s.ptr[end] == ',' && depth == 0); end++)
		depth += (strchr("([", s.ptr[end]) != NULL) - (strchr(")]", s.ptr[end]) != NULL);
	for (size_t i = 0; i < end; i++) {
		bool arrow = s.ptr[i] == '-' && i + 1 < end && s.ptr[i + 1] == '>';
		buf_putc(out, arrow ? '.' : s.ptr[i]);
		i += arrow;
	}
	struct str format = str_trim(str_from(s, end));
	if (str_eqc(format, ",x") || str_eqc(format, ",d") || str_eqc(format, ",b"))
		buf_put(out, format);
}

static struct str expression(struct arena *arena, struct str s)
{
	struct buf buf = buf_on(arena);
	put_expression(&buf, str_trim(s));
	return buf_str(&buf);
}

// The text of a DisplayString on one line, its expressions as ours.
static struct str display(struct arena *arena, struct str s)
{
	struct buf buf = buf_on(arena);
	s = str_trim(s);
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		size_t close = c == '{' ? behind(s, i, STR("}")) : i + 1;
		if ((c == '{' || c == '}') && i + 1 < s.len && s.ptr[i + 1] == c) {
			buf_printf(&buf, "%c%c", c, c);
			i++;
		} else if (c == '{' && s.ptr[close - 1] == '}') {
			buf_putc(&buf, '{');
			put_expression(&buf, str_slice(s, i + 1, close - 1));
			buf_putc(&buf, '}');
			i = close - 1;
		} else if (strchr("\r\n\t", c)) {
			buf_puts(&buf, str_ends(buf_str(&buf), STR(" ")) ? "" : " ");
		} else {
			buf_putc(&buf, c);
		}
	}
	return buf_str(&buf);
}

// ---- what is read ----------------------------------------------------------------------------------

static bool is_sound(struct natvis *natvis, unsigned line, err_t error)
{
	if (error)
		form_complain(natvis->set, natvis->file, line, "left out: %.*s", STRF(error->what));
	return !error;
}

static void begin_type(struct natvis *natvis, const struct tag *tag)
{
	struct arena *arena = &natvis->set->arena;
	natvis->regex = buf_on(arena);
	natvis->form = (struct form){.strict = true, .elements = STR("")};
	natvis->line = tag->line;
	put_type(&natvis->regex, attribute(arena, tag->attributes, STR("Name")));
}

static void end_type(struct natvis *natvis)
{
	struct arena *arena = &natvis->set->arena;
	if (natvis->regex.len && (natvis->form.lines.len || natvis->form.children.len || natvis->form.elements.len)) {
		struct str regex = str_printf(arena, "^(?:%.*s)$", STRF(buf_str(&natvis->regex)));
		struct form *form = form_add(natvis->set, natvis->file, natvis->line, regex);
		if (form) {
			natvis->form.regex = form->regex;
			*form = natvis->form;
		}
	}
	natvis->regex.len = 0;
}

static void read_display(struct natvis *natvis, const struct tag *tag)
{
	struct arena *arena = &natvis->set->arena;
	struct form_line line = {.condition = expression(arena, attribute(arena, tag->attributes, STR("Condition")))};
	line.text = display(arena, unescaped(arena, tag->text));
	if (is_sound(natvis, tag->line, line.condition.len ? dbg_eval_check(arena, line.condition) : NULL) &&
	    is_sound(natvis, tag->line, dbg_eval_template_check(arena, line.text)))
		vec_push(arena, &natvis->form.lines, line);
}

static void read_item(struct natvis *natvis, const struct tag *tag)
{
	struct arena *arena = &natvis->set->arena;
	struct form_child child = {attribute(arena, tag->attributes, STR("Name")), expression(arena, unescaped(arena, tag->text))};
	enum dbg_radix ignored;
	dbg_eval_format(&child.expression, &ignored);
	bool conditional = attribute(arena, tag->attributes, STR("Condition")).len > 0;
	if (child.name.len && !conditional && is_sound(natvis, tag->line, dbg_eval_check(arena, child.expression)))
		vec_push(arena, &natvis->form.children, child);
}

// <ArrayItems>: its two parts as one expression, `pointer[0..size]`. Of several dimensions nothing is read.
static void read_array(struct natvis *natvis, const struct tag *tag)
{
	struct arena *arena = &natvis->set->arena;
	bool is_array = str_eqc(tag->name, "ArrayItems");
	if (is_array && tag->closes && natvis->size.len && natvis->pointer.len && !natvis->conditional &&
	    !natvis->form.elements.len) {
		struct str elements = str_printf(arena, "(%.*s)[0..(%.*s)]", STRF(natvis->pointer), STRF(natvis->size));
		if (is_sound(natvis, tag->line, dbg_eval_check(arena, elements)))
			natvis->form.elements = elements;
	}
	if (is_array) {
		natvis->in_array = !tag->closes;
		natvis->conditional = attribute(arena, tag->attributes, STR("Condition")).len > 0;
		natvis->size = natvis->pointer = STR("");
	} else if (natvis->in_array && !tag->closes && str_eqc(tag->name, "Size")) {
		natvis->size = expression(arena, unescaped(arena, tag->text));
	} else if (natvis->in_array && !tag->closes && str_eqc(tag->name, "ValuePointer")) {
		natvis->pointer = expression(arena, unescaped(arena, tag->text));
	}
}

static void read_tag(struct natvis *natvis, const struct tag *tag)
{
	if (str_eqc(tag->name, "Type")) {
		if (tag->closes || natvis->regex.len)
			end_type(natvis);
		if (!tag->closes)
			begin_type(natvis, tag);
	} else if (natvis->regex.len && (natvis->in_array || str_eqc(tag->name, "ArrayItems"))) {
		read_array(natvis, tag);
	} else if (tag->closes || !natvis->regex.len) {
		return;
	} else if (str_eqc(tag->name, "AlternativeType")) {
		put_type(&natvis->regex, attribute(&natvis->set->arena, tag->attributes, STR("Name")));
	} else if (str_eqc(tag->name, "DisplayString")) {
		read_display(natvis, tag);
	} else if (str_eqc(tag->name, "Item")) {
		read_item(natvis, tag);
	}
}

void form_read_natvis(struct dbg_form_set *set, struct str file, struct str text)
{
	struct natvis natvis = {.set = set, .file = file};
	struct xml xml = {.arena = &set->arena, .all = text, .line = 1};
	struct tag tag;
	while (next_tag(&xml, &tag))
		read_tag(&natvis, &tag);
	end_type(&natvis);
}
