// launch, attach: answered when the client has configured the session (DAP: "launch sequencing"); what is wrong with
// the program is told at once.
#include "adapter/dispatch.h"
#include "adapter/lifecycle.h"
#include "adapter/threads.h"

static err_t take_view(struct dap_session *session)
{
	const struct dap_config *config = &session->config;
	if (config->tasks_show.len && !dap_threads_show_named(config->tasks_show, &session->tasks.show))
		return err_new(ERR_ARGUMENT, "arguments.tasks.show: expected %s, not \"%.*s\"", dap_threads_show_names,
		               STRF(config->tasks_show));
	if (config->tasks_max >= 0)
		session->tasks.max = (size_t)config->tasks_max;
	TRY(err_wrap(dap_threads_check_filter(config->tasks_filter), "arguments.tasks.filter"));
	session->tasks.filter = config->tasks_filter;
	return NULL;
}

static err_t start(struct dap_session *session, struct json_in args, bool attach)
{
	if (session->ending.asked ||
	    session->phase == DAP_OVER) // VS Code asks for it also where its person has just ended the session
		return err_new(ERR_CANCELLED, "the session was ended before it had a program");
	if (session->phase != DAP_READY)
		return err_new(ERR_ARGUMENT, "this session has its program; `restart` starts it anew");
	TRY(dap_config_read(&session->config, &session->forever, args, attach));
	for (size_t i = 0; i < session->config.debug_folders.len; i++)
		dbg_modules_add_debug_folder(session->modules, session->config.debug_folders.items[i]);
	TRY(take_view(session));
	TRY(dap_lifecycle_start(session));
	for (size_t i = 0; i < session->config.notes.len; i++)
		dap_session_say(session, "launch.json: %.*s", STRF(session->config.notes.items[i]));
	dap_dispatch_park(session, &session->start);
	if (session->config.attach || session->waiting)
		return NULL; // `initialized` follows when its threads have stopped
	if (session->configured)
		session->finish_start = true;
	dap_session_event(session, "initialized", NULL);
	return NULL;
}

err_t req_launch(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)body;
	return start(session, args, false);
}

err_t req_attach(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	(void)body;
	return start(session, args, true);
}
