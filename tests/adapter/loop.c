#include <criterion/criterion.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "adapter/loop.h"

struct seen {
	struct loop loop;
	int ends[2];
	char order[16];
	size_t n;
	int idle_left;
};

static void note(struct seen *seen, char what)
{
	seen->order[seen->n++] = what;
}

static void on_pipe(void *context, u32 events)
{
	struct seen *seen = context;
	char c;
	cr_assert(events & EPOLLIN);
	cr_assert_eq(read(seen->ends[0], &c, 1), 1);
	note(seen, c);
}

static bool on_idle(void *context)
{
	struct seen *seen = context;
	note(seen, 'i');
	return --seen->idle_left > 0;
}

static void on_timer(void *context)
{
	struct seen *seen = context;
	note(seen, 't');
	seen->loop.quit = true;
}

static void never(void *context)
{
	(void)context;
	cr_assert_fail("a cancelled timer fired");
}

Test(loop, descriptors_come_before_idle_work_and_timers_end_the_wait)
{
	struct seen seen = {.idle_left = 2};
	cr_assert_null(loop_init(&seen.loop));
	cr_assert_eq(pipe(seen.ends), 0);
	cr_assert_eq(write(seen.ends[1], "ab", 2), 2);
	cr_assert_null(loop_add(&seen.loop, seen.ends[0], EPOLLIN, on_pipe, &seen));
	seen.loop.idle = on_idle;
	seen.loop.context = &seen;
	loop_cancel(&seen.loop, loop_after(&seen.loop, 1, never, NULL));
	loop_after(&seen.loop, 20, on_timer, &seen);
	cr_assert_null(loop_run(&seen.loop));
	cr_assert_str_eq(seen.order, "abiit");
	loop_deinit(&seen.loop);
}

static void removes_itself(void *context, u32 events)
{
	(void)events;
	struct seen *seen = context;
	note(seen, 'r');
	loop_remove(&seen->loop, seen->ends[0]);
	loop_after(&seen->loop, 5, on_timer, seen);
}

Test(loop, a_removed_descriptor_is_not_called_again)
{
	struct seen seen = {0};
	cr_assert_null(loop_init(&seen.loop));
	cr_assert_eq(pipe(seen.ends), 0);
	cr_assert_eq(write(seen.ends[1], "ab", 2), 2);
	cr_assert_null(loop_add(&seen.loop, seen.ends[0], EPOLLIN, removes_itself, &seen));
	cr_assert_null(loop_run(&seen.loop));
	cr_assert_str_eq(seen.order, "rt");
	loop_deinit(&seen.loop);
}
