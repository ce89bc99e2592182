#include <criterion/criterion.h>

#include "adapter/breakpoints.h"
#include "adapter/ids.h"

static struct arena stop;

Test(ids, a_reference_dies_with_its_stop_and_is_never_given_again)
{
	struct dap_ids ids;
	struct dap_ref *ref;
	dap_ids_init(&ids);
	i32 frame = dap_ids_add(&ids, &stop, (struct dap_ref){.kind = DAP_REF_FRAME, .row = 7});
	i32 locals = dap_ids_add(&ids, &stop, (struct dap_ref){.kind = DAP_REF_LOCALS});
	cr_assert_null(dap_ids_frame(&ids, frame, "x", &ref));
	cr_assert_eq(ref->row, 7);
	err_t error = dap_ids_frame(&ids, locals, "arguments.frameId", &ref);
	cr_assert(str_eqc(error->what, "arguments.frameId: 2 is no frame"), "%.*s", STRF(error->what));
	dap_ids_forget(&ids);
	error = dap_ids_frame(&ids, frame, "arguments.frameId", &ref);
	cr_assert(str_eqc(error->what, "arguments.frameId: 1 is stale: it belongs to an earlier stop"), "%.*s", STRF(error->what));
	cr_assert_eq(dap_ids_add(&ids, &stop, (struct dap_ref){.kind = DAP_REF_FRAME}), 3);
	error = dap_ids_variables(&ids, 4, "v", &ref);
	cr_assert(str_eqc(error->what, "v: 4 was never given"), "%.*s", STRF(error->what));
	cr_assert_not_null(dap_ids_variables(&ids, 0, "v", &ref));
	cr_assert_not_null(dap_ids_variables(&ids, -1, "v", &ref));
	dap_ids_deinit(&ids);
}

Test(ids, threads_and_tasks_share_one_int32_space)
{
	struct dap_ids ids;
	dap_ids_init(&ids);
	cr_assert_eq(dap_ids_of_task(&ids, 57), 1000000057);
	cr_assert_eq(dap_ids_thread(&ids, 1000000057).kind, DAP_THREAD_TASK);
	cr_assert_eq(dap_ids_thread(&ids, 1000000057).task, 57);
	cr_assert_eq(dap_ids_thread(&ids, 4194304).kind, DAP_THREAD_OS);
	cr_assert_eq(dap_ids_thread(&ids, dap_ids_of_root(4194304)).tid, 4194304);
	cr_assert_eq(dap_ids_thread(&ids, dap_ids_of_root(4194304)).kind, DAP_THREAD_ROOT);
	cr_assert_eq(dap_ids_thread(&ids, INT32_MAX).kind, DAP_THREAD_MORE);
	i32 large = dap_ids_of_task(&ids, UINT64_MAX - 5);
	cr_assert_gt(large, IDS_LAST_TASK - 1);
	cr_assert_eq(dap_ids_of_task(&ids, UINT64_MAX - 5), large);
	cr_assert_eq(dap_ids_thread(&ids, large).task, UINT64_MAX - 5);
	cr_assert_neq(dap_ids_of_task(&ids, UINT64_MAX - 6), large);
	dap_ids_deinit(&ids);
}

static bool holds(const char *text, u64 hits)
{
	struct dap_hit_condition condition;
	cr_assert_null(dap_breakpoints_read_hit_condition(str_of(text), &condition), "%s", text);
	return dap_breakpoints_hit_holds(condition, hits);
}

Test(hit_conditions, count_as_written)
{
	cr_assert(holds("", 1));
	cr_assert(holds("5", 5) && !holds("5", 4) && !holds("5", 6));
	cr_assert(holds("== 5", 5) && !holds("==5", 6) && holds("= 5", 5));
	cr_assert(holds(">= 3", 3) && holds(">=3", 4) && !holds(">= 3", 2));
	cr_assert(holds("> 3", 4) && !holds("> 3", 3));
	cr_assert(holds("< 3", 2) && !holds("< 3", 3) && holds("<= 3", 3));
	cr_assert(holds("% 3", 6) && !holds("%3", 7));
	struct dap_hit_condition condition;
	const char *wrong[] = {"often", ">=", "% 0", "5 x", "-1"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		cr_assert_not_null(dap_breakpoints_read_hit_condition(str_of(wrong[i]), &condition), "%s", wrong[i]);
}
