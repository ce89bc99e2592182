// std::io::Error as its Debug writes it. One word: a kind, a code of the system's, or a pointer to more, told by its two
// lowest bits (std/src/io/error/repr_bitpacked.rs).
#include "engine/value/printer.h"

#include <string.h>

enum { MESSAGE = 0, CUSTOM = 1, OS = 2, KIND = 3, TAG = 3 };

static const struct dbg_type *type_named(const struct dbg_space *space, const char *path)
{
	return space && space->modules ? dbg_type_find(space->modules, str_of(path)) : NULL;
}

static bool put_kind(struct buf *buf, const struct dbg_space *space, u64 number)
{
	const struct dbg_type *type = type_named(space, "std::io::error::ErrorKind");
	type = type ? type : type_named(space, "core::io::error::ErrorKind");
	u8 *byte = NEW(buf->arena, u8);
	*byte = (u8)number;
	struct str name = type && type->size == 1 ? walk_variant_name(dbg_value_of_bytes(space, type, byte), NULL) : STR("");
	if (!name.len)
		return false;
	buf_printf(buf, "Kind(%.*s)", STRF(name));
	return true;
}

// What the pointer leads to, by the members of its type, where the debug info has that.
static bool put_pointed(struct buf *buf, const struct dbg_space *space, const char *path, u64 addr)
{
	const struct dbg_type *type = type_named(space, path);
	if (!type || type->kind != DBG_TYPE_STRUCT)
		return false;
	buf_put(buf, dbg_value_render(buf->arena, dbg_value_at(space, type, addr), (struct dbg_render){.depth = 2, .max_len = 160}));
	return true;
}

static bool text(struct buf *buf, struct dbg_value value)
{
	u64 word, number;
	if (!dbg_value_get(walk_first_pointer(value), &word))
		return false;
	number = word >> 32;
	switch (word & TAG) {
	case KIND: return number < 256 && put_kind(buf, value.space, number);
	case OS: {
		const char *message = number < 4096 ? strerrordesc_np((int)number) : NULL;
		buf_printf(buf, "Os {code: %d, message: \"%s\"}", (int)(u32)number, message ? message : "?");
		return true;
	}
	case CUSTOM: return put_pointed(buf, value.space, "std::io::error::Custom", word - CUSTOM);
	default: return word && put_pointed(buf, value.space, "std::io::error::SimpleMessage", word);
	}
}

const struct printer printer_io_error = {.text = text};
