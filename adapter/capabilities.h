// See capabilities.c.
#pragma once
#include "adapter/session.h"

void dap_capabilities_tell(struct dap_session *session); // when the program is there: if it can't be treated as a launched one
