// Policy by client. A table: what is different about one client is a row.
#include "adapter/client.h"

static const struct policy {
	const char *id;
	size_t max_tasks;
	bool thread_events;
} policies[] = {
    {"vscode", 1000, true}, // reconciles its list of threads in quadratic time
    {"zed", 200, true},
    {"neovim", 128, true}, // nvim-dap-ui asks for the stack of every thread, one after the other
    {"dape", 128, true},   // asks for all stacks at once, and gives up after 2 s
    {"emacs", 128, true},
    {"hx", 0, false}, // awaits every thread's stack at each stop; a thread event moves its focus
    {"stackful-demo", 1000, true},
};
static const struct policy unknown = {"", 64, true};

err_t dap_client_read(struct dap_client *client, struct arena *arena, struct json_in args)
{
	TRY(json_object(args));
	struct str id, format;
	TRY(json_text_or(json_member(args, "clientID"), STR(""), &id));
	TRY(json_text_or(json_member(args, "pathFormat"), STR("path"), &format));
	if (!str_eqc(format, "path"))
		return err_new(ERR_ARGUMENT, "%.*s.pathFormat: only \"path\" is supported, not \"%.*s\"", STRF(args.path), STRF(format));
	client->id = str_dup(arena, id);
	TRY(json_flag_or(json_member(args, "linesStartAt1"), true, &client->lines_from_1));
	TRY(json_flag_or(json_member(args, "columnsStartAt1"), true, &client->columns_from_1));
	TRY(json_flag_or(json_member(args, "supportsVariablePaging"), false, &client->paging));
	TRY(json_flag_or(json_member(args, "supportsANSIStyling"), false, &client->ansi));
	TRY(json_flag_or(json_member(args, "supportsInvalidatedEvent"), false, &client->invalidated));
	TRY(json_flag_or(json_member(args, "supportsMemoryEvent"), false, &client->memory_events));
	TRY(json_flag_or(json_member(args, "supportsMemoryReferences"), false, &client->memory_references));
	TRY(json_flag_or(json_member(args, "supportsProgressReporting"), false, &client->progress));
	TRY(json_flag_or(json_member(args, "supportsRunInTerminalRequest"), false, &client->terminal));
	TRY(json_flag_or(json_member(args, "supportsStartDebuggingRequest"), false, &client->starts_debugging));
	const struct policy *policy = &unknown;
	for (size_t i = 0; i < ARRAY_LEN(policies); i++)
		if (str_eqc(id, policies[i].id))
			policy = &policies[i];
	client->max_tasks = policy->max_tasks;
	client->thread_events = policy->thread_events;
	return NULL;
}
