// Whose code a source file is, and how to name it in few words.
#include "base/buf.h"
#include "engine/symbols/private.h"

// "/rustc/HASH/library/core/src/x.rs" (rustc's remapped path) or the toolchain's own copy of it.
static struct str std_part(struct str file)
{
	ptrdiff_t at = str_find(file, STR("/library/"));
	if (at < 0 || !(str_starts(file, STR("/rustc/")) || str_find(file, STR("/lib/rustlib/src/")) >= 0))
		return STR("");
	return str_from(file, (size_t)at + 9);
}

// What follows ".../registry/src/INDEX/" or ".../git/checkouts/REPO/": "tokio-1.54.1/src/x.rs".
static struct str registry_part(struct str file)
{
	static const char *const roots[] = {"/registry/src/", "/git/checkouts/", "/vendor/"};
	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		ptrdiff_t at = str_find(file, str_of(roots[i]));
		if (at < 0)
			continue;
		struct str rest = str_from(file, (size_t)at + strlen(roots[i]));
		ptrdiff_t slash = i == 2 ? -1 : str_find(rest, STR("/"));
		return str_from(rest, (size_t)(slash + 1));
	}
	// Dependencies of the standard library, remapped: "/rust/deps/hashbrown-0.15/src/x.rs".
	if (str_starts(file, STR("/rust/deps/")))
		return str_from(file, 11);
	return STR("");
}

struct str place_library_part(struct str file)
{
	struct str std = std_part(file);
	size_t above = strlen("library/");
	return std.len ? str_n(std.ptr - above, std.len + above) : registry_part(file);
}

bool dbg_place_is_library(struct dbg_place place)
{
	return std_part(place.file).len || registry_part(place.file).len || place.file.len == 0;
}

struct str dbg_place_origin(struct arena *arena, struct dbg_place place)
{
	struct str part = std_part(place.file);
	if (part.len)
		return str_slice(part, 0, (size_t)str_find(part, STR("/")));
	part = registry_part(place.file);
	ptrdiff_t slash = str_find(part, STR("/"));
	struct str package = slash > 0 ? str_slice(part, 0, (size_t)slash) : STR("");
	ptrdiff_t dash = str_rfind(package, STR("-"));
	if (dash > 0 && (size_t)dash + 1 < package.len && package.ptr[dash + 1] >= '0' && package.ptr[dash + 1] <= '9')
		return str_printf(arena, "%.*s %.*s", (int)dash, package.ptr, STRF(str_from(package, (size_t)dash + 1)));
	return str_dup(arena, package);
}

struct str dbg_place_short_path(struct arena *arena, struct dbg_place place)
{
	struct str part = std_part(place.file);
	if (!part.len)
		part = registry_part(place.file);
	if (part.len)
		return part;
	// The user's own: from the folder that holds src, tests, examples or benches; else the last two parts.
	static const char *const folders[] = {"/src/", "/tests/", "/examples/", "/benches/"};
	ptrdiff_t best = -1;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		ptrdiff_t at = str_rfind(place.file, str_of(folders[i]));
		best = at > best ? at : best;
	}
	if (best >= 0)
		return str_from(place.file, (size_t)best + 1);
	ptrdiff_t last = str_rfind(place.file, STR("/"));
	return str_dup(arena, last < 0 ? place.file : str_from(place.file, (size_t)last + 1));
}
