#include <criterion/criterion.h>

#include "adapter/json.h"

static struct arena arena;

static struct json_in parsed(const char *text)
{
	static struct cJSON *value; // one a test
	cr_assert_null(json_parse(str_of(text), &value));
	return json_root(value, "arguments", &arena);
}

static void says(err_t error, const char *text)
{
	cr_assert_not_null(error);
	cr_assert_eq(error->code, ERR_ARGUMENT);
	cr_assert(str_eqc(error->what, text), "%.*s", STRF(error->what));
}

Test(json, an_error_names_the_path_the_type_and_the_value)
{
	struct json_in in = parsed("{\"breakpoints\":[{\"line\":1},{\"line\":2},{\"line\":\"three\"}],\"name\":7}");
	struct json_in points = json_member(in, "breakpoints"), point = {0};
	i64 line = 0;
	for (int i = 0; i < 2; i++) {
		cr_assert(json_next(points, &point, NULL));
		cr_assert_null(json_number(json_member(point, "line"), 1, 100, &line));
		cr_assert_eq(line, i + 1);
	}
	cr_assert(json_next(points, &point, NULL));
	says(json_number(json_member(point, "line"), 1, 100, &line),
	     "arguments.breakpoints[2].line: expected integer, not \"three\"");
	cr_assert_not(json_next(points, &point, NULL));
	struct str name;
	says(json_text(json_member(in, "name"), &name), "arguments.name: expected string, not 7");
	says(json_text(json_member(in, "nothing"), &name), "arguments.nothing: missing (expected string)");
	says(json_array(in), "arguments: expected array, not an object");
}

Test(json, integers_are_whole_and_in_range)
{
	struct json_in in = parsed("{\"half\":1.5,\"big\":1e300,\"id\":2147483648,\"ok\":2147483647}");
	i64 n;
	says(json_number(json_member(in, "half"), 0, 9, &n), "arguments.half: expected integer, not 1.5");
	says(json_number(json_member(in, "big"), 0, 9, &n), "arguments.big: expected integer, not 1e+300");
	says(json_number(json_member(in, "id"), 0, INT32_MAX, &n),
	     "arguments.id: expected an integer from 0 to 2147483647, not 2147483648");
	cr_assert_null(json_number(json_member(in, "ok"), 0, INT32_MAX, &n));
	cr_assert_eq(n, INT32_MAX);
}

Test(json, what_is_missing_or_null_has_its_fallback_and_a_wrong_type_is_an_error_still)
{
	struct json_in in = parsed("{\"null\":null,\"flag\":\"yes\"}");
	i64 n;
	bool flag;
	cr_assert_null(json_number_or(json_member(in, "null"), 0, 9, 5, &n));
	cr_assert_eq(n, 5);
	cr_assert_null(json_flag_or(json_member(in, "nothing"), true, &flag));
	cr_assert(flag);
	says(json_flag_or(json_member(in, "flag"), true, &flag), "arguments.flag: expected true or false, not \"yes\"");
	struct json_in nothing = json_root(NULL, "arguments", &arena);
	cr_assert_eq(json_kind(json_member(nothing, "x")), JSON_MISSING);
}

Test(json, what_is_no_json_is_told_with_its_place)
{
	struct cJSON *value;
	err_t error = json_parse(STR("{\"a\":}"), &value);
	cr_assert(str_eqc(error->what, "not JSON: error at byte 5 of 6"), "%.*s", STRF(error->what));
	error = json_parse(STR("{} {}"), &value);
	cr_assert(str_eqc(error->what, "not JSON: something follows the value at byte 3 of 5"), "%.*s", STRF(error->what));
	cr_assert_not_null(json_parse(STR(""), &value));
}

Test(json, text_of_the_debuggee_is_always_valid)
{
	struct cJSON *object = json_new_object();
	json_set_text(object, "text", str_n("a\0b\xff\n", 5));
	struct str text = json_print(object, &arena);
	cr_assert(str_eqc(text, "{\"text\":\"a\xef\xbf\xbd"
	                        "b\xef\xbf\xbd\\n\"}"),
	          "%.*s", STRF(text));
	json_free(object);
}
