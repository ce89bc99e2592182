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

// "which task 4 (hung::second) has as `from` in hung::second"
static struct str holder_text(struct page *page, const struct tk_wait *wait, const struct tk_holder *holder)
{
	static const char *const verbs[] = {[TK_HAS_ALL] = "which %.*s has",
	                                    [TK_HAS_SHARE] = "of which %.*s has a part",
	                                    [TK_HAS_SENDER] = "which %.*s could send",
	                                    [TK_HAS_RECEIVER] = "from which %.*s receives",
	                                    [TK_HAS_TASK] = "which is %.*s"};
	struct str name = holder->party == wait->waiter ? STR("it itself") : party_name(page, holder->party);
	const char *verb = verbs[holder->part];
	const char *at = strstr(verb, "%.*s");
	struct buf text = buf_on(page->arena);
	buf_put(&text, str_n(verb, (size_t)(at - verb)));
	buf_put(&text, name);
	buf_puts(&text, at + strlen("%.*s"));
	if (holder->how.len)
		buf_printf(&text, " %.*s", STRF(holder->how));
	return buf_str(&text);
}

static bool is_of_channel(const struct tk_wait *wait)
{
	return wait->what == TK_WAITS_FOR_ROOM || wait->what == TK_WAITS_FOR_MESSAGE;
}

static void put_wait(struct page *page, const struct tk_wait *wait)
{
	enum { MOST_HOLDERS = 4 };
	buf_printf(&page->buf, "%.*s%.*s\n  %.*s\n", STRF(party_name(page, wait->waiter)), STRF(place_text(page, wait->at)),
	           STRF(inked(page, "33", wait->waits)));
	for (size_t i = 0; i < wait->n_holders && i < MOST_HOLDERS; i++)
		if (wait->what != TK_WAITS_FOR_TASK) // the wait for a task names it
			buf_printf(&page->buf, "    %.*s\n", STRF(holder_text(page, wait, &wait->holders[i])));
	if (wait->n_holders > MOST_HOLDERS)
		buf_printf(&page->buf, "    and %zu others\n", wait->n_holders - MOST_HOLDERS);
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
	const struct tk_waits *waits = tk_waits_find(snapshot);
	size_t told = 0;
	for (size_t i = 0; i < waits->n; i++) {
		if (is_of_channel(&waits->items[i]) && !waits->items[i].n_holders)
			continue; // as most are that wait for work
		put_wait(&page, &waits->items[i]);
		told++;
	}
	if (!told)
		buf_puts(&page.buf, "no task waits for a lock, a permit, another task, or a channel whose other end is seen");
	return finish(&page);
}

// One that waits for itself is told in other words: there is nobody else to blame.
static struct str head_of(struct page *page, const struct tk_deadlock *deadlock)
{
	if (deadlock->n > 1)
		return str_printf(page->arena, "Deadlock of %zu:", deadlock->n);
	if (deadlock->by[0] && deadlock->by[0]->kept)
		return STR("Futurelock: a task waits for what is given to a future of its own that it does not poll meanwhile:");
	return STR("A task waits for itself:");
}

static void put_deadlock(struct page *page, const struct tk_deadlock *deadlock)
{
	buf_printf(&page->buf, "%.*s\n", STRF(inked(page, "1;31", head_of(page, deadlock))));
	for (size_t i = 0; i < deadlock->n; i++) {
		const struct tk_wait *wait = deadlock->waits[i];
		const struct tk_holder *by = deadlock->by[i];
		buf_printf(&page->buf, "  %.*s%.*s\n    %.*s", STRF(party_name(page, wait->waiter)), STRF(place_text(page, wait->at)),
		           STRF(inked(page, "33", wait->waits)));
		if (!by)
			buf_printf(&page->buf, ",\n    behind %.*s", STRF(party_name(page, wait->ahead->waiter)));
		else if (wait->what != TK_WAITS_FOR_TASK)
			buf_printf(&page->buf, ",\n    %.*s", STRF(holder_text(page, wait, by)));
		buf_puts(&page->buf, i + 1 < deadlock->n ? ";\n" : ".\n");
	}
}

struct str tk_text_deadlocks(struct tk_snapshot *snapshot, struct arena *arena, struct tk_text style, size_t *found)
{
	struct page page = {.buf = buf_on(arena), .snapshot = snapshot, .arena = arena, .ansi = style.ansi};
	const struct tk_waits *waits = tk_waits_find(snapshot);
	struct tk_deadlock *deadlocks;
	*found = tk_deadlocks_find(waits, arena, &deadlocks);
	for (size_t i = 0; i < *found; i++)
		put_deadlock(&page, &deadlocks[i]);
	size_t unknown = 0;
	for (size_t i = 0; i < waits->n; i++)
		unknown += !waits->items[i].n_holders && !is_of_channel(&waits->items[i]);
	if (!*found)
		buf_puts(&page.buf, "no deadlock is seen\n");
	if (unknown)
		buf_printf(&page.buf, "(of %zu wait%s it is not known who holds what is waited for: `async waits`)\n", unknown,
		           unknown == 1 ? "" : "s");
	return finish(&page);
}
