// Equal tasks under one head: their ids as ranges.
#include <criterion/criterion.h>

#include "tokio/groups.h"

static struct str ids_of(struct arena *arena, u64 step, size_t n)
{
	struct task_group *groups;
	struct tk_snapshot snapshot = {.tasks = NEW_N(arena, struct tk_task, n), .n_tasks = n};
	size_t *indices = NEW_N(arena, size_t, n);
	u64 *keys = NEW_N(arena, u64, n);
	for (size_t i = 0; i < n; i++) {
		snapshot.tasks[i].id = 4 + i * step;
		indices[i] = i;
		keys[i] = 7;
	}
	cr_assert_eq(group_tasks(&snapshot, arena, indices, keys, n, &groups), 1);
	cr_assert_eq(groups[0].count, n);
	return groups[0].ids;
}

Test(groups, tell_their_ids_as_ranges)
{
	struct arena arena = {0};
	static const struct {
		u64 step;
		size_t n;
		const char *ids;
	} rows[] = {
	    {1, 1, "4"},
	    {1, 100, "4-103"},
	    {2, 3, "4, 6, 8"},
	    {10, 17, "4, 14, 24, 34, 44, 54, 64, 74, 84, 94, 104, 114, 124, 134, 144, 154, 164"},
	    {10, 18, "4, 14, 24, 34, 44, 54, 64, 74, 84, 94, 104, 114, 124, 134, 144, 154, .. 174"},
	    {10, 1000, "4, 14, 24, 34, 44, 54, 64, 74, 84, 94, 104, 114, 124, 134, 144, 154, .. 9994"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str ids = ids_of(&arena, rows[i].step, rows[i].n);
		cr_assert(str_eqc(ids, rows[i].ids), "%.*s", STRF(ids));
	}
	arena_deinit(&arena);
}
