// What the program consists of, as the client was told: modules, and source files once it has asked for them.
#pragma once
#include "adapter/session.h"

// Tells the modules and, if the client has asked for the list of them, the source files that came and went.
void dap_loaded_tell(struct dap_session *session);
// A Module object.
void dap_loaded_put_module(struct dap_session *session, struct cJSON *object, const struct dbg_module *module);
// The source files, sorted by path; from now on changes are told. Valid until the next call, or dap_loaded_tell.
const struct dap_sources *dap_loaded_sources(struct dap_session *session);
// A Source object.
struct cJSON *dap_loaded_source(struct dap_session *session, struct str path);
