// Choosing tasks by a regular expression over the name of their root future.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "tokio/select.h"

enum { MATCH_LIMIT = 200000 };

struct selector {
	struct str regex;
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *context;
};

static err_t compile(struct str regex, pcre2_code **out)
{
	int number;
	PCRE2_SIZE offset;
	*out = pcre2_compile((PCRE2_SPTR)regex.ptr, regex.len, PCRE2_UTF | PCRE2_UCP, &number, &offset, NULL);
	if (*out)
		return NULL;
	PCRE2_UCHAR message[256];
	pcre2_get_error_message(number, message, sizeof(message));
	return err_new(ERR_SYNTAX, "regex `%.*s`: %s at column %zu", STRF(regex), (const char *)message, (size_t)offset + 1);
}

err_t selector_new(struct arena *arena, struct str regex, struct selector **out)
{
	struct selector *selector = *out = NEW(arena, struct selector);
	selector->regex = regex;
	TRY(compile(regex, &selector->code));
	selector->data = pcre2_match_data_create_from_pattern(selector->code, NULL);
	selector->context = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(selector->context, MATCH_LIMIT);
	return NULL;
}

void selector_free(struct selector *selector)
{
	if (!selector)
		return;
	pcre2_match_context_free(selector->context);
	pcre2_match_data_free(selector->data);
	pcre2_code_free(selector->code);
}

err_t selector_matches(const struct selector *selector, struct str text, bool *out)
{
	int result = pcre2_match(selector->code, (PCRE2_SPTR)text.ptr, text.len, 0, 0, selector->data, selector->context);
	*out = result >= 0;
	if (result >= PCRE2_ERROR_NOMATCH)
		return NULL;
	PCRE2_UCHAR message[256];
	pcre2_get_error_message(result, message, sizeof(message));
	return err_new(ERR_SYNTAX, "regex `%.*s` on `%.*s`: %s", STRF(selector->regex), STRF(text), (const char *)message);
}

err_t select_matches(struct str text, struct str regex, bool *out)
{
	struct arena scratch = {0};
	struct selector *selector;
	err_t error = selector_new(&scratch, regex, &selector);
	if (!error)
		error = selector_matches(selector, text, out);
	selector_free(selector);
	arena_deinit(&scratch);
	return error;
}

err_t select_tasks(const struct tk_snapshot *snapshot, struct arena *arena, struct str regex, bool **out)
{
	struct selector *selector;
	err_t error = selector_new(arena, regex, &selector);
	*out = NEW_N(arena, bool, snapshot->n_tasks + 1);
	for (size_t i = 0; i < snapshot->n_tasks && !error; i++)
		error = selector_matches(selector, snapshot->tasks[i].name, &(*out)[i]);
	selector_free(selector);
	return error;
}
