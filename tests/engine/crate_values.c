// Values of crates that async programs are full of (tests/fixtures/crates): what each is to be shown as stands
// beside it in the source.
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
