// The program's stdout and stderr, as `output` events.
#pragma once
#include "adapter/session.h"

void dap_output_open(struct dap_session *session);
// Takes what is there now: before a stop or the end is told.
void dap_output_drain(struct dap_session *session);
void dap_output_close(struct dap_session *session);
// Goes on with pipes that wait, when the client has read enough.
void dap_output_resume(struct dap_session *session);
