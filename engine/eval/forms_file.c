// Reads a file of forms, line by line:
//
//     type REGEX           the forms of types whose path this describes follow, to the next `type`
//     when CONDITION       the next `show` is for values of which this holds
//     show TEXT            one line, with {expressions}; the first that holds is shown
//     child NAME = EXPR    unfolds to these instead of to its members
//     elements EXPR        unfolds to the elements of this
//
// White space around a line means nothing; # begins a line that is left out.
#include "forms.h"

#include "engine/eval.h"

enum { MAX_FILE = 1 << 20 };

struct reader {
	struct dbg_form_set *set;
	struct str file;
	unsigned line;
	struct form *form;
	struct str condition;
	bool complained; // of what stands before the first type
};

static void check(struct reader *reader, err_t error)
{
	if (error)
		form_complain(reader->set, reader->file, reader->line, "%.*s", STRF(error->what));
}

static void read_type(struct reader *reader, struct str rest)
{
	reader->form = form_add(reader->set, reader->file, reader->line, rest);
	reader->complained = !reader->form; // what belongs to it is passed over
}

static void read_when(struct reader *reader, struct str rest)
{
	check(reader, dbg_eval_check(&reader->set->arena, rest));
	reader->condition = str_dup(&reader->set->arena, rest);
}

static void read_show(struct reader *reader, struct str rest)
{
	struct form_line line = {.condition = reader->condition, .text = str_dup(&reader->set->arena, rest)};
	check(reader, dbg_eval_template_check(&reader->set->arena, rest));
	vec_push(&reader->set->arena, &reader->form->lines, line);
	reader->condition = STR("");
}

static void read_child(struct reader *reader, struct str rest)
{
	ptrdiff_t equals = str_find(rest, STR("="));
	struct str name = equals < 0 ? rest : str_trim(str_slice(rest, 0, (size_t)equals));
	struct str expression = equals < 0 ? rest : str_trim(str_from(rest, (size_t)equals + 1)); // `child id` is `child id = id`
	struct form_child child = {str_dup(&reader->set->arena, name), str_dup(&reader->set->arena, expression)};
	if (!name.len)
		form_complain(reader->set, reader->file, reader->line, "expected `child NAME = EXPRESSION`");
	else
		check(reader, dbg_eval_check(&reader->set->arena, expression));
	if (name.len)
		vec_push(&reader->set->arena, &reader->form->children, child);
}

static void read_elements(struct reader *reader, struct str rest)
{
	check(reader, dbg_eval_check(&reader->set->arena, rest));
	reader->form->elements = str_dup(&reader->set->arena, rest);
}

static const struct {
	const char *word;
	void (*read)(struct reader *reader, struct str rest);
} words[] = {
    {"type", read_type}, {"when", read_when}, {"show", read_show}, {"child", read_child}, {"elements", read_elements},
};

static void read_line(struct reader *reader, struct str line)
{
	size_t end = 0;
	while (end < line.len && line.ptr[end] != ' ' && line.ptr[end] != '\t')
		end++;
	struct str word = str_slice(line, 0, end), rest = str_trim(str_from(line, end));
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!str_eqc(word, words[i].word))
			continue;
		if (words[i].read != read_type && !reader->form) {
			if (!reader->complained)
				form_complain(reader->set, reader->file, reader->line, "`%.*s` before any `type REGEX`", STRF(word));
			reader->complained = true;
		} else if (!rest.len) {
			form_complain(reader->set, reader->file, reader->line, "`%.*s` without anything behind it", STRF(word));
		} else {
			words[i].read(reader, rest);
		}
		return;
	}
	form_complain(reader->set, reader->file, reader->line, "expected type, when, show, child or elements, not `%.*s`",
	              STRF(str_columns_prefix(word, 40)));
}

void dbg_forms_add(struct dbg_form_set *set, struct str file, struct str text)
{
	struct reader reader = {.set = set, .file = str_dup(&set->arena, file), .condition = STR("")};
	if (text.len > MAX_FILE) {
		form_complain(set, file, 1, "longer than %d bytes", MAX_FILE);
		return;
	}
	if (str_starts(text, STR("\xef\xbb\xbf"))) // the mark of UTF-8 that some editors put first
		text = str_from(text, 3);
	if (str_starts(str_trim(text), STR("<"))) {
		form_read_natvis(set, reader.file, text);
		return;
	}
	while (text.len) {
		ptrdiff_t end = str_find(text, STR("\n"));
		struct str line = str_trim(end < 0 ? text : str_slice(text, 0, (size_t)end));
		text = end < 0 ? STR("") : str_from(text, (size_t)end + 1);
		reader.line++;
		if (line.len && line.ptr[0] != '#')
			read_line(&reader, line);
	}
}
