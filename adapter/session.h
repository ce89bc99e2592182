// One client and what it was told: the state that the requests share.
//
// Four lifetimes, four arenas: `forever` (the session), the modules' own, `stop` (cleared at every resume; all
// references die with it) and `turn` (cleared when the loop goes round).
#pragma once
#include "adapter/client.h"
#include "adapter/config.h"
#include "adapter/ids.h"
#include "adapter/loop.h"
#include "adapter/missing_sources.h"
#include "adapter/wire.h"
#include "engine/target.h"
#include "tokio/snapshot.h"

struct cJSON;
struct dap_answers;
struct dap_breakpoint;
struct dap_session;
struct dap_stack;
struct dap_waiting;
struct dbg_form_set;
struct dap_thread_row;

enum dap_phase {
	DAP_NEW,         // before initialize
	DAP_READY,       // initialized, no program yet
	DAP_STARTING,    // attaching, until all threads have stopped
	DAP_CONFIGURING, // the program waits for configurationDone
	DAP_LIVE,
	DAP_OVER, // terminated was told
};

// A request of ours to the client, until it is answered: `answered` gets the error it answers with, or NULL.
struct dap_asked {
	i64 seq; // 0: free
	void (*answered)(struct dap_session *session, i64 value, err_t error);
	i64 value;
};

// A request that is answered later.
struct dap_parked {
	bool waits;
	i64 seq;
	struct str command; // points into the table of requests
	bool loud;
};

// What was told of the last stop.
struct dap_stop_info {
	bool told; // the client knows that the program has stopped
	enum dbg_stop why;
	i32 thread;                    // the id that the client was told
	pid_t tid;                     // the OS thread behind it
	bool exception, caught;        // caught: a panic that the program goes on behind                // a panic or a signal
	struct str exception_id, text; // in the stop's arena
};

// A step that stays with a task, until its stop is told.
struct dap_step {
	bool active;
	bool cut_short; // another task hit a breakpoint: `continue` goes on with it
	i32 thread;     // the id that is stepped
	enum dbg_step kind;
};

// Which tasks are listed as threads.
struct dap_task_view {
	enum dap_show { SHOW_SMART, SHOW_ALL, SHOW_RUNNING, SHOW_USER, SHOW_NONE } show;
	size_t max;
	struct str filter; // a regular expression, "" for all; in the session's arena
	VEC(u64) pinned;   // tasks that are listed first whatever the rest says, by their ids; in the session's arena
};

// The request that is worked on (work.c).
struct dap_work {
	i64 seq;                 // 0: none
	u64 start, listen, tell; // ms: when it began, when to look at the wire, when to tell how it goes
	size_t heard;            // requests of the inbox that were looked at
	bool told, cancelled;
};

// A call of a function of the program (calls.c).
enum dap_call_kind { DAP_CALL_FUNCTION, DAP_CALL_FORCED, DAP_CALL_DEBUG, DAP_CALL_PRETTY };
struct dap_call {
	struct dap_parked request;
	enum dap_call_kind kind;
	struct dbg_call_plan plan;
	u32 timer;
	bool cancelled;
};

struct dap_output {  // one of the program's pipes
	int fd;          // -1: closed
	bool paused;     // the client reads too slowly
	char partial[4]; // the beginning of a UTF-8 sequence
	size_t n_partial;
	struct dap_session *session;
};

struct dap_session {
	struct loop *loop;
	struct wire wire;
	struct arena forever, stop, turn;
	enum dap_phase phase;
	struct dap_client client;
	struct dap_config config;
	struct dap_ids ids;
	struct missing_sources missing;

	// talking
	i64 seq;                       // of the last message sent
	bool in_request;               // events wait until it is answered
	struct dap_parked *parked_now; // set by the handler that parks
	struct dap_work work;
	struct dap_asked asked[16]; // that we sent
	struct dap_parked current;  // the request that is being handled
	bool alone;                 // the thread that is resumed goes on alone (singleThread)
	enum dbg_radix radix;       // it wants numbers in this one (format.hex, `expression,x`)
	bool radix_told;            // by an expression
	VEC(struct cJSON *) events; // waiting, in `turn`
	VEC(struct cJSON *) inbox;  // parsed requests that wait for their turn; in an arena of their own
	struct arena inbox_arena;
	size_t inbox_next;

