// url::Url: its whole text is in `serialization`, the rest are offsets into it (url 2 src/lib.rs).
#include "engine/value/printer.h"

static struct dbg_value inner(struct dbg_value value)
{
	return dbg_value_member(value, "serialization");
}

const struct printer printer_url = {.inner = inner};
