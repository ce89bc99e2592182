// What LeakSanitizer looks at: the tests, each of which is a process of its own (Criterion names its map in BXFI_MAP),
// not the process that starts them. Criterion 2.4 may end while its thread of timeouts still holds one, and whether
// the sanitizer finds that depends on what the thread's registers happen to keep: 48 bytes, and 159 tests that passed
// ended with a failure.
#include <stdlib.h>

int __lsan_is_turned_off(void); // NOLINT: the sanitizer's name (sanitizer/lsan_interface.h)

int __lsan_is_turned_off(void) // NOLINT
{
	return !getenv("BXFI_MAP");
}
