// Everything runs in one thread, so the work itself asks, every some milliseconds, whether it is still wanted. Requests
// that come meanwhile wait in the inbox; only a `cancel` of this work is looked for.
#include "adapter/work.h"

#include "adapter/dispatch.h"

enum { LISTEN_MS = 20, TELL_AFTER_MS = 300, TELL_AGAIN_MS = 500 };

void dap_work_begin(struct dap_session *session, i64 seq)
{
	u64 now = loop_now_ms();
	session->work = (struct dap_work){.seq = seq, .start = now, .listen = now + LISTEN_MS, .tell = now + TELL_AFTER_MS};
}

static struct str progress_id(struct dap_session *session)
{
	return str_printf(&session->turn, "work-%lld", (long long)session->work.seq);
}

bool dap_work_is_progress(const struct dap_session *session, struct str id)
{
	char mine[32];
	snprintf(mine, sizeof mine, "work-%lld", (long long)session->work.seq);
	return session->work.seq && str_eqc(id, mine);
}

// At once, not after the response as other events.
static void tell(struct dap_session *session, const char *event, struct cJSON *body)
{
	struct cJSON *message = json_new_object();
	json_set_text(message, "type", STR("event"));
	json_set_text(message, "event", str_of(event));
	json_set_text(body, "progressId", progress_id(session));
	json_set(message, "body", body);
	dap_session_send(session, message);
	wire_flush(&session->wire);
}

static void tell_progress(struct dap_session *session, u64 now)
{
	struct dap_work *work = &session->work;
	struct cJSON *body = json_new_object();
	work->tell = now + TELL_AGAIN_MS;
	if (work->told) {
		json_set_text(body, "message", str_printf(&session->turn, "%llu s", (unsigned long long)(now - work->start) / 1000));
		tell(session, "progressUpdate", body);
		return;
	}
	work->told = true;
	json_set_text(body, "title", STR("reading the program's tasks"));
	json_set_number(body, "requestId", work->seq);
	json_set_flag(body, "cancellable", true);
	tell(session, "progressStart", body);
}

static bool is_cancel_of_this(struct dap_session *session, const struct cJSON *message)
{
	struct str command, progress = STR("");
	i64 request = 0;
	struct json_in root = json_root(message, "", &session->turn), args = json_member(root, "arguments");
	if (json_text(json_member(root, "command"), &command) || !str_eqc(command, "cancel"))
		return false;
	if (!json_number(json_member(args, "requestId"), 1, INT32_MAX, &request) && request == session->work.seq)
		return true;
	return !json_text(json_member(args, "progressId"), &progress) && dap_work_is_progress(session, progress);
}

bool dap_work_cancelled(void *context)
{
	struct dap_session *session = context;
	struct dap_work *work = &session->work;
	u64 now = loop_now_ms();
	if (!work->seq || work->cancelled || now < work->listen)
		return work->cancelled;
	work->listen = now + LISTEN_MS;
	dap_dispatch_receive(session);
	if (work->heard < session->inbox_next)
		work->heard = session->inbox_next;
	for (; work->heard < session->inbox.len && !work->cancelled; work->heard++)
		work->cancelled = is_cancel_of_this(session, session->inbox.items[work->heard]);
	if (session->client.progress && now >= work->tell && !work->cancelled)
		tell_progress(session, now);
	return work->cancelled;
}

bool dap_work_end(struct dap_session *session)
{
	struct dap_work work = session->work;
	if (work.told)
		tell(session, "progressEnd", json_new_object());
	session->work = (struct dap_work){0};
	return work.cancelled;
}
