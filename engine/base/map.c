// Open addressing with linear probing, at most half full. An empty slot has the key 0, whose own value stands aside: a
// look-up in a large map then costs one line of the cache.
#include "base/map.h"

static size_t first_slot(const struct map *map, u64 key)
{
	key ^= key >> 32;
	key *= 0x9e3779b97f4a7c15u;
	return (size_t)(key >> 20) & (map->cap - 1);
}

static size_t find(const struct map *map, u64 key)
{
	size_t i = first_slot(map, key);
	while (map->slots[i].key && map->slots[i].key != key)
		i = (i + 1) & (map->cap - 1);
	return i;
}

u64 *map_get(const struct map *map, u64 key)
{
	if (!key)
		return map->has_zero ? (u64 *)&map->zero : NULL;
	if (!map->cap)
		return NULL;
	size_t i = find(map, key);
	return map->slots[i].key ? &map->slots[i].value : NULL;
}

static void grow(struct map *map, struct arena *arena)
{
	struct map old = *map;
	map->cap = size_max(16, old.cap * 2);
	map->slots = NEW_N(arena, struct map_slot, map->cap);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].key)
			map->slots[find(map, old.slots[i].key)] = old.slots[i];
}

void map_put(struct map *map, struct arena *arena, u64 key, u64 value)
{
	if (!key) {
		map->count += !map->has_zero;
		map->has_zero = true;
		map->zero = value;
		return;
	}
	if (2 * (map->count + 1) > map->cap)
		grow(map, arena);
	size_t i = find(map, key);
	map->count += !map->slots[i].key;
	map->slots[i] = (struct map_slot){key, value};
}
