// What the threads of a program, and we, may run on is as before whenever the program is stopped, however fast hits came.
#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include <debuggee.h>

static unsigned check(const struct debuggee *d, const cpu_set_t *before)
{
	cpu_set_t now;
	char path[64];
	unsigned threads = 0;
	cr_assert_eq(sched_getaffinity(0, sizeof(now), &now), 0);
	cr_assert(CPU_EQUAL(&now, before), "we may run on %d of %d", CPU_COUNT(&now), CPU_COUNT(before));
	snprintf(path, sizeof(path), "/proc/%d/task", (int)dbg_target_pid(d->target));
	DIR *tasks = opendir(path);
	cr_assert_not_null(tasks);
	for (struct dirent *entry; (entry = readdir(tasks));) {
		pid_t tid = atoi(entry->d_name);
		if (!tid || sched_getaffinity(tid, sizeof(now), &now))
			continue; // "..", or it has ended
		cr_assert(CPU_EQUAL(&now, before), "thread %d may run on %d of %d", (int)tid, CPU_COUNT(&now), CPU_COUNT(before));
		threads++;
	}
	closedir(tasks);
	return threads;
}

// Threads that begin between two hits of the one that begins them, too.
static void hit_often(const char *const *args)
{
	cpu_set_t before;
	struct debuggee d = {0};
	unsigned hits = 0, stops = 0, checked = 0;
	cr_assert_eq(sched_getaffinity(0, sizeof(before), &before), 0);
	debuggee_launch(&d, fixture_c("process"), args);
	const char *functions[] = {"pass", "pthread_create"};
	for (size_t i = 0; i < ARRAY_LEN(functions); i++)
		dbg_breakpoint_add(
		    d.target, &(struct dbg_breakpoint_spec){.kind = DBG_BREAK_FUNCTION, .function = str_of(functions[i]), .asks = true});
	debuggee_continue(&d);
	for (bool runs = true; runs;) {
		while (d.next < d.queue.len) {
			struct dbg_event event = d.queue.items[d.next++];
			runs = runs && event.kind != DBG_EVENT_EXITED;
			if (event.kind == DBG_EVENT_HIT)
				dbg_target_answer_hit(d.target, event.tid, ++hits % 301 == 0);
			if (event.kind != DBG_EVENT_STOPPED)
				continue;
			stops++;
			checked += check(&d, &before);
			debuggee_continue(&d);
		}
		d.queue.len = d.next = 0;
		debuggee_pump(&d, 100);
	}
	cr_assert_gt(stops, 5, "%u hits", hits);
	cr_assert_geq(checked, stops);
	cr_assert_eq(sched_getaffinity(0, sizeof(before), &before), 0);
	debuggee_end(&d);
}

Test(processor, is_given_back_at_a_stop, .timeout = 120)
{
	hit_often(FIXTURE_ARGS("threads", "2", "3000"));
}

Test(processor, is_not_inherited_by_threads, .timeout = 120)
{
	hit_often(FIXTURE_ARGS("churn", "300"));
}
