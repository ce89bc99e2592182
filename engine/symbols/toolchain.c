// Where the standard library's sources are on this machine: in a toolchain of rustup's that has the component rust-src
// and is of the same commit as the compiler of the program. Sources of another commit would show other lines.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/symbols/private.h"

enum { SHORT_HASH = 9, MAX_MANIFEST = 4 << 20, MAX_TOOLCHAINS = 200 };

static struct str toolchains_folder(struct arena *arena)
{
	const char *home = getenv("RUSTUP_HOME"), *user = getenv("HOME");
	return home ? str_printf(arena, "%s/toolchains", home) : str_printf(arena, "%s/.rustup/toolchains", user ? user : "");
}

// What rustup installed it from names each package's commit: version = "1.95.0 (59807616e 2026-04-14)". A toolchain
// without it was made by hand (`rustup toolchain link`) and may be of any commit: not taken.
static bool is_of_commit(struct arena *arena, struct str toolchain, struct str hash)
{
	struct str path = str_printf(arena, "%.*s/lib/rustlib/multirust-channel-manifest.toml", STRF(toolchain));
	struct str wanted = str_printf(arena, "(%.*s ", STRF(str_slice(hash, 0, SHORT_HASH)));
	int fd = open(path.ptr, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	char *text = NEW_N(arena, char, MAX_MANIFEST);
	size_t len = 0;
	ssize_t n;
	while (len < MAX_MANIFEST && ((n = read(fd, text + len, MAX_MANIFEST - len)) > 0 || (n < 0 && errno == EINTR)))
		len += n > 0 ? (size_t)n : 0;
	close(fd);
	return memmem(text, len, wanted.ptr, wanted.len) != NULL;
}

struct str dbg_std_sources(struct arena *arena, struct str hash)
{
	struct str root = toolchains_folder(arena), found = STR("");
	DIR *folder = hash.len >= SHORT_HASH ? opendir(root.ptr) : NULL;
	if (!folder)
		return found;
	struct arena scratch = {0};
	for (int i = 0; i < MAX_TOOLCHAINS && !found.len; i++) {
		struct dirent *entry = readdir(folder);
		if (!entry)
			break;
		if (entry->d_name[0] == '.')
			continue;
		arena_clear(&scratch);
		struct str toolchain = str_printf(&scratch, "%.*s/%s", STRF(root), entry->d_name);
		struct str sources = str_printf(&scratch, "%.*s/lib/rustlib/src/rust", STRF(toolchain));
		if (access(sources.ptr, R_OK) == 0 && is_of_commit(&scratch, toolchain, hash))
			found = str_dup(arena, sources);
	}
	closedir(folder);
	arena_deinit(&scratch);
	return found;
}
