// Error values. NULL is success; an error tells its code, its text and what was being done.
//
// "An error for the question, an absence for the part": inside a list a part that fails does not fail the
// list (see engine/value.h for absent values). Errors live on a scratch arena of their thread until
// err_reset(), which the loop calls once a turn; they are never freed by hand.
#pragma once
#include "base/str.h"

enum err_code {
	ERR_OS,            // a system call; `os` is its errno
	ERR_BAD_DWARF,     // debug info that contradicts itself
	ERR_NO_DEBUG_INFO, // debug info that is not there
	ERR_FAULT,         // memory of the debuggee that can't be read; `addr` tells where
	ERR_NOT_FOUND,
	ERR_SYNTAX, // text of the user that does not parse
	ERR_STATE,  // not possible now (running, not started, ended)
	ERR_UNSUPPORTED,
	ERR_GONE, // the process or thread has ended: an ordinary result
	ERR_CANCELLED,
	ERR_ARGUMENT, // a request's argument
	ERR_EMPTY,    // what was asked for is not there, where Rust would give None
};

struct err {
	enum err_code code;
	int os;
	u64 addr;
	struct str what; // one sentence without a full stop, for a person
};
typedef struct err *err_t;

err_t err_new(enum err_code code, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_USE;
// "fmt: strerror(os)"; ESRCH makes the code ERR_GONE.
err_t err_os(int os, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_USE;
err_t err_fault(u64 addr) MUST_USE;
// Puts "fmt: " before the text of `cause` and keeps the rest. NULL stays NULL.
err_t err_wrap(err_t cause, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_USE;
// Says that an error is left out on purpose.
static inline void err_ignore(err_t error)
{
	(void)error;
}

// For texts that go into an error and need memory of their own: they live as long as it.
struct arena *err_scratch(void);
// Frees the errors of this thread.
void err_reset(void);

#define TRY(expression)                                                                                                          \
	do {                                                                                                                         \
		err_t try_error_ = (expression);                                                                                         \
		if (try_error_)                                                                                                          \
			return try_error_;                                                                                                   \
	} while (0)
