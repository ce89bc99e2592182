// uuid::Uuid: 16 bytes in groups.
#include "engine/value/printer.h"

static bool text(struct buf *buf, struct dbg_value value)
{
	u8 bytes[16];
	if (value.type->size != sizeof(bytes))
		return false;
	err_t error = dbg_value_read(value, bytes, sizeof(bytes));
	if (error)
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		buf_printf(buf, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", bytes[i]);
	return true;
}

const struct printer printer_uuid = {.text = text};
