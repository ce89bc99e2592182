// What a session can't do that `initialize` promised: the client then hides it, or does it in a way of its own (VS Code restarts
// an attach by another one).
#include "adapter/capabilities.h"

static const struct {
	const char *name;
	bool for_attached; // else for core files only
} LACKING[] = {
    {"supportsRestartRequest", true},           {"supportsTerminateRequest", false},
    {"supportsTerminateThreadsRequest", false}, {"supportsSetVariable", false},
    {"supportsSetExpression", false},           {"supportsWriteMemoryRequest", false},
    {"supportsDataBreakpoints", false},         {"supportsDataBreakpointBytes", false},
    {"supportsStepInTargetsRequest", false},    {"supportsSteppingGranularity", false},
    {"supportsGotoTargetsRequest", false},      {"supportsSingleThreadExecutionRequests", false},
};

void dap_capabilities_tell(struct dap_session *session)
{
	bool is_core = session->config.core.len > 0;
	if (!session->config.attach && !is_core)
		return;
	struct cJSON *body = json_new_object(), *capabilities = json_set_object(body, "capabilities");
	for (size_t i = 0; i < ARRAY_LEN(LACKING); i++)
		if (is_core || LACKING[i].for_attached)
			json_set_flag(capabilities, LACKING[i].name, false);
	dap_session_event(session, "capabilities", body);
}
