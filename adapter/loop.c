// epoll, level-triggered: a callback takes a bounded piece and is called again if there is more.
#include "loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

err_t loop_init(struct loop *loop)
{
	*loop = (struct loop){.epoll = epoll_create1(EPOLL_CLOEXEC)};
	for (size_t i = 0; i < LOOP_MAX_FDS; i++)
		loop->fds[i].fd = -1;
	return loop->epoll < 0 ? err_os(errno, "epoll_create1") : NULL;
}

void loop_deinit(struct loop *loop)
{
	if (loop->epoll >= 0)
		close(loop->epoll);
	loop->epoll = -1;
}

static struct loop_fd *find_fd(struct loop *loop, int fd)
{
	for (size_t i = 0; i < LOOP_MAX_FDS; i++)
		if (loop->fds[i].fd == fd)
			return &loop->fds[i];
	return NULL;
}

err_t loop_add(struct loop *loop, int fd, u32 events, void (*ready)(void *, u32), void *context)
{
	struct loop_fd *slot = find_fd(loop, -1);
	if (!slot)
		return err_new(ERR_OS, "more than %d descriptors in the loop", LOOP_MAX_FDS);
	struct epoll_event event = {.events = events, .data.fd = fd};
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event))
		return err_os(errno, "waiting for descriptor %d", fd);
	*slot = (struct loop_fd){fd, ready, context};
	return NULL;
}

void loop_change(struct loop *loop, int fd, u32 events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};
	epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event);
}

void loop_remove(struct loop *loop, int fd)
{
	struct loop_fd *slot = fd < 0 ? NULL : find_fd(loop, fd);
	if (!slot)
		return;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
	slot->fd = -1;
}

u64 loop_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000u + (u64)now.tv_nsec / 1000000u;
}

u32 loop_after(struct loop *loop, u64 ms, void (*fire)(void *), void *context)
{
	for (u32 i = 0; i < LOOP_MAX_TIMERS; i++) {
		if (loop->timers[i].due)
			continue;
		loop->timers[i] = (struct loop_timer){loop_now_ms() + ms, fire, context};
		return i + 1;
	}
	return 0;
}

void loop_cancel(struct loop *loop, u32 timer)
{
	if (timer)
		loop->timers[timer - 1].due = 0;
}

static int milliseconds_to_next(const struct loop *loop)
{
	u64 now = loop_now_ms(), next = UINT64_MAX;
	for (size_t i = 0; i < LOOP_MAX_TIMERS; i++)
		if (loop->timers[i].due)
			next = u64_min(next, loop->timers[i].due);
	return next == UINT64_MAX ? -1 : next <= now ? 0 : (int)u64_min(next - now, 60000);
}

static void fire_timers(struct loop *loop)
{
	u64 now = loop_now_ms();
	for (size_t i = 0; i < LOOP_MAX_TIMERS; i++) {
		struct loop_timer timer = loop->timers[i];
		if (!timer.due || timer.due > now)
			continue;
		loop->timers[i].due = 0;
		timer.fire(timer.context);
	}
}

err_t loop_run(struct loop *loop)
{
	bool idle = true; // whether there may be idle work
	while (!loop->quit) {
		struct epoll_event events[LOOP_MAX_FDS];
		int n =
		    epoll_wait(loop->epoll, events, LOOP_MAX_FDS, loop->busy || (idle && loop->idle) ? 0 : milliseconds_to_next(loop));
		if (n < 0 && errno != EINTR)
			return err_os(errno, "epoll_wait");
		for (int i = 0; i < n && !loop->quit; i++) {
			struct loop_fd *slot = find_fd(loop, events[i].data.fd);
			if (slot) // it may have been removed by a callback before
				slot->ready(slot->context, events[i].events);
		}
		fire_timers(loop);
		if (n == 0 && idle && loop->idle && !loop->busy && !loop->quit)
			idle = loop->idle(loop->context);
		else
			idle = n != 0 || idle;
		if (loop->turn)
			loop->turn(loop->context);
	}
	return NULL;
}
