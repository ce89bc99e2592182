// Framing: "Content-Length: N\r\n\r\n" and N bytes (Debug Adapter Protocol, Base Protocol). The only file that
// writes to the client.
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

enum { READ_PIECE = 64 << 10 };
#define LENGTH_NAME "Content-Length:"

static u64 now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000u + (u64)now.tv_nsec;
}

// ---- bytes

static char *bytes_reserve(struct wire_bytes *bytes, size_t more)
{
	if (bytes->from == bytes->to)
		bytes->from = bytes->to = 0;
	if (bytes->cap - bytes->to < more && bytes->from) {
		memmove(bytes->ptr, bytes->ptr + bytes->from, bytes->to - bytes->from);
		bytes->to -= bytes->from;
		bytes->from = 0;
	}
	if (bytes->cap - bytes->to < more) {
		struct arena old = bytes->arena;
		bytes->arena = (struct arena){0};
		size_t cap = size_max(bytes->cap * 2, bytes->to + more);
		char *ptr = NEW_N(&bytes->arena, char, cap);
		if (bytes->to)
			memcpy(ptr, bytes->ptr, bytes->to);
		arena_deinit(&old);
		bytes->ptr = ptr;
		bytes->cap = cap;
	}
	return bytes->ptr + bytes->to;
}

static struct str bytes_str(const struct wire_bytes *bytes)
{
	return bytes->ptr ? str_n(bytes->ptr + bytes->from, bytes->to - bytes->from) : STR("");
}

// ---- life

void wire_init(struct wire *wire, int in, int out)
{
	*wire = (struct wire){.in = in, .out = out};
	fcntl(in, F_SETFL, fcntl(in, F_GETFL) | O_NONBLOCK);
	fcntl(out, F_SETFL, fcntl(out, F_GETFL) | O_NONBLOCK);
}

void wire_deinit(struct wire *wire)
{
	arena_deinit(&wire->input.arena);
	arena_deinit(&wire->output.arena);
	if (wire->record)
		fclose(wire->record);
	*wire = (struct wire){.in = -1, .out = -1};
}

// ---- reading

void wire_fill(struct wire *wire)
{
	char *room = bytes_reserve(&wire->input, READ_PIECE);
	ssize_t n = read(wire->in, room, READ_PIECE);
	if (n > 0)
		wire->input.to += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		wire->eof = true;
}

// The offset of "Content-Length:" in any case, or -1.
static ptrdiff_t find_length(struct str s)
{
	size_t len = strlen(LENGTH_NAME);
	for (size_t i = 0; i + len <= s.len; i++)
		if ((s.ptr[i] | 0x20) == 'c' && strncasecmp(s.ptr + i, LENGTH_NAME, len) == 0)
			return (ptrdiff_t)i;
	return -1;
}

