// A library that a program loads (a plugin, an extension module of Python) may bring a tokio of its own, which counts its tasks
// by itself: two tasks have the same id. So that an id means one task here, those of each further copy are told from the
// next thousand million on; `task 1000000003` is the third one of the second copy. A copy is a module that has a CONTEXT of its
// own; the program that uses tokio from a shared library has none, and its tasks are those of the one that has.
#include "tokio/copies.h"

static const u64 IDS_A_COPY = 1000000000;

u64 tokio_first_id(struct dbg_modules *modules, const struct dbg_module *module)
{
	struct arena scratch = {0};
	struct dbg_static *found;
	const struct dbg_module *last = NULL;
	u64 first = 0, copies = 0;
	size_t n = dbg_statics_find(modules, &scratch, STR("tokio::runtime::context::CONTEXT"), &found);
	for (size_t i = 0; i < n && last != module; i++) { // in the order of the modules
		if (found[i].module != last)
			first = copies++ * IDS_A_COPY;
		last = found[i].module;
	}
	arena_deinit(&scratch);
	return last == module ? first : 0;
}
