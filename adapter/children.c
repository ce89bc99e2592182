// A child is stopped where it begins, and the client is asked (startDebugging) for a session that attaches to it.
#include "adapter/children.h"

#include <signal.h>

#include "adapter/dispatch.h"

static bool follows(const struct dap_session *session)
{
	return session->config.follow_forks && session->client.starts_debugging;
}

void dap_children_follow(struct dap_session *session)
{
	dbg_target_stop_children(session->target, follows(session));
	if (session->config.follow_forks && !follows(session))
		dap_session_say(session,
		                "followForks: this client starts no sessions for us (startDebugging), so child processes run free");
}

static void answered(struct dap_session *session, i64 pid, err_t error)
{
	if (!error)
		return; // the new session continues it
	kill((pid_t)pid, SIGCONT);
	dap_session_say(session, "process %d is not debugged: %.*s", (int)pid, STRF(error->what));
}

void dap_children_started(struct dap_session *session, pid_t pid)
{
	if (!follows(session)) {
		dap_session_say(session, "the program started process %d, which is not debugged", pid);
		return;
	}
	const struct dap_config *from = &session->config;
	struct cJSON *arguments = json_new_object();
	json_set_text(arguments, "request", STR("attach"));
	struct cJSON *config = json_set_object(arguments, "configuration");
	json_set_text(config, "name", str_printf(&session->turn, "process %d", pid));
	json_set_number(config, "pid", pid);
	json_set_flag(config, "followForks", true);
	json_set_flag(config, "justMyCode", !from->into_libraries);
	struct cJSON *folders = json_set_array(config, "debugInfoFolders");
	for (size_t i = 0; i < from->debug_folders.len; i++)
		json_add_text(folders, from->debug_folders.items[i]);
	struct cJSON *map = json_set_array(config, "sourceMap");
	for (size_t i = 0; i < from->source_map.len; i++) {
		struct cJSON *pair = json_add_array(map);
		json_add_text(pair, from->source_map.items[i].from);
		json_add_text(pair, from->source_map.items[i].to);
	}
	err_t error = dap_dispatch_ask(session, "startDebugging", arguments, answered, pid);
	if (error)
		answered(session, pid, error);
}

void dap_children_wake(struct dap_session *session)
{
	for (size_t i = 0; i < ARRAY_LEN(session->asked); i++)
		if (session->asked[i].seq && session->asked[i].answered == answered)
			kill((pid_t)session->asked[i].value, SIGCONT);
}
