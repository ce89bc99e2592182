// Grouping by keys: a thousand tasks that wait at one line are one entry, as a thread dump's "x 812" is.
#include "tokio/groups.h"

#include "base/map.h"
#include "base/vec.h"

enum { MOST_RANGES = 16 }; // of a group, and the last: of a million tasks with every second id nobody reads more

struct growing {
	struct task_group group;
	struct buf ids;
	u64 from, to; // the range under way
	size_t ranges;
};

static void put_range(struct growing *group, bool last)
{
	if (group->ranges++ >= MOST_RANGES && !last)
		return;
	if (group->ids.len)
		buf_puts(&group->ids, group->ranges > MOST_RANGES + 1 ? ", .. " : ", ");
	if (group->from == group->to)
		buf_printf(&group->ids, "%llu", (unsigned long long)group->from);
	else
		buf_printf(&group->ids, "%llu-%llu", (unsigned long long)group->from, (unsigned long long)group->to);
}

static void add(struct growing *group, u64 id)
{
	group->group.count++;
	if (id == group->to + 1) {
		group->to = id;
		return;
	}
	put_range(group, false);
	group->from = group->to = id;
}

static int compare(const void *a, const void *b)
{
	const struct task_group *x = a, *y = b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return (x->first > y->first) - (x->first < y->first);
}

size_t group_tasks(const struct tk_snapshot *snapshot, struct arena *arena, const size_t *indices, const u64 *keys, size_t n,
                   struct task_group **out)
{
	VEC(struct growing) groups = {0};
	struct map by_key = {0};
	for (size_t i = 0; i < n; i++) {
		u64 id = snapshot->tasks[indices[i]].id;
		u64 *known = map_get(&by_key, keys[i]);
		if (known) {
			add(&groups.items[*known], id);
			continue;
		}
		map_put(&by_key, arena, keys[i], groups.len);
		struct growing group = {
		    .group = {.key = keys[i], .first = indices[i], .count = 1}, .ids = buf_on(arena), .from = id, .to = id};
		vec_push(arena, &groups, group);
	}
	*out = NEW_N(arena, struct task_group, groups.len + 1);
	for (size_t i = 0; i < groups.len; i++) {
		put_range(&groups.items[i], true);
		(*out)[i] = groups.items[i].group;
		(*out)[i].ids = buf_str(&groups.items[i].ids);
	}
	vec_sort(*out, groups.len, sizeof(struct task_group), compare);
	return groups.len;
}

u64 group_key(struct str text)
{
	u64 hash = str_hash(STR(""));
	bool row = false, start = true;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (start && c != ' ') {
			row = c == '#';
			start = false;
		}
		start |= c == '\n';
		bool digit = c >= '0' && c <= '9';
		if (digit && !row)
			continue; // "5.0 s" and "12.1 s" leave the same
		hash = str_hash_on(hash, str_n(&c, 1));
	}
	return hash;
}
