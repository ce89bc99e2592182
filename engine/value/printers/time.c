// Duration as Rust's Debug writes it; points in time as seconds of their clock.
#include "engine/value/printer.h"

enum { NANOS_IN_SECOND = 1000000000 };

// 1.5 as "1.5", 20 as "20": a whole part and a fraction of `scale`, without trailing zeros.
static void put_fraction(struct buf *buf, u64 whole, u64 fraction, u64 scale, const char *unit)
{
	buf_printf(buf, "%llu", (unsigned long long)whole);
	if (fraction) {
		buf_putc(buf, '.');
		for (scale /= 10; fraction; fraction %= scale, scale /= 10) {
			buf_putc(buf, (char)('0' + fraction / scale));
			if (scale == 1)
				break;
		}
	}
	buf_puts(buf, unit);
}

static bool duration_text(struct buf *buf, struct dbg_value value)
{
	u64 secs, nanos;
	if (!dbg_value_get(dbg_value_member(value, "secs"), &secs) || !dbg_value_get(dbg_value_member(value, "nanos"), &nanos) ||
	    nanos >= NANOS_IN_SECOND)
		return false;
	if (secs)
		put_fraction(buf, secs, nanos, NANOS_IN_SECOND, "s");
	else if (nanos >= 1000000)
		put_fraction(buf, nanos / 1000000, nanos % 1000000, 1000000, "ms");
	else if (nanos >= 1000)
		put_fraction(buf, nanos / 1000, nanos % 1000, 1000, "µs");
	else
		put_fraction(buf, nanos, 0, 1, "ns");
	return true;
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
