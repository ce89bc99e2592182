// Numbers for the client.
#include "ids.h"

#include <assert.h>

void dap_ids_init(struct dap_ids *ids)
{
	*ids = (struct dap_ids){.next_large = IDS_MORE - 1, .first = 1, .next = 1};
}

void dap_ids_deinit(struct dap_ids *ids)
{
	arena_deinit(&ids->forever);
}

void dap_ids_forget(struct dap_ids *ids)
{
	ids->first = ids->next;
	ids->refs.items = NULL;
	ids->refs.len = ids->refs.cap = 0;
}

i32 dap_ids_of_task(struct dap_ids *ids, u64 task)
{
	if (task < IDS_LAST_TASK - IDS_FIRST_TASK)
		return (i32)(IDS_FIRST_TASK + task);
	u64 *known = map_get(&ids->large, task);
	if (known)
		return (i32)*known;
	// Real ids count from 1, so this many large ones are garbage read from memory; the last number serves them all.
	i32 id = ids->next_large > IDS_LAST_TASK ? ids->next_large-- : ids->next_large;
	map_put(&ids->large, &ids->forever, task, (u64)id);
	map_put(&ids->by_id, &ids->forever, (u64)id, task);
	return id;
}

i32 dap_ids_of_root(pid_t tid)
{
	return IDS_FIRST_ROOT + tid;
}

struct dap_thread dap_ids_thread(const struct dap_ids *ids, i32 id)
{
	if (id == IDS_MORE)
		return (struct dap_thread){.kind = DAP_THREAD_MORE};
	if (id >= IDS_LAST_TASK) {
		u64 *task = map_get(&ids->by_id, (u64)id);
		return (struct dap_thread){.kind = DAP_THREAD_TASK, .task = task ? *task : UINT64_MAX};
	}
	if (id >= IDS_FIRST_TASK)
		return (struct dap_thread){.kind = DAP_THREAD_TASK, .task = (u64)(id - IDS_FIRST_TASK)};
	if (id >= IDS_FIRST_ROOT)
		return (struct dap_thread){.kind = DAP_THREAD_ROOT, .tid = id - IDS_FIRST_ROOT};
	return (struct dap_thread){.kind = DAP_THREAD_OS, .tid = id};
}

i32 dap_ids_add(struct dap_ids *ids, struct arena *stop, struct dap_ref ref)
{
	assert(ids->next < INT32_MAX);
	vec_push(stop, &ids->refs, ref);
	return ids->next++;
}

enum family { FRAME, VARIABLE, PLACE, TARGET, INTO };

static enum family family_of(enum dap_ref_kind kind)
{
	switch (kind) {
	case DAP_REF_FRAME: return FRAME;
	case DAP_REF_PLACE:
	case DAP_REF_CODE: return PLACE;
	case DAP_REF_TARGET: return TARGET;
	case DAP_REF_INTO: return INTO;
	case DAP_REF_LOCALS:
	case DAP_REF_TASK:
	case DAP_REF_AWAITING:
	case DAP_REF_VALUE: break;
	}
	return VARIABLE;
}

static err_t find(const struct dap_ids *ids, i64 id, const char *argument, enum family family, struct dap_ref **out)
{
	static const char *const names[] = {"frame", "variable", "location", "target", "target of a step"};
	if (id < 1 || id >= ids->next)
		return err_new(ERR_ARGUMENT, "%s: %lld was never given", argument, (long long)id);
	if (id < ids->first)
		return err_new(ERR_ARGUMENT, "%s: %lld is stale: it belongs to an earlier stop", argument, (long long)id);
	*out = &ids->refs.items[id - ids->first];
	if (family_of((*out)->kind) != family)
		return err_new(ERR_ARGUMENT, "%s: %lld is no %s", argument, (long long)id, names[family]);
	return NULL;
}

err_t dap_ids_frame(const struct dap_ids *ids, i64 id, const char *argument, struct dap_ref **out)
{
	return find(ids, id, argument, FRAME, out);
}

err_t dap_ids_variables(const struct dap_ids *ids, i64 id, const char *argument, struct dap_ref **out)
{
	return find(ids, id, argument, VARIABLE, out);
}

err_t dap_ids_place(const struct dap_ids *ids, i64 id, const char *argument, struct dap_ref **out)
{
	return find(ids, id, argument, PLACE, out);
}

err_t dap_ids_into(const struct dap_ids *ids, i64 id, const char *argument, struct dap_ref **out)
{
	return find(ids, id, argument, INTO, out);
}

err_t dap_ids_target(const struct dap_ids *ids, i64 id, const char *argument, struct dap_ref **out)
{
	return find(ids, id, argument, TARGET, out);
}
