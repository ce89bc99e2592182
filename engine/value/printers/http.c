// The http crate: Method, StatusCode, Uri and the names and values of headers, as they are written on the wire.
// (http/src: method.rs, uri/{scheme,authority,path}.rs, header/{name,value}.rs; alike in 0.2 and 1.)
#include <ctype.h>

#include "engine/value/printer.h"
#include "engine/value/scalar.h"
#include "engine/value/walk.h"

enum { SHOWN_TEXT = 160 };

// The text of the Bytes or slice in it; none if it is none or can't be read.
static bool text_within(struct arena *arena, struct dbg_value value, struct str *out, bool *whole)
{
	u64 len;
	struct dbg_value bytes = dbg_value_find(value, "bytes::bytes::Bytes");
	err_t error = dbg_value_text(dbg_value_ok(bytes) ? bytes : walk_peel(value), arena, SHOWN_TEXT, out, &len);
	if (error)
		return false;
	*whole = len == out->len;
	return true;
}

static bool put_text_within(struct buf *buf, struct dbg_value value)
{
	struct str text;
	bool whole;
	if (!text_within(buf->arena, value, &text, &whole))
		return false;
	buf_put_utf8_lossy(buf, text);
	buf_puts(buf, whole ? "" : "…");
	return true;
}

static bool put_quoted(struct buf *buf, struct dbg_value value)
{
	struct str text;
	bool whole;
	if (!text_within(buf->arena, value, &text, &whole))
		return false;
	scalar_put_text(buf, text, SHOWN_TEXT);
	buf_puts(buf, whole ? "" : "…");
	return true;
}

// ---- Method, StatusCode ----------------------------------------------------------------------------

// ExtensionInline([u8; 15], u8): the bytes and how many of them.
static bool put_inline(struct buf *buf, struct dbg_value extension)
{
	u8 bytes[32];
	u64 len;
	struct dbg_value array = dbg_value_member(extension, "0");
	if (!dbg_value_ok(array) || array.type->kind != DBG_TYPE_ARRAY || array.type->size > sizeof(bytes) ||
	    !dbg_value_get(dbg_value_member(extension, "1"), &len) || len > array.type->size)
		return false;
	err_t error = dbg_value_read(array, bytes, array.type->size);
	if (error)
		return false;
	buf_put_utf8_lossy(buf, str_n((const char *)bytes, (size_t)len));
	return true;
}

static bool method(struct buf *buf, struct dbg_value value)
{
	struct dbg_value payload;
	struct str name = walk_variant_name(walk_peel(value), &payload);
	if (!name.len)
		return false;
	struct dbg_value extension = dbg_value_member(payload, "0");
	if (dbg_value_ok(extension))
		return put_inline(buf, extension) || put_text_within(buf, extension);
	for (size_t i = 0; i < name.len; i++)
		buf_putc(buf, (char)toupper((unsigned char)name.ptr[i]));
	return true;
}

const struct printer printer_http_method = {.text = method};

// ---- Uri -------------------------------------------------------------------------------------------

static bool put_scheme(struct buf *buf, struct dbg_value scheme)
{
	struct dbg_value payload, protocol;
	struct str kind = walk_variant_name(walk_find_member(scheme, "inner"), &payload);
	if (str_eqc(kind, "None"))
		return true;
	if (str_eqc(kind, "Standard")) {
		struct str name = walk_variant_name(dbg_value_member(payload, "0"), &protocol);
		for (size_t i = 0; i < name.len; i++)
			buf_putc(buf, (char)tolower((unsigned char)name.ptr[i]));
	} else if (!put_text_within(buf, dbg_value_deref(walk_first_pointer(payload)))) {
		return false;
	}
	buf_puts(buf, "://");
	return true;
}

static bool put_uri(struct buf *buf, struct dbg_value value)
{
	if (!put_scheme(buf, dbg_value_member(value, "scheme")))
		return false;
	size_t scheme = buf->len;
	if (!put_text_within(buf, dbg_value_member(value, "authority")))
		return false;
	size_t before = buf->len;
	if (!put_text_within(buf, dbg_value_member(value, "path_and_query")))
		return false;
	if (buf->len == before && scheme) // an empty path behind a scheme is the root
		buf_putc(buf, '/');
	return true;
}

static bool uri(struct buf *buf, struct dbg_value value)
{
	struct buf text = buf_on(buf->arena);
	if (!put_uri(&text, value))
		return false;
	buf_put(buf, buf_str(&text));
	return true;
}

const struct printer printer_http_uri = {.text = uri};
const struct printer printer_http_part = {.text = put_text_within}; // Authority, PathAndQuery

// ---- headers ---------------------------------------------------------------------------------------

// Names of the standard headers are variants: ContentType is "content-type".
static void put_standard(struct buf *buf, struct str name)
{
	buf_putc(buf, '"');
	for (size_t i = 0; i < name.len; i++) {
		// SecWebSocketKey is "sec-websocket-key", the only word that is no word.
		bool inside_websocket = i >= 3 && str_starts(str_from(name, i - 3), STR("WebSocket"));
		if (i && isupper((unsigned char)name.ptr[i]) && !inside_websocket)
			buf_putc(buf, '-');
		buf_putc(buf, (char)tolower((unsigned char)name.ptr[i]));
	}
	buf_putc(buf, '"');
}

static bool header_name(struct buf *buf, struct dbg_value value)
{
	struct dbg_value payload, none;
	struct str kind = walk_variant_name(dbg_value_member(value, "inner"), &payload);
	if (!str_eqc(kind, "Standard"))
		return str_eqc(kind, "Custom") && put_quoted(buf, payload);
	struct str name = walk_variant_name(dbg_value_member(payload, "0"), &none);
	if (name.len)
		put_standard(buf, name);
	return name.len > 0;
}

static bool header_value(struct buf *buf, struct dbg_value value)
{
	u64 is_sensitive;
	if (dbg_value_get(dbg_value_member(value, "is_sensitive"), &is_sensitive) && is_sensitive) {
		buf_puts(buf, "Sensitive"); // as its Debug writes it: it is in [raw] for those who must know
		return true;
	}
	return put_quoted(buf, value);
}

const struct printer printer_http_header_name = {.text = header_name};
const struct printer printer_http_header_value = {.text = header_value};
