// The command line.
#pragma once
#include "base/err.h"

struct options {
	const char *listen_host; // NULL: stdin and stdout
	u16 listen_port;
	const char *log, *record; // files, or NULL
};

// Prints and exits for --help, --version, and for what is wrong (status 2).
struct options dap_options_read(int argc, char **argv);
