// async backtrace, async backtrace all, async task.
#include "adapter/console.h"

static err_t nothing_behind(struct str rest, const char *command)
{
	return rest.len ? err_new(ERR_SYNTAX, "%s takes no argument, and there is `%.*s`", command, STRF(rest)) : NULL;
}

// Takes `--each` from the front of what is behind a command.
static bool take_each(struct str *rest)
{
	*rest = str_trim(*rest);
	bool each = str_eqc(*rest, "--each") || str_starts(*rest, STR("--each "));
	if (each)
		*rest = str_trim(str_from(*rest, 6));
	return each;
}

static err_t backtrace(struct dap_session *session, bool all, bool each, struct buf *out)
{
	struct tk_snapshot *snapshot;
	TRY(dap_session_snapshot(session, &snapshot));
	buf_put(out, tk_text_backtrace(snapshot, &session->turn, all, (struct tk_text){.ansi = session->client.ansi, .each = each}));
	return NULL;
}

err_t cmd_async_backtrace(struct dap_session *session, struct str rest, struct buf *out)
{
	TRY(nothing_behind(rest, "async backtrace"));
	return backtrace(session, false, false, out);
}

err_t cmd_async_backtrace_all(struct dap_session *session, struct str rest, struct buf *out)
{
	bool each = take_each(&rest);
	TRY(nothing_behind(rest, "async backtrace all"));
	return backtrace(session, true, each, out);
}

err_t cmd_async_task(struct dap_session *session, struct str rest, struct buf *out)
{
	struct tk_snapshot *snapshot;
	struct str text;
	bool each = take_each(&rest);
	struct tk_choice choice;
	TRY(tk_choice_parse(rest, &choice));
	TRY(dap_session_snapshot(session, &snapshot));
	TRY(tk_text_chosen(snapshot, &session->turn, &choice, (struct tk_text){.ansi = session->client.ansi, .each = each}, &text));
	buf_put(out, text);
	return NULL;
}
