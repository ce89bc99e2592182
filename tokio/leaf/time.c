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

// How a deadline is told: as the time to it, since it, or, where nobody knows what time it was, itself, so that timers can be
// compared.
enum when { WHEN_LEFT, WHEN_OVER, WHEN_AT, WHEN_UNKNOWN };
static const char *const whens[] = {"left", "over", "at"};

static enum when when_of(struct tk_leaf *leaf, double *seconds)
{
	i64 whole;
	u32 rest;
	if (seconds_left(leaf->value, leaf->snapshot->now, seconds)) {
		enum when when = *seconds < 0 ? WHEN_OVER : WHEN_LEFT;
		*seconds = fabs(*seconds);
		return when;
	}
	if (!dbg_value_ok(leaf->value) || leaf->value.space->pid || !instant(leaf->value, &whole, &rest))
		return WHEN_UNKNOWN;
	*seconds = (double)whole + (double)rest / 1e9;
	return WHEN_AT;
}

// `brief`: one of `whens`.
static void tell_span(struct tk_leaf *leaf)
{
	double seconds;
	enum when when = when_of(leaf, &seconds);
	if (when == WHEN_AT)
		leaf_say(leaf, whens[when], "%.3f s of uptime", seconds);
	else if (when != WHEN_UNKNOWN)
		leaf_say(leaf, whens[when], "%s", span_text(leaf->arena, seconds));
}

static u64 which_span(struct tk_leaf *leaf)
{
	double seconds = 0;
	enum when when = when_of(leaf, &seconds);
	return when * (ARRAY_LEN(spans) + 1) + (when == WHEN_LEFT || when == WHEN_OVER ? span_row(seconds) : 0);
}

// What is told of the deadline in `value`; "" if it can't be read.
static struct str span_of(const struct tk_leaf *leaf, struct dbg_value value, enum when *when)
{
	struct tk_leaf span = {.snapshot = leaf->snapshot, .arena = leaf->arena, .value = value};
	leaf_by_itself(&span, tell_span, which_span);
	for (*when = 0; *when < WHEN_UNKNOWN && !str_eqc(span.brief, whens[*when]);)
		++*when;
	return span.waits;
}

#define NO_CLOCK "(a core file does not tell what time it was)"

static const struct telling {
	const char *brief, *text;
} sleeps[] = {[WHEN_LEFT] = {"sleep, %.*s left", "sleeps: %.*s left"},
              [WHEN_OVER] = {"sleep, over since %.*s", "sleeps: its deadline passed %.*s ago"},
              [WHEN_AT] = {"sleep until %.*s", "sleeps until %.*s " NO_CLOCK},
              [WHEN_UNKNOWN] = {"sleep", "waits for a timer (its deadline can't be read)"}},
  ticks[] = {[WHEN_LEFT] = {"interval, %.*s left", "waits for an interval's tick: %.*s left"},
             [WHEN_OVER] = {"interval, due since %.*s", "waits for an interval's tick, due %.*s ago"},
             [WHEN_AT] = {"interval, at %.*s", "waits for an interval's tick at %.*s " NO_CLOCK},
             [WHEN_UNKNOWN] = {"interval", "waits for an interval's tick (its time can't be read)"}},
  timeouts[] = {[WHEN_LEFT] = {"timeout, %.*s left", "gives up in %.*s"},
                [WHEN_OVER] = {"timeout, over since %.*s", "was to give up %.*s ago"},
                [WHEN_AT] = {"timeout at %.*s", "gives up at %.*s " NO_CLOCK},
                [WHEN_UNKNOWN] = {"timeout", "gives up at a deadline that can't be read"}};

static void tell_when(struct tk_leaf *leaf, struct dbg_value value, const struct telling *tellings)
{
	enum when when;
	struct str span = span_of(leaf, value, &when);
	leaf_say(leaf, str_printf(leaf->arena, tellings[when].brief, STRF(span)).ptr, tellings[when].text, STRF(span));
}

// tokio 1.24 to 1.54 time/sleep.rs: the deadline is an Instant, wherever it stands in Sleep.
void leaf_sleep(struct tk_leaf *leaf)
{
	tell_when(leaf, leaf->value, leaf_ancestor_named(leaf, "Interval::tick") ? ticks : sleeps);
}

// time/timeout.rs: Timeout { value, delay }.
void leaf_timeout(struct tk_leaf *leaf)
{
	leaf->inner = dbg_value_member(leaf->value, "value");
	tell_when(leaf, dbg_value_member(leaf->value, "delay"), timeouts);
}

void leaf_yield_now(struct tk_leaf *leaf)
{
	leaf_say(leaf, "yield_now", "yielded, and waits for its next turn");
}

void leaf_pending(struct tk_leaf *leaf)
{
	leaf_say(leaf, "pending", "never completes (future::pending)");
}
