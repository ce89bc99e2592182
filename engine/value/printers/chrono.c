// The chrono crate: dates, times, points in time and offsets as its Debug writes them (chrono 0.4 src/naive,
// src/datetime, src/offset).
#include "engine/value/calendar.h"
#include "engine/value/printer.h"

enum { NANOS_IN_SECOND = 1000000000, SECONDS_IN_DAY = 86400 };

struct moment {
	i64 year, second; // second of the day
	u64 ordinal, nanos;
};

// NaiveDate(year << 13 | ordinal << 4 | flags), whatever its member was called (`ymdf`, `yof`).
static bool date_of(struct dbg_value value, struct moment *out)
{
	i64 bits;
	if (!walk_int(value, &bits))
		return false;
	out->year = bits >> 13;
	out->ordinal = (u64)bits >> 4 & 0x1ff;
	return true;
}

// NaiveTime {secs, frac}: frac from a whole second on is a leap second.
static bool time_of(struct dbg_value value, struct moment *out)
{
	u64 second;
	if (!dbg_value_get(dbg_value_member(value, "secs"), &second) ||
	    !dbg_value_get(dbg_value_member(value, "frac"), &out->nanos) || second >= SECONDS_IN_DAY)
		return false;
	out->second = (i64)second;
	return true;
}

static bool datetime_of(struct dbg_value value, struct moment *out)
{
	return date_of(dbg_value_member(value, "date"), out) && time_of(dbg_value_member(value, "time"), out);
}

static bool put_time(struct buf *buf, const struct moment *at)
{
	bool leap = at->nanos >= NANOS_IN_SECOND;
	if (!leap)
		return calendar_put_time(buf, (u64)at->second, at->nanos);
	if (at->second % 60 != 59) // only the last second of a minute has one: what is shown would be another time
		return false;
	if (at->second == SECONDS_IN_DAY - 1)
		return calendar_put_time(buf, SECONDS_IN_DAY, at->nanos - NANOS_IN_SECOND);
	struct buf text = buf_on(buf->arena);
	if (!calendar_put_time(&text, (u64)at->second, at->nanos - NANOS_IN_SECOND))
		return false;
	buf_printf(buf, "%.*s60%.*s", 6, text.ptr, STRF(str_from(buf_str(&text), 8)));
	return true;
}

static bool put_moment(struct buf *buf, const struct moment *at)
{
	struct buf text = buf_on(buf->arena);
	if (!calendar_put_date(&text, at->year, at->ordinal))
		return false;
	buf_putc(&text, 'T');
	if (!put_time(&text, at))
		return false;
	buf_put(buf, buf_str(&text));
	return true;
}

static bool date_text(struct buf *buf, struct dbg_value value)
{
	struct moment at;
	return date_of(value, &at) && calendar_put_date(buf, at.year, at.ordinal);
}

static bool time_text(struct buf *buf, struct dbg_value value)
{
	struct moment at;
	return time_of(value, &at) && put_time(buf, &at);
}

static bool naive_text(struct buf *buf, struct dbg_value value)
{
	struct moment at;
	return datetime_of(value, &at) && put_moment(buf, &at);
}

// DateTime {datetime, offset}: kept in UTC, told in its own offset where that is one in seconds (FixedOffset, Local;
// a zone of chrono-tz has a place instead, whose rules are not here: told in UTC).
static bool datetime_text(struct buf *buf, struct dbg_value value)
{
	struct moment at;
	i64 east;
	if (!datetime_of(dbg_value_member(value, "datetime"), &at))
		return false;
	struct dbg_value fixed = dbg_value_find(dbg_value_member(value, "offset"), "chrono::offset::fixed::FixedOffset");
	bool has_offset = walk_int(fixed, &east);
	if (has_offset && (east <= -SECONDS_IN_DAY || east >= SECONDS_IN_DAY))
		return false;
	if (has_offset) {
		at.second += east;
		i64 days = at.second < 0 ? -1 : at.second >= SECONDS_IN_DAY;
		at.second -= days * SECONDS_IN_DAY;
		calendar_move(&at.year, &at.ordinal, days);
	}
	if (!put_moment(buf, &at))
		return false;
	if (has_offset)
		calendar_put_offset(buf, east);
	else
		buf_putc(buf, 'Z');
	return true;
}

static bool offset_text(struct buf *buf, struct dbg_value value)
{
	i64 east;
	if (!walk_int(value, &east))
		return false;
	calendar_put_offset(buf, east);
	return true;
}

// TimeDelta {secs, nanos}: the nanoseconds are never negative: -1.5s is {-2, 500000000}.
static bool delta_text(struct buf *buf, struct dbg_value value)
{
	i64 seconds, nanos;
	if (!walk_int(dbg_value_member(value, "secs"), &seconds) || !walk_int(dbg_value_member(value, "nanos"), &nanos) ||
	    nanos < 0 || nanos >= NANOS_IN_SECOND)
		return false;
	if (seconds >= 0)
		return calendar_put_duration(buf, false, (u64)seconds, (u64)nanos);
	u64 whole = (u64)0 - (u64)seconds;
	return calendar_put_duration(buf, true, nanos ? whole - 1 : whole, nanos ? (u64)(NANOS_IN_SECOND - nanos) : 0);
}

const struct printer printer_chrono_date = {.text = date_text};
const struct printer printer_chrono_time = {.text = time_text};
const struct printer printer_chrono_naive = {.text = naive_text};
const struct printer printer_chrono_datetime = {.text = datetime_text};
const struct printer printer_chrono_offset = {.text = offset_text};
const struct printer printer_chrono_delta = {.text = delta_text};
