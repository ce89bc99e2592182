// Log lines for the developer and for bug reports, to stderr or to a file. fd 1 belongs to the protocol.
#pragma once
#include "base/types.h"

enum log_domain { LOG_WIRE, LOG_PTRACE, LOG_DWARF, LOG_TOKIO, LOG_EVAL, LOG_SESSION, LOG_DOMAINS };

// NULL: nothing is logged (the default). The file stays open to the end. False with errno if it can't be opened.
bool log_open(const char *path);
bool log_enabled(enum log_domain domain);
void log_line(enum log_domain domain, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define LOG(domain, ...)                                                                                                         \
	do {                                                                                                                         \
		if (log_enabled(domain))                                                                                                 \
			log_line((domain), __VA_ARGS__);                                                                                     \
	} while (0)
