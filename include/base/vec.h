// Growing arrays on an arena. An array's old copies stay in the arena until it is cleared.
#pragma once
#include "base/arena.h"

#define VEC(type)                                                                                                                \
	struct {                                                                                                                     \
		type *items;                                                                                                             \
		size_t len, cap;                                                                                                         \
	}

// Appends `item`. Evaluates `vec` more than once: pass a plain pointer.
#define vec_push(arena, vec, item)                                                                                               \
	do {                                                                                                                         \
		if ((vec)->len == (vec)->cap)                                                                                            \
			(vec)->items = vec_grow((arena), (vec)->items, sizeof(*(vec)->items), (vec)->len, &(vec)->cap);                      \
		(vec)->items[(vec)->len++] = (item);                                                                                     \
	} while (0)

// The same for arrays of which there may be a million elements and no pointers into them: old copies are given back.
#define vec_push_moving(arena, vec, item)                                                                                        \
	do {                                                                                                                         \
		if ((vec)->len == (vec)->cap)                                                                                            \
			(vec)->items = vec_regrow((arena), (vec)->items, sizeof(*(vec)->items), (vec)->len, &(vec)->cap);                    \
		(vec)->items[(vec)->len++] = (item);                                                                                     \
	} while (0)

// A zeroed element at the end; the pointer holds until the next push.
#define vec_add(arena, vec)                                                                                                      \
	((vec)->len == (vec)->cap ? ((vec)->items = vec_grow((arena), (vec)->items, sizeof(*(vec)->items), (vec)->len, &(vec)->cap), \
	                             &(vec)->items[(vec)->len++])                                                                    \
	                          : &(vec)->items[(vec)->len++])

// As qsort, but `items` may be NULL when there are none (C11, 7.22.5: qsort must not be given that).
void vec_sort(void *items, size_t n, size_t size, int (*compare)(const void *, const void *));

void *vec_grow(struct arena *arena, void *items, size_t item_size, size_t len, size_t *cap);
void *vec_regrow(struct arena *arena, void *items, size_t item_size, size_t len, size_t *cap);

// The index of the first of `n` items, sorted by `field`, whose field is above `value`; n if there is none.
#define vec_first_above(items, n, field, value)                                                                                  \
	({                                                                                                                           \
		size_t low_ = 0, high_ = (n);                                                                                            \
		while (low_ < high_) {                                                                                                   \
			size_t middle_ = low_ + (high_ - low_) / 2;                                                                          \
			if ((items)[middle_].field > (value))                                                                                \
				high_ = middle_;                                                                                                 \
			else                                                                                                                 \
				low_ = middle_ + 1;                                                                                              \
		}                                                                                                                        \
		low_;                                                                                                                    \
	})
