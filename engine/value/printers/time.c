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

static bool timespec_of(struct dbg_value value, u64 *secs, u64 *nanos)
{
	return dbg_value_get(walk_find_member(value, "tv_sec"), secs) && dbg_value_get(walk_find_member(value, "tv_nsec"), nanos) &&
	       *nanos < NANOS_IN_SECOND;
}

// Of a clock that begins when the machine does.
static bool instant_text(struct buf *buf, struct dbg_value value)
{
	u64 secs, nanos;
	if (!timespec_of(value, &secs, &nanos))
		return false;
	buf_printf(buf, "Instant %lld.%09llus", (long long)secs, (unsigned long long)nanos);
	return true;
}

static bool system_time_text(struct buf *buf, struct dbg_value value)
{
	i64 year;
	u64 secs, nanos, ordinal, second;
	struct buf text = buf_on(buf->arena);
	if (!timespec_of(value, &secs, &nanos) || !calendar_from_unix((i64)secs, &year, &ordinal, &second) ||
	    !calendar_put_date(&text, year, ordinal))
		return false;
	buf_putc(&text, 'T');
	calendar_put_time(&text, second, nanos);
	buf_printf(buf, "%.*sZ", STRF(buf_str(&text)));
	return true;
}

const struct printer printer_instant = {.text = instant_text};
const struct printer printer_system_time = {.text = system_time_text};
