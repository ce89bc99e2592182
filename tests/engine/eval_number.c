// Arithmetic of literals and of values in an array of bytes.
#include <criterion/criterion.h>

#include "engine/eval.h"

static void expect(const char *text, const char *wanted)
{
	static const struct dbg_type u8_type = {.kind = DBG_TYPE_UINT, .name = STR("u8"), .path = STR("u8"), .size = 1};
	static const struct dbg_type i64_type = {.kind = DBG_TYPE_INT, .name = STR("i64"), .path = STR("i64"), .size = 8};
	static const struct dbg_type f64_type = {.kind = DBG_TYPE_FLOAT, .name = STR("f64"), .path = STR("f64"), .size = 8};
	static const u8 byte = 200;
	static const i64 negative = -5, smallest = INT64_MIN;
	static const double real = 2.5;
	struct dbg_variable variables[] = {
	    {.name = STR("byte"), .value = dbg_value_of_bytes(NULL, &u8_type, &byte)},
	    {.name = STR("negative"), .value = dbg_value_of_bytes(NULL, &i64_type, (const u8 *)&negative)},
	    {.name = STR("smallest"), .value = dbg_value_of_bytes(NULL, &i64_type, (const u8 *)&smallest)},
	    {.name = STR("real"), .value = dbg_value_of_bytes(NULL, &f64_type, (const u8 *)&real)},
	    {.name = STR("gone"), .value = {.absent = STR("optimised out")}},
	    {.name = STR("shadowed"), .value = dbg_value_of_bytes(NULL, &u8_type, &byte)},
	    {.name = STR("shadowed"), .value = dbg_value_of_bytes(NULL, &f64_type, (const u8 *)&real)},
	};
	struct dbg_eval_context context = {.variables = variables, .n_variables = ARRAY_LEN(variables)};
	struct arena arena = {0};
	struct dbg_value value;
	err_t error = dbg_eval(&context, &arena, str_of(text), &value);
	struct str shown = error ? error->what : dbg_value_render(&arena, value, (struct dbg_render){0});
	shown = str_dup(&arena, shown);
	cr_expect_str_eq(shown.ptr, wanted, "%s\n   gives %s\n  wanted %s", text, shown.ptr, wanted);
	arena_deinit(&arena);
	err_reset();
}

Test(eval_number, integers)
{
	expect("1 + 2 * 3", "7");
	expect("-7 / 2", "-3");
	expect("-7 % 3", "-1");
	expect("7 & 3 | 8", "11");
	expect("1 << 40", "1099511627776");
	expect("!0u8", "255");
	expect("!0", "-1");
	expect("170141183460469231731687303715884105727", "170141183460469231731687303715884105727");
	expect("340282366920938463463374607431768211455u128 - 1", "340282366920938463463374607431768211454");
	expect("byte + 55", "255");
	expect("negative - 1", "-6");
	expect("negative * byte as i64", "-1000");
}

Test(eval_number, overflow_is_told)
{
	expect("-(i128::MIN)", "column 1: `-` overflows i128");
	expect("-(i128::MIN + 1)", "170141183460469231731687303715884105727");
	expect("-smallest", "column 1: `-` overflows i64");
	expect("byte + 56", "column 6: `+` overflows u8");
	expect("byte * 2", "column 6: `*` overflows u8");
	expect("byte - 201", "column 6: `-` overflows u8");
	expect("byte + 256", "column 6: the literal does not fit in u8");
	expect("byte << 8", "column 6: `<<` overflows u8");
	expect("byte << 1", "144");
	expect("smallest - 1", "column 10: `-` overflows i64");
	expect("-smallest", "column 1: `-` overflows i64");
	expect("smallest / -1", "column 10: `/` overflows i64");
	expect("1 / 0", "column 3: `/` by zero");
	expect("1 % 0", "column 3: `%` by zero");
	expect("300u8", "the number at column 1 does not fit in u8");
}

Test(eval_number, comparison_is_of_numbers)
{
	expect("negative < byte", "true");
	expect("negative == -5", "true");
	expect("byte >= 200 && byte != 201", "true");
	expect("true || gone", "true");
	expect("false && gone", "false");
	expect("1 == 1.0", "true");
	expect("'a' < 'b'", "true");
	expect("\"abc\" == \"abc\"", "true");
	expect("\"abc\" < \"abd\"", "true");
}

Test(eval_number, floats_and_casts)
{
	expect("real * 2", "5.0");
	expect("1.5 + 1", "2.5");
	expect("real as i32", "2");
	expect("-1.5 as u8", "0");
	expect("1e30 as i32", "2147483647");
	expect("byte as i8", "-56");
	expect("byte as char", "'\xc3\x88'");
	expect("negative as u8", "251");
	expect("'a' as u32", "97");
	expect("true as i32", "1");
	expect("7 as f32 / 2", "3.5");
}

Test(eval_number, errors_name_the_thing)
{
	expect("bytes", "no local `bytes` here; there is `byte`");
	expect("unheard_of", "no local `unheard_of` here; there are `byte`, `negative`, `smallest`, `real`, `gone`, `shadowed`");
	expect("gone", "`gone`: optimised out");
	expect("gone + 1", "`gone`: optimised out");
	expect("$nothing", "no special variable `$nothing` here");
	expect("a::b", "no static `a::b` in the debug info (constants are not kept there: write the value)");
	expect("byte && true", "a bool is wanted at column 1");
	expect("true + 1", "column 6: `+` between bool and an integer: cast one of them with `as`");
	expect("byte.x", "no field `x` in u8, which has none");
	expect("byte[0]", "u8 has no elements");
	expect("byte.len()", "column 6: u8 has no elements");
	expect("*byte", "`*` is not for u8, which is no pointer");
	expect("-byte", "column 1: `-` is not for u8");
	expect("1 as Nothing", "no type `Nothing` in the debug info: write its whole path");
	expect("byte == \"x\"", "the other side of `==` at column 6 is no text");
}

Test(eval_number, the_last_of_a_name_shadows)
{
	expect("shadowed", "2.5");
}

static err_t condition(const struct dbg_eval_context *context, struct arena *arena, struct str text, bool *out)
{
	const struct dbg_expression *expression;
	TRY(dbg_eval_prepare(arena, text, &expression));
	return dbg_eval_condition(context, arena, expression, out);
}

Test(eval_number, conditions)
{
	struct dbg_eval_context context = {0};
	struct arena arena = {0};
	bool truth;
	cr_assert(!condition(&context, &arena, STR("1 < 2"), &truth) && truth);
	cr_assert(!condition(&context, &arena, STR("0"), &truth) && !truth);
	cr_assert(!condition(&context, &arena, STR("7u8"), &truth) && truth);
	err_t error = condition(&context, &arena, STR("1.5"), &truth);
	cr_assert(error && error->code == ERR_ARGUMENT);
	cr_assert_str_eq(error->what.ptr, "a condition is a bool or an integer, not f64");
	arena_deinit(&arena);
	err_reset();
}
