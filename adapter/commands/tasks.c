// tasks show, tasks max, tasks filter: which tasks are listed as threads.
#include "adapter/console.h"
#include "adapter/threads.h"

err_t cmd_tasks_show(struct dap_session *session, struct str rest, struct buf *out)
{
	if (!dap_threads_show_named(rest, &session->tasks.show))
		return err_new(ERR_SYNTAX, "tasks show: expected %s, not `%.*s`", dap_threads_show_names, STRF(rest));
	buf_printf(out, "tasks listed as threads: %.*s", STRF(rest));
	dap_console_threads_changed(session);
	return NULL;
}

err_t cmd_tasks_max(struct dap_session *session, struct str rest, struct buf *out)
{
	u64 max;
	if (!str_to_u64(rest, &max) || max > 1000000)
		return err_new(ERR_SYNTAX, "tasks max: expected a number up to 1000000, not `%.*s`", STRF(rest));
	session->tasks.max = max;
	buf_printf(out, "tasks listed as threads: at most %llu", (unsigned long long)max);
	dap_console_threads_changed(session);
	return NULL;
}

err_t cmd_tasks_filter(struct dap_session *session, struct str rest, struct buf *out)
{
	TRY(dap_threads_check_filter(rest));
	session->tasks.filter = str_dup(&session->forever, rest);
	if (rest.len)
		buf_printf(out, "tasks listed as threads: those whose root future matches `%.*s`", STRF(rest));
	else
		buf_puts(out, "tasks listed as threads: no filter");
	dap_console_threads_changed(session);
	return NULL;
}
