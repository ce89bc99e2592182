// Timers and yields.
#include <math.h>
#include <time.h>

#include "tokio/private.h"

static bool instant(struct dbg_value value, i64 *seconds, u32 *nanoseconds)
{
	// std's Instant is a Timespec { tv_sec: i64, tv_nsec } of CLOCK_MONOTONIC on Linux, in wrappers that add nothing.
	struct dbg_value found = dbg_value_find(value, "std::time::Instant");
	u8 bytes[12];
	if (!dbg_value_ok(found) || found.type->size < sizeof(bytes) || dbg_value_read(found, bytes, sizeof(bytes)))
		return false;
	memcpy(seconds, bytes, sizeof(*seconds));
	memcpy(nanoseconds, bytes + 8, sizeof(*nanoseconds));
	return *nanoseconds < 1000000000;
}

static const struct {
	double below, per_second;
	int decimals;
	const char *unit;
} spans[] = {{1, 1000, 0, "ms"},
             {120, 1, 1, "s"},
             {7200, 1.0 / 60, 0, "min"},
             {172800, 1.0 / 3600, 1, "h"},
             {INFINITY, 1.0 / 3600, 0, "h"}};

static size_t span_row(double seconds)
{
	size_t i = 0;
	while (i + 1 < ARRAY_LEN(spans) && seconds >= spans[i].below)
		i++;
	return i;
}

const char *span_text(struct arena *arena, double seconds)
{
	size_t i = span_row(seconds);
	return str_printf(arena, "%.*f %s", spans[i].decimals, seconds * spans[i].per_second, spans[i].unit).ptr;
}

// Times are told as of the stop: what became due while somebody looked is no news of the program.
double moment_of(const struct dbg_space *space)
{
	struct timespec now;
	if (space->stopped_at > 0)
		return space->stopped_at;
	return clock_gettime(CLOCK_MONOTONIC, &now) ? 0 : (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool seconds_left(struct dbg_value value, double now, double *out)
{
	i64 seconds;
	u32 nanoseconds;
	// A core file does not tell what time it was.
	if (!dbg_value_ok(value) || !value.space->pid || !instant(value, &seconds, &nanoseconds))
		return false;
	*out = (double)seconds - now + (double)nanoseconds / 1e9;
	return true;
}

// `brief`: "left" or "over".
static void tell_span(struct tk_leaf *leaf)
{
	double left;
	if (seconds_left(leaf->value, leaf->snapshot->now, &left))
		leaf_say(leaf, left < 0 ? "over" : "left", "%s%s", span_text(leaf->arena, left < 0 ? -left : left),
		         left < 0 ? " ago" : "");
}

static u64 which_span(struct tk_leaf *leaf)
{
	double left;
	if (!seconds_left(leaf->value, leaf->snapshot->now, &left))
		return 0;
	return left < 0 ? 2 + 2 * span_row(-left) : 1 + 2 * span_row(left);
}

// The time to the deadline in `value`, or since then; "" if it can't be read.
static struct str span_of(const struct tk_leaf *leaf, struct dbg_value value, bool *over)
{
	struct tk_leaf span = {.snapshot = leaf->snapshot, .arena = leaf->arena, .value = value};
	leaf_by_itself(&span, tell_span, which_span);
	*over = str_eqc(span.brief, "over");
	return *over ? str_slice(span.waits, 0, span.waits.len - 4) : span.waits;
}

// tokio 1.24 to 1.54 time/sleep.rs: the deadline is an Instant, wherever it stands in Sleep.
void leaf_sleep(struct tk_leaf *leaf)
{
	bool over;
	struct str span = span_of(leaf, leaf->value, &over);
	if (!span.len)
		leaf_say(leaf, "sleep", "waits for a timer (its deadline can't be read)");
	else if (leaf_ancestor_named(leaf, "Interval::tick"))
		leaf_say(leaf, str_printf(leaf->arena, over ? "interval, due since %.*s" : "interval, %.*s left", STRF(span)).ptr,
		         over ? "waits for an interval's tick, due %.*s ago" : "waits for an interval's tick: %.*s left", STRF(span));
	else
		leaf_say(leaf, str_printf(leaf->arena, over ? "sleep, over since %.*s" : "sleep, %.*s left", STRF(span)).ptr,
		         over ? "sleeps: its deadline passed %.*s ago" : "sleeps: %.*s left", STRF(span));
}

// time/timeout.rs: Timeout { value, delay }.
void leaf_timeout(struct tk_leaf *leaf)
{
	bool over;
	struct str span = span_of(leaf, dbg_value_member(leaf->value, "delay"), &over);
	leaf->inner = dbg_value_member(leaf->value, "value");
	if (!span.len)
		leaf_say(leaf, "timeout", "gives up at a deadline that can't be read");
	else
		leaf_say(leaf, str_printf(leaf->arena, over ? "timeout, over since %.*s" : "timeout, %.*s left", STRF(span)).ptr,
		         over ? "was to give up %.*s ago" : "gives up in %.*s", STRF(span));
}

void leaf_yield_now(struct tk_leaf *leaf)
{
	leaf_say(leaf, "yield_now", "yielded, and waits for its next turn");
}

void leaf_pending(struct tk_leaf *leaf)
{
	leaf_say(leaf, "pending", "never completes (future::pending)");
}
