// Paths of reads as a tree: a node is a read or a question, an edge what came of it (memo.h).
#include "tokio/memo.h"

#include "base/log.h"
#include "tokio/private.h"

enum {
	MOST_NODES = 8192, // of a type: beyond them nothing is remembered
	MOST_EDGES = 64,   // of a node: numbers that differ in every task are not worth more
	MOST_STEPS = 1000, // of a path
	MOST_BASES = 64,   // pointers on a path
	REACH = 32 << 10,  // from a pointer to what it leads to
	REACH_BACK = 64,   // and before it: a pointer into an object, near its beginning
	NOWHERE = UINT32_MAX
};

enum came { CAME_BYTES, CAME_OWN, CAME_POINTER, CAME_AGAIN };

struct outcome {
	enum came came;
	u64 value; // BYTES: them, or their hash; OWN: offset in the cell; AGAIN: which base
};

// What is done at a place of a path: relative to the cell (base 0) or to a pointer read before.
struct step {
	memo_question *question; // NULL: a read
	const struct dbg_type *type;
	i64 offset;
	u32 size;
	u16 base;
};

struct node {
	struct step step;
	bool is_end;
	u32 edge, edges; // the first, and how many
	u64 key, hits;   // of an end
};

struct edge {
	struct outcome outcome;
	u32 to, next;
};

struct memo {
	struct tk_snapshot *snapshot;
	struct arena *arena;
	const struct dbg_space *space;
	u64 size; // of a cell
	VEC(struct node) nodes;
	VEC(struct edge) edges;
	bool is_wrong; // a sample was not what had been remembered
	struct ranges *ranges;
};

// ---- what an address is --------------------------------------------------------------------------------------

struct range {
	u64 start, end;
	bool image; // of a file: the same for all tasks
};
struct ranges {
	VEC(struct range) list; // sorted, apart
};

static struct ranges *ranges_of(struct tk_snapshot *snapshot)
{
	if (snapshot->ranges)
		return snapshot->ranges;
	struct dbg_mapping *mappings;
	snapshot->ranges = NEW(snapshot->arena, struct ranges);
	size_t n = dbg_target_mappings(snapshot->reader->target, snapshot->arena, &mappings);
	for (size_t i = 0; i < n; i++) {
		bool anonymous = mappings[i].path.len == 0 || str_eqc(mappings[i].path, "[heap]");
		struct range range = {mappings[i].start, mappings[i].end, !anonymous};
		if (mappings[i].readable)
			vec_push(snapshot->arena, &snapshot->ranges->list, range);
	}
	return snapshot->ranges;
}

static const struct range *range_of(const struct ranges *ranges, u64 addr)
{
	size_t above = vec_first_above(ranges->list.items, ranges->list.len, start, addr);
	const struct range *range = above ? &ranges->list.items[above - 1] : NULL;
	return range && addr < range->end ? range : NULL;
}

// ---- a path while it is gone ---------------------------------------------------------------------------------

struct bases {
	u64 addrs[MOST_BASES];
	size_t n;
};

static struct outcome outcome_of(const struct memo *memo, struct bases *bases, const u8 *bytes, size_t size)
{
	u64 value = 0;
	if (size > sizeof(value))
		return (struct outcome){CAME_BYTES, str_hash(str_n((const char *)bytes, size))};
	memcpy(&value, bytes, size);
	if (size < sizeof(value))
		return (struct outcome){CAME_BYTES, value};
	if (value - bases->addrs[0] < memo->size)
		return (struct outcome){CAME_OWN, value - bases->addrs[0]};
	const struct range *range = range_of(memo->ranges, value);
	if (!range || range->image || bases->n == MOST_BASES)
		return (struct outcome){CAME_BYTES, value};
	for (size_t i = 1; i < bases->n; i++)
		if (bases->addrs[i] == value)
			return (struct outcome){CAME_AGAIN, i};
	bases->addrs[bases->n++] = value;
	return (struct outcome){CAME_POINTER, 0};
}

static u32 follow(const struct memo *memo, const struct node *node, struct outcome outcome)
{
	for (u32 i = node->edge, guard = 0; i != NOWHERE && guard <= MOST_EDGES; i = memo->edges.items[i].next, guard++)
		if (memo->edges.items[i].outcome.came == outcome.came && memo->edges.items[i].outcome.value == outcome.value)
			return memo->edges.items[i].to;
	return NOWHERE;
}

