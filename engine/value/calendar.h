// Dates, times of day and spans of time as text, for printers of any crate's types. Pure. Private to engine/value.
#pragma once
#include "base/buf.h"

bool calendar_is_leap(i64 year);
// "2024-02-29" of year 2024, day 60; false if that year has no such day.
bool calendar_put_date(struct buf *buf, i64 year, u64 ordinal);
// The day after (days > 0) or before it, and so on.
void calendar_move(i64 *year, u64 *ordinal, i64 days);
// The day of a number of seconds since 1970 in UTC; what is left is the second of that day. False beyond a million years.
bool calendar_from_unix(i64 seconds, i64 *year, u64 *ordinal, u64 *second_of_day);
// "12:34:56.789" of a second of the day (86400 and above: a leap second); false if it is none.
bool calendar_put_time(struct buf *buf, u64 second_of_day, u64 nanos);
// "+01:30" of seconds east of Greenwich.
void calendar_put_offset(struct buf *buf, i64 seconds);
// "1.5s", "20ms", as Duration's Debug writes it; false if there are too many nanoseconds.
bool calendar_put_duration(struct buf *buf, bool is_negative, u64 seconds, u64 nanos);
