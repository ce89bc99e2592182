// What is written of a value that has no parts: numbers, pointers by what they lead to, text.
#include "render.h"
#include "scalar.h"

enum { MAX_SCALAR = 64 };

void render_reason(struct render *r, struct str reason)
{
	buf_printf(&r->buf, "<%.*s>", STRF(reason));
}

static void put_error(struct render *r, err_t error)
{
	render_reason(r, error->what);
}

void render_enumerator(struct render *r, struct dbg_value value)
{
	u64 number;
	err_t error = dbg_value_uint(value, &number);
	if (error) {
		put_error(r, error);
		return;
	}
	const struct dbg_enumerator *enumerators;
	size_t n = dbg_type_enumerators(value.type, &enumerators);
	u64 mask = value.type->size >= 8 ? UINT64_MAX : ((u64)1 << (8 * value.type->size)) - 1;
	for (size_t i = 0; i < n; i++)
		if (((u64)enumerators[i].value & mask) == number) {
			buf_put(&r->buf, enumerators[i].name);
			return;
		}
	buf_printf(&r->buf, "<suspect: %llu names no variant of %.*s>", (unsigned long long)number, STRF(value.type->name));
}

void render_function(struct render *r, struct dbg_value value, u64 addr)
{
	struct dbg_scope *scopes;
	struct dbg_symbol symbol;
	struct dbg_modules *modules = value.space ? value.space->modules : NULL;
	size_t n = modules ? dbg_scopes_at(modules, r->buf.arena, addr, &scopes) : 0;
	if (n && scopes[n - 1].low == addr)
		buf_put_utf8_lossy(&r->buf, scopes[n - 1].name);
	else if (modules && dbg_symbol_at(modules, addr, &symbol) && symbol.addr == addr)
		buf_put_utf8_lossy(&r->buf, dbg_demangle(r->buf.arena, symbol.name));
	else
		buf_printf(&r->buf, "0x%llx", (unsigned long long)addr);
}

void render_pointer(struct render *r, struct dbg_value value)
{
	u64 addr;
	err_t error = dbg_value_uint(value, &addr);
	if (error)
		put_error(r, error);
	else if (value.type->target && value.type->target->kind == DBG_TYPE_FUNCTION)
		render_function(r, value, addr);
	else
		buf_printf(&r->buf, "0x%llx", (unsigned long long)addr);
}

void render_scalar(struct render *r, struct dbg_value value)
{
	u8 bytes[MAX_SCALAR];
	const struct dbg_type *type = value.type;
	size_t size = (size_t)u64_min(type->size, sizeof(bytes));
	err_t error = dbg_value_read(value, bytes, size);
	if (error) {
		put_error(r, error);
		return;
	}
	switch (type->kind) {
	case DBG_TYPE_FLOAT: scalar_put_float(&r->buf, bytes, size); break;
	case DBG_TYPE_BOOL:
		if (bytes[0] > 1)
			buf_printf(&r->buf, "<suspect: %u is no bool>", bytes[0]);
		else
			buf_puts(&r->buf, bytes[0] ? "true" : "false");
		break;
	case DBG_TYPE_CHAR: {
		u32 code = 0;
		memcpy(&code, bytes, size_min(size, sizeof(code)));
		scalar_put_char(&r->buf, code);
		break;
	}
	default: scalar_put_int(&r->buf, bytes, size, type->kind == DBG_TYPE_INT, r->radix); break;
	}
}

void render_text(struct render *r, struct dbg_value value)
{
	struct str text;
	u64 whole;
	size_t room = r->columns > r->buf.len + 8 ? r->columns - r->buf.len - 8 : 8;
	err_t error = dbg_value_text(value, r->buf.arena, 4 * room, &text, &whole);
	if (error) {
		put_error(r, error);
		return;
	}
	bool all = scalar_put_text(&r->buf, text, room);
	if (!all || whole > text.len)
		buf_printf(&r->buf, " (len %llu)", (unsigned long long)whole);
}