struct memo *memo_of(struct tk_snapshot *snapshot, enum memo_purpose purpose, size_t index)
{
	const struct tk_task *task = &snapshot->tasks[index];
	if (task->state == TK_RUNNING || task->pool_queued || !dbg_value_ok(task->future))
		return NULL;
	u64 key = (uintptr_t)task->type ^ purpose; // types are aligned
	_Static_assert(MEMO_PURPOSES <= _Alignof(struct tk_task_type), "the purpose is told by the lowest bits");
	if (!snapshot->memos)
		snapshot->memos = NEW(snapshot->arena, struct map);
	u64 *known = map_get(snapshot->memos, key);
	if (known)
		return (struct memo *)(uintptr_t)*known;
	struct memo *memo = NEW(snapshot->arena, struct memo);
	*memo = (struct memo){.snapshot = snapshot,
	                      .arena = snapshot->arena,
	                      .space = snapshot->reader->space,
	                      .size = task->type->cell ? task->type->cell->size : 0,
	                      .ranges = ranges_of(snapshot)};
	map_put(snapshot->memos, snapshot->arena, key, (uintptr_t)memo);
	return memo;
}

static u64 answer(struct tk_snapshot *snapshot, memo_question *question, struct dbg_value value)
{
	struct arena scratch = {0};
	u64 key = question(&(struct tk_leaf){.snapshot = snapshot, .arena = &scratch, .value = value});
	arena_deinit(&scratch);
	return key;
}

// Each path is gone the long way too, the 1st, 2nd, 4th, 8th .. time that it is met.
static bool is_sample(u64 hits)
{
	return (hits & (hits - 1)) == 0;
}

bool memo_find(struct memo *memo, u64 cell, u64 *key)
{
	struct bases bases = {.addrs = {cell}, .n = 1};
	u8 bytes[256];
	if (memo->is_wrong || !memo->nodes.len)
		return false;
	for (u32 at = 0, guard = 0; at != NOWHERE && guard <= MOST_STEPS; guard++) {
		struct node *node = &memo->nodes.items[at];
		const struct step *step = &node->step;
		if (node->is_end) {
			*key = node->key;
			return !is_sample(++node->hits);
		}
		u64 addr = bases.addrs[step->base] + (u64)step->offset;
		struct outcome outcome = {CAME_BYTES, 0};
		if (step->question)
			outcome.value = answer(memo->snapshot, step->question, dbg_value_at(memo->space, step->type, addr));
		else if (step->size > sizeof(bytes) || dbg_mem_read_some(memo->space->mem, addr, bytes, step->size) != step->size)
			return false;
		else
			outcome = outcome_of(memo, &bases, bytes, step->size);
		at = follow(memo, node, outcome);
	}
	return false;
}

// ---- recording -----------------------------------------------------------------------------------------------

struct taken {
	struct step step;
	struct outcome outcome;
};

struct memo_recording {
	struct memo *memo;
	struct arena scratch;
	struct bases bases;
	VEC(struct taken) path;
	struct map seen; // addresses and sizes that were read
	unsigned asking; // depth
	bool spoilt;
};

static void spoil(struct memo_recording *recording)
{
	recording->spoilt |= !recording->asking;
}

void memo_spoil(struct tk_snapshot *snapshot)
{
	if (snapshot->recording)
		spoil(snapshot->recording);
}

// The nearest of what the path knows; false if that is nothing.
static bool relate(struct memo_recording *recording, u64 addr, struct step *step)
{
	const struct bases *bases = &recording->bases;
	u64 nearest = UINT64_MAX;
	if (addr - bases->addrs[0] < recording->memo->size) {
		step->base = 0;
		step->offset = (i64)(addr - bases->addrs[0]);
		return true;
	}
	for (u16 i = 1; i < bases->n; i++) {
		i64 offset = (i64)(addr - bases->addrs[i]);
		u64 distance = offset < 0 ? -(u64)offset : (u64)offset;
		if (offset < -REACH_BACK || offset >= REACH || distance >= nearest)
			continue;
		nearest = distance;
		step->base = i;
		step->offset = offset;
	}
	return nearest != UINT64_MAX;
}

static void add_step(struct memo_recording *recording, struct step step, struct outcome outcome)
{
	if (recording->path.len == MOST_STEPS)
		spoil(recording);
	else if (!recording->spoilt)
		vec_push(&recording->scratch, &recording->path, ((struct taken){step, outcome}));
}

