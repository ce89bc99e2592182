// Duration as Rust's Debug writes it; points in time as seconds of their clock.
#include "engine/value/calendar.h"
#include "engine/value/printer.h"

enum { NANOS_IN_SECOND = 1000000000 };

static bool duration_text(struct buf *buf, struct dbg_value value)
{
	u64 secs, nanos;
	return dbg_value_get(dbg_value_member(value, "secs"), &secs) && dbg_value_get(dbg_value_member(value, "nanos"), &nanos) &&
	       calendar_put_duration(buf, false, secs, nanos);
}

const struct printer printer_duration = {.text = duration_text};

static bool timespec_text(struct buf *buf, struct dbg_value value, const char *name)
{
	u64 secs, nanos;
	if (!dbg_value_get(walk_find_member(value, "tv_sec"), &secs) || !dbg_value_get(walk_find_member(value, "tv_nsec"), &nanos) ||
	    nanos >= NANOS_IN_SECOND)
		return false;
	buf_printf(buf, "%s %lld.%09llus", name, (long long)secs, (unsigned long long)nanos);
	return true;
}

static bool instant_text(struct buf *buf, struct dbg_value value)
{
	return timespec_text(buf, value, "Instant");
}
static bool system_time_text(struct buf *buf, struct dbg_value value)
{
	return timespec_text(buf, value, "SystemTime");
}

const struct printer printer_instant = {.text = instant_text};
const struct printer printer_system_time = {.text = system_time_text};
