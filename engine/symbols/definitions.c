// Definitions by the hash of their path.
#include "engine/symbols/private.h"

static struct definition *entry(const struct dbg_module *module, u32 index)
{
	return &module->definitions.pieces.items[index / DEFINITIONS_PER_PIECE][index % DEFINITIONS_PER_PIECE];
}

const struct definition *definition_at(const struct dbg_module *module, u32 index)
{
	return entry(module, index);
}

static void chain(struct dbg_module *module, u32 index)
{
	struct definitions *all = &module->definitions;
	struct definition *definition = entry(module, index);
	const struct unit *unit = &module->units[definition->unit];
	u32 *bucket = &all->buckets[unit->nodes[definition->node].hash & (all->n_buckets - 1)];
	u32 *base_bucket = &all->base_buckets[node_base_hash(unit, definition->node) & (all->n_buckets - 1)];
	definition->next = *bucket;
	*bucket = index;
	definition->next_base = *base_bucket;
	*base_bucket = index;
}

static void grow_buckets(struct dbg_module *module)
{
	struct definitions *all = &module->definitions;
	all->n_buckets = all->n_buckets ? all->n_buckets * 4 : 4096;
	all->buckets = NEW_N(&module->arena, u32, all->n_buckets);
	all->base_buckets = NEW_N(&module->arena, u32, all->n_buckets);
	for (u32 i = 1; i < all->len; i++)
		chain(module, i);
}

void definitions_add(struct dbg_module *module, u32 unit, u32 node)
{
	struct definitions *all = &module->definitions;
	if (all->len == 0)
		all->len = 1;
	if (all->len >= all->n_buckets)
		grow_buckets(module);
	while (all->len >= all->pieces.len * DEFINITIONS_PER_PIECE)
		vec_push(&module->arena, &all->pieces, NEW_N(&module->arena, struct definition, DEFINITIONS_PER_PIECE));
	*entry(module, all->len) = (struct definition){.unit = unit, .node = node};
	chain(module, all->len++);
}

u32 definitions_by_hash(const struct dbg_module *module, u64 hash)
{
	const struct definitions *all = &module->definitions;
	return all->n_buckets ? all->buckets[hash & (all->n_buckets - 1)] : 0;
}

u32 definitions_by_base_hash(const struct dbg_module *module, u64 hash)
{
	const struct definitions *all = &module->definitions;
	return all->n_buckets ? all->base_buckets[hash & (all->n_buckets - 1)] : 0;
}
