// A helper of ours in the terminal, which connects back by a socket, waits until it is traced, and becomes the program;
// or looks at /proc now and then until a process of a name is new.
#include "adapter/waiting.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "adapter/dispatch.h"
#include "adapter/lifecycle.h"
#include "adapter/process_name.h"

enum { LOOK_MS = 20, TERMINAL_MS = 30000 };

struct dap_waiting {
	struct arena home;
	u32 timer;
	struct map known; // processes that were there before
	int listener;     // for the helper, -1 if there is none
	char name[64];    // of its socket, without the NUL in front
};

void dap_waiting_end(struct dap_session *session)
{
	struct dap_waiting *waiting = session->waiting;
	if (!waiting)
		return;
	session->waiting = NULL;
	loop_cancel(session->loop, waiting->timer);
	loop_remove(session->loop, waiting->listener);
	if (waiting->listener >= 0)
		close(waiting->listener);
	struct arena home = waiting->home;
	arena_deinit(&home);
}

static void give_up(struct dap_session *session, err_t why)
{
	dap_waiting_end(session);
	dap_lifecycle_failed(session, why);
}

bool dap_waiting_needed(const struct dap_session *session)
{
	const struct dap_config *config = &session->config;
	return !config->core.len &&
	       (config->attach ? config->wait && !config->pid : config->terminal != DAP_NO_TERMINAL && session->client.terminal);
}

// ---- a process of a name

static void look(void *context)
{
	struct dap_session *session = context;
	pid_t found = dap_process_new(&session->turn, session->config.wait_for, &session->waiting->known);
	if (!found) {
		session->waiting->timer = loop_after(session->loop, LOOK_MS, look, session);
		return;
	}
	session->config.pid = found;
	dap_waiting_end(session);
	dap_lifecycle_go_on(session, 0, -1);
}

static err_t wait_for_process(struct dap_session *session)
{
	struct dap_waiting *waiting = session->waiting;
	dap_process_all(&waiting->home, &waiting->known);
	waiting->timer = loop_after(session->loop, LOOK_MS, look, session);
	dap_session_say(session, "waiting for a process named %.*s to be started", STRF(session->config.wait_for));
	return NULL;
}

// ---- a terminal

static socklen_t socket_address(const char *name, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){.sun_family = AF_UNIX}; // abstract: begins with a NUL, and leaves no file behind
	size_t len = size_min(strlen(name), sizeof out->sun_path - 1);
	memcpy(out->sun_path + 1, name, len);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len);
}

static void helper_came(void *context, u32 events)
{
	(void)events;
	struct dap_session *session = context;
	struct ucred who;
	socklen_t len = sizeof who;
	int fd = accept4(session->waiting->listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) || who.uid != getuid()) {
		close(fd); // somebody else's
		return;
	}
	dap_waiting_end(session);
	dap_lifecycle_go_on(session, who.pid, fd);
	close(fd);
}

static void too_late(void *context)
{
	struct dap_session *session = context;
	session->waiting->timer = 0;
	give_up(session, err_new(ERR_OS, "the client's terminal has not started the program within %d s", TERMINAL_MS / 1000));
}

static void answered(struct dap_session *session, i64 value, err_t error)
{
	(void)value;
	if (error && session->waiting)
		give_up(session, err_wrap(error, "the client can't run the program in a terminal"));
}

static err_t listen_for_helper(struct dap_session *session)
{
	struct dap_waiting *waiting = session->waiting;
	u64 secret;
	if (getrandom(&secret, sizeof secret, 0) != sizeof secret)
		return err_os(errno, "getrandom");
	snprintf(waiting->name, sizeof waiting->name, "stackful-%d-%016llx%s", (int)getpid(), (unsigned long long)secret,
	         session->config.keep_aslr ? "-aslr" : "");
	struct sockaddr_un address;
	socklen_t len = socket_address(waiting->name, &address);
	waiting->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (waiting->listener < 0 || bind(waiting->listener, (struct sockaddr *)&address, len) || listen(waiting->listener, 4))
		return err_os(errno, "opening a socket for the terminal");
	return loop_add(session->loop, waiting->listener, EPOLLIN, helper_came, session);
}

static err_t run_in_terminal(struct dap_session *session)
{
	struct dap_config *config = &session->config;
	TRY(dbg_module_check_program(config->program));
	TRY(listen_for_helper(session));
	char self[4096], here[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self);
	if (n < 0 || !getcwd(here, sizeof here))
		return err_os(errno, "/proc/self/exe");
	struct cJSON *arguments = json_new_object();
	bool external = config->terminal == DAP_EXTERNAL_TERMINAL;
	json_set_text(arguments, "kind", external ? STR("external") : STR("integrated"));
	json_set_text(arguments, "title", str_from(config->program, (size_t)(str_rfind(config->program, STR("/")) + 1)));
	json_set_text(arguments, "cwd", config->cwd.len ? config->cwd : str_of(here));
	struct cJSON *list = json_set_array(arguments, "args");
	json_add_text(list, str_n(self, (size_t)n));
	json_add_text(list, STR("--in-terminal"));
	json_add_text(list, str_of(session->waiting->name));
	bool relative = config->program.ptr[0] != '/';
	json_add_text(list, relative ? str_printf(&session->turn, "%s/%.*s", here, STRF(config->program)) : config->program);
	for (size_t i = 0; i < config->args.len; i++)
		json_add_text(list, config->args.items[i]);
	struct cJSON *env = json_set_object(arguments, "env");
	for (size_t i = 0; i < config->env.len; i++) {
		const char *name = str_cstr(&session->turn, config->env.items[i].name);
		json_remove(env, name); // a later change of a name wins
		if (config->env.items[i].unset)
			json_set_null(env, name);
		else
			json_set_text(env, name, config->env.items[i].value);
	}
	TRY(dap_dispatch_ask(session, "runInTerminal", arguments, answered, 0));
	session->waiting->timer = loop_after(session->loop, TERMINAL_MS, too_late, session);
	return NULL;
}

err_t dap_waiting_begin(struct dap_session *session)
{
	struct arena home = {0};
	session->waiting = NEW(&home, struct dap_waiting);
	*session->waiting = (struct dap_waiting){.home = home, .listener = -1};
	err_t error = session->config.attach ? wait_for_process(session) : run_in_terminal(session);
	if (error)
		dap_waiting_end(session);
	return error;
}

int dap_waiting_help(char *name, char **argv)
{
	struct sockaddr_un address;
	socklen_t len = socket_address(name, &address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, len)) {
		fprintf(stderr, "stackful: the debugger that asked for %s does not wait for it any more\n", argv[0]);
		return 126;
	}
	err_t error = dbg_launch_helper(fd, argv, str_ends(str_of(name), STR("-aslr")));
	fprintf(stderr, "stackful: %.*s\n", STRF(error->what));
	return 127;
}
