// Where a parameter is kept by what the code does, as bodies of coroutines need it whose debug info lacks it.
#include <debuggee.h>

#include "engine/symbols/private.h"

enum { RDI = 5, RBX = 3 };

struct found {
	struct dbg_module *module;
	struct dbg_scope scope;
	struct kept_parameter kept;
};

static struct found look(struct debuggee *d, const char *function)
{
	struct dbg_scope *scopes;
	struct found found = {0};
	u64 *addresses;
	size_t n;
	must(dbg_function_addresses(d->modules, &d->arena, str_of(function), &addresses, &n));
	cr_assert_eq(n, 1, "%s", function);
	cr_assert_gt(dbg_scopes_at(d->modules, &d->arena, addresses[0], &scopes), 0);
	found.scope = scopes[0];
	found.module = dbg_module_at(d->modules, addresses[0]);
	found.kept = parameter_kept(found.module, found.scope.low, found.scope.high, RDI);
	return found;
}

Test(kept_parameter, in_a_register_or_in_the_frame)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("parameters"), NULL);
	struct found found = look(&d, "in_register");
	cr_assert_eq(found.kept.where, KEPT_IN_REGISTER);
	cr_assert_eq(found.kept.number, RBX);
	cr_assert_eq(found.kept.from, found.scope.low + 7); // two pushes of 1 and 2 bytes, one of 1, a move of 3
	found = look(&d, "in_frame");
	cr_assert_eq(found.kept.where, KEPT_IN_FRAME);
	cr_assert_eq(found.kept.from_cfa, 8 - (8 + 8 + 32)); // return address, rbx, 32 bytes: 8(%rsp)
	debuggee_end(&d);
}

Test(kept_parameter, not_where_something_else_may_be)
{
	static const char *const functions[] = {"overwritten", "slot_shared", "too_late", "another"};
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("parameters"), NULL);
	for (size_t i = 0; i < ARRAY_LEN(functions); i++)
		cr_assert_eq(look(&d, functions[i]).kept.where, NOT_KEPT, "%s", functions[i]);
	debuggee_end(&d);
}

Test(kept_parameter, until_the_register_is_given_back)
{
	struct debuggee d = {0};
	debuggee_launch(&d, fixture_c("parameters"), NULL);
	struct found found = look(&d, "in_register");
	u8 code[64];
	u64 low = found.scope.low, high = found.scope.high, kept = low;
	cr_assert_gt(dbg_module_file_bytes(found.module, low, code, sizeof(code)), high - low);
	while (code[kept - low] != 0x5b) // pop %rbx
		cr_assert_lt(++kept, high);
	u64 given_back = kept + 1, back = given_back + 2; // pop %r14; ret
	cr_assert_not(register_given_back(found.module, low, high, RBX, found.kept.from));
	cr_assert_not(register_given_back(found.module, low, high, RBX, kept));
	cr_assert(register_given_back(found.module, low, high, RBX, given_back));
	cr_assert(register_given_back(found.module, low, high, RBX, back));
	debuggee_end(&d);
}
