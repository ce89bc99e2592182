// `stackful tasks --pid N | --core FILE`: stops the process, reads its tasks, lets it go, and prints them. No trap is
// put into the process, so that nothing of us is left in it even if we are killed half way: the kernel lets it go.
#include "adapter/tool.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "adapter/tool_json.h"
#include "adapter/tool_open.h"
#include "adapter/tool_watch.h"

enum { STATUS_DEADLOCK = 3 };

static const char help[] =
    "usage: stackful tasks --pid N | --core FILE [OPTION]...\n"
    "\n"
    "The tasks of a running tokio program, or of a core file: which async fn awaits which,\n"
    "at which line, and what the last one waits for. The process is stopped while it is read\n"
    "(how long is said on stderr), and then runs on as if nothing had been.\n"
    "\n"
    "  --pid N          a process\n"
    "  --no-stop        it is not stopped: what changes meanwhile is told to be moving\n"
    "  --watch SECONDS  looks again and again: what is new, gone, or as it was before\n"
    "  --core FILE      a core file, the kernel's or gcore's\n"
    "  --program FILE   where the core file's executable is now\n"
    "  --regex RE       only the tasks whose root future matches (PCRE)\n"
    "  --state STATE    only those that are running, queued, idle, complete or cancelled\n"
    "  --waiting RE     only those of whose leaves one waits for what matches: 'Mutex'\n"
    "  --limit N        at most N of them\n"
    "  --waits          who waits for whom, and deadlocks: status 3 if there is one\n"
    "  --layout         how this program's tokio is laid out in memory: for a report\n"
    "  --json           for programs: tasks, futures, runtimes, workers (doc/tasks.schema.json)\n"
    "  --colour         with ANSI colours (the default on a terminal unless NO_COLOR is set); or --color\n";

static const char *const hint = "`stackful tasks --help` lists the options\n";

struct asked {
	pid_t pid;
	struct str core, program;
	struct tk_choice choice;
	bool colour, waits, layout, json, no_stop;
	double watch; // seconds, 0: not asked for
};

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static int complain_of(err_t error)
{
	fprintf(stderr, "stackful: %.*s\n", STRF(error->what));
	return 1;
}

