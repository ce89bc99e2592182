// Who catches a panic, told by the stack it begins on: the nearest catch_unwind, and who called that. Tasks and threads
// are run under one by tokio and std themselves; any other is the program's way to go on.
#include "adapter/panics.h"

static const char *const catching[] = {
    "std::panicking::catch_unwind", // since 1.89 or so
    "std::panicking::try",          "std::panic::catch_unwind", "core::intrinsics::catch_unwind", "__rust_try",
};
static const char *const between[] = {"std::panic",       "core::panic", "core::ops::function",
                                      "core::intrinsics", "__rust",      "alloc::boxed"};
static const char *const boundaries[] = {"tokio::runtime::", "std::thread::", "std::rt::", "std::sys::"};

static bool begins(struct str name, const char *const *with, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_starts(name, str_of(with[i])))
			return true;
	return false;
}

bool dap_panic_is_caught(struct dap_session *session, pid_t tid)
{
	bool whole, caught = false;
	struct str note;
	struct dbg_frame *frames;
	size_t n = dbg_unwind(session->target, &session->stop, tid, 0, &frames, &whole, &note);
	for (size_t i = 0; i < n; i++) {
		struct str name = frames[i].scope.name;
		if (!caught)
			caught = begins(name, catching, ARRAY_LEN(catching));
		else if (!begins(name, between, ARRAY_LEN(between)))
			return !begins(name, boundaries, ARRAY_LEN(boundaries));
	}
	return false;
}
