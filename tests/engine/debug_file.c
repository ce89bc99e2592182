// Debug info in a file of its own, compressed, or in the wrong one: made of a fixture by objcopy.
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/debuggee.h"

static struct arena arena;
static char folder[] = "/tmp/stackful-debug-file-XXXXXX";

// Runs a shell command in which $F is the folder and $P the fixture.
static void run(const char *fixture, const char *command)
{
	setenv("F", folder, 1);
	setenv("P", fixture, 1);
	cr_assert_eq(system(command), 0, "%s", command);
}

static void make_folder(void)
{
	cr_assert_not_null(mkdtemp(folder));
}
static void remove_folder(void)
{
	run("", "rm -rf \"$F\"");
}

static struct dbg_module *start(struct debuggee *d, const char *name)
{
	debuggee_launch(d, str_cstr(&arena, str_printf(&arena, "%s/%s", folder, name)), NULL);
	return dbg_modules_get(d->modules, 0);
}

static void has_lines(const char *name)
{
	struct debuggee d = {0};
	struct dbg_module *module = start(&d, name);
	cr_assert(dbg_module_has_dwarf(module), "%s: %.*s", name, STRF(dbg_module_note(module)));
	break_function(&d, "main");
	debuggee_continue(&d);
	struct dbg_event event = debuggee_wait_stop(&d);
	cr_assert_gt(debuggee_line(&d, event.tid), 0, "%s: main has no line", name);
	debuggee_end(&d);
}

static void is_told(const char *name, const char *text)
{
	struct debuggee d = {0};
	struct dbg_module *module = start(&d, name);
	cr_assert(str_find(dbg_module_note(module), str_of(text)) >= 0, "%s: %.*s", name, STRF(dbg_module_note(module)));
	debuggee_end(&d);
}

TestSuite(debug_file, .init = make_folder, .fini = remove_folder);

Test(debug_file, is_found_by_its_link)
{
	run(fixture_c("steps"), "cp \"$P\" \"$F/p\" && cd \"$F\" && objcopy --only-keep-debug p p.debug && "
	                        "objcopy --strip-all --add-gnu-debuglink=p.debug p");
	has_lines("p");
	run("", "mkdir \"$F/.debug\" && mv \"$F/p.debug\" \"$F/.debug/\"");
	has_lines("p");
	run("", "mkdir -p \"$F/else$F\" && mv \"$F/.debug/p.debug\" \"$F/else$F/\"");
	setenv("STACKFUL_DEBUG_FOLDER", str_cstr(&arena, str_printf(&arena, "%s/else", folder)), 1);
	has_lines("p");
}

Test(debug_file, of_another_build_is_refused_and_told)
{
	run(fixture_c("steps"), "cp \"$P\" \"$F/p\" && cd \"$F\" && objcopy --only-keep-debug p p.debug && "
	                        "objcopy --strip-all --add-gnu-debuglink=p.debug p");
	run(fixture_c("process"), "objcopy --only-keep-debug \"$P\" \"$F/p.debug\"");
	is_told("p", "p.debug is of another build");
}

Test(debug_file, compressed)
{
	run(fixture_c("steps"), "for c in zlib zstd; do cp \"$P\" \"$F/$c\" && objcopy --compress-debug-sections=$c \"$F/$c\"; done");
	has_lines("zlib");
	has_lines("zstd");
}

Test(debug_file, whose_compressed_sections_are_broken_is_told)
{
	run(fixture_c("steps"),
	    "cp \"$P\" \"$F/z\" && objcopy --compress-debug-sections=zstd \"$F/z\" && "
	    "at=$(readelf -SW \"$F/z\" | sed -n 's/.*\\.debug_info *PROGBITS *[0-9a-f]* *\\([0-9a-f]*\\).*/\\1/p') && "
	    "printf 'xxxxxxxxxxxxxxxx' | dd of=\"$F/z\" bs=1 seek=$((0x$at + 24)) conv=notrunc 2>/dev/null");
	is_told("z", "compressed with zstd and can't be unpacked");
}
