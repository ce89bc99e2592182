// Finds and runs the console's commands.
#include "adapter/console.h"

#include "adapter/dispatch.h"

#define COMMAND(words, name, stopped, args, help) {words, cmd_##name, stopped, args, help},
const struct dap_command dap_commands[] = {
#include "adapter/console.def"
};
#undef COMMAND
const size_t dap_n_commands = ARRAY_LEN(dap_commands);

// Whether `line` begins with these words, however many blanks are between them.
static bool begins_with(struct str line, struct str words, struct str *rest)
{
	line = str_trim(line);
	while (words.len) {
		ptrdiff_t space = str_find(words, STR(" "));
		struct str word = str_slice(words, 0, space < 0 ? words.len : (size_t)space);
		if (!str_starts(line, word))
			return false;
		line = str_from(line, word.len);
		if (line.len && line.ptr[0] != ' ' && line.ptr[0] != '\t')
			return false;
		line = str_trim(line);
		words = str_from(words, space < 0 ? words.len : (size_t)space + 1);
	}
	*rest = line;
	return true;
}

const struct dap_command *dap_console_find(struct str line, struct str *rest)
{
	const struct dap_command *best = NULL;
	size_t best_len = 0;
	for (size_t i = 0; i < ARRAY_LEN(dap_commands); i++) {
		for (struct str words = str_of(dap_commands[i].words), behind; words.len;) {
			ptrdiff_t bar = str_find(words, STR("|"));
			struct str one = str_slice(words, 0, bar < 0 ? words.len : (size_t)bar);
			words = str_from(words, bar < 0 ? words.len : (size_t)bar + 1);
			if (one.len <= best_len || !begins_with(line, one, &behind))
				continue;
			best = &dap_commands[i];
			best_len = one.len;
			*rest = behind;
		}
	}
	return best;
}

static struct str first_word(struct str text)
{
	ptrdiff_t space = str_find(text, STR(" "));
	return space < 0 ? text : str_slice(text, 0, (size_t)space);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

err_t dap_console_missed(struct dap_session *session, struct str line)
{
	struct str group = first_word(str_trim(line)), rest = str_trim(str_from(str_trim(line), group.len));
	bool is_word = !rest.len ? str_eqc(group, "async") : is_letter(rest.ptr[0]) && !str_eqc(first_word(rest), "as");
	struct buf those = buf_on(&session->turn);
	for (size_t i = 0; i < ARRAY_LEN(dap_commands) && is_word; i++) {
		struct str words = str_of(dap_commands[i].words);
		ptrdiff_t bar = str_find(words, STR("|"));
		words = str_slice(words, 0, bar < 0 ? words.len : (size_t)bar);
		if (words.len > group.len && str_eq(first_word(words), group))
			buf_printf(&those, "%s`%.*s`", those.len ? ", " : "", STRF(words));
	}
	if (!those.len)
		return NULL;
	return err_new(ERR_NOT_FOUND, "there is no command `%.*s`; there are %.*s (`help` tells what they do)",
	               STRF(str_columns_prefix(str_trim(line), 40)), STRF(buf_str(&those)));
}

static void put_result(struct cJSON *body, struct str text)
{
	while (text.len && text.ptr[text.len - 1] == '\n')
		text.len--;
	json_set_text(body, "result", text);
	json_set_number(body, "variablesReference", 0);
}

err_t dap_console_run(struct dap_session *session, const struct dap_command *command, struct str rest, struct cJSON *body)
{
	struct buf out = buf_on(&session->turn);
	TRY(command->run(session, rest, &out));
	put_result(body, buf_str(&out));
	return NULL;
}

void dap_console_run_list(struct dap_session *session, enum dap_commands_when when)
{
	for (size_t i = 0; i < session->config.commands[when].len; i++) {
		struct str line = session->config.commands[when].items[i], rest;
		const struct dap_command *command = dap_console_find(line, &rest);
		struct buf out = buf_on(&session->turn);
		bool stopped = session->target && dbg_target_state(session->target) == DBG_STOPPED;
		err_t error = !command                       ? err_new(ERR_NOT_FOUND, "no such command")
		              : command->stopped && !stopped ? err_new(ERR_STATE, "the program is not stopped")
		                                             : command->run(session, rest, &out);
		dap_session_say(session, "> %.*s", STRF(line));
		struct str text = error ? error->what : str_trim(buf_str(&out));
		if (text.len)
			dap_session_say(session, "%.*s", STRF(text));
	}
}

err_t dap_console_run_quickly(struct dap_session *session, struct str line)
{
	if (session->quick.waits)
		return err_new(ERR_STATE, "another command waits for the program to stop; try again");
	if (session->phase != DAP_LIVE || !dap_session_is_live(session))
		return err_new(ERR_ARGUMENT, "there is no program yet");
	arena_clear(&session->quick_arena);
	session->quick_text = str_dup(&session->quick_arena, line);
	session->quick_since = loop_now_ms();
	TRY(dbg_target_interrupt(session->target));
	dap_dispatch_park(session, &session->quick);
	return NULL;
}

err_t dap_console_evaluate_quickly(struct dap_session *session, struct cJSON *body)
{
	struct str rest;
	struct buf out = buf_on(&session->turn);
	const struct dap_command *command = dap_console_find(session->quick_text, &rest);
	if (!command)
		return err_new(ERR_NOT_FOUND, "no such command");
	TRY(command->run(session, rest, &out));
	struct str text = str_trim(buf_str(&out));
	u64 stopped = loop_now_ms() - session->quick_since;
	put_result(body, str_printf(&session->turn, "%.*s\n\n(the program was stopped for %llu ms to tell this)", STRF(text),
	                            (unsigned long long)stopped));
	return NULL;
}

void dap_console_threads_changed(struct dap_session *session)
{
	session->threads = NULL;
	if (!session->client.invalidated || !dap_session_is_stopped(session))
		return;
	struct cJSON *body = json_new_object();
	json_add_text(json_set_array(body, "areas"), STR("threads"));
	dap_session_event(session, "invalidated", body);
}
