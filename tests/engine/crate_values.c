// Values of crates that async programs are full of (tests/fixtures/crates): what each is to be shown as stands
// beside it in the source.
#include "engine/eval.h"
#include "shown.h"

Test(crate_values, each_is_shown_as_its_source_says)
{
	struct stopped s = {0};
	stop_in(&s, "crates", "debug", "crates::main");
	unsigned checked = each_shown(&s, must_match);
	cr_assert_geq(checked, 20, "only %u", checked);
	debuggee_end(&s.d);
}

Test(crate_values, garbage_is_survived, .timeout = 120)
{
	struct stopped s = {0};
	stop_in(&s, "crates", "debug", "crates::main");
	survive_noise(&s);
	debuggee_end(&s.d);
}

// Before 0.3.38 or so the time crate's Date had no bit for leap years; two of its releases can't be in one program.
Test(crate_values, dates_of_an_older_time_crate)
{
	struct stopped s = {0};
	stop_in(&s, "crates", "debug", "crates::main");
	static const struct {
		i32 bits;
		const char *text[2]; // second, if not the same: in a program that has a type of the crate's with the new form
	} rows[] = {
	    {2024 << 9 | 366, {"2024-12-31"}},
	    {2023 << 9 | 60, {"2023-03-01"}},
	    {2022 << 9 | 1, {"2022-01-01", "1011-01-01"}},
	    {1970 << 9 | 365, {"1970-12-31", "0985-12-31"}},
	    {2022 << 10 | 1, {"2022-01-01"}},
	    {2024 << 10 | 1 << 9 | 60, {"2024-02-29"}},
	    {-1 * 1024 | 1, {"-0001-01-01"}},
	    {2000 << 10 | 1 << 9 | 1, {"2000-01-01"}},
	    {1900 << 10 | 59, {"1900-02-28"}},
	    {2021 << 10 | 400, {"Date {value: 2069904}"}},
	};
	// Which crate the fixture is built with, its registry decides.
	struct dbg_modules *modules = dbg_target_space(s.d.target)->modules;
	bool is_new = dbg_type_find(modules, STR("time::plain_date_time::PlainDateTime")) ||
	              dbg_type_find(modules, STR("time::utc_date_time::UtcDateTime"));
	for (size_t i = 0; i < s.n; i++)
		for (size_t row = 0; str_eqc(s.variables[i].name, "time_date") && row < ARRAY_LEN(rows); row++) {
			struct dbg_space without = *dbg_target_space(s.d.target);
			const char *by_its_types = rows[row].text[is_new && rows[row].text[1]];
			without.modules = NULL;
			struct dbg_value value = dbg_value_of_bytes(&without, s.variables[i].value.type, (const u8 *)&rows[row].bits);
			cr_expect_str_eq(rendered(&s, value).ptr, rows[row].text[0]);
			value.space = dbg_target_space(s.d.target);
			cr_expect_str_eq(rendered(&s, value).ptr, by_its_types);
		}
	debuggee_end(&s.d);
}

// What is shown as a text is compared with texts, and found by them as a key.
Test(crate_values, are_compared_with_texts)
{
	static const char *const rows[][2] = {
	    {"headers[\"content-type\"]", "\"text/html\""},
	    {"headers.get(\"X-Id\").is_some() && headers.get(\"x-other\").is_none()", "true"},
	    {"method == \"GET\" && \"PURGE\" == method_inline && method != \"POST\"", "true"},
	    {"uri == \"https://example.org:8080/a/b?c=d\"", "true"},
	    {"uuid == \"67e55044-10b1-426f-9247-bb680e5fe0c8\"", "true"},
	    {"header_value == \"text/html\"", "true"},
	    {"secret == \"Sensitive\"", "the other side of `==` at column 8 is no text"},
	    {"method < \"POST\"", "the other side of `<` at column 8 is no text"},
	    {"json[\"b\"][\"c\"] == \"text\"", "true"},
	};
	struct stopped s = {0};
	stop_in(&s, "crates", "debug", "crates::main");
	struct dbg_eval_context context = {.space = dbg_target_space(s.d.target), .variables = s.variables, .n_variables = s.n};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dbg_value value;
		err_t error = dbg_eval(&context, &s.d.arena, str_of(rows[i][0]), &value);
		cr_expect_str_eq(error ? err_text(error) : rendered(&s, value).ptr, rows[i][1], "%s", rows[i][0]);
	}
	debuggee_end(&s.d);
}
