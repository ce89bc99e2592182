// From values to watches, and from what a watch has seen to text.
#include "adapter/data.h"

static bool is_watchable(u64 size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static char form_of(const struct dbg_type *type)
{
	switch (type->kind) {
	case DBG_TYPE_UINT: return 'u';
	case DBG_TYPE_INT: return 'i';
	case DBG_TYPE_FLOAT: return 'f';
	case DBG_TYPE_BOOL: return 'b';
	case DBG_TYPE_CHAR: return 'c';
	default: return 'x';
	}
}

err_t dap_data_of_value(struct dbg_value value, struct str name, i64 bytes, struct dap_data *out)
{
	if (!dbg_value_ok(value))
		return err_new(ERR_UNSUPPORTED, "%.*s", STRF(value.absent));
	if (value.where != DBG_VALUE_MEMORY)
		return err_new(ERR_UNSUPPORTED, "`%.*s` is not in memory now (a register or a constant), so it can't be watched",
		               STRF(name));
	u64 size = bytes ? (u64)bytes : value.type->size;
	*out = (struct dap_data){.addr = value.addr, .size = size, .name = name};
	out->form = size == value.type->size ? form_of(value.type) : 'x';
	if (!is_watchable(size))
		return err_new(ERR_UNSUPPORTED,
		               "`%.*s` has %llu bytes: the processor watches 1, 2, 4 or 8 of them; choose a member of it", STRF(name),
		               (unsigned long long)size);
	return NULL;
}

struct str dap_data_id(struct arena *arena, const struct dap_data *data)
{
	return str_printf(arena, "0x%llx/%llu/%c/%.*s", (unsigned long long)data->addr, (unsigned long long)data->size, data->form,
	                  STRF(data->name));
}

// Up to the next '/', which is taken off `text`.
static struct str next_part(struct str *text)
{
	ptrdiff_t end = str_find(*text, STR("/"));
	struct str part = str_slice(*text, 0, end < 0 ? text->len : (size_t)end);
	*text = str_from(*text, end < 0 ? text->len : (size_t)end + 1);
	return part;
}

bool dap_data_read_id(struct str id, struct dap_data *out)
{
	struct str addr = next_part(&id), size = next_part(&id), form = next_part(&id);
	if (!str_to_u64(addr, &out->addr) || !str_to_u64(size, &out->size) || !is_watchable(out->size) || form.len != 1)
		return false;
	out->form = form.ptr[0];
	out->name = id;
	return true;
}

static struct str value_text(struct dap_session *session, const struct dap_data *data, u64 value)
{
	struct arena *arena = &session->stop;
	unsigned unused = 64 - 8 * (unsigned)data->size;
	float single;
	double number;
	switch (data->form) {
	case 'u': return str_printf(arena, "%llu", (unsigned long long)value);
	case 'i': return str_printf(arena, "%lld", (long long)(i64)(value << unused) >> unused);
	case 'b':
		if (value <= 1)
			return value ? STR("true") : STR("false");
		break;
	case 'f':
		memcpy(&single, &value, sizeof single);
		memcpy(&number, &value, sizeof number);
		return str_printf(arena, "%g", data->size == 4 ? (double)single : number);
	case 'c':
		if (value >= ' ' && value < 0x7f)
			return str_printf(arena, "'%c'", (char)value);
		return str_printf(arena, "'\\u{%llx}'", (unsigned long long)value);
	}
	return str_printf(arena, "0x%llx", (unsigned long long)value);
}

struct str dap_data_hit_text(struct dap_session *session, struct str id, const struct dbg_watch_hit *hit)
{
	struct dap_data data;
	if (!dap_data_read_id(id, &data))
		return STR("");
	struct str now = value_text(session, &data, hit->new_value);
	if (hit->old_value == hit->new_value) // the processor does not tell reads from such writes
		return str_printf(&session->stop, "%.*s: read, or written as it was: %.*s", STRF(data.name), STRF(now));
	return str_printf(&session->stop, "%.*s: %.*s → %.*s", STRF(data.name), STRF(value_text(session, &data, hit->old_value)),
	                  STRF(now));
}
