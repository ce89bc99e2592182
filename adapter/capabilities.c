// What a session can't do that `initialize` promised: the client then hides it, or does it in a way of its own (VS Code restarts
// an attach by another one, and a program that it built by another launch, for which it builds again).
#include "adapter/capabilities.h"

enum { CORE = 1, ATTACHED = 2, BUILT = 4 };
static const struct {
	const char *name;
	unsigned of;
} LACKING[] = {
    {"supportsRestartRequest", CORE | ATTACHED | BUILT},
    {"supportsTerminateRequest", CORE},
    {"supportsTerminateThreadsRequest", CORE},
    {"supportsSetVariable", CORE},
    {"supportsSetExpression", CORE},
    {"supportsWriteMemoryRequest", CORE},
    {"supportsDataBreakpoints", CORE},
    {"supportsDataBreakpointBytes", CORE},
    {"supportsStepInTargetsRequest", CORE},
    {"supportsSteppingGranularity", CORE},
    {"supportsGotoTargetsRequest", CORE},
    {"supportsSingleThreadExecutionRequests", CORE},
};

void dap_capabilities_tell(struct dap_session *session)
{
	const struct dap_config *config = &session->config;
	unsigned is = (config->core.len ? CORE : 0) | (config->attach ? ATTACHED : 0) | (config->built ? BUILT : 0);
	if (!is)
		return;
	struct cJSON *body = json_new_object(), *capabilities = json_set_object(body, "capabilities");
	for (size_t i = 0; i < ARRAY_LEN(LACKING); i++)
		if (LACKING[i].of & is)
			json_set_flag(capabilities, LACKING[i].name, false);
	dap_session_event(session, "capabilities", body);
}
