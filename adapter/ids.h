// The numbers that a client is given: for threads and tasks, for frames, and for variables.
//
// All are int32 (DAP 1.71) and come from counters, never from packing. A frame's or variable's number is used
// once in a session and dies with its stop; a task keeps its thread number as long as the session lasts.
#pragma once
#include <sys/types.h>

#include "base/map.h"
#include "base/vec.h"
#include "engine/target.h"
#include "engine/value.h"

// ---- threads ---------------------------------------------------------------------------------------

enum dap_thread_kind {
	DAP_THREAD_OS,   // id = tid
	DAP_THREAD_ROOT, // the future that a thread blocks on: 900,000,000 + tid
	DAP_THREAD_TASK, // 1,000,000,000 + the task's id, or counted down from the top when that is too large
	DAP_THREAD_MORE, // the last row of a list that was cut
};

enum {
	IDS_FIRST_ROOT = 900000000,
	IDS_FIRST_TASK = 1000000000,
	IDS_LAST_TASK = 2100000000,
	IDS_MORE = INT32_MAX,
};

struct dap_thread {
	enum dap_thread_kind kind;
	pid_t tid; // OS, ROOT
	u64 task;  // TASK
};

// ---- frames and variables --------------------------------------------------------------------------

struct dap_stack;

enum dap_ref_kind {
	DAP_REF_FRAME,  // a row of a stack
	DAP_REF_LOCALS, // scopes of a row
	DAP_REF_TASK,
	DAP_REF_AWAITING,
	DAP_REF_VALUE,  // the children of a value, those from `start` on
	DAP_REF_PLACE,  // of a declaration
	DAP_REF_CODE,   // of a type's or a pointer's code: found when asked for
	DAP_REF_TARGET, // an address to go to, in `start`
	DAP_REF_INTO,   // what a step may enter, in `into`
};

struct dap_ref {
	enum dap_ref_kind kind;
	struct dap_stack *stack;
	size_t row;
	struct dbg_value value;
	u64 start;
	bool formatted; // VALUE: its children have this radix, whatever the client's format says
	enum dbg_radix radix;
	const struct dbg_step_target *into;
	struct str path;        // VALUE: an expression that gives it, "" if there is none
	struct dbg_place place; // PLACE, TARGET
};

struct dap_ids {
	struct arena forever;    // of the tables for large task ids
	struct map large, by_id; // task id -> number, and back
	i32 next_large;
	i32 first, next;          // of this stop's references; numbers start at 1
	VEC(struct dap_ref) refs; // in the stop's arena
};

void dap_ids_init(struct dap_ids *ids);
void dap_ids_deinit(struct dap_ids *ids);
// The stop is over: all references are stale from now on.
void dap_ids_forget(struct dap_ids *ids);

i32 dap_ids_of_task(struct dap_ids *ids, u64 task);
i32 dap_ids_of_root(pid_t tid);
struct dap_thread dap_ids_thread(const struct dap_ids *ids, i32 id);

i32 dap_ids_add(struct dap_ids *ids, struct arena *stop, struct dap_ref ref);
// Fails when `id` belongs to an earlier stop, was never given, or is not of this kind (frame or not); the error
// begins with `argument`.
err_t dap_ids_frame(const struct dap_ids *ids, i64 id, const char *argument, struct dap_ref **out) MUST_USE;
err_t dap_ids_place(const struct dap_ids *ids, i64 id, const char *argument, struct dap_ref **out) MUST_USE; // PLACE, CODE
err_t dap_ids_target(const struct dap_ids *ids, i64 id, const char *argument, struct dap_ref **out) MUST_USE;
err_t dap_ids_into(const struct dap_ids *ids, i64 id, const char *argument, struct dap_ref **out) MUST_USE;
err_t dap_ids_variables(const struct dap_ids *ids, i64 id, const char *argument, struct dap_ref **out) MUST_USE;
