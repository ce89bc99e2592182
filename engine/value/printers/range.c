// Ranges of scalars: 1..5, ..=9, 'a'..='z'. Of other types they are shown as structs.
#include "engine/value/printer.h"

// Answers false for what is no scalar.
static bool put_bound(struct buf *buf, struct dbg_value bound)
{
	if (!dbg_value_ok(bound) || bound.type->kind == DBG_TYPE_STRUCT || bound.type->kind == DBG_TYPE_VARIANTS)
		return false;
	buf_put(buf, dbg_value_render(buf->arena, bound, (struct dbg_render){.max_len = 60}));
	return true;
}

static bool put_range(struct buf *buf, struct dbg_value value, const char *start, const char *dots, const char *end)
{
	struct buf text = buf_on(buf->arena);
	if (start && !put_bound(&text, dbg_value_member(value, start)))
		return false;
	buf_puts(&text, dots);
	if (end && !put_bound(&text, dbg_value_member(value, end)))
		return false;
	buf_put(buf, buf_str(&text));
	return true;
}

static bool range(struct buf *buf, struct dbg_value value)
{
	return put_range(buf, value, "start", "..", "end");
}
static bool range_from(struct buf *buf, struct dbg_value value)
{
	return put_range(buf, value, "start", "..", NULL);
}
static bool range_to(struct buf *buf, struct dbg_value value)
{
	return put_range(buf, value, NULL, "..", "end");
}
static bool range_to_inclusive(struct buf *buf, struct dbg_value value)
{
	return put_range(buf, value, NULL, "..=", "end");
}
static bool range_full(struct buf *buf, struct dbg_value value)
{
	return put_range(buf, value, NULL, "..", NULL);
}

static bool range_inclusive(struct buf *buf, struct dbg_value value)
{
	u64 exhausted;
	if (!put_range(buf, value, "start", "..=", "end"))
		return false;
	if (dbg_value_get(dbg_value_member(value, "exhausted"), &exhausted) && exhausted)
		buf_puts(buf, " (exhausted)");
	return true;
}

const struct printer printer_range = {.text = range};
const struct printer printer_range_from = {.text = range_from};
const struct printer printer_range_to = {.text = range_to};
const struct printer printer_range_inclusive = {.text = range_inclusive};
const struct printer printer_range_to_inclusive = {.text = range_to_inclusive};
const struct printer printer_range_full = {.text = range_full};
