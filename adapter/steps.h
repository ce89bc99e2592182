// Steps of tasks: begun, gone on with behind the client's back, and told when they end.
#pragma once
#include "adapter/session.h"

// A step of what the id means: a task or the root of block_on is followed wherever it is polled, an OS thread is
// stepped as the machine has it. Resumes the program.
err_t dap_steps_begin(struct dap_session *session, i32 id, enum dbg_step kind, enum dbg_granularity granularity) MUST_USE;

// What the line may be entered at by a step of this id: nothing for a task that no thread polls. In the stop's arena.
size_t dap_steps_targets(struct dap_session *session, i32 id, struct dbg_step_target **out);
// A step into this one.
err_t dap_steps_begin_into(struct dap_session *session, i32 id, const struct dbg_step_target *into) MUST_USE;

// A step's task has come to its end and another awaits that: goes on there. True if so; the stop is not to be told.
bool dap_steps_go_on(struct dap_session *session, const struct dbg_event *event);
// The id to tell for a step whose future is gone, 0 if that is not known better than for any stop.
i32 dap_steps_thread(struct dap_session *session, const struct dbg_event *event);
// The stop is told: says what became of a step. The description of the stop, "" if it is a stop like others.
struct str dap_steps_stopped(struct dap_session *session, const struct dbg_event *event);
