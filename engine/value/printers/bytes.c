// bytes::Bytes and BytesMut, as b"..." with their length; their bytes as items. See span.c for where they are.
#include "engine/value/printer.h"
#include "engine/value/span.h"

enum { SHOWN_BYTES = 64 };

static void put_byte(struct buf *buf, u8 byte)
{
	switch (byte) {
	case '\n': buf_puts(buf, "\\n"); break;
	case '\r': buf_puts(buf, "\\r"); break;
	case '\t': buf_puts(buf, "\\t"); break;
	case '"': buf_puts(buf, "\\\""); break;
	case '\\': buf_puts(buf, "\\\\"); break;
	case '\0': buf_puts(buf, "\\0"); break;
	default:
		if (byte >= 0x20 && byte < 0x7f)
			buf_putc(buf, (char)byte);
		else
			buf_printf(buf, "\\x%02x", byte);
	}
}

static bool text(struct buf *buf, struct dbg_value value)
{
	struct span span;
	struct str bytes;
	u64 len;
	if (!span_of(value, &span))
		return false;
	err_t error = dbg_value_text(value, buf->arena, SHOWN_BYTES, &bytes, &len);
	if (error) {
		buf_printf(buf, "<%.*s>", STRF(error->what));
		return true;
	}
	buf_puts(buf, "b\"");
	for (size_t i = 0; i < bytes.len; i++)
		put_byte(buf, (u8)bytes.ptr[i]);
	buf_printf(buf, "%s\" (len %llu)", len > bytes.len ? "…" : "", (unsigned long long)len);
	return true;
}

static bool items(struct dbg_value value, struct items *out)
{
	return printer_span.items(value, out);
}

static size_t page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	return printer_span.page(arena, value, start, count, out);
}

const struct printer printer_bytes = {.text = text, .items = items, .page = page};
