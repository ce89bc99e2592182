// A hash map from u64 to u64, open addressing. For strings, use str_hash and compare what is found.
#pragma once
#include "base/arena.h"

struct map_slot {
	u64 key, value;
};

struct map {
	struct map_slot *slots;
	size_t count, cap; // cap is 0 or a power of two
	u64 zero;          // the value of key 0
	bool has_zero;
};

// The value's place, or NULL. Valid until the next map_put.
u64 *map_get(const struct map *map, u64 key);
// Sets key's value; tables that grew lie in `arena`, always the same one for a map.
void map_put(struct map *map, struct arena *arena, u64 key, u64 value);
