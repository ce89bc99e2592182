// Starts a program so that we trace it from its first instruction.
//
// The child waits on a pipe until it is seized, then runs exec, which stops it (PTRACE_O_TRACEEXEC). What goes
// wrong in the child before that travels back through a pipe that exec closes.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/os.h"
#include "engine/target.h"

// What the child says when it could not become the program.
struct failure {
	int os;
	enum child_step { CHILD_STDIN, CHILD_STDOUT, CHILD_STDERR, CHILD_CWD, CHILD_EXEC } step; // the first three as their numbers
};

struct pipes {
	int go[2], failed[2], out[2], err[2];
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_pipes(struct pipes *pipes)
{
	for (int i = 0; i < 2; i++) {
		close_fd(&pipes->go[i]);
		close_fd(&pipes->failed[i]);
		close_fd(&pipes->out[i]);
		close_fd(&pipes->err[i]);
	}
}

static err_t open_pipes(struct pipes *pipes, bool own_stdio)
{
	*pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
	if (pipe2(pipes->go, O_CLOEXEC) || pipe2(pipes->failed, O_CLOEXEC))
		return err_os(errno, "opening a pipe");
	if (!own_stdio && (pipe2(pipes->out, O_CLOEXEC) || pipe2(pipes->err, O_CLOEXEC)))
		return err_os(errno, "opening a pipe for the program's output");
	return NULL;
}

static char **arguments(struct arena *arena, const struct dbg_launch *launch)
{
	char **argv = NEW_N(arena, char *, launch->n_args + 2);
	argv[0] = str_cstr(arena, launch->program);
	for (size_t i = 0; i < launch->n_args; i++)
		argv[i + 1] = str_cstr(arena, launch->args[i]);
	return argv;
}

static bool names(const char *entry, struct str name)
{
	return strncmp(entry, name.ptr, name.len) == 0 && entry[name.len] == '=';
}

// Ours with the changes; a later change of a name wins.
static char **environment(struct arena *arena, const struct dbg_launch *launch)
{
	size_t n = 0;
	while (environ && environ[n])
		n++;
	char **envp = NEW_N(arena, char *, n + launch->n_env + 1);
	for (size_t i = 0; i < n; i++)
		envp[i] = environ[i];
	for (size_t c = 0; c < launch->n_env; c++) {
		const struct dbg_env *change = &launch->env[c];
		size_t to = 0;
		for (size_t i = 0; i < n; i++)
			if (!names(envp[i], change->name))
				envp[to++] = envp[i];
		if (!change->unset)
			envp[to++] = str_cstr(arena, str_printf(arena, "%.*s=%.*s", STRF(change->name), STRF(change->value)));
		n = to;
	}
	envp[n] = NULL;
	return envp;
}

// The child must not inherit what the debugger did to signals: blocked SIGCHLD, ignored SIGPIPE.
static void restore_signals(void)
{
	struct sigaction usual = {.sa_handler = SIG_DFL};
	for (int signal = 1; signal < NSIG; signal++)
		sigaction(signal, &usual, NULL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

// A file for one of stdin, stdout, stderr. A FIFO that nobody has open must not keep us: so it is opened without waiting.
static bool open_as(const char *path, int to)
{
	int flags = to == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
	int fd = open(path, flags | O_NOCTTY | O_NONBLOCK, 0666);
	if (fd < 0 || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK))
		return false;
	return fd == to || (dup2(fd, to) == to && close(fd) == 0);
}

// `paths`: NULL for a pipe. The same file for stdout and stderr is opened once, so that they share its end.
static bool connect_as(struct pipes *pipes, char *const paths[3], int to)
{
	if (to == STDIN_FILENO)
		return open_as(paths[0] ? paths[0] : "/dev/null", to);
	if (to == STDERR_FILENO && paths[1] && paths[2] && strcmp(paths[1], paths[2]) == 0)
		return dup2(STDOUT_FILENO, to) == to;
	return paths[to] ? open_as(paths[to], to) : dup2(to == STDERR_FILENO ? pipes->err[1] : pipes->out[1], to) == to;
}

static _Noreturn void fail(int fd, enum child_step step)
{
	struct failure failure = {.os = errno, .step = step};
	ssize_t written = write(fd, &failure, sizeof(failure));
	_exit(written == sizeof(failure) ? 127 : 126);
}

// Some containers forbid this; then the program runs at random addresses, which is no reason not to run it.
static void disable_aslr(void)
{
	int now = personality(0xffffffff);
	if (now != -1)
		personality((unsigned long)now | ADDR_NO_RANDOMIZE);
}

static _Noreturn void become(const struct dbg_launch *launch, struct pipes *pipes, char **argv, char **envp, const char *cwd,
                             char *const stdio[3])
{
	close_fd(&pipes->go[1]);
	char go;
	if (read(pipes->go[0], &go, 1) != 1)
		_exit(126); // the parent could not trace us and tells why itself
	setpgid(0, 0);
	if (cwd && chdir(cwd))
		fail(pipes->failed[1], CHILD_CWD);
	for (int to = STDIN_FILENO; to <= STDERR_FILENO && !launch->own_stdio; to++)
		if (!connect_as(pipes, stdio, to))
			fail(pipes->failed[1], (enum child_step)to);
	if (!launch->keep_aslr)
		disable_aslr();
	restore_signals();
	execve(argv[0], argv, envp);
	fail(pipes->failed[1], CHILD_EXEC);
}

static err_t explain(const struct failure *failure, const struct dbg_launch *launch)
{
	static const char *const streams[] = {"stdin", "stdout", "stderr"};
	switch (failure->step) {
	case CHILD_STDIN:
	case CHILD_STDOUT:
	case CHILD_STDERR:
		return err_os(failure->os, "the program's %s, %.*s", streams[failure->step], STRF(launch->stdio[failure->step]));
	case CHILD_CWD: return err_os(failure->os, "entering the working directory %.*s", STRF(launch->cwd));
	case CHILD_EXEC: return err_os(failure->os, "starting %.*s", STRF(launch->program));
	}
	return err_new(ERR_OS, "starting %.*s", STRF(launch->program));
}

// Seizes the child, lets it exec, and waits until it has or could not.
static err_t follow(pid_t pid, const struct dbg_launch *launch, struct pipes *pipes)
{
	err_t refused = os_seize(pid, OS_SEIZE_LAUNCHED);
	if (refused)
		return refused->os == EPERM ? os_explain_refusal(pid, refused->os) : refused;
	if (write(pipes->go[1], "g", 1) != 1)
		return err_os(errno, "starting %.*s", STRF(launch->program));
	close_fd(&pipes->failed[1]);
	struct failure failure;
	ssize_t n;
	do
		n = read(pipes->failed[0], &failure, sizeof(failure));
	while (n == -1 && errno == EINTR);
	if (n == sizeof(failure))
		return explain(&failure, launch);
	for (;;) {
		struct os_wait wait;
		TRY(os_wait_pid(pid, &wait));
		if (wait.stop == OS_STOPPED_EXEC)
			return NULL;
		if (wait.stop == OS_EXITED || wait.stop == OS_KILLED)
			return err_new(ERR_GONE, "%.*s ended while it was being started", STRF(launch->program));
		TRY(os_cont(pid, wait.stop == OS_STOPPED_SIGNAL ? wait.signal : 0));
	}
}

static void reap(pid_t pid)
{
	kill(pid, SIGKILL);
	struct os_wait wait;
	do {
		err_t error = os_wait_pid(pid, &wait);
		if (error)
			return;
		if (wait.stop == OS_STOPPED_EXIT)
			err_ignore(os_cont(pid, 0));
	} while (wait.stop != OS_EXITED && wait.stop != OS_KILLED);
}

// The helper runs already, in a terminal; it waits for the byte that makes it go, as our own child would.
static err_t adopt(const struct dbg_launch *launch, pid_t *pid, int fds[2])
{
	struct pipes pipes = {{-1, launch->helper_fd}, {launch->helper_fd, -1}, {-1, -1}, {-1, -1}};
	fds[0] = fds[1] = -1;
	*pid = launch->helper;
	return follow(launch->helper, launch, &pipes);
}

err_t dbg_launch_helper(int fd, char **argv, bool keep_aslr)
{
	struct ucred debugger;
	socklen_t len = sizeof debugger;
	char go;
	// yama's ptrace_scope 1 lets only ancestors trace, which the debugger is not.
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &debugger, &len) == 0)
		prctl(PR_SET_PTRACER, (unsigned long)debugger.pid, 0, 0, 0);
	if (write(fd, "r", 1) != 1 || read(fd, &go, 1) != 1)
		return err_new(ERR_GONE, "the debugger has gone");
	if (!keep_aslr)
		disable_aslr();
	restore_signals();
	execvp(argv[0], argv);
	err_t error = err_os(errno, "starting %s", argv[0]);
	struct failure failure = {.os = error->os, .step = CHILD_EXEC};
	return write(fd, &failure, sizeof failure) == sizeof failure ? error : err_wrap(error, "the debugger has gone");
}

