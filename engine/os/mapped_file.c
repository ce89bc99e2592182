// Where the files lie that a process has mapped. It may have mounts of its own (a container, mount_namespaces(7)): its paths
// then name other files for us, or none; and a file may have been deleted or replaced while it runs. What is mapped is known
// by its inode's number; on an overlay that may differ (file systems' number their files, the overlay its own), so a file of
// another number is taken only if there is none better.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/os.h"

// Has the process the same namespace of mounts and the same root as we have?
static bool sees_the_same(pid_t pid)
{
	static const char *const links[][2] = {{"ns/mnt", "/proc/self/ns/mnt"}, {"root", "/"}};
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		char link[64];
		struct stat own, other;
		snprintf(link, sizeof(link), "/proc/%d/%s", (int)pid, links[i][0]);
		if (stat(link, &other) == 0 && stat(links[i][1], &own) == 0 && (own.st_ino != other.st_ino || own.st_dev != other.st_dev))
			return false;
	}
	return true;
}

struct str os_files_root(struct arena *arena, pid_t pid)
{
	return pid && !sees_the_same(pid) ? str_printf(arena, "/proc/%d/root", (int)pid) : STR("");
}

enum fit { NOTHING, ANOTHER, RIGHT };

static enum fit fits(struct str path, u64 inode)
{
	struct arena scratch = {0};
	struct stat status;
	int fd = open(str_cstr(&scratch, path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum fit fit = fd < 0 || fstat(fd, &status) || !S_ISREG(status.st_mode) ? NOTHING
	               : !inode || status.st_ino == inode                       ? RIGHT
	                                                                        : ANOTHER;
	if (fd >= 0)
		close(fd);
	arena_deinit(&scratch);
	return fit;
}

struct str os_mapped_file(struct arena *arena, pid_t pid, const struct dbg_mapping *mapping)
{
	if (!pid || !str_starts(mapping->path, STR("/")))
		return mapping->path;
	struct str root = os_files_root(arena, pid), candidates[4];
	size_t n = 0;
	if (root.len)
		candidates[n++] = str_printf(arena, "%.*s%.*s", STRF(root), STRF(mapping->path));
	else
		candidates[n++] = mapping->path;
	// The file itself, wherever it is and even if it is nowhere any more. The first asks for no more than tracing does,
	// the second for the right to checkpoint processes (proc_pid_map_files(5)).
	if (str_eq(os_exe(arena, pid), mapping->path))
		candidates[n++] = str_printf(arena, "/proc/%d/exe", (int)pid);
	candidates[n++] = str_printf(arena, "/proc/%d/map_files/%lx-%lx", (int)pid, mapping->start, mapping->end);
	if (root.len)
		candidates[n++] = mapping->path; // of one in a chroot the kernel tells the paths that we know
	struct str second = mapping->path;
	bool has_second = false;
	for (size_t i = 0; i < n; i++) {
		enum fit fit = fits(candidates[i], mapping->inode);
		if (fit == RIGHT)
			return candidates[i];
		if (fit == ANOTHER && !has_second) {
			second = candidates[i];
			has_second = true;
		}
	}
	return second;
}
