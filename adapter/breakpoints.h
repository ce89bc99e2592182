// Breakpoints as the client wished for them. The engine's are made of them, and made again at a restart; the
// numbers that the client knows and the counts of hits stay as long as the wish does.
#pragma once
#include "adapter/json.h"
#include "adapter/session.h"

// Those from DAP_BREAK_PANIC on are not the client's own.
enum dap_breakpoint_kind {
	DAP_BREAK_LINE,
	DAP_BREAK_FUNCTION,
	DAP_BREAK_INSTRUCTION,
	DAP_BREAK_DATA,
	DAP_BREAK_PANIC,
	DAP_BREAK_MAIN
};

struct dap_hit_condition {
	enum { HIT_ALWAYS, HIT_EQUAL, HIT_AT_LEAST, HIT_MORE, HIT_LESS, HIT_AT_MOST, HIT_EVERY } when;
	u64 count;
};

struct dap_breakpoint {
	struct dap_breakpoint *next;
	i32 id; // the client's number
	enum dap_breakpoint_kind kind;
	struct str file;     // the client's path
	u32 line, column;    // 1-based, as asked for; column 0: the line
	struct str function; // DATA: the data's id
	u64 addr;            // INSTRUCTION, DATA
	u64 size;            // DATA
	enum dbg_watch_on on;
	struct str condition, hit_condition, log; // "" if there is none
	struct dap_hit_condition hit;
	const struct dbg_expression *test; // the condition, read; NULL if it is none
	struct str wrong;                  // why it can't be set at all, "" if it can
	struct str problem;                // why it is not set now
	u32 engine;                        // 0: not set; DATA: the number of a watch
	u64 hits;
	bool named_task;      // mode "named": the condition was a regular expression for the root future
	bool this_task;       // mode "task": only hits of `task` count
	u64 task;             // the one that was stopped when it was set
	struct str complaint; // what is wrong with its condition, "" if nothing is known to be
	bool complained;      // it has stopped for that once
	bool uncaught_only;   // PANIC: not those that the program catches itself
	bool listed;          // in the client's newest list
	bool verified;        // what was told last
	u32 told_line;
};

// "5", "== 5", ">= 5", "> 5", "< 5", "<= 5", "% 3"
err_t dap_breakpoints_read_hit_condition(struct str text, struct dap_hit_condition *out) MUST_USE;
bool dap_breakpoints_hit_holds(struct dap_hit_condition condition, u64 hits);

// Replaces all breakpoints of a kind (and, for lines, of a file): begin, then `want` each, then end.
void dap_breakpoints_begin(struct dap_session *session, enum dap_breakpoint_kind kind, struct str file);
struct dap_breakpoint *dap_breakpoints_want(struct dap_session *session, const struct dap_breakpoint *wish);
void dap_breakpoints_end(struct dap_session *session, enum dap_breakpoint_kind kind, struct str file);

// What all kinds have in a request: condition, hitCondition, logMessage.
err_t dap_breakpoints_read_wish(struct json_in in, struct dap_breakpoint *wish) MUST_USE;
// All of the above for a request's list, and the answer's `breakpoints`.
void dap_breakpoints_replace(struct dap_session *session, struct cJSON *body, enum dap_breakpoint_kind kind, struct str file,
                             const struct dap_breakpoint *wishes, size_t n);

struct dap_breakpoint *dap_breakpoints_by_engine(struct dap_session *session, u32 engine); // or NULL
struct dap_breakpoint *dap_breakpoints_by_watch(struct dap_session *session, u32 watch);   // or NULL
// The target is new: sets them all in it.
void dap_breakpoints_set_all(struct dap_session *session);
// The target is gone.
void dap_breakpoints_lost(struct dap_session *session);

// Fills a Breakpoint object, and remembers what was told.
void dap_breakpoints_put(struct dap_session *session, struct cJSON *object, struct dap_breakpoint *breakpoint);
// Its condition can't be evaluated: the client is told at the breakpoint.
void dap_breakpoints_complain(struct dap_session *session, struct dap_breakpoint *breakpoint, struct str why);
// Tells the client, if there is something new (`breakpoint` event).
void dap_breakpoints_tell_changed(struct dap_session *session, u32 engine);
