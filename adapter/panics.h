// A panic that has begun: is it caught before it ends its task or thread?
#pragma once
#include "adapter/session.h"

bool dap_panic_is_caught(struct dap_session *session, pid_t tid);
