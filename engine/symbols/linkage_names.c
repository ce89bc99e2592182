// The linkage names of functions that debug info knows, also of those that were inlined everywhere and have left no symbol.
//
// They all stand in .debug_str, one after the other, so that they are found without walking a single unit.
#include "engine/symbols/private.h"

// "_ZN..", "_RN..": what else is in there are names of types, members and files.
static bool is_mangled(struct str name)
{
	return name.len > 3 && name.ptr[0] == '_' && ((name.ptr[1] == 'Z' && name.ptr[2] == 'N') || name.ptr[1] == 'R');
}

void dbg_linkage_names_each(struct dbg_modules *modules, struct str part, void (*each)(void *context, struct str mangled),
                            void *context)
{
	enum { PAGES_A_RELEASE = 1 << 24 };
	for (size_t i = 0; i < modules->len; i++) {
		struct dbg_module *module = modules->items[i];
		size_t len, released = 0;
		const char *text;
		for (size_t at = 0; module->dwarf && (text = dwarf_getstring(module->dwarf, at, &len)); at += len + 1) {
			struct str name = {text, len};
			if (is_mangled(name) && str_find(name, part) >= 0)
				each(context, name);
			if (at - released > PAGES_A_RELEASE) {
				module_release_pages(module);
				released = at;
			}
		}
		module_release_pages(module);
	}
}