// The end of the header, empty line included; 0 if it is not there yet. Bare newlines are taken as well.
static size_t header_end(struct str s)
{
	for (size_t i = 0; i + 1 < s.len; i++) {
		if (s.ptr[i] != '\n')
			continue;
		if (s.ptr[i + 1] == '\n')
			return i + 2;
		if (s.ptr[i + 1] == '\r' && i + 2 < s.len && s.ptr[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

struct header {
	size_t skipped; // bytes before the header that do not belong to it
	size_t length;
	struct str why; // "" if it is good
};

static bool is_header_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz-", name.ptr[i] | 0x20) || !name.ptr[i])
			return false;
	return name.len > 0;
}

static struct header read_header(struct str head, struct arena *arena)
{
	struct header header = {.why = STR("")};
	bool found = false;
	for (size_t at = 0; at < head.len;) {
		ptrdiff_t newline = str_find(str_from(head, at), STR("\n"));
		size_t end = newline < 0 ? head.len : at + (size_t)newline;
		struct str line = str_slice(head, at, end);
		while (line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		ptrdiff_t colon = str_find(line, STR(":"));
		struct str name = str_slice(line, 0, colon < 0 ? 0 : (size_t)colon);
		if (line.len && !is_header_name(name)) {
			// Not a header line: perhaps the rest of something malformed, with a good header behind it.
			ptrdiff_t inside = find_length(line);
			header.why = str_printf(arena, "header line without a name: \"%.*s\"", STRF(str_slice(line, 0, 60)));
			header.skipped = inside < 0 ? end : at + (size_t)inside;
			if (inside >= 0)
				return header;
		} else if (name.len + 1 == strlen(LENGTH_NAME) && strncasecmp(name.ptr, LENGTH_NAME, name.len) == 0) {
			u64 length;
			struct str value = str_trim(str_from(line, name.len + 1));
			if (value.len == 0 || value.ptr[0] < '0' || value.ptr[0] > '9' || !str_to_u64(value, &length) ||
			    length > WIRE_MAX_BODY)
				header.why = str_printf(arena, "Content-Length: expected a number up to %d, not \"%.*s\"", WIRE_MAX_BODY,
				                        STRF(str_slice(value, 0, 60)));
			else
				header.length = (size_t)length;
			found = true;
		}
		at = end + 1;
	}
	if (!found && !header.why.len) {
		ptrdiff_t inside = find_length(head);
		header.why = STR("header without Content-Length");
		header.skipped = inside < 0 ? 0 : (size_t)inside;
	}
	if (header.why.len && !header.skipped)
		header.skipped = head.len;
	return header;
}

// Tells what is left out, once for all that lies between two good messages.
static bool leave_out(struct wire *wire, size_t n, struct str why, struct wire_frame *out)
{
	*out = (struct wire_frame){.malformed = true, .body = str_slice(bytes_str(&wire->input), 0, n), .why = why};
	wire->input.from += n;
	bool told = wire->in_doubt;
	wire->in_doubt = true;
	return !told;
}

bool wire_next(struct wire *wire, struct wire_frame *out, struct arena *arena)
{
	for (;;) {
		struct str all = bytes_str(&wire->input);
		size_t end = header_end(str_slice(all, 0, WIRE_MAX_HEADER));
		if (!end && all.len < WIRE_MAX_HEADER)
			return false;
		if (!end) { // keep what may be the beginning of a header
			if (leave_out(wire, WIRE_MAX_HEADER - 64, STR("header without an end"), out))
				return true;
			continue;
		}
		struct header header = read_header(str_slice(all, 0, end), arena);
		if (header.why.len) {
			if (leave_out(wire, header.skipped, header.why, out))
				return true;
			continue;
		}
		if (all.len - end < header.length)
			return false;
		*out = (struct wire_frame){.body = str_slice(all, end, end + header.length), .why = STR("")};
		wire->input.from += end + header.length;
		return true;
	}
}

void wire_distrust(struct wire *wire, struct str body)
{
	wire->in_doubt = true;
	ptrdiff_t header = find_length(body);
	if (header >= 0) // body is the piece that ends at input.from
		wire->input.from -= body.len - (size_t)header;
}

void wire_trust(struct wire *wire)
{
	wire->in_doubt = false;
}

// ---- writing

void wire_flush(struct wire *wire)
{
	struct str rest = bytes_str(&wire->output);
	while (rest.len && !wire->broken) {
		ssize_t n = write(wire->out, rest.ptr, rest.len);
		if (n > 0)
			wire->output.from += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			return;
		else if (n < 0 && errno != EINTR)
			wire->broken = true;
		rest = bytes_str(&wire->output);
	}
	if (wire->output.cap > (1 << 20) || wire->broken) { // one long answer need not stay
		arena_deinit(&wire->output.arena);
		wire->output = (struct wire_bytes){0};
	}
}

void wire_send(struct wire *wire, struct str body)
{
	if (wire->broken)
		return;
	char head[64];
	size_t head_len = (size_t)snprintf(head, sizeof head, LENGTH_NAME " %zu\r\n\r\n", body.len);
	char *room = bytes_reserve(&wire->output, head_len + body.len);
	memcpy(room, head, head_len);
	memcpy(room + head_len, body.ptr, body.len);
	wire->output.to += head_len + body.len;
	wire_flush(wire);
}

void wire_finish(struct wire *wire, int ms)
{
	for (u64 end = now_ns() + (u64)ms * 1000000u; wire_unsent(wire) && !wire->broken && now_ns() < end;) {
		struct pollfd ready = {.fd = wire->out, .events = POLLOUT};
		poll(&ready, 1, 10);
		wire_flush(wire);
	}
}

size_t wire_unsent(const struct wire *wire)
{
	return wire->output.to - wire->output.from;
}

// ---- the record

bool wire_record_open(struct wire *wire, const char *path)
{
	wire->record = fopen(path, "we");
	if (!wire->record)
		return false;
	setvbuf(wire->record, NULL, _IOLBF, 0);
	wire->record_start = now_ns();
	return true;
}

void wire_record(struct wire *wire, bool from_client, struct str json, struct str bad)
{
	LOG(LOG_WIRE, "%s %.*s%.*s", from_client ? "->" : "<-", STRF(bad), STRF(json));
	if (!wire->record)
		return;
	fprintf(wire->record, "{\"t\": %.6f, \"dir\": \"%s\", ", (double)(now_ns() - wire->record_start) / 1e9,
	        from_client ? "c2a" : "a2c");
	if (bad.len)
		fprintf(wire->record, "\"bad\": %.*s, \"raw\": %.*s}\n", STRF(bad), STRF(json));
	else
		fprintf(wire->record, "\"msg\": %.*s}\n", STRF(json));
}
