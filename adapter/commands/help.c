// help: made of the table of commands.
#include "adapter/console.h"

static struct str first_words(const struct dap_command *command)
{
	struct str words = str_of(command->words);
	ptrdiff_t bar = str_find(words, STR("|"));
	return str_slice(words, 0, bar < 0 ? words.len : (size_t)bar);
}

static void put_line(const struct dap_command *command, struct buf *out)
{
	enum { NAMES = 24 };
	size_t start = out->len;
	buf_printf(out, "%.*s%s%s", STRF(first_words(command)), *command->args ? " " : "", command->args);
	buf_pad(out, ' ', size_max(2, NAMES - size_min(NAMES, out->len - start)));
	buf_printf(out, "%s\n", command->help);
}

// "async": all that begin with it.
static bool help_group(struct str word, struct buf *out)
{
	bool any = false;
	for (size_t i = 0; i < dap_n_commands; i++) {
		struct str words = first_words(&dap_commands[i]);
		if (words.len <= word.len || !str_starts(words, word) || words.ptr[word.len] != ' ')
			continue;
		put_line(&dap_commands[i], out);
		any = true;
	}
	return any;
}

static err_t help_one(struct str line, struct buf *out)
{
	struct str rest;
	const struct dap_command *command = dap_console_find(line, &rest);
	if (!command && help_group(line, out))
		return NULL;
	if (!command)
		return err_new(ERR_NOT_FOUND, "there is no command `%.*s`; `help` lists them", STRF(line));
	struct str words = str_of(command->words), first = first_words(command);
	buf_printf(out, "%.*s%s%s\n  %s\n", STRF(first), *command->args ? " " : "", command->args, command->help);
	if (first.len < words.len)
		buf_printf(out, "  or: %.*s\n", STRF(str_from(words, first.len + 1)));
	if (command->stopped)
		buf_puts(out, "  While the program runs, it is stopped for the moment of the answer.\n");
	return NULL;
}

err_t cmd_help(struct dap_session *session, struct str rest, struct buf *out)
{
	(void)session;
	if (rest.len)
		return help_one(rest, out);
	for (size_t i = 0; i < dap_n_commands; i++)
		put_line(&dap_commands[i], out);
	buf_puts(out, "Anything else is an expression of Rust: `buf.len()`, `*x + 1`, `items[3].name`, `n as u8`.\n");
	return NULL;
}
