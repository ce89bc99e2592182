// Source paths: as the debug info says, and as the client has them.
#pragma once
#include "adapter/config.h"
#include "engine/symbols.h"

struct cJSON;
struct dap_session;

// The client's path for one of the debug info, by the longest rule that fits; the toolchain's sources where
// they are installed; a file that is where a breakpoint has shown its like to be. Lives for the turn.
struct str dap_sourcemap_to_client(struct dap_session *session, struct str path);
// A breakpoint in the client's file was bound in a file of the debug info, which begins otherwise (a build elsewhere,
// rustc's --remap-path-prefix): so do its neighbours.
void dap_sourcemap_learn(struct dap_session *session, struct str debug, struct str client);
// And back, for breakpoints.
struct str dap_sourcemap_from_client(const struct dap_config *config, struct arena *arena, struct str path);

// Adds `source`, `line` and `column` of a place to a frame, breakpoint or output event; line 0 if there is none.
// A file that is not on this machine becomes a reference, whose text says how to get it.
void dap_sourcemap_put_place(struct dap_session *session, struct cJSON *object, struct dbg_place place);
// The debug info's name of the file that a client's Source means.
err_t dap_sourcemap_read_source(struct dap_session *session, struct json_in source, struct str *file) MUST_USE;
// A Source object.
struct cJSON *dap_sourcemap_source(struct dap_session *session, struct str file, bool library, struct str origin);