err_t os_launch(const struct dbg_launch *launch, pid_t *pid, int fds[2])
{
	if (launch->helper)
		return adopt(launch, pid, fds);
	struct arena arena = {0};
	struct pipes pipes;
	err_t error = open_pipes(&pipes, launch->own_stdio);
	char **argv = arguments(&arena, launch);
	char **envp = environment(&arena, launch);
	const char *cwd = launch->cwd.len ? str_cstr(&arena, launch->cwd) : NULL;
	if (cwd && argv[0][0] != '/') { // a relative program is meant from our own folder, not from `cwd`
		char *absolute = realpath(argv[0], NULL);
		if (absolute)
			argv[0] = str_cstr(&arena, str_of(absolute));
		free(absolute);
	}
	char *stdio[3];
	for (size_t i = 0; i < 3; i++)
		stdio[i] = launch->stdio[i].len ? str_cstr(&arena, launch->stdio[i]) : NULL;
	pid_t child = -1;
	if (!error) {
		os_cpu_leave();
		child = fork();
		if (child == -1)
			error = err_os(errno, "forking");
	}
	if (child == 0)
		become(launch, &pipes, argv, envp, cwd, stdio);
	if (child > 0) {
		error = follow(child, launch, &pipes);
		if (error) {
			close_fd(&pipes.go[1]);
			reap(child);
		}
	}
	if (!error) {
		*pid = child;
		fds[0] = pipes.out[0];
		fds[1] = pipes.err[0];
		pipes.out[0] = pipes.err[0] = -1;
	}
	close_pipes(&pipes);
	arena_deinit(&arena);
	return error;
}
