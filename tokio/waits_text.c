// `async waits` and `async deadlocks`, in words.
#include "tokio/private.h"
#include "tokio/waits.h"

struct page {
	struct buf buf;
	struct tk_snapshot *snapshot;
	struct arena *arena;
	bool ansi;
};

static struct str inked(struct page *page, const char *code, struct str text)
{
	return page->ansi ? str_printf(page->arena, "\x1b[%sm%.*s\x1b[0m", code, STRF(text)) : text;
}

static struct str party_name(struct page *page, size_t party)
{
	struct tk_snapshot *snapshot = page->snapshot;
	if (party < snapshot->n_tasks) {
		const struct tk_task *task = &snapshot->tasks[party];
		struct str id = str_printf(page->arena, "task %llu", (unsigned long long)task->id);
		return str_printf(page->arena, "%.*s (%.*s)", STRF(inked(page, "1", id)), STRF(task->name));
	}
	const struct tk_thread *thread = &snapshot->threads[party - snapshot->n_tasks];
	struct str tid = str_printf(page->arena, "thread %d", thread->tid);
	return str_printf(page->arena, "%.*s in block_on (%.*s)", STRF(inked(page, "1", tid)), STRF(thread->future_name));
}

static struct str place_text(struct page *page, struct dbg_place place)
{
	if (!place.line)
		return STR("");
	return str_printf(page->arena, " at %.*s:%u", STRF(dbg_place_short_path(page->arena, place)), place.line);
}

static void put_wait(struct page *page, const struct tk_wait *wait)
{
	buf_printf(&page->buf, "%.*s%.*s\n  %.*s\n", STRF(party_name(page, wait->waiter)), STRF(place_text(page, wait->at)),
	           STRF(inked(page, "33", wait->waits)));
	for (size_t i = 0; i < wait->n_holders && wait->holds[i].len; i++) // the wait for a task names it
		buf_printf(&page->buf, "    %s %.*s %.*s\n", wait->n_holders == 1 ? "which has" : "which may have",
		           STRF(party_name(page, wait->holders[i])), STRF(wait->holds[i]));
	if (!wait->n_holders)
		buf_puts(&page->buf, "    who has it is not known: no suspended future keeps it\n");
}

static struct str finish(struct page *page)
{
	struct str text = buf_str(&page->buf);
	while (text.len && text.ptr[text.len - 1] == '\n')
		text.len--;
	return text;
}

struct str tk_text_waits(struct tk_snapshot *snapshot, struct arena *arena, struct tk_text style)
{
	struct page page = {.buf = buf_on(arena), .snapshot = snapshot, .arena = arena, .ansi = style.ansi};
	struct tk_waits *waits = tk_waits_find(snapshot, arena);
	for (size_t i = 0; i < waits->n; i++)
		put_wait(&page, &waits->items[i]);
	if (!waits->n)
		buf_puts(&page.buf, "no task waits for a lock, a permit, a oneshot message or another task");
	return finish(&page);
}

static void put_deadlock(struct page *page, const struct tk_deadlock *deadlock)
{
	struct str head = str_printf(page->arena, "Deadlock of %zu:", deadlock->n);
	buf_printf(&page->buf, "%.*s\n", STRF(inked(page, "1;31", head)));
	for (size_t i = 0; i < deadlock->n; i++) {
		const struct tk_wait *wait = deadlock->waits[i];
		const char *end = i + 1 < deadlock->n ? ";" : ".";
		buf_printf(&page->buf, "  %.*s%.*s\n    %.*s", STRF(party_name(page, wait->waiter)), STRF(place_text(page, wait->at)),
		           STRF(inked(page, "33", wait->waits)));
		if (wait->holds[0].len)
			buf_printf(&page->buf, ",\n    which %.*s holds %.*s", STRF(party_name(page, wait->holders[0])),
			           STRF(wait->holds[0]));
		buf_printf(&page->buf, "%s\n", end);
	}
}

struct str tk_text_deadlocks(struct tk_snapshot *snapshot, struct arena *arena, struct tk_text style, size_t *found)
{
	struct page page = {.buf = buf_on(arena), .snapshot = snapshot, .arena = arena, .ansi = style.ansi};
	struct tk_waits *waits = tk_waits_find(snapshot, arena);
	struct tk_deadlock *deadlocks;
	*found = tk_deadlocks_find(waits, arena, &deadlocks);
	for (size_t i = 0; i < *found; i++)
		put_deadlock(&page, &deadlocks[i]);
	size_t unknown = 0;
	for (size_t i = 0; i < waits->n; i++)
		unknown += waits->items[i].n_holders != 1;
	if (!*found)
		buf_puts(&page.buf, "no deadlock is seen\n");
	if (unknown)
		buf_printf(&page.buf, "(of %zu wait%s it is not known who holds what is waited for: `async waits`)\n", unknown,
		           unknown == 1 ? "" : "s");
	return finish(&page);
}
