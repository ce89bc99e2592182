// The time crate: dates, times, points in time, offsets and durations (time 0.3 src/{date,time,utc_offset,..}.rs).
#include "engine/value/calendar.h"
#include "engine/value/printer.h"

enum { MAX_ORDINAL_BITS = 9, LIKELY_FROM = 1583, LIKELY_TO = 2 * LIKELY_FROM };

struct reading {
	bool holds;
	i64 year;
	u64 ordinal;
};

// Date {value}: year << 10 | is leap year << 9 | ordinal; before 0.3.38, year << 9 | ordinal. No member of it tells which. The
// bit refutes the wrong reading for 5 years in 8. For others: a program that has a type which came with the new
// form or later has that form.
// ASSUME: of two readings that hold still (the program uses no such type, or an older crate), whose years are n and about 2n, it
// is the one from 1583 to 3166.
static struct reading date_of(const struct dbg_space *space, i64 bits)
{
	u64 ordinal = (u64)bits & ((1u << MAX_ORDINAL_BITS) - 1);
	struct reading now = {.year = bits >> (MAX_ORDINAL_BITS + 1), .ordinal = ordinal};
	struct reading before = {.year = bits >> MAX_ORDINAL_BITS, .ordinal = ordinal};
	bool leap_bit = bits >> MAX_ORDINAL_BITS & 1;
	now.holds = leap_bit == calendar_is_leap(now.year) && ordinal && ordinal <= 365u + leap_bit;
	before.holds = ordinal && ordinal <= 365u + calendar_is_leap(before.year);
	if (!now.holds || !before.holds)
		return now.holds ? now : before;
	static const struct str newer[] = {STR("time::utc_date_time::UtcDateTime"), STR("time::plain_date_time::PlainDateTime")};
	for (size_t i = 0; space && space->modules && i < ARRAY_LEN(newer); i++)
		if (dbg_type_find(space->modules, newer[i]))
			return now;
	return before.year >= LIKELY_FROM && before.year < LIKELY_TO ? before : now;
}

static bool date_text(struct buf *buf, struct dbg_value value)
{
	i64 bits;
	if (!walk_int(value, &bits))
		return false;
	struct reading date = date_of(value.space, bits);
	return date.holds && calendar_put_date(buf, date.year, date.ordinal);
}

static bool time_text(struct buf *buf, struct dbg_value value)
{
	i64 hour, minute, second, nanos;
	if (!walk_int(dbg_value_member(value, "hour"), &hour) || !walk_int(dbg_value_member(value, "minute"), &minute) ||
	    !walk_int(dbg_value_member(value, "second"), &second) || !walk_int(dbg_value_member(value, "nanosecond"), &nanos) ||
	    hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || nanos < 0)
		return false;
	return calendar_put_time(buf, (u64)(hour * 3600 + minute * 60 + second), (u64)nanos);
}

static bool offset_text(struct buf *buf, struct dbg_value value)
{
	i64 hours, minutes, seconds;
	if (!walk_int(dbg_value_member(value, "hours"), &hours) || !walk_int(dbg_value_member(value, "minutes"), &minutes) ||
	    !walk_int(dbg_value_member(value, "seconds"), &seconds))
		return false;
	calendar_put_offset(buf, hours * 3600 + minutes * 60 + seconds);
	return true;
}

static bool naive_text(struct buf *buf, struct dbg_value value)
{
	struct buf text = buf_on(buf->arena);
	if (!date_text(&text, dbg_value_member(value, "date")))
		return false;
	buf_putc(&text, ' ');
	if (!time_text(&text, dbg_value_member(value, "time")))
		return false;
	buf_put(buf, buf_str(&text));
	return true;
}

// OffsetDateTime {local_date_time, offset}; UtcDateTime {inner}.
static bool offset_datetime_text(struct buf *buf, struct dbg_value value)
{
	struct buf text = buf_on(buf->arena);
	if (!naive_text(&text, dbg_value_member(value, "local_date_time")))
		return false;
	buf_putc(&text, ' ');
	if (!offset_text(&text, dbg_value_member(value, "offset")))
		return false;
	buf_put(buf, buf_str(&text));
	return true;
}

static bool utc_datetime_text(struct buf *buf, struct dbg_value value)
{
	if (!naive_text(buf, dbg_value_member(value, "inner")))
		return false;
	buf_puts(buf, " UTC");
	return true;
}

// Both members have the sign.
static bool duration_text(struct buf *buf, struct dbg_value value)
{
	i64 seconds, nanos;
	if (!walk_int(dbg_value_member(value, "seconds"), &seconds) || !walk_int(dbg_value_member(value, "nanoseconds"), &nanos))
		return false;
	bool is_negative = seconds < 0 || nanos < 0;
	if (is_negative && (seconds > 0 || nanos > 0))
		return false;
	return calendar_put_duration(buf, is_negative, is_negative ? (u64)0 - (u64)seconds : (u64)seconds,
	                             is_negative ? (u64)0 - (u64)nanos : (u64)nanos);
}

const struct printer printer_time_date = {.text = date_text};
const struct printer printer_time_time = {.text = time_text};
const struct printer printer_time_offset = {.text = offset_text};
const struct printer printer_time_naive = {.text = naive_text};
const struct printer printer_time_offset_datetime = {.text = offset_datetime_text};
const struct printer printer_time_utc_datetime = {.text = utc_datetime_text};
const struct printer printer_time_duration = {.text = duration_text};
