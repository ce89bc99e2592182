// A process for `stackful tasks`: stopped, or as it runs.
#include "adapter/tool_open.h"

#include <poll.h>
#include <time.h>

enum { STOP_PATIENCE_MS = 10000 };

static double now_ms(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static err_t wait_for_stop(struct dbg_target *target, int signal_fd)
{
	struct arena arena = {0};
	double limit = now_ms() + STOP_PATIENCE_MS;
	while (dbg_target_state(target) != DBG_STOPPED && now_ms() < limit) {
		struct dbg_event *events;
		dbg_target_pump(target, &arena, &events);
		if (dbg_target_state(target) == DBG_EXITED) {
			arena_deinit(&arena);
			return err_new(ERR_GONE, "the process has ended");
		}
		struct pollfd fd = {.fd = signal_fd, .events = POLLIN};
		if (dbg_target_state(target) != DBG_STOPPED)
			poll(&fd, 1, 100);
	}
	arena_deinit(&arena);
	return dbg_target_state(target) == DBG_STOPPED ? NULL : err_new(ERR_OS, "the process has not stopped within 10 s");
}

err_t tool_open(pid_t pid, bool no_stop, struct dbg_modules *modules, int signal_fd, struct dbg_target **out)
{
	if (no_stop)
		return dbg_target_open_running(pid, modules, out);
	TRY(dbg_target_attach_to_look(pid, modules, out));
	err_t error = wait_for_stop(*out, signal_fd);
	if (error)
		dbg_target_free(*out);
	return error;
}
