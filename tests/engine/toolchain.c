// The standard library's sources, by the commit of the compiler.
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/symbols.h"

static char home[] = "/tmp/stackful-rustup-XXXXXX";

static void toolchain(const char *name, const char *manifest)
{
	char command[512];
	snprintf(command, sizeof command, "mkdir -p '%s/toolchains/%s/lib/rustlib/src/rust/library'", home, name);
	cr_assert_eq(system(command), 0);
	if (!manifest)
		return;
	snprintf(command, sizeof command, "%s/toolchains/%s/lib/rustlib/multirust-channel-manifest.toml", home, name);
	FILE *file = fopen(command, "w");
	cr_assert_not_null(file);
	fputs(manifest, file);
	fclose(file);
}

Test(toolchain, sources_are_those_of_the_programs_commit)
{
	struct arena arena = {0};
	cr_assert_not_null(mkdtemp(home));
	setenv("RUSTUP_HOME", home, 1);
	cr_assert_eq(dbg_std_sources(&arena, STR("59807616e1fa2540724bfbac14d7976d7e4a3860")).len, 0);
	toolchain("stable", "[pkg.rustc]\nversion = \"1.95.0 (59807616e 2026-04-14)\"\n");
	toolchain("1.85.0", "[pkg.rustc]\nversion = \"1.85.0 (4d91de4e4 2025-02-17)\"\n");
	toolchain("linked", NULL);
	struct str found = dbg_std_sources(&arena, STR("59807616e1fa2540724bfbac14d7976d7e4a3860"));
	cr_assert(str_ends(found, STR("/toolchains/stable/lib/rustlib/src/rust")), "%.*s", STRF(found));
	found = dbg_std_sources(&arena, STR("4d91de4e48198da2e33413efdcd9cd2cc0c46688"));
	cr_assert(str_ends(found, STR("/1.85.0/lib/rustlib/src/rust")), "%.*s", STRF(found));
	cr_assert_eq(dbg_std_sources(&arena, STR("0000000000000000000000000000000000000000")).len, 0);
	cr_assert_eq(dbg_std_sources(&arena, STR("5980")).len, 0);
	char command[512];
	snprintf(command, sizeof command, "rm -r '%s'", home);
	cr_assert_eq(system(command), 0);
	arena_deinit(&arena);
}
