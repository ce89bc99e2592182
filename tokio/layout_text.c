// What the reader took this program's tokio to look like: each row of layout.def, and which of several forms was found
// where versions differ. For a report about a tokio that is not understood, and for the matrix of tests.
#include "tokio/private.h"

void reader_took(struct tk_reader *reader, const char *what, const char *form)
{
	for (size_t i = 0; i < reader->forms.len; i++)
		if (reader->forms.items[i].what == what && reader->forms.items[i].form == form)
			return;
	vec_push(&reader->arena, &reader->forms, ((struct tk_form){what, form}));
}

struct str tk_text_layout(struct tk_reader *reader, struct arena *arena)
{
	struct buf text = buf_on(arena);
	layout_put_rows(&reader->layout, reader->space->modules, &text);
	for (size_t i = 0; i < reader->forms.len; i++)
		buf_printf(&text, "%-22s %s\n", reader->forms.items[i].what, reader->forms.items[i].form);
	return buf_str(&text);
}
