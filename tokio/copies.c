// A library that a program loads (a plugin, an extension module of Python) may bring a tokio of its own, which counts its tasks
// by itself: two tasks have the same id. So that an id means one task here, those of each further copy are told from the
// next thousand million on; `task 1000000003` is the third one of the second copy. A copy is a module that has a CONTEXT of its
// own; the program that uses tokio from a shared library has none, and its tasks are those of the one that has.
#include "tokio/copies.h"

#include "base/vec.h"

enum { MAX_COPIES = 64 };

static const u64 IDS_A_COPY = 1000000000;

// The modules that have a tokio of their own, in the order of the modules.
static size_t find_copies(struct dbg_modules *modules, struct arena *arena, const struct dbg_module ***out)
{
	VEC(const struct dbg_module *) copies = {0};
	struct dbg_static *found;
	size_t n = dbg_statics_find(modules, arena, STR("tokio::runtime::context::CONTEXT"), &found);
	for (size_t i = 0; i < n && copies.len < MAX_COPIES; i++) {
		bool known = false;
		for (size_t k = 0; k < copies.len; k++)
			known |= copies.items[k] == found[i].module;
		if (!known)
			vec_push(arena, &copies, found[i].module);
	}
	*out = copies.items;
	return copies.len;
}

u64 tokio_first_id(struct dbg_modules *modules, const struct dbg_module *module)
{
	struct arena scratch = {0};
	const struct dbg_module **copies;
	size_t n = find_copies(modules, &scratch, &copies), at = 0;
	while (at < n && copies[at] != module)
		at++;
	arena_deinit(&scratch);
	return at < n ? at * IDS_A_COPY : 0;
}
