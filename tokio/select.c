// Choosing tasks by a regular expression over the name of their root future.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "tokio/select.h"

enum { MATCH_LIMIT = 200000 };

static void free_code(pcre2_code **code)
{
	pcre2_code_free(*code);
}
static void free_data(pcre2_match_data **data)
{
	pcre2_match_data_free(*data);
}
static void free_context(pcre2_match_context **context)
{
	pcre2_match_context_free(*context);
}

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

static err_t match(const pcre2_code *code, pcre2_match_data *data, pcre2_match_context *context, struct str regex,
                   struct str text, bool *out)
{
	int result = pcre2_match(code, (PCRE2_SPTR)text.ptr, text.len, 0, 0, data, context);
	*out = result >= 0;
	if (result >= PCRE2_ERROR_NOMATCH)
		return NULL;
	PCRE2_UCHAR message[256];
	pcre2_get_error_message(result, message, sizeof(message));
	return err_new(ERR_SYNTAX, "regex `%.*s` on `%.*s`: %s", STRF(regex), STRF(text), (const char *)message);
}

err_t select_matches(struct str text, struct str regex, bool *out)
{
	__attribute__((cleanup(free_code))) pcre2_code *code = NULL;
	TRY(compile(regex, &code));
	__attribute__((cleanup(free_data))) pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
	__attribute__((cleanup(free_context))) pcre2_match_context *context = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(context, MATCH_LIMIT);
	return match(code, data, context, regex, text, out);
}

err_t select_tasks(const struct tk_snapshot *snapshot, struct arena *arena, struct str regex, bool **out)
{
	__attribute__((cleanup(free_code))) pcre2_code *code = NULL;
	TRY(compile(regex, &code));
	__attribute__((cleanup(free_data))) pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
	__attribute__((cleanup(free_context))) pcre2_match_context *context = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(context, MATCH_LIMIT);
	bool *chosen = NEW_N(arena, bool, snapshot->n_tasks + 1);
	for (size_t i = 0; i < snapshot->n_tasks; i++)
		TRY(match(code, data, context, regex, snapshot->tasks[i].name, &chosen[i]));
	*out = chosen;
	return NULL;
}
