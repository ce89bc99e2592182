// The user's forms for values: which files they are read from, and when anew.
#pragma once

struct dap_session;

// Reads them if they have not been read, or were changed since; says what is wrong with them.
void dap_forms_refresh(struct dap_session *session);
// The program has gone, or the session ends.
void dap_forms_forget(struct dap_session *session);
