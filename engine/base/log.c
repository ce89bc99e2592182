// Log lines with a time and a domain. The log level is the one piece of global state.
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static FILE *log_file;

static const char *const domain_names[LOG_DOMAINS] = {"wire", "ptrace", "dwarf", "tokio", "eval", "session"};

bool log_open(const char *path)
{
	log_file = fopen(path, "we");
	if (log_file)
		setvbuf(log_file, NULL, _IOLBF, 0);
	return log_file != NULL;
}

bool log_enabled(enum log_domain domain)
{
	(void)domain;
	return log_file != NULL;
}

void log_line(enum log_domain domain, const char *fmt, ...)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	fprintf(log_file, "%lld.%06ld %s ", (long long)now.tv_sec, now.tv_nsec / 1000, domain_names[domain]);
	va_list args;
	va_start(args, fmt);
	vfprintf(log_file, fmt, args);
	va_end(args);
	fputc('\n', log_file);
}
