// Where it starts: signals, options, one client, the loop.
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adapter/calls.h"
#include "adapter/dispatch.h"
#include "adapter/events.h"
#include "adapter/lifecycle.h"
#include "adapter/options.h"
#include "adapter/output.h"
#include "adapter/tool.h"
#include "adapter/waiting.h"
#include "base/log.h"

static bool input_is_file; // never waited for: epoll takes no files
static bool output_watched;
static int told_to_end = -1; // an eventfd: SIGTERM and its like end the session in order, not in the middle

static void on_signal(int number)
{
	(void)number;
	u64 one = 1;
	if (write(told_to_end, &one, sizeof one) < 0)
		return; // it is full: told before
}

static void die(const char *what, err_t error)
{
	fprintf(stderr, "stackful: %s: %.*s\n", what, STRF(error->what));
	exit(1);
}

// ---- what the loop calls

static void client_writes(void *context, u32 events)
{
	struct dap_session *session = context;
	if (events & EPOLLOUT)
		wire_flush(&session->wire);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		dap_dispatch_receive(session);
}

// The pump looks after them, once a round (turn); where there is nothing to pump, as after a launch that the kernel refused,
// they would keep the loop awake for ever.
static void target_reports(void *context, u32 events)
{
	(void)events;
	if (!((struct dap_session *)context)->target)
		dbg_forget_signals();
}

static void end_asked(void *context, u32 events)
{
	(void)events;
	((struct dap_session *)context)->loop->quit = true;
}

// The output is watched only while something waits to be sent.
static void watch_output(struct dap_session *session)
{
	struct wire *wire = &session->wire;
	bool waits = wire_unsent(wire) > 0;
	if (waits == output_watched || wire->broken)
		return;
	output_watched = waits;
	if (wire->in == wire->out)
		loop_change(session->loop, wire->out, waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
	else if (waits)
		err_ignore(loop_add(session->loop, wire->out, EPOLLOUT, client_writes, session));
	else
		loop_remove(session->loop, wire->out);
}

// While the program runs: reads debug info in slices, so that a stop finds it ready.
static bool idle(void *context)
{
	struct dap_session *session = context;
	if (dap_calls_waits(session) || session->prepared || session->phase != DAP_LIVE || !session->target ||
	    dbg_target_state(session->target) != DBG_RUNNING)
		return false;
	if (!session->reader)
		session->reader = tk_reader_new(session->target);
	bool more = tk_reader_prepare(session->reader) || dbg_modules_index_some(session->modules, STR("std"));
	session->prepared = !more;
	return more;
}

// After each round: requests that came in, what waits to be sent, and the end of the turn's memory.
static void turn(void *context)
{
	struct dap_session *session = context;
	bool more = dap_dispatch_some(session);
	bool news = dap_events_pump(session); // what a resume has let loose needs no signal
	watch_output(session);
	dap_output_resume(session);
	if (input_is_file && !session->wire.eof)
		dap_dispatch_receive(session);
	else if (!more && (session->wire.broken || (session->wire.eof && !session->end.waits && !dap_calls_waits(session))))
		session->loop->quit = true;
	if (session->wire.eof)
		loop_remove(session->loop, session->wire.in);
	session->loop->busy = more || news || (input_is_file && !session->wire.eof);
	arena_clear(&session->turn);
	err_reset();
}

// ---- the client

static err_t accept_client(const struct options *options, int *out)
{
	char port[8];
	snprintf(port, sizeof port, "%u", options->listen_port);
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *info;
	int failed = getaddrinfo(options->listen_host, port, &hints, &info);
	if (failed)
		return err_new(ERR_OS, "%s", gai_strerror(failed));
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	bool bound = fd >= 0 && bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, 1) == 0;
	freeaddrinfo(info);
	if (!bound)
		return err_os(errno, "%s:%s", options->listen_host, port);
	struct sockaddr_storage address;
	socklen_t len = sizeof address;
	char host[INET6_ADDRSTRLEN];
	getsockname(fd, (struct sockaddr *)&address, &len);
	getnameinfo((struct sockaddr *)&address, len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
	fprintf(stderr, "stackful: listening on %s:%s\n", host, port);
	do {
		*out = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	} while (*out < 0 && errno == ECONNABORTED);
	int os = errno;
	close(fd); // one client
	return *out < 0 ? err_os(os, "waiting for a client") : NULL;
}

static err_t watch(struct dap_session *session)
{
	TRY(loop_add(session->loop, told_to_end, EPOLLIN, end_asked, session));
	TRY(loop_add(session->loop, session->signal_fd, EPOLLIN, target_reports, session));
	err_t error = loop_add(session->loop, session->wire.in, EPOLLIN, client_writes, session);
	input_is_file = error && error->os == EPERM;
	session->loop->busy = input_is_file;
	return input_is_file ? NULL : error;
}

int main(int argc, char **argv)
{
	dbg_block_signals(); // before any thread exists (design 1.7)
	signal(SIGPIPE, SIG_IGN);
	if (argc > 1 && strcmp(argv[1], "tasks") == 0)
		return tool_tasks(argc - 1, argv + 1);
	if (argc > 3 && strcmp(argv[1], "--in-terminal") == 0) // what runInTerminal is asked to run
		return dap_waiting_help(argv[2], argv + 3);
	struct options options = dap_options_read(argc, argv);
	if (options.log && !log_open(options.log))
		die("--log", err_os(errno, "%s", options.log));
	int in = STDIN_FILENO, out = STDOUT_FILENO;
	if (options.listen_host) {
		err_t error = accept_client(&options, &in);
		if (error)
			die("--listen", error);
		out = in;
	}
	told_to_end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int enders[] = {SIGTERM, SIGINT, SIGHUP};
	for (size_t i = 0; i < ARRAY_LEN(enders); i++)
		sigaction(enders[i], &(struct sigaction){.sa_handler = on_signal, .sa_flags = SA_RESTART}, NULL);

	struct loop loop;
	struct dap_session session;
	err_t error = loop_init(&loop);
	if (error)
		die("starting", error);
	dap_session_init(&session, &loop, in, out);
	if (options.record && !wire_record_open(&session.wire, options.record))
		die("--record", err_os(errno, "%s", options.record));
	loop.idle = idle;
	loop.turn = turn;
	loop.context = &session;
	error = dbg_signal_fd(&session.signal_fd);
	error = error ? error : watch(&session);
	error = error ? error : loop_run(&loop);
	if (error)
		fprintf(stderr, "stackful: %.*s\n", STRF(error->what));
	wire_finish(&session.wire, 200);
	dap_session_deinit(&session);
	loop_deinit(&loop);
	return error ? 1 : 0;
}
