#include <criterion/criterion.h>
#include <unistd.h>

#include "adapter/wire.h"

static struct arena arena;

static struct wire wire_of(const char *bytes, size_t len)
{
	int ends[2];
	cr_assert_eq(pipe(ends), 0);
	struct wire wire;
	wire_init(&wire, ends[0], STDERR_FILENO);
	cr_assert_eq(write(ends[1], bytes, len), (ssize_t)len);
	close(ends[1]);
	while (!wire.eof)
		wire_fill(&wire);
	return wire;
}

static void next_is(struct wire *wire, const char *body)
{
	struct wire_frame frame;
	cr_assert(wire_next(wire, &frame, &arena), "no frame where \"%s\" should be", body);
	cr_assert_not(frame.malformed, "%.*s", STRF(frame.why));
	cr_assert(str_eqc(frame.body, body), "%.*s", STRF(frame.body));
	wire_trust(wire);
}

static void next_is_bad(struct wire *wire, const char *why)
{
	struct wire_frame frame;
	cr_assert(wire_next(wire, &frame, &arena));
	cr_assert(frame.malformed);
	cr_assert(str_eqc(frame.why, why), "%.*s", STRF(frame.why));
}

static void end(struct wire *wire)
{
	struct wire_frame frame;
	cr_assert_not(wire_next(wire, &frame, &arena));
	wire_deinit(wire);
}

#define WIRE(text) wire_of(text, sizeof(text) - 1)

Test(wire, whole_messages_one_after_the_other)
{
	struct wire wire =
	    WIRE("Content-Length: 2\r\n\r\n{}content-length:4\r\nContent-Type: x\r\n\r\nnullContent-Length: 9\r\n\r\n{");
	next_is(&wire, "{}");
	next_is(&wire, "null");
	end(&wire);
}

Test(wire, a_message_that_comes_byte_by_byte)
{
	static const char text[] = "Content-Length: 3\r\n\r\nabcContent-Length: 1\r\n\r\nx";
	int ends[2];
	cr_assert_eq(pipe(ends), 0);
	struct wire wire;
	wire_init(&wire, ends[0], STDERR_FILENO);
	size_t whole = 0;
	for (const char *at = text; *at; at++) {
		cr_assert_eq(write(ends[1], at, 1), 1);
		wire_fill(&wire);
		struct wire_frame frame;
		while (wire_next(&wire, &frame, &arena)) {
			cr_assert_not(frame.malformed);
			whole++;
		}
	}
	cr_assert_eq(whole, 2);
	end(&wire);
}

Test(wire, a_malformed_header_is_told_once_and_the_next_good_one_is_found)
{
	struct wire wire = WIRE("Content-Length: ten\r\n\r\n{\"seq\":1}\r\n\r\nmore\r\n\r\nrest of it Content-Length: 2\r\n\r\n{}");
	next_is_bad(&wire, "Content-Length: expected a number up to 67108864, not \"ten\"");
	next_is(&wire, "{}");
	end(&wire);
}

Test(wire, a_header_without_length)
{
	struct wire wire = WIRE("Content-Type: json\r\n\r\nContent-Length: 2\r\n\r\n{}");
	next_is_bad(&wire, "header without Content-Length");
	next_is(&wire, "{}");
	end(&wire);
}

Test(wire, a_length_that_is_absurd)
{
	struct wire wire = WIRE("Content-Length: 99999999999999999999\r\n\r\nContent-Length: 2\r\n\r\n{}");
	next_is_bad(&wire, "Content-Length: expected a number up to 67108864, not \"99999999999999999999\"");
	next_is(&wire, "{}");
	end(&wire);
}

Test(wire, a_length_that_is_too_large_swallows_no_message)
{
	struct wire wire = WIRE("Content-Length: 30\r\n\r\n{\"a\":1}Content-Length: 2\r\n\r\n{}");
	struct wire_frame frame;
	cr_assert(wire_next(&wire, &frame, &arena));
	cr_assert_eq(frame.body.len, 30);
	wire_distrust(&wire, frame.body);
	next_is(&wire, "{}");
	end(&wire);
}

Test(wire, a_length_that_is_too_small_is_told_once)
{
	struct wire wire = WIRE("Content-Length: 3\r\n\r\n{\"a\":1}Content-Length: 2\r\n\r\n{}");
	struct wire_frame frame;
	cr_assert(wire_next(&wire, &frame, &arena));
	wire_distrust(&wire, frame.body);
	next_is(&wire, "{}");
	end(&wire);
}

Test(wire, endless_noise_takes_no_memory)
{
	enum { NOISE = 40000 };
	static char noise[NOISE + 32];
	memset(noise, 'x', NOISE);
	strcpy(noise + NOISE, "Content-Length: 2\r\n\r\n{}");
	struct wire wire = wire_of(noise, strlen(noise));
	next_is_bad(&wire, "header without an end");
	next_is(&wire, "{}");
	end(&wire);
}

Test(wire, what_a_slow_client_does_not_read_waits_in_order)
{
	int ends[2];
	cr_assert_eq(pipe(ends), 0);
	struct wire wire;
	wire_init(&wire, STDIN_FILENO, ends[1]);
	enum { N = 200000 };
	static char body[N];
	memset(body, 'a', N);
	wire_send(&wire, str_n(body, N));
	cr_assert_gt(wire_unsent(&wire), 0);
	wire_send(&wire, STR("{}"));
	static char got[2 * N];
	size_t len = 0;
	while (wire_unsent(&wire)) {
		len += (size_t)read(ends[0], got + len, 4096);
		wire_flush(&wire);
	}
	close(ends[1]);
	for (ssize_t n; (n = read(ends[0], got + len, 4096)) > 0;)
		len += (size_t)n;
	cr_assert_eq(memcmp(got, "Content-Length: 200000\r\n\r\naaaa", 30), 0);
	static const char tail[] = "aContent-Length: 2\r\n\r\n{}";
	cr_assert_eq(memcmp(got + len - strlen(tail), tail, strlen(tail)), 0);
	wire_deinit(&wire);
}