	// the program
	struct dbg_modules *modules;
	struct dbg_target *target;
	struct dbg_form_set *forms; // the user's, for values
	u64 forms_stamp;            // of the files they were read from
	struct tk_reader *reader;
	int signal_fd;
	struct dap_output outputs[2]; // stdout, stderr
	struct buf panic_text;        // the end of stderr, where a panic's message is found; in `forever`
	struct arena panic_arena;
	bool configured;                              // configurationDone came
	bool finish_start;                            // configured: the program is to run when this request is answered
	bool prepared;                                // nothing is left to index in idle time
	struct dap_parked start, restart, end, quick; // launch or attach; restart; disconnect; evaluate while running
	struct str quick_text;                        // the command to be answered at the quick stop
	u64 quick_since;                              // when the program was asked to stop for it, ms
	struct arena quick_arena;
	struct dap_call call;
	struct dap_answers *answers; // of the console
	struct dap_waiting *waiting; // for a process to attach to, or a terminal; NULL: not
	struct dap_step step;
	bool pause_asked;
	i32 pause_thread;
	bool terminate_asked;
	struct dap_end {
		bool asked, now, kill, leave_stopped;
	} ending; // disconnect
	u32 end_timer;

	// The signal that an attached process was about to get, or that a core file was dumped for; 0: none.
	int attach_signal;
	struct str attach_text;
	struct dap_breakpoint *breakpoints;
	// Hits that were judged to be shown while the other threads ran: told when all have stopped.
	VEC(struct dap_counted {
		pid_t tid;
		i32 breakpoint;
	})
	counted;
	i32 last_breakpoint;
	VEC(struct dap_mapping) learned; // of source paths, by breakpoints
	VEC(struct dap_told_module {     // paths in `forever`
		struct str path;
		u64 number; // dbg_module_number; 0: it is gone
	})
	told_modules;
	struct dap_sources { // the client's list of source files, sorted
		struct arena arena;
		struct str *paths;
		size_t n;
		bool asked;
	} sources;
	struct map told_threads; // ids of the last `threads` answer and of events; in its own arena
	struct arena told_arena;
	u64 told_ids; // of tasks: how many there were when the client was told of new threads
	size_t told_os_threads;

	// this stop
	struct dap_stop_info stopped;
	struct tk_snapshot *snapshot; // taken when first asked for
	struct str no_snapshot;       // why there is none; in `stop`
	struct dap_stack *stacks;
	struct dap_thread_row *threads; // as listed at this stop, NULL until first asked for
	size_t n_threads;
	struct str *places; // where the first of tasks that are alike is suspended, "file:line", likewise
	struct str *briefs; // what each task waits for, as it is asked for; NULL until then
	struct dap_task_view tasks;
};

void dap_session_init(struct dap_session *session, struct loop *loop, int in, int out);
// Ends the program as the way it was started asks for, and frees everything.
void dap_session_deinit(struct dap_session *session);

// ---- the state of the program

bool dap_session_is_stopped(const struct dap_session *session);
bool dap_session_is_live(const struct dap_session *session); // there is a program, and it has not ended
// The tokio snapshot of this stop, taken once; fails "no tokio in this program".
err_t dap_session_snapshot(struct dap_session *session, struct tk_snapshot **out) MUST_USE;
// Everything of this stop is over: references die.
void dap_session_forget_stop(struct dap_session *session);
// The target was resumed: forgets the stop, and tells the client (`continued`) if it was told of it.
void dap_session_resumed(struct dap_session *session);
// Resumes all threads.
err_t dap_session_continue(struct dap_session *session) MUST_USE;

// ---- telling the client

// Sends an event; during a request, after its response. Takes `body` (NULL: none).
void dap_session_event(struct dap_session *session, const char *event, struct cJSON *body);
// An output event of category "console" with a line of our own.
void dap_session_say(struct dap_session *session, const char *fmt, ...) PRINTF_LIKE(2, 3);
void dap_session_output(struct dap_session *session, const char *category, struct str text);
void dap_session_send_waiting_events(struct dap_session *session);
// Numbers a message and sends it. Takes it.
void dap_session_send(struct dap_session *session, struct cJSON *message);
