// stackful/tasks: tasks page by page, or in groups with their counts; for views that hold more of them than a list
// of threads can.
#include "adapter/dispatch.h"
#include "adapter/parties.h"
#include "adapter/sourcemap.h"
#include "adapter/threads.h"

enum { PAGE = 200, MOST = 5000 };

enum by { BY_NONE, BY_RUNTIME, BY_ROOT, BY_STATE, BY_WAIT, BY_PLACE };

struct keyed {
	struct str key;
	size_t task;
};
struct group {
	struct str key;
	size_t count, task; // one of them
};

static struct str head_of_brief(struct dap_session *session, size_t task)
{
	struct str brief = dap_party_brief(session, task);
	ptrdiff_t comma = str_find(brief, STR(", "));
	return comma < 0 ? brief : str_slice(brief, 0, (size_t)comma);
}

static bool has_digit(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] >= '0' && text.ptr[i] <= '9')
			return true;
	return false;
}

// What idle tasks wait for, without what differs from one to the next: "idle: sleep, 12.4 s left" is "idle: sleep". Of those
// that are alike but for digits one is told.
static struct str wait_of(struct dap_session *session, size_t task)
{
	if (session->snapshot->tasks[task].state == TK_RUNNING)
		return STR("running");
	size_t like = tk_task_like(session->snapshot, task);
	struct str head = head_of_brief(session, like);
	return like != task && has_digit(head) ? head_of_brief(session, task) : head;
}

static struct str runtime_of(struct dap_session *session, const struct tk_task *task)
{
	static const char *const flavours[] = {"multi_thread", "current_thread", "LocalSet", "flavour not known"};
	if (task->runtime >= session->snapshot->n_runtimes)
		return STR("runtime not known");
	const struct tk_runtime *runtime = &session->snapshot->runtimes[task->runtime];
	return runtime->name.len ? str_printf(&session->turn, "runtime %zu \"%.*s\", %s", task->runtime, STRF(runtime->name),
	                                      flavours[runtime->flavour])
	                         : str_printf(&session->turn, "runtime %zu, %s", task->runtime, flavours[runtime->flavour]);
}

// Where a task is suspended: the innermost await of the user's. Of those that run or are done "".
static struct str place_of_idle(struct dap_session *session, size_t index)
{
	enum tk_state state = session->snapshot->tasks[index].state;
	if (state != TK_IDLE && state != TK_QUEUED)
		return STR("");
	if (!session->places)
		session->places = NEW_N(&session->stop, struct str, session->snapshot->n_tasks + 1);
	struct str *known = &session->places[tk_task_like(session->snapshot, index)];
	if (!known->ptr) {
		struct dbg_place place = dap_party_place(session, index);
		*known = place.line ? str_printf(&session->stop, "%.*s:%u", STRF(place.file), place.line) : STR("");
	}
	return *known;
}

static struct str key_of(struct dap_session *session, enum by by, size_t index)
{
	const struct tk_task *task = &session->snapshot->tasks[index];
	switch (by) {
	case BY_RUNTIME: return runtime_of(session, task);
	case BY_ROOT: return task->name.len ? task->name : STR("future not known");
	case BY_STATE: return str_of(tk_state_name(task->state));
	case BY_WAIT: return wait_of(session, index);
	case BY_PLACE: return place_of_idle(session, index);
	case BY_NONE: break;
	}
	return STR("");
}

static err_t read_by(struct json_in in, enum by *out)
{
	static const char *const names[] = {"none", "runtime", "root", "state", "wait", "place"};
	struct str text;
	TRY(json_text_or(in, STR("none"), &text));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eqc(text, names[i])) {
			*out = (enum by)i;
			return NULL;
		}
	}
	return json_expected(in, "none, runtime, root, state, wait or place");
}

static int by_key(const void *left, const void *right)
{
	const struct keyed *a = left, *b = right;
	int order = str_cmp(a->key, b->key);
	return order ? order : a->task < b->task ? -1 : a->task > b->task;
}

static int by_count(const void *left, const void *right)
{
	const struct group *a = left, *b = right;
	return a->count != b->count ? (a->count < b->count ? 1 : -1) : str_cmp(a->key, b->key);
}

static void put_groups(struct dap_session *session, struct cJSON *body, struct keyed *tasks, size_t n, size_t start, size_t count,
                       bool with_places)
{
	struct {
		struct group *items;
		size_t len, cap;
	} groups = {0};
	vec_sort(tasks, n, sizeof(*tasks), by_key);
	for (size_t i = 0; i < n; i++) {
		if (!groups.len || !str_eq(groups.items[groups.len - 1].key, tasks[i].key)) {
			struct group fresh = {.key = tasks[i].key, .task = tasks[i].task};
			vec_push(&session->turn, &groups, fresh);
		}
		groups.items[groups.len - 1].count++;
	}
	vec_sort(groups.items, groups.len, sizeof(*groups.items), by_count);
	json_set_number(body, "total", (i64)groups.len);
	struct cJSON *array = json_set_array(body, "groups");
	for (size_t i = start; i < groups.len && i - start < count; i++) {
		struct cJSON *group = json_add_object(array);
		json_set_text(group, "key", groups.items[i].key);
		json_set_number(group, "count", (i64)groups.items[i].count);
		if (with_places && groups.items[i].key.len)
			dap_sourcemap_put_place(session, group, dap_party_place(session, groups.items[i].task));
	}
}

static void put_task(struct dap_session *session, struct cJSON *out, size_t index)
{
	const struct tk_task *task = &session->snapshot->tasks[index];
	dap_party_put(session, out, index);
	json_set_text(out, "state", str_of(tk_state_name(task->state)));
	json_set_text(out, "runtime", runtime_of(session, task));
	if (dap_threads_is_pinned(session, task->id))
		json_set_flag(out, "pinned", true);
	if (task->note.len)
		json_set_text(out, "note", task->note);
}

err_t req_stackful_tasks(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	struct tk_snapshot *snapshot;
	struct str filter, group;
	enum by by = BY_NONE;
	i64 start, count;
	bool *chosen = NULL;
	TRY(json_text_or(json_member(args, "filter"), STR(""), &filter));
	TRY(read_by(json_member(args, "groupBy"), &by));
	TRY(json_number_or(json_member(args, "start"), 0, INT32_MAX, 0, &start));
	TRY(json_number_or(json_member(args, "count"), 0, MOST, PAGE, &count));
	bool in_group = json_present(json_member(args, "group"));
	TRY(json_text_or(json_member(args, "group"), STR(""), &group));
	TRY(dap_session_snapshot(session, &snapshot));
	if (filter.len)
		TRY(tk_tasks_select(snapshot, &session->turn, filter, &chosen));
	struct keyed *tasks = NEW_N(&session->turn, struct keyed, snapshot->n_tasks + 1);
	size_t n = 0;
	for (size_t i = 0; i < snapshot->n_tasks; i++) {
		if (chosen && !chosen[i])
			continue;
		struct keyed task = {by == BY_NONE ? STR("") : key_of(session, by, i), i};
		if (!in_group || str_eq(task.key, group))
			tasks[n++] = task;
	}
	json_set_number(body, "all", (i64)snapshot->n_tasks);
	if (by != BY_NONE && !in_group) {
		put_groups(session, body, tasks, n, (size_t)start, (size_t)count, by == BY_PLACE);
		return NULL;
	}
	json_set_number(body, "total", (i64)n);
	struct cJSON *array = json_set_array(body, "tasks");
	for (size_t i = (size_t)start; i < n && i - (size_t)start < (size_t)count; i++)
		put_task(session, json_add_object(array), tasks[i].task);
	return NULL;
}
