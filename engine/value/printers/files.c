// What owns a file descriptor: its number, and what it is now.
#include "engine/fd.h"
#include "engine/value/printer.h"

static bool text(struct buf *buf, struct dbg_value value)
{
	i64 fd;
	if (!walk_int(walk_find_member(value, "fd"), &fd) || fd < 0 || fd > INT32_MAX)
		return false;
	struct str what = value.space->pid ? dbg_fd_text(value.space->pid, (int)fd, NULL, buf->arena) : STR("");
	buf_printf(buf, "%.*s fd %lld%s%.*s", STRF(dbg_type_render(buf->arena, value.type)), (long long)fd, what.len ? " " : "",
	           STRF(what));
	return true;
}

const struct printer printer_file = {.text = text};
