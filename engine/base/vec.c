// The growing of arrays.
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

void *vec_grow(struct arena *arena, void *items, size_t item_size, size_t len, size_t *cap)
{
	size_t wanted = size_max(8, *cap * 2);
	void *grown = arena_alloc_array(arena, item_size, _Alignof(max_align_t), wanted);
	if (len)
		memcpy(grown, items, item_size * len);
	*cap = wanted;
	return grown;
}

void *vec_regrow(struct arena *arena, void *items, size_t item_size, size_t len, size_t *cap)
{
	size_t wanted = size_max(8, *cap * 2), size;
	if (__builtin_mul_overflow(item_size, wanted, &size))
		return vec_grow(arena, items, item_size, len, cap); // which ends the program
	void *grown = arena_regrow(arena, items, item_size * *cap, size, _Alignof(max_align_t));
	*cap = wanted;
	return grown;
}

void vec_sort(void *items, size_t n, size_t size, int (*compare)(const void *, const void *))
{
	const char *at = items;
	for (size_t i = 1; i < n; i++, at += size)
		if (compare(at, at + size) > 0) { // what libraries give is in order as a rule
			qsort(items, n, size, compare);
			return;
		}
}
