// Is a file of the debug info the one that an editor means, though their paths have only their last components in common?
// So it is when the program was built in another place: a container, another checkout, with --remap-path-prefix. But each
// package has a src/main.rs or src/lib.rs: a breakpoint in another one of the workspace must not be bound here. Files that are
// both here are told apart by their text (a copy, a worktree), others by more of the path where it is a library's.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/symbols/private.h"

static bool status_of(struct str path, struct stat *out)
{
	struct arena scratch = {0};
	bool here = str_starts(path, STR("/")) && stat(str_cstr(&scratch, path), out) == 0;
	arena_deinit(&scratch);
	return here;
}

static bool read_all(int fd, char *to, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t n = read(fd, to + at, size - at);
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

static bool have_same_text(struct str a, struct str b, size_t size)
{
	struct arena scratch = {0};
	struct str paths[] = {a, b};
	char *texts[] = {NEW_N(&scratch, char, size + 1), NEW_N(&scratch, char, size + 1)};
	bool read = true;
	for (size_t i = 0; i < 2 && read; i++) {
		int fd = open(str_cstr(&scratch, paths[i]), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		read = fd >= 0 && read_all(fd, texts[i], size);
		if (fd >= 0)
			close(fd);
	}
	bool same = read && !memcmp(texts[0], texts[1], size);
	arena_deinit(&scratch);
	return same;
}

bool is_built_elsewhere(struct str debug, struct str client, struct str common)
{
	enum { MAX_SIZE = 16 << 20 };
	struct stat ours, theirs;
	if (!status_of(debug, &ours) || !status_of(client, &theirs))
		return common.len >= place_library_part(debug).len;
	return (ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev) ||
	       (ours.st_size == theirs.st_size && ours.st_size <= MAX_SIZE && have_same_text(debug, client, (size_t)ours.st_size));
}
