// The proleptic Gregorian calendar, which chrono and time both count in, and Rust's form of a duration.
#include "calendar.h"

enum { NANOS_IN_SECOND = 1000000000, SECONDS_IN_DAY = 86400, MAX_YEAR = 1000000 };

bool calendar_is_leap(i64 year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static u64 days_in(i64 year)
{
	return calendar_is_leap(year) ? 366 : 365;
}

bool calendar_put_date(struct buf *buf, i64 year, u64 ordinal)
{
	static const u8 months[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (year < -MAX_YEAR || year > MAX_YEAR || ordinal == 0 || ordinal > days_in(year))
		return false;
	unsigned month = 0;
	for (; month < ARRAY_LEN(months) - 1; month++) {
		u64 days = months[month] + (month == 1 && calendar_is_leap(year) ? 1u : 0u);
		if (ordinal <= days)
			break;
		ordinal -= days;
	}
	if (year >= 0 && year <= 9999)
		buf_printf(buf, "%04lld", (long long)year);
	else // as ISO 8601 has it: a sign where there are not four digits
		buf_printf(buf, "%+05lld", (long long)year);
	buf_printf(buf, "-%02u-%02llu", month + 1, (unsigned long long)ordinal);
	return true;
}

void calendar_move(i64 *year, u64 *ordinal, i64 days)
{
	if (days > 0 && ++*ordinal > days_in(*year)) {
		++*year;
		*ordinal = 1;
	} else if (days < 0 && --*ordinal == 0) {
		--*year;
		*ordinal = days_in(*year);
	}
}

bool calendar_from_unix(i64 seconds, i64 *year, u64 *ordinal, u64 *second_of_day)
{
	enum { DAYS_IN_400_YEARS = 146097 };
	i64 days = seconds / SECONDS_IN_DAY - (seconds % SECONDS_IN_DAY < 0);
	*second_of_day = (u64)(seconds % SECONDS_IN_DAY + (seconds % SECONDS_IN_DAY < 0) * SECONDS_IN_DAY);
	i64 cycles = days / DAYS_IN_400_YEARS - (days % DAYS_IN_400_YEARS < 0); // the calendar repeats
	if (cycles < -MAX_YEAR / 400 || cycles > MAX_YEAR / 400)
		return false;
	u64 left = (u64)(days - cycles * DAYS_IN_400_YEARS);
	*year = 1970 + cycles * 400;
	for (; left >= days_in(*year); ++*year)
		left -= days_in(*year);
	*ordinal = left + 1;
	return true;
}

// Nothing, milliseconds, microseconds or nanoseconds: as few groups as tell it.
static void put_fraction_of_second(struct buf *buf, u64 nanos)
{
	if (nanos == 0)
		return;
	if (nanos % 1000000 == 0)
		buf_printf(buf, ".%03llu", (unsigned long long)nanos / 1000000);
	else if (nanos % 1000 == 0)
		buf_printf(buf, ".%06llu", (unsigned long long)nanos / 1000);
	else
		buf_printf(buf, ".%09llu", (unsigned long long)nanos);
}

bool calendar_put_time(struct buf *buf, u64 second_of_day, u64 nanos)
{
	if (second_of_day > SECONDS_IN_DAY || nanos >= NANOS_IN_SECOND)
		return false;
	u64 leap = second_of_day == SECONDS_IN_DAY, minute = (second_of_day - leap) / 60;
	buf_printf(buf, "%02llu:%02llu:%02llu", (unsigned long long)minute / 60, (unsigned long long)minute % 60,
	           (unsigned long long)(second_of_day - minute * 60));
	put_fraction_of_second(buf, nanos);
	return true;
}

void calendar_put_offset(struct buf *buf, i64 seconds)
{
	u64 absolute = seconds < 0 ? (u64)0 - (u64)seconds : (u64)seconds;
	buf_printf(buf, "%c%02llu:%02llu", seconds < 0 ? '-' : '+', (unsigned long long)absolute / 3600,
	           (unsigned long long)absolute / 60 % 60);
	if (absolute % 60)
		buf_printf(buf, ":%02llu", (unsigned long long)absolute % 60);
}

// ---- durations -------------------------------------------------------------------------------------

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

bool calendar_put_duration(struct buf *buf, bool is_negative, u64 seconds, u64 nanos)
{
	if (nanos >= NANOS_IN_SECOND)
		return false;
	if (is_negative)
		buf_putc(buf, '-');
	if (seconds)
		put_fraction(buf, seconds, nanos, NANOS_IN_SECOND, "s");
	else if (nanos >= 1000000)
		put_fraction(buf, nanos / 1000000, nanos % 1000000, 1000000, "ms");
	else if (nanos >= 1000)
		put_fraction(buf, nanos / 1000, nanos % 1000, 1000, "µs");
	else
		put_fraction(buf, nanos, 0, 1, "ns");
	return true;
}
