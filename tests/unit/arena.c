#include <criterion/criterion.h>

#include "base/map.h"
#include "base/vec.h"

Test(arena, gives_zeroed_aligned_memory_after_a_clear)
{
	struct arena arena = {0};
	for (int round = 0; round < 3; round++) {
		for (int i = 1; i < 500; i++) {
			unsigned char *p = arena_alloc(&arena, i, 16);
			cr_assert_eq((uintptr_t)p % 16, 0);
			for (int k = 0; k < i; k++)
				cr_assert_eq(p[k], 0);
			memset(p, 0xff, i);
		}
		arena_clear(&arena);
	}
	cr_assert(arena_alloc(&arena, 8 << 20, 8));
	arena_clear(&arena);
	cr_assert_leq(arena_footprint(&arena), 2 << 20);
	arena_deinit(&arena);
}

Test(arena, regrows_what_is_large_where_it_is_alone)
{
	struct arena arena = {0};
	VEC(u64) numbers = {0};
	u64 *before = arena_alloc(&arena, 8, 8);
	*before = 77;
	for (u64 i = 0; i < 1000000; i++) {
		vec_push_moving(&arena, &numbers, i);
		if (i % 1000 == 0)
			memset(arena_alloc(&arena, 24, 8), 0xff, 24);
	}
	for (u64 i = 0; i < 1000000; i++)
		cr_assert_eq(numbers.items[i], i);
	for (size_t i = numbers.len; i < numbers.cap; i++)
		cr_assert_eq(numbers.items[i], 0);
	cr_assert_eq(*before, 77);
	cr_assert_leq(arena_footprint(&arena), numbers.cap * sizeof(u64) + (4 << 20));
	arena_deinit(&arena);
}

Test(vec, grows)
{
	struct arena arena = {0};
	VEC(int) numbers = {0};
	for (int i = 0; i < 1000; i++)
		vec_push(&arena, &numbers, i);
	cr_assert_eq(numbers.len, 1000);
	cr_assert_eq(numbers.items[999], 999);
	arena_deinit(&arena);
}

Test(map, keeps_what_was_put)
{
	struct arena arena = {0};
	struct map map = {0};
	cr_assert_null(map_get(&map, 0));
	for (u64 key = 0; key < 5000; key++)
		map_put(&map, &arena, key << 7, key);
	for (u64 key = 0; key < 5000; key++)
		cr_assert_eq(*map_get(&map, key << 7), key);
	cr_assert_null(map_get(&map, 1));
	map_put(&map, &arena, 0, 77);
	cr_assert_eq(*map_get(&map, 0), 77);
	cr_assert_eq(map.count, 5000);
	arena_deinit(&arena);
}
