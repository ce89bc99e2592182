// LocalSets: found by their tasks, whose cells have `Arc<task::local::Shared>` for a scheduler; a set that is not
// being polled is named by no thread local (tokio 1.24 to 1.54 task/local.rs).
#include "tokio/private.h"

// Where Shared has its LocalOwnedTasks.
static const char *const owned_paths[] = {"local_state.owned"};

static size_t set_of(struct tk_taking *taking, const struct tk_task *task, const struct tk_task_type *type)
{
	struct tk_reader *reader = taking->reader;
	struct dbg_value shared = dbg_value_pointee(dbg_value_at(reader->space, type->schedule, task->header + type->scheduler));
	return runtime_add(taking, TK_LOCAL_SET, shared);
}

static void walk_set(struct tk_taking *taking, size_t set)
{
	struct tk_runtime *runtime = &taking->runtimes.items[set];
	for (size_t i = 0; i < ARRAY_LEN(owned_paths); i++) {
		struct dbg_value owned = dbg_value_path(taking->handles.items[set], owned_paths[i]);
		if (!dbg_value_ok(owned))
			continue;
		dbg_value_get(dbg_value_member(owned, "id"), &runtime->id);
		owned_walk(taking, owned, set);
		return;
	}
	complain(taking, "the list of tasks of the LocalSet at 0x%llx has an unknown form", (unsigned long long)runtime->handle);
}

void take_local_sets(struct tk_taking *taking)
{
	for (size_t i = 0; i < taking->tasks.len; i++) { // the list grows on the way
		const struct tk_task_type *type = task_type_at(taking->reader, taking->tasks.items[i].header);
		if (!type || !type->schedule || str_find(type->schedule->path, STR("tokio::task::local::Shared")) < 0)
			continue;
		size_t known = taking->runtimes.len;
		size_t set = set_of(taking, &taking->tasks.items[i], type);
		if (set != TK_NONE && taking->runtimes.len > known)
			walk_set(taking, set);
		if (set != TK_NONE && taking->tasks.items[i].runtime == TK_NONE)
			taking->tasks.items[i].runtime = set;
	}
}