static void on_read(void *context, u64 addr, const void *bytes, size_t size, size_t got)
{
	enum { MOST_BYTES = 256 };
	struct memo_recording *recording = context;
	struct step step = {.size = (u32)size};
	u64 key = addr << 9 | size;
	if (recording->asking || recording->spoilt || !size)
		return;
	const struct range *range = range_of(recording->memo->ranges, addr);
	if (range && range->image)
		return; // constants and statics: the same for all
	if (got != size || size > MOST_BYTES || !relate(recording, addr, &step)) {
		spoil(recording);
		return;
	}
	if (map_get(&recording->seen, key))
		return;
	map_put(&recording->seen, &recording->scratch, key, 1);
	add_step(recording, step, outcome_of(recording->memo, &recording->bases, bytes, size));
}

void memo_ask(struct tk_snapshot *snapshot, memo_question *question, struct dbg_value value)
{
	struct memo_recording *recording = snapshot->recording;
	if (!recording || recording->asking++ || recording->spoilt)
		return;
	struct step step = {.question = question, .type = value.type};
	recording->spoilt = value.where != DBG_VALUE_MEMORY || !relate(recording, value.addr, &step);
	if (!recording->spoilt)
		add_step(recording, step, (struct outcome){CAME_BYTES, answer(snapshot, question, value)});
}

void memo_asked(struct tk_snapshot *snapshot)
{
	if (snapshot->recording)
		snapshot->recording->asking--;
}

struct memo_recording *memo_record(struct memo *memo, u64 cell)
{
	if (memo->is_wrong || !memo->size || memo->nodes.len >= MOST_NODES)
		return NULL;
	struct arena scratch = {0};
	struct memo_recording *recording = NEW(&scratch, struct memo_recording);
	*recording = (struct memo_recording){.memo = memo, .scratch = scratch, .bases = {.addrs = {cell}, .n = 1}};
	memo->snapshot->recording = recording;
	dbg_mem_tap(memo->space->mem, on_read, recording);
	return recording;
}

// ---- remembering ---------------------------------------------------------------------------------------------

static bool is_step(const struct step *a, const struct step *b)
{
	return a->question == b->question && a->type == b->type && a->offset == b->offset && a->size == b->size && a->base == b->base;
}

// The node for place `i` of the path, which is its end if there is no such step.
static u32 add_node(struct memo *memo, const struct memo_recording *recording, size_t i, u64 key)
{
	struct node node = {.edge = NOWHERE, .is_end = i == recording->path.len, .key = key};
	if (!node.is_end)
		node.step = recording->path.items[i].step;
	vec_push(memo->arena, &memo->nodes, node);
	return (u32)memo->nodes.len - 1;
}

// False if what was recorded can't be: the same reads gave the same, and something else followed.
static bool remember(struct memo *memo, const struct memo_recording *recording, u64 key)
{
	u32 at = 0;
	if (!memo->nodes.len)
		add_node(memo, recording, 0, key);
	for (size_t i = 0; i < recording->path.len; i++) {
		const struct taken *taken = &recording->path.items[i];
		struct node *node = &memo->nodes.items[at];
		if (node->is_end || !is_step(&node->step, &taken->step))
			return false;
		u32 to = follow(memo, node, taken->outcome);
		if (to == NOWHERE) {
			if (node->edges == MOST_EDGES || memo->nodes.len >= MOST_NODES)
				return true;
			to = add_node(memo, recording, i + 1, key);
			node = &memo->nodes.items[at]; // it may have moved
			vec_push(memo->arena, &memo->edges, ((struct edge){taken->outcome, to, node->edge}));
			node->edge = (u32)memo->edges.len - 1;
			node->edges++;
		}
		at = to;
	}
	return memo->nodes.items[at].is_end && memo->nodes.items[at].key == key;
}

void memo_done(struct memo_recording *recording, u64 key)
{
	if (!recording)
		return;
	struct memo *memo = recording->memo;
	dbg_mem_tap(memo->space->mem, NULL, NULL);
	memo->snapshot->recording = NULL;
	if (!recording->spoilt && !remember(memo, recording, key)) {
		memo->is_wrong = true;
		LOG(LOG_TOKIO, "tasks of one type are told one by one: equal reads led to unequal texts");
	}
	struct arena scratch = recording->scratch;
	arena_deinit(&scratch);
}
