// The protocol's bytes: Content-Length framing in both directions over nonblocking descriptors, and the record
// of what went over the wire. Knows nothing of what the messages mean.
#pragma once
#include <stdio.h>

#include "base/buf.h"

// Bytes that are appended at the end and taken from the front.
struct wire_bytes {
	struct arena arena;
	char *ptr;
	size_t from, to, cap; // [from, to) is there
};

struct wire {
	int in, out;
	struct wire_bytes input, output;
	bool eof;      // the client will send no more
	bool broken;   // writing failed: the client is gone
	bool in_doubt; // something malformed was told, and no whole message came since
	FILE *record;
	u64 record_start; // ns
};

enum { WIRE_MAX_BODY = 64 << 20, WIRE_MAX_HEADER = 16 << 10 };

// Takes both descriptors (they may be the same) and makes them nonblocking.
void wire_init(struct wire *wire, int in, int out);
void wire_deinit(struct wire *wire); // closes nothing

// Takes what the client has sent so far, a bounded piece; sets eof at its end.
void wire_fill(struct wire *wire);

struct wire_frame {
	bool malformed;
	struct str body; // malformed: the bytes that are left out
	struct str why;  // malformed: what is wrong with the header
};
// The next whole frame; false if more bytes are needed. After a malformed header, everything up to the next
// one that is good is left out, and told once. Valid until the next wire_fill.
bool wire_next(struct wire *wire, struct wire_frame *out, struct arena *arena);
// `body`, the last frame's, was no message: looks for a header in it, in case its length was wrong.
void wire_distrust(struct wire *wire, struct str body);
// The last frame was a good message.
void wire_trust(struct wire *wire);

// Frames a message and sends as much as goes without waiting.
void wire_send(struct wire *wire, struct str body);
void wire_flush(struct wire *wire);
void wire_finish(struct wire *wire, int ms); // as wire_flush, but waits a little: for the end
size_t wire_unsent(const struct wire *wire); // bytes

// Starts recording to a file, in the form of JSON lines: {"t": seconds, "dir": "c2a" or "a2c", "msg": ...},
// or "bad" and "raw" for bytes that are no message. False with errno if it can't be opened.
bool wire_record_open(struct wire *wire, const char *path);
// `json` is a message on one line; `bad` is "" unless it is something malformed.
void wire_record(struct wire *wire, bool from_client, struct str json, struct str bad);
