// Choosing tasks by what they are, do and wait for: `async task [--state S] [--waiting REGEX] [--limit N] [REGEX]`.
#include <string.h>

#include "tokio/private.h"
#include "tokio/select.h"

err_t tk_choice_set(struct tk_choice *choice, struct str option, struct str value)
{
	u64 limit;
	if (str_eqc(option, "--waiting")) {
		choice->waiting = value;
		return value.len ? NULL : err_new(ERR_SYNTAX, "--waiting: expected a regular expression for what a task waits for");
	}
	if (str_eqc(option, "--limit")) {
		if (!str_to_u64(value, &limit) || !limit)
			return err_new(ERR_SYNTAX, "--limit: expected a number of tasks, not `%.*s`", STRF(value));
		choice->limit = limit;
		return NULL;
	}
	if (!str_eqc(option, "--state"))
		return err_new(ERR_SYNTAX, "%.*s: expected --state, --waiting or --limit", STRF(option));
	for (int state = TK_RUNNING; state <= TK_CANCELLED; state++)
		if (str_eqc(value, tk_state_name((enum tk_state)state))) {
			choice->state = (enum tk_state)state;
			choice->by_state = true;
			return NULL;
		}
	return err_new(ERR_SYNTAX, "--state: expected running, queued, idle, complete or cancelled, not `%.*s`", STRF(value));
}

// The word at the front, or what stands between quotes there.
static struct str take_word(struct str *text)
{
	*text = str_trim(*text);
	char quote = text->len && (text->ptr[0] == '"' || text->ptr[0] == '\'') ? text->ptr[0] : 0;
	size_t start = quote != 0, end = start;
	while (end < text->len && (quote ? text->ptr[end] != quote : text->ptr[end] != ' ' && text->ptr[end] != '\t'))
		end++;
	struct str word = str_n(text->ptr + start, end - start);
	*text = str_trim(str_from(*text, end < text->len && quote ? end + 1 : end));
	return word;
}

err_t tk_choice_parse(struct str text, struct tk_choice *out)
{
	*out = (struct tk_choice){0};
	text = str_trim(text);
	while (str_starts(text, STR("--"))) { // no path begins so
		struct str option = take_word(&text);
		TRY(tk_choice_set(out, option, take_word(&text)));
	}
	out->regex = text;
	return NULL;
}

bool tk_choice_is_empty(const struct tk_choice *choice)
{
	return !choice->regex.len && !choice->waiting.len && !choice->by_state;
}

// Does a text match whatever digits are in it? Only if it is plain words, of which one must be there.
static bool is_blind_to_digits(struct str regex)
{
	for (size_t i = 0; i < regex.len; i++) {
		char c = regex.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter && !strchr(" _|:", c))
			return false;
	}
	return true;
}

// On a scratch arena: trees of many tasks, of which only the answer is wanted.
static err_t waits_for(struct tk_snapshot *snapshot, size_t task, const struct selector *selector, bool *out)
{
	struct arena scratch = {0};
	struct str *waits;
	size_t n = tk_task_waits(snapshot, task, &scratch, &waits);
	err_t error = NULL;
	*out = false;
	for (size_t i = 0; i < n && !*out && !error; i++)
		error = selector_matches(selector, waits[i], out);
	arena_deinit(&scratch);
	return error;
}

// `known`: NULL if digits count; else all tasks that are alike match, or none: of the first of them 1 + whether it does.
static err_t waits_for_one_like(struct tk_snapshot *snapshot, size_t task, const struct selector *selector, u8 *known, bool *out)
{
	size_t like = known ? tk_task_like(snapshot, task) : task;
	if (known && known[like]) {
		*out = known[like] - 1;
		return NULL;
	}
	TRY(waits_for(snapshot, like, selector, out));
	if (known)
		known[like] = 1 + *out;
	return NULL;
}

err_t tk_tasks_choose(struct tk_snapshot *snapshot, struct arena *arena, const struct tk_choice *choice, bool **out,
                      size_t *matched)
{
	bool *chosen = NEW_N(arena, bool, snapshot->n_tasks + 1);
	struct selector *waiting = NULL; // a wrong one is told even where no task is looked at
	err_t error = choice->waiting.len ? selector_new(arena, choice->waiting, &waiting) : NULL;
	if (!error && choice->regex.len)
		error = select_tasks(snapshot, arena, choice->regex, &chosen);
	*matched = 0;
	bool alike = waiting && is_blind_to_digits(choice->waiting);
	u8 *known = alike ? NEW_N(arena, u8, snapshot->n_tasks + 1) : NULL;
	for (size_t i = 0; i < snapshot->n_tasks && !error; i++) {
		bool fits = (!choice->regex.len || chosen[i]) && (!choice->by_state || snapshot->tasks[i].state == choice->state);
		if (fits && waiting && !dbg_is_cancelled(snapshot->reader->space))
			error = waits_for_one_like(snapshot, i, waiting, known, &fits);
		*matched += fits;
		chosen[i] = fits && (!choice->limit || *matched <= choice->limit);
	}
	selector_free(waiting);
	*out = chosen;
	return error;
}

struct str tk_choice_text(const struct tk_choice *choice, struct arena *arena)
{
	struct buf buf = buf_on(arena);
	if (choice->regex.len)
		buf_printf(&buf, " `%.*s`", STRF(choice->regex));
	if (choice->by_state)
		buf_printf(&buf, " --state %s", tk_state_name(choice->state));
	if (choice->waiting.len)
		buf_printf(&buf, " --waiting `%.*s`", STRF(choice->waiting));
	return buf_str(&buf);
}
