// Why a value is absent, as text that outlives the turn.
//
// A member of an absent value is absent with the same reason, and may be kept until the stop ends; error
// texts end with the turn. So reasons are interned here: few differ (a type and a name, an address), and a
// bound keeps a hostile debuggee from making many.
#include "reason.h"

#include <stdio.h>

#include "base/map.h"

enum { MAX_REASONS = 4096, MAX_REASON_LEN = 400 };

static _Thread_local struct {
	struct arena arena;
	struct map by_hash; // -> struct str *
} interned;

static struct str intern(struct str text, const char *fallback)
{
	text = str_slice(text, 0, MAX_REASON_LEN);
	u64 hash = str_hash(text);
	u64 *known = map_get(&interned.by_hash, hash);
	if (known) {
		struct str found = *(struct str *)(uintptr_t)*known;
		return str_eq(found, text) ? found : str_of(fallback);
	}
	if (interned.by_hash.count >= MAX_REASONS)
		return str_of(fallback);
	struct str *kept = NEW(&interned.arena, struct str);
	*kept = str_dup(&interned.arena, text);
	map_put(&interned.by_hash, &interned.arena, hash, (u64)(uintptr_t)kept);
	return *kept;
}

struct dbg_value value_absent(const char *fallback, const char *fmt, ...)
{
	char text[MAX_REASON_LEN + 1];
	va_list args;
	va_start(args, fmt);
	int len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	size_t kept = len < 0 ? 0 : size_min((size_t)len, sizeof(text) - 1);
	return (struct dbg_value){.absent = intern(str_n(text, kept), fallback)};
}

struct dbg_value value_absent_err(err_t error)
{
	return (struct dbg_value){.absent = intern(error->what, "it can't be read")};
}
