// Options by getopt_long.
#include "adapter/options.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] = "usage: stackful [OPTION]...\n"
                           "       stackful tasks --pid N | --core FILE   (prints the tasks; `stackful tasks --help`)\n"
                           "\n"
                           "A debugger for async Rust (tokio) that speaks the Debug Adapter Protocol.\n"
                           "Without options: on stdin and stdout, as an editor starts it.\n"
                           "\n"
                           "  --listen HOST:PORT   wait for one client on TCP instead; port 0 takes a free one.\n"
                           "                       HOST is a loopback address, as whoever connects can run programs\n"
                           "  --any-host           let --listen take an address that others can reach\n"
                           "  --log FILE           what happens inside, for bug reports\n"
                           "  --record FILE        every message with its time, as JSON lines\n"
                           "  --version            the version\n"
                           "  --help               this text\n"
                           "\n"
                           "In an editor: type \"help\" into the debug console.\n";

static void __attribute__((noreturn)) wrong(const char *fmt, const char *what)
{
	fprintf(stderr, "stackful: ");
	fprintf(stderr, fmt, what);
	fprintf(stderr, "; `stackful --help` lists the options\n");
	exit(2);
}

static bool is_loopback(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == 127;
	return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static void read_listen(struct options *options, char *value)
{
	char *colon = strrchr(value, ':');
	u64 port;
	if (!colon || !str_to_u64(str_of(colon + 1), &port) || port > UINT16_MAX)
		wrong("--listen %s: expected HOST:PORT, such as 127.0.0.1:4711", value);
	*colon = '\0';
	if (value[0] == '[' && colon[-1] == ']') { // [::1]:4711
		colon[-1] = '\0';
		value++;
	}
	struct in6_addr address;
	options->listen_host = *value == '\0' || strcmp(value, "localhost") == 0 ? "127.0.0.1" : value;
	options->listen_port = (u16)port;
	if (inet_pton(AF_INET, options->listen_host, &address) != 1 && inet_pton(AF_INET6, options->listen_host, &address) != 1)
		wrong("--listen: \"%s\" is no address (names are not looked up)", value);
}

struct options dap_options_read(int argc, char **argv)
{
	static const struct option known[] = {
	    {"listen", required_argument, NULL, 'l'},
	    {"any-host", no_argument, NULL, 'a'},
	    {"log", required_argument, NULL, 'o'},
	    {"record", required_argument, NULL, 'r'},
	    {"version", no_argument, NULL, 'v'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	struct options options = {0};
	bool any_host = false;
	for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
		switch (c) {
		case 'l': read_listen(&options, optarg); break;
		case 'a': any_host = true; break;
		case 'o': options.log = optarg; break;
		case 'r': options.record = optarg; break;
		case 'v': printf("stackful %s\n", STACKFUL_VERSION); exit(0);
		case 'h': fputs(help, stdout); exit(0);
		default: fprintf(stderr, "`stackful --help` lists the options\n"); exit(2);
		}
	}
	if (optind < argc)
		wrong("\"%s\" is not understood: programs are named by the client, in its launch request", argv[optind]);
	if (options.listen_host && !any_host && !is_loopback(options.listen_host))
		wrong("--listen %s: others could reach it and run programs as you; --any-host says that this is meant",
		      options.listen_host);
	return options;
}
