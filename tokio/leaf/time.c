// Timers and yields.
#include <time.h>

#include "tokio/private.h"

static bool instant(struct dbg_value value, i64 *seconds, u32 *nanoseconds)
{
	// std's Instant is a Timespec { tv_sec: i64, tv_nsec } of CLOCK_MONOTONIC on Linux, behind wrappers.
	struct dbg_value found = dbg_value_find(value, "std::sys::pal::unix::time::Timespec");
	static const char *const others[] = {"std::sys::time::unix::Timespec", "std::sys::pal::unix::time::Instant",
	                                     "std::sys::unix::time::Timespec", "std::time::Instant"};
	for (size_t i = 0; i < ARRAY_LEN(others) && !dbg_value_ok(found); i++)
		found = dbg_value_find(value, others[i]);
	u8 bytes[12];
	if (!dbg_value_ok(found) || found.type->size < sizeof(bytes) || dbg_value_read(found, bytes, sizeof(bytes)))
		return false;
	memcpy(seconds, bytes, sizeof(*seconds));
	memcpy(nanoseconds, bytes + 8, sizeof(*nanoseconds));
	return *nanoseconds < 1000000000;
}

const char *span_text(struct arena *arena, double seconds)
{
	if (seconds < 1)
		return str_printf(arena, "%.0f ms", seconds * 1000).ptr;
	if (seconds < 120)
		return str_printf(arena, "%.1f s", seconds).ptr;
	if (seconds < 7200)
		return str_printf(arena, "%.0f min", seconds / 60).ptr;
	return str_printf(arena, seconds < 172800 ? "%.1f h" : "%.0f h", seconds / 3600).ptr;
}

// Seconds from now to the deadline that stands somewhere in `value`.
bool seconds_left(struct dbg_value value, double *out)
{
	i64 seconds;
	u32 nanoseconds;
	struct timespec now;
	// A core file does not tell what time it was.
	if (!dbg_value_ok(value) || !value.space->pid || !instant(value, &seconds, &nanoseconds) ||
	    clock_gettime(CLOCK_MONOTONIC, &now))
		return false;
	*out = (double)(seconds - now.tv_sec) + ((double)nanoseconds - (double)now.tv_nsec) / 1e9;
	return true;
}

// tokio 1.24 to 1.54 time/sleep.rs: the deadline is an Instant, wherever it stands in Sleep.
void leaf_sleep(struct tk_leaf *leaf)
{
	double left;
	if (!seconds_left(leaf->value, &left)) {
		leaf_say(leaf, "sleep", "waits for a timer (its deadline can't be read)");
		return;
	}
	const char *span = span_text(leaf->arena, left < 0 ? -left : left);
	if (leaf_ancestor_named(leaf, "Interval::tick"))
		leaf_say(leaf, str_printf(leaf->arena, left >= 0 ? "interval, %s left" : "interval, due since %s", span).ptr,
		         left >= 0 ? "waits for an interval's tick: %s left" : "waits for an interval's tick, due %s ago", span);
	else if (left >= 0)
		leaf_say(leaf, str_printf(leaf->arena, "sleep, %s left", span).ptr, "sleeps: %s left", span);
	else
		leaf_say(leaf, str_printf(leaf->arena, "sleep, over since %s", span).ptr, "sleeps: its deadline passed %s ago", span);
}

// time/timeout.rs: Timeout { value, delay }.
void leaf_timeout(struct tk_leaf *leaf)
{
	double left;
	leaf->inner = dbg_value_member(leaf->value, "value");
	if (!seconds_left(dbg_value_member(leaf->value, "delay"), &left)) {
		leaf_say(leaf, "timeout", "gives up at a deadline that can't be read");
		return;
	}
	const char *span = span_text(leaf->arena, left < 0 ? -left : left);
	leaf_say(leaf, str_printf(leaf->arena, left < 0 ? "timeout, over since %s" : "timeout, %s left", span).ptr,
	         left < 0 ? "was to give up %s ago" : "gives up in %s", span);
}

void leaf_yield_now(struct tk_leaf *leaf)
{
	leaf_say(leaf, "yield_now", "yielded, and waits for its next turn");
}

void leaf_pending(struct tk_leaf *leaf)
{
	leaf_say(leaf, "pending", "never completes (future::pending)");
}