static bool read_arguments(int argc, char **argv, struct asked *out)
{
	static const struct option known[] = {{"pid", required_argument, NULL, 'p'},     {"core", required_argument, NULL, 'c'},
	                                      {"program", required_argument, NULL, 'f'}, {"regex", required_argument, NULL, 'r'},
	                                      {"waits", no_argument, NULL, 'w'},         {"layout", no_argument, NULL, 'l'},
	                                      {"colour", no_argument, NULL, 'a'},        {"color", no_argument, NULL, 'a'},
	                                      {"state", required_argument, NULL, 's'},   {"waiting", required_argument, NULL, 'g'},
	                                      {"limit", required_argument, NULL, 'n'},   {"json", no_argument, NULL, 'j'},
	                                      {"watch", required_argument, NULL, 't'},   {"no-stop", no_argument, NULL, 'o'},
	                                      {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
	*out = (struct asked){.colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR")};
	for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
		u64 pid;
		switch (c) {
		case 'p':
			if (!str_to_u64(str_of(optarg), &pid) || pid == 0 || pid > INT32_MAX) {
				fprintf(stderr, "stackful: --pid %s: expected the number of a process\n", optarg);
				return false;
			}
			out->pid = (pid_t)pid;
			break;
		case 'c': out->core = str_of(optarg); break;
		case 'f': out->program = str_of(optarg); break;
		case 'r': out->choice.regex = str_of(optarg); break;
		case 's':
		case 'n':
		case 'g': {
			err_t error = tk_choice_set(&out->choice,
			                            str_of(c == 's'   ? "--state"
			                                   : c == 'n' ? "--limit"
			                                              : "--waiting"),
			                            str_of(optarg));
			if (!error)
				break;
			complain_of(error);
			return false;
		}
		case 'a': out->colour = true; break;
		case 'w': out->waits = true; break;
		case 'l': out->layout = true; break;
		case 'j': out->json = true; break;
		case 'o': out->no_stop = true; break;
		case 't': {
			char *end;
			out->watch = strtod(optarg, &end);
			if (!*optarg || *end || !(out->watch > 0 && out->watch < 1e6)) {
				fprintf(stderr, "stackful: --watch %s: expected a number of seconds\n", optarg);
				return false;
			}
			break;
		}
		case 'h': fputs(help, stdout); exit(0);
		default: fputs(hint, stderr); return false;
		}
	}
	if ((out->no_stop || out->watch > 0) && !out->pid) {
		fputs("stackful: --no-stop and --watch are for a process: --pid N\n", stderr);
		return false;
	}
	if (optind == argc && !out->pid != !out->core.len)
		return true;
	if (optind < argc)
		fprintf(stderr, "stackful tasks: \"%s\" is not understood; a process is told by --pid N\n", argv[optind]);
	else
		fprintf(stderr, "stackful tasks: expected --pid N or --core FILE%s\n", out->pid ? ", not both" : "");
	fputs(hint, stderr);
	return false;
}

// Most of the time goes into debug info, which needs no stopped process.
static void read_ahead(pid_t pid, struct dbg_modules *modules)
{
	static const char *const crates[] = {"tokio", "std"}; // and the program's own
	dbg_target_preload(pid, modules);
	for (size_t i = 0; i < ARRAY_LEN(crates); i++)
		while (dbg_modules_index_some(modules, str_of(crates[i])))
			;
}

// Whole before the process goes on; the text lives in the arena.
struct answer {
	struct str text;
	struct cJSON *json; // NULL: the text
	size_t deadlocks, tasks, moving;
};

static err_t answer_json(struct tk_snapshot *snapshot, const struct asked *asked, struct arena *arena, struct answer *out)
{
	bool *chosen;
	size_t matched;
	TRY(tk_tasks_choose(snapshot, arena, &asked->choice, &chosen, &matched));
	out->json = tool_json(snapshot, arena, chosen, asked->waits, &out->deadlocks);
	return NULL;
}

// Of a process that runs, a second look tells what moved since the first.
static err_t look_twice(struct dbg_target *target, struct tk_reader *reader, struct arena *arena, struct tk_snapshot **out,
                        struct answer *answer)
{
	struct arena before = {0};
	struct map prints = {0};
	err_t error = tk_snapshot_take(reader, &before, out);
	if (!error) {
		tk_tasks_print(*out, &before, &prints);
		dbg_target_look_again(target);
		error = tk_snapshot_take(reader, arena, out);
	}
	if (!error) {
		answer->tasks = (*out)->n_tasks;
		answer->moving = tk_tasks_mark_moving(*out, &prints);
	}
	arena_deinit(&before);
	return error;
}

static err_t read_tasks(struct dbg_target *target, const struct asked *asked, struct arena *arena, struct answer *out)
{
	struct tk_snapshot *snapshot;
	struct tk_text style = {.ansi = asked->colour};
	struct tk_reader *reader = tk_reader_new(target);
	err_t error = asked->no_stop ? look_twice(target, reader, arena, &snapshot, out) : tk_snapshot_take(reader, arena, &snapshot);
	if (asked->layout) {
		out->text = tk_text_layout(reader, arena);
		if (error) // a tokio that is not understood: just then it is wanted
			out->text = str_printf(arena, "%.*s%.*s", STRF(out->text), STRF(error->what));
		error = NULL;
	} else if (!error && asked->json) {
		error = answer_json(snapshot, asked, arena, out);
	} else if (!error && asked->waits) {
		struct str cycles = tk_text_deadlocks(snapshot, arena, style, &out->deadlocks);
		out->text = str_printf(arena, "%.*s\n\n%.*s", STRF(tk_text_waits(snapshot, arena, style)), STRF(cycles));
	} else if (!error && (!tk_choice_is_empty(&asked->choice) || asked->choice.limit))
		error = tk_text_chosen(snapshot, arena, &asked->choice, style, &out->text);
	else if (!error)
		out->text = str_dup(arena, tk_text_backtrace(snapshot, arena, true, style));
	tk_reader_free(reader);
	return error;
}

int tool_tasks(int argc, char **argv)
{
	struct asked asked;
	static char name[] = "stackful tasks"; // for getopt's own words
	argv[0] = name;
	if (!read_arguments(argc, argv, &asked))
		return 2;
	int signal_fd;
	err_t error = dbg_signal_fd(&signal_fd);
	if (error)
		return complain_of(error);
	struct arena arena = {0};
	struct dbg_modules *modules = dbg_modules_new();
	struct dbg_target *target = NULL;
	if (asked.pid)
		read_ahead(asked.pid, modules);
	double start = now();
	if (asked.watch > 0) {
		error = tool_watch(&(struct tool_watch){.pid = asked.pid,
		                                        .no_stop = asked.no_stop,
		                                        .seconds = asked.watch,
		                                        .choice = asked.choice,
		                                        .modules = modules,
		                                        .signal_fd = signal_fd});
		int status = error ? complain_of(error) : 0;
		dbg_modules_free(modules);
		close(signal_fd);
		return status;
	}
	error = asked.pid ? tool_open(asked.pid, asked.no_stop, modules, signal_fd, &target)
	                  : dbg_target_open_core(asked.core, asked.program, modules, &target);
	struct answer answer = {0};
	if (!error && dbg_target_core_lacks(target).len)
		error = err_new(ERR_OS, "%.*s", STRF(dbg_target_core_lacks(target)));
	if (!error)
		error = read_tasks(target, &asked, &arena, &answer);
	int status = error ? complain_of(error) : answer.deadlocks ? STATUS_DEADLOCK : 0;
	if (target)
		dbg_target_free(target); // lets it go
	double stopped = asked.no_stop ? 0 : now() - start;
	if (asked.no_stop && !error)
		fprintf(stderr, "stackful: process %d was not stopped; %zu of %zu task%s moved while it was looked at\n", (int)asked.pid,
		        answer.moving, answer.tasks, answer.tasks == 1 ? "" : "s");
	else if (asked.pid && !error)
		fprintf(stderr, "stackful: process %d was stopped for %.0f ms\n", (int)asked.pid, stopped);
	if (answer.json) {
		tool_json_set_stopped(answer.json, asked.pid ? stopped : -1);
		answer.text = json_print(answer.json, &arena);
		json_free(answer.json);
	}
	if (!error)
		printf("%.*s\n", STRF(answer.text));
	dbg_modules_free(modules);
	arena_deinit(&arena);
	close(signal_fd);
	return status;
}
