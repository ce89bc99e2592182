// Pipes of the program. A client that reads slowly slows the program down, as a terminal would; nothing is lost
// and nothing grows without bound.
#include "adapter/output.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { PIECE = 16 << 10, MAX_UNSENT = 1 << 20, MAX_DRAIN = 1 << 20, PANIC_TEXT = 1 << 16 /* with a backtrace of a task */ };

// How many bytes at the end of `text` begin a UTF-8 sequence that is not yet whole.
static size_t unfinished(struct str text)
{
	for (size_t back = 1; back <= 3 && back <= text.len; back++) {
		u8 byte = (u8)text.ptr[text.len - back];
		if ((byte & 0xc0) == 0x80)
			continue;
		size_t need = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
		return need > back ? back : 0;
	}
	return 0;
}

// The end of stderr is kept: a panic's message stands there.
static void remember(struct dap_session *session, struct str text)
{
	struct str old = session->panic_text.len ? buf_str(&session->panic_text) : STR("\n");
	if (old.len + text.len > PANIC_TEXT) {
		old = str_dup(&session->turn, str_from(old, old.len - size_min(old.len, PANIC_TEXT / 2)));
		arena_clear(&session->panic_arena);
		session->panic_text = buf_on(&session->panic_arena);
		buf_put(&session->panic_text, old);
		text = str_from(text, text.len - size_min(text.len, PANIC_TEXT / 2));
	} else if (!session->panic_text.len) {
		session->panic_text = buf_on(&session->panic_arena);
		buf_put(&session->panic_text, old);
	}
	buf_put(&session->panic_text, text);
}

static void tell(struct dap_output *output, struct str bytes)
{
	struct dap_session *session = output->session;
	bool is_error = output == &session->outputs[1];
	if (is_error)
		remember(session, bytes);
	dap_session_output(session, is_error ? "stderr" : "stdout", bytes);
}

// False when there is nothing more for now.
static bool take(struct dap_output *output)
{
	char piece[PIECE + 4];
	memcpy(piece, output->partial, output->n_partial);
	ssize_t n = read(output->fd, piece + output->n_partial, PIECE);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	struct str text = str_n(piece, output->n_partial + (n > 0 ? (size_t)n : 0));
	output->n_partial = n > 0 ? unfinished(text) : 0;
	text.len -= output->n_partial;
	memcpy(output->partial, text.ptr + text.len, output->n_partial);
	if (text.len)
		tell(output, text);
	if (n <= 0) {
		loop_remove(output->session->loop, output->fd);
		output->fd = -1;
	}
	return n > 0;
}

static void ready(void *context, u32 events)
{
	(void)events;
	struct dap_output *output = context;
	take(output);
	if (output->fd >= 0 && wire_unsent(&output->session->wire) > MAX_UNSENT) {
		output->paused = true;
		loop_change(output->session->loop, output->fd, 0);
	}
}

void dap_output_open(struct dap_session *session)
{
	int fds[2];
	dap_output_close(session);
	dbg_target_stdio(session->target, fds);
	for (int i = 0; i < 2; i++) {
		if (fds[i] < 0)
			continue;
		fcntl(fds[i], F_SETFL, fcntl(fds[i], F_GETFL) | O_NONBLOCK);
		err_t error = loop_add(session->loop, fds[i], EPOLLIN, ready, &session->outputs[i]);
		if (error)
			dap_session_say(session, "the program's output can't be read: %.*s", STRF(error->what));
		else
			session->outputs[i].fd = fds[i];
	}
}

void dap_output_drain(struct dap_session *session)
{
	for (int i = 0; i < 2; i++)
		for (size_t n = 0; session->outputs[i].fd >= 0 && n < MAX_DRAIN / PIECE && take(&session->outputs[i]);)
			n++;
}

void dap_output_close(struct dap_session *session)
{
	for (int i = 0; i < 2; i++) {
		loop_remove(session->loop, session->outputs[i].fd);
		session->outputs[i] = (struct dap_output){.fd = -1, .session = session};
	}
}

void dap_output_resume(struct dap_session *session)
{
	for (int i = 0; i < 2; i++) {
		struct dap_output *output = &session->outputs[i];
		if (output->fd < 0 || !output->paused || wire_unsent(&session->wire) > MAX_UNSENT / 2)
			continue;
		output->paused = false;
		loop_change(session->loop, output->fd, EPOLLIN);
	}
}
