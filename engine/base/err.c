// Error values on a scratch arena of their thread.
#include "base/err.h"

#include <errno.h>

static _Thread_local struct arena scratch;

void err_reset(void)
{
	arena_clear(&scratch);
}

struct arena *err_scratch(void)
{
	return &scratch;
}

static err_t err_vnew(enum err_code code, const char *fmt, va_list args)
{
	err_t error = NEW(&scratch, struct err);
	error->code = code;
	error->what = str_vprintf(&scratch, fmt, args);
	return error;
}

err_t err_new(enum err_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	err_t error = err_vnew(code, fmt, args);
	va_end(args);
	return error;
}

err_t err_os(int os, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	err_t error = err_vnew(os == ESRCH ? ERR_GONE : ERR_OS, fmt, args);
	va_end(args);
	error->os = os;
	error->what = str_printf(&scratch, "%.*s: %s", STRF(error->what), strerror(os));
	return error;
}

err_t err_fault(u64 addr)
{
	err_t error = err_new(ERR_FAULT, "memory at 0x%llx can't be read", (unsigned long long)addr);
	error->addr = addr;
	return error;
}

err_t err_wrap(err_t cause, const char *fmt, ...)
{
	if (!cause)
		return NULL;
	va_list args;
	va_start(args, fmt);
	struct str doing = str_vprintf(&scratch, fmt, args);
	va_end(args);
	cause->what = str_printf(&scratch, "%.*s: %.*s", STRF(doing), STRF(cause->what));
	return cause;
}
