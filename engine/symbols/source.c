// Names of source files as absolute paths.
#include "engine/symbols/private.h"

// "/a/b" + "./src/../x.rs" -> "/a/b/x.rs", by text alone.
struct str path_normalised(struct arena *arena, struct str path)
{
	char *out = NEW_N(arena, char, path.len + 2);
	size_t len = 0;
	for (size_t i = 0; i < path.len;) {
		while (i < path.len && path.ptr[i] == '/')
			i++;
		size_t end = i;
		while (end < path.len && path.ptr[end] != '/')
			end++;
		struct str part = str_slice(path, i, end);
		i = end;
		if (!part.len || str_eqc(part, "."))
			continue;
		if (str_eqc(part, "..")) {
			while (len && out[--len] != '/')
				;
			continue;
		}
		out[len++] = '/';
		memcpy(out + len, part.ptr, part.len);
		len += part.len;
	}
	return str_n(out, len);
}

struct str unit_source(struct unit *unit, const char *name)
{
	if (!name)
		return STR("");
	u64 *known = map_get(&unit->sources, (uintptr_t)name);
	if (known)
		return *(struct str *)(uintptr_t)*known;
	struct arena *arena = &unit->module->arena;
	struct str *path = NEW(arena, struct str);
	*path = str_of(name);
	if (name[0] != '/' && unit->comp_dir.len)
		*path = str_printf(arena, "%.*s/%s", STRF(unit->comp_dir), name);
	*path = path->len && path->ptr[0] == '/' ? path_normalised(arena, *path) : *path;
	map_put(&unit->sources, arena, (uintptr_t)name, (uintptr_t)path);
	return *path;
}
