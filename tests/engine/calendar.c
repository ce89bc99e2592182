// engine/value/calendar.c: dates by their day of the year, times of day, offsets, durations.
#include <criterion/criterion.h>

#include "engine/value/calendar.h"

static const char *date(struct arena *arena, i64 year, u64 ordinal)
{
	struct buf buf = buf_on(arena);
	return calendar_put_date(&buf, year, ordinal) ? buf_str(&buf).ptr : "none";
}

Test(calendar, days_of_years)
{
	struct arena arena = {0};
	cr_expect_str_eq(date(&arena, 2024, 60), "2024-02-29");
	cr_expect_str_eq(date(&arena, 2023, 60), "2023-03-01");
	cr_expect_str_eq(date(&arena, 2024, 366), "2024-12-31");
	cr_expect_str_eq(date(&arena, 2023, 366), "none");
	cr_expect_str_eq(date(&arena, 1900, 60), "1900-03-01");
	cr_expect_str_eq(date(&arena, 2000, 60), "2000-02-29");
	cr_expect_str_eq(date(&arena, 2023, 0), "none");
	cr_expect_str_eq(date(&arena, -44, 74), "-0044-03-14"); // a leap year: 44 BC is -43
	cr_expect_str_eq(date(&arena, 12345, 1), "+12345-01-01");
	i64 year = 2023;
	u64 ordinal = 365;
	calendar_move(&year, &ordinal, 1);
	cr_expect_str_eq(date(&arena, year, ordinal), "2024-01-01");
	calendar_move(&year, &ordinal, -1);
	cr_expect_str_eq(date(&arena, year, ordinal), "2023-12-31");
	calendar_move(&year, &ordinal, 0);
	cr_expect_str_eq(date(&arena, year, ordinal), "2023-12-31");
	arena_deinit(&arena);
}

Test(calendar, seconds_since_1970)
{
	static const struct {
		i64 seconds;
		const char *date;
		u64 second;
	} rows[] = {
	    {0, "1970-01-01", 0},
	    {-1, "1969-12-31", 86399},
	    {951782400, "2000-02-29", 0},
	    {1709210096, "2024-02-29", 45296},
	    {-62135596800, "0001-01-01", 0},
	    {253402300799, "9999-12-31", 86399},
	};
	struct arena arena = {0};
	i64 year;
	u64 ordinal, second;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cr_assert(calendar_from_unix(rows[i].seconds, &year, &ordinal, &second));
		cr_expect_str_eq(date(&arena, year, ordinal), rows[i].date);
		cr_expect_eq(second, rows[i].second);
	}
	cr_expect_not(calendar_from_unix(INT64_MAX, &year, &ordinal, &second));
	cr_expect_not(calendar_from_unix(INT64_MIN, &year, &ordinal, &second));
	arena_deinit(&arena);
}

Test(calendar, times_and_spans)
{
	struct arena arena = {0};
	struct buf buf = buf_on(&arena);
	cr_expect(calendar_put_time(&buf, 86399, 0));
	cr_expect(calendar_put_time(&buf, 86400, 1000000));
	cr_expect(calendar_put_time(&buf, 1, 2000));
	cr_expect_not(calendar_put_time(&buf, 86401, 0));
	calendar_put_offset(&buf, 5400);
	calendar_put_offset(&buf, -3661);
	cr_expect(calendar_put_duration(&buf, true, 1, 500000000));
	cr_expect(calendar_put_duration(&buf, false, 0, 1500));
	cr_expect_not(calendar_put_duration(&buf, false, 0, 1000000000));
	cr_expect_str_eq(buf_str(&buf).ptr, "23:59:5923:59:60.00100:00:01.000002+01:30-01:01:01-1.5s1.5µs");
	arena_deinit(&arena);
}
