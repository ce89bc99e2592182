// What to show for a file that is not there.
#include "adapter/missing_sources.h"

i32 dap_missing_sources_add(struct missing_sources *missing, struct arena *arena, struct str path)
{
	for (size_t i = 0; i < missing->paths.len; i++)
		if (str_eq(missing->paths.items[i], path))
			return (i32)i + 1;
	vec_push(arena, &missing->paths, str_dup(arena, path));
	return (i32)missing->paths.len;
}

bool dap_missing_sources_text(const struct missing_sources *missing, i64 number, struct arena *arena, struct str *out)
{
	if (number < 1 || (u64)number > missing->paths.len)
		return false;
	struct str path = missing->paths.items[number - 1];
	const char *remedy =
	    str_starts(path, STR("/rustc/"))
	        ? "It belongs to Rust's standard library: `rustup component add rust-src` brings its sources."
	        : "If it lies elsewhere on this machine, map its folder: \"sourceMap\": {\"/folder/then\": \"/folder/now\"}.";
	*out = str_printf(arena, "// %.*s\n//\n// This file, named by the program's debug info, is not on this machine.\n// %s\n",
	                  STRF(path), remedy);
	return true;
}
