#include <criterion/criterion.h>

#include "base/buf.h"

Test(str, finds_from_both_ends)
{
	struct str path = STR("a::b::c");
	cr_assert_eq(str_find(path, STR("::")), 1);
	cr_assert_eq(str_rfind(path, STR("::")), 4);
	cr_assert_eq(str_find(path, STR("x")), -1);
	cr_assert(str_eqc(str_from(path, 6), "c"));
	cr_assert(str_eqc(str_from(path, 99), ""));
}

Test(str, reads_numbers_whole_or_not_at_all)
{
	u64 n;
	cr_assert(str_to_u64(STR("0xff"), &n) && n == 255);
	cr_assert(str_to_u64(STR("18446744073709551615"), &n) && n == UINT64_MAX);
	cr_assert_not(str_to_u64(STR("18446744073709551616"), &n));
	cr_assert_not(str_to_u64(STR("12x"), &n));
	cr_assert_not(str_to_u64(STR(""), &n));
}

Test(buf, replaces_what_is_not_utf8)
{
	struct arena arena = {0};
	struct buf buf = buf_on(&arena);
	buf_put_utf8_lossy(&buf, STR("caf\xc3\xa9 \xff\xc3 \xed\xa0\x80"));
	cr_assert(str_eqc(buf_str(&buf), "caf\xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"));
	arena_deinit(&arena);
}

Test(buf, counts_columns_by_code_point)
{
	cr_assert_eq(str_columns(STR("\xc2\xb7 x")), 3);
	cr_assert(str_eqc(str_columns_prefix(STR("\xc2\xb7 x"), 2), "\xc2\xb7 "));
}

Test(str, a_hash_goes_on)
{
	cr_assert_eq(str_hash_on(str_hash(STR("a::")), STR("b")), str_hash(STR("a::b")));
	cr_assert_eq(str_hash_on(str_hash(STR("a")), STR("")), str_hash(STR("a")));
}
