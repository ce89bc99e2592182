// `stackful tasks --watch SECONDS`: what became of the tasks since the last look: new ones, those that are gone, those that
// are as they were.
#include "adapter/tool_watch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "adapter/tool_open.h"
#include "base/map.h"
#include "base/vec.h"

enum { ROWS = 10 }; // of each kind, if no limit is asked for

struct seen {
	u64 id, header, print;
	struct str name, brief;
	double since; // when it was first as it is now
};

// One look; it lives until the look after the next one.
struct look {
	struct arena arena;
	VEC(struct seen) tasks;
	struct map by_header; // index + 1
};

struct watch {
	const struct tool_watch *asked;
	struct look looks[2];
	size_t round;
	double now, stopped;
};

static double seconds(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct seen *find(struct look *look, const struct seen *task)
{
	u64 *index = map_get(&look->by_header, task->header);
	struct seen *found = index ? &look->tasks.items[*index - 1] : NULL;
	return found && found->id == task->id ? found : NULL; // its memory may be another task's now
}

static err_t take(struct watch *watch, struct look *look, struct look *before)
{
	struct dbg_target *target;
	struct tk_snapshot *snapshot;
	bool *chosen;
	size_t matched;
	arena_clear(&look->arena);
	look->tasks.items = NULL;
	look->tasks.len = look->tasks.cap = 0;
	look->by_header = (struct map){0};
	double start = seconds(CLOCK_MONOTONIC);
	TRY(tool_open(watch->asked->pid, watch->asked->no_stop, watch->asked->modules, watch->asked->signal_fd, &target));
	struct tk_reader *reader = tk_reader_new(target);
	err_t error = tk_snapshot_take(reader, &look->arena, &snapshot);
	if (!error)
		error = tk_tasks_choose(snapshot, &look->arena, &watch->asked->choice, &chosen, &matched);
	struct map prints = {0};
	if (!error)
		tk_tasks_print(snapshot, &look->arena, &prints);
	for (size_t i = 0; !error && i < snapshot->n_tasks; i++) {
		const struct tk_task *task = &snapshot->tasks[i];
		if (!chosen[i])
			continue;
		struct seen seen = {.id = task->id, .header = task->header, .print = *map_get(&prints, task->header), .since = start};
		const struct seen *was = find(before, &seen);
		if (was && was->print == seen.print && task->state != TK_RUNNING)
			seen.since = was->since;
		seen.name = str_dup(&look->arena, task->name.len ? task->name : STR("future not known"));
		seen.brief = tk_task_brief(snapshot, i, &look->arena);
		vec_push(&look->arena, &look->tasks, seen);
		map_put(&look->by_header, &look->arena, seen.header, look->tasks.len);
	}
	tk_reader_free(reader);
	dbg_target_free(target); // lets it go
	watch->now = start;
	watch->stopped = (seconds(CLOCK_MONOTONIC) - start) * 1e3;
	return error;
}

static size_t most_rows(const struct watch *watch)
{
	return watch->asked->choice.limit ? (size_t)watch->asked->choice.limit : ROWS;
}

static void put_changes(struct watch *watch, struct look *of, struct look *other, char sign)
{
	size_t told = 0, all = 0;
	for (size_t i = 0; i < of->tasks.len; i++) {
		const struct seen *task = &of->tasks.items[i];
		if (find(other, task) || all++ >= most_rows(watch))
			continue;
		printf("  %c task %llu  %.*s\n", sign, (unsigned long long)task->id, STRF(task->name));
		told++;
	}
	if (all > told)
		printf("  %c and %zu more\n", sign, all - told);
}

static size_t count_missing(struct look *of, struct look *in)
{
	size_t n = 0;
	for (size_t i = 0; i < of->tasks.len; i++)
		n += !find(in, &of->tasks.items[i]);
	return n;
}

// Those that nothing has moved since the watch began to look at them, equal ones together, the longest first.
struct group {
	const struct seen *first;
	size_t count;
};

static int by_age(const void *left, const void *right)
{
	const struct group *a = left, *b = right;
	if (a->first->since != b->first->since)
		return a->first->since < b->first->since ? -1 : 1;
	return a->count > b->count ? -1 : a->count < b->count;
}

static void put_resting(struct watch *watch, struct look *look)
{
	VEC(struct group) groups = {0};
	struct map known = {0};
	size_t resting = 0;
	for (size_t i = 0; i < look->tasks.len; i++) {
		const struct seen *task = &look->tasks.items[i];
		if (task->since >= watch->now)
			continue;
		resting++;
		u64 key = str_hash_on(str_hash(task->name), task->brief) + (u64)(i64)(task->since * 1e6);
		u64 *index = map_get(&known, key);
		if (index) {
			groups.items[*index].count++;
			continue;
		}
		map_put(&known, &look->arena, key, groups.len);
		vec_push(&look->arena, &groups, ((struct group){task, 1}));
	}
	if (groups.len)
		qsort(groups.items, groups.len, sizeof(groups.items[0]), by_age);
	for (size_t i = 0; i < groups.len && i < most_rows(watch); i++) {
		const struct group *group = &groups.items[i];
		printf("  = task %llu", (unsigned long long)group->first->id);
		if (group->count > 1)
			printf(" and %zu alike", group->count - 1);
		printf("  %.*s  %.*s  for %.0f s\n", STRF(group->first->name), STRF(group->first->brief),
		       round(watch->now - group->first->since));
	}
	if (groups.len > most_rows(watch))
		printf("  = and others, %zu in all\n", resting);
}

static void put_look(struct watch *watch, struct look *look, struct look *before)
{
	char clock[16];
	time_t now = time(NULL);
	struct tm local;
	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &local));
	size_t fresh = count_missing(look, before), gone = count_missing(before, look), moved = 0;
	for (size_t i = 0; i < look->tasks.len; i++)
		moved += look->tasks.items[i].since >= watch->now;
	printf("%s  %zu task%s", clock, look->tasks.len, look->tasks.len == 1 ? "" : "s");
	if (watch->round)
		printf(", %zu new, %zu gone, %zu moved", fresh, gone, moved - fresh);
	if (watch->asked->no_stop)
		printf("; not stopped\n");
	else
		printf("; stopped for %.0f ms\n", watch->stopped);
	if (watch->round) {
		put_changes(watch, look, before, '+');
		put_changes(watch, before, look, '-');
		put_resting(watch, look);
	}
	fflush(stdout);
}

err_t tool_watch(const struct tool_watch *asked)
{
	struct watch watch = {.asked = asked};
	err_t error = NULL;
	for (; !error; watch.round++) {
		struct look *look = &watch.looks[watch.round % 2], *before = &watch.looks[(watch.round + 1) % 2];
		error = take(&watch, look, before);
		if (error)
			break;
		put_look(&watch, look, before);
		struct timespec pause = {.tv_sec = (time_t)asked->seconds, .tv_nsec = (long)(fmod(asked->seconds, 1) * 1e9)};
		nanosleep(&pause, NULL);
	}
	arena_deinit(&watch.looks[0].arena);
	arena_deinit(&watch.looks[1].arena);
	if (watch.round && error->code == ERR_GONE) {
		printf("the process has ended\n");
		return NULL;
	}
	return error;
}
