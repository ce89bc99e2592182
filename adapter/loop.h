// The one loop: file descriptors, timers, and work for when there is nothing else to do. Everything that
// happens in the adapter is called from here, one thing after the other.
#pragma once
#include "base/err.h"

enum { LOOP_MAX_FDS = 16, LOOP_MAX_TIMERS = 8 };

struct loop {
	int epoll;
	bool quit;
	bool busy; // something waits to be done: the loop must not sleep
	struct loop_fd {
		int fd; // -1: free
		void (*ready)(void *context, u32 events);
		void *context;
	} fds[LOOP_MAX_FDS];
	struct loop_timer {
		u64 due; // ms; 0: free
		void (*fire)(void *context);
		void *context;
	} timers[LOOP_MAX_TIMERS];
	bool (*idle)(void *context); // a little work; false: there is none for now
	void (*turn)(void *context); // after each round
	void *context;               // of both
};

err_t loop_init(struct loop *loop) MUST_USE;
void loop_deinit(struct loop *loop);

// Calls `ready` when fd has any of `events` (EPOLLIN, EPOLLOUT).
err_t loop_add(struct loop *loop, int fd, u32 events, void (*ready)(void *context, u32 events), void *context) MUST_USE;
void loop_change(struct loop *loop, int fd, u32 events);
void loop_remove(struct loop *loop, int fd); // also one that is not there

// Calls `fire` once, in `ms`; the answer cancels it. A cancelled or fired one may be cancelled again.
u32 loop_after(struct loop *loop, u64 ms, void (*fire)(void *context), void *context);
void loop_cancel(struct loop *loop, u32 timer); // 0 is fine

u64 loop_now_ms(void);
// Until loop->quit. Descriptors always come before idle work.
err_t loop_run(struct loop *loop) MUST_USE;
