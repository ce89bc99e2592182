// initialize: who the client is, and what we can do. The flags come from the table of requests.
#include "adapter/dispatch.h"

static const struct {
	const char *mode, *label, *description;
} breakpoint_modes[] = {
    {"any", "Any task", "Stops whichever task or thread comes there"},
    {"task", "Only this task", "Stops for the task that is stopped when the breakpoint is set"},
    {"named", "Tasks named like the condition",
     "The condition is a regular expression for the task's root future, as behind `async task`"},
};

static void put_condition(struct cJSON *filter)
{
	json_set_flag(filter, "supportsCondition", true);
	json_set_text(filter, "conditionDescription", STR("$message ~ \"divide by zero\" && $task.name ~ \"handler\""));
}

static void put_capabilities(struct cJSON *body)
{
	for (size_t i = 0; i < dap_n_requests; i++) {
		struct str flags = str_of(dap_requests[i].capabilities);
		while (flags.len) {
			ptrdiff_t space = str_find(flags, STR(" "));
			struct str flag = str_slice(flags, 0, space < 0 ? flags.len : (size_t)space);
			flags = str_from(flags, flag.len + 1);
			struct arena scratch = {0};
			json_set_flag(body, str_cstr(&scratch, flag), true);
			arena_deinit(&scratch);
		}
	}
	struct cJSON *triggers = json_set_array(body, "completionTriggerCharacters");
	json_add_text(triggers, STR("."));
	json_add_text(triggers, STR(" "));
	struct cJSON *filters = json_set_array(body, "exceptionBreakpointFilters"), *filter = json_add_object(filters);
	json_set_text(filter, "filter", STR("rust_panic"));
	json_set_text(filter, "label", STR("Rust panics"));
	json_set_text(filter, "description",
	              STR("Stops where a panic begins, also if it is caught later (tokio catches those of tasks)"));
	json_set_flag(filter, "default", true);
	put_condition(filter);
	filter = json_add_object(filters);
	json_set_text(filter, "filter", STR("rust_panic_uncaught"));
	json_set_text(filter, "label", STR("Rust panics that end a task or thread"));
	json_set_text(filter, "description",
	              STR("Only those that no catch_unwind of the program's catches before tokio or std does"));
	put_condition(filter);
	struct cJSON *modes = json_set_array(body, "breakpointModes");
	for (size_t i = 0; i < ARRAY_LEN(breakpoint_modes); i++) {
		struct cJSON *mode = json_add_object(modes);
		json_set_text(mode, "mode", str_of(breakpoint_modes[i].mode));
		json_set_text(mode, "label", str_of(breakpoint_modes[i].label));
		json_set_text(mode, "description", str_of(breakpoint_modes[i].description));
		json_add_text(json_set_array(mode, "appliesTo"), STR("source"));
	}
}

err_t req_initialize(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	TRY(dap_client_read(&session->client, &session->forever, args));
	session->phase = DAP_READY;
	session->tasks.max = session->client.max_tasks;
	put_capabilities(body);
	return NULL;
}
