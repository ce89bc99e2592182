// Ends a task as its JoinHandle's abort() does: by a bit in its state. Nothing is called in the program, and nothing else
// of it written.
//
// Whoever polls the task looks at the bit before (tokio 1.54 runtime/task/state.rs: transition_to_running) and after
// (transition_to_idle), and drops the future in the way of any other end. All threads are stopped, and a thread that is in
// the middle of a compare-and-swap of the word sees that it changed. What abort() does besides, to queue a task that is
// idle, would have to be done by the runtime: so such a task ends when it is woken.
#include "tokio/private.h"

bool tk_task_is_aborted(const struct tk_task *task)
{
	return task->word & TASK_CANCELLED;
}

err_t tk_task_abort(struct tk_snapshot *snapshot, size_t task, const char **when)
{
	struct tk_reader *reader = snapshot->reader;
	struct tk_task *of = &snapshot->tasks[task];
	u64 addr = of->header + reader->layout.header_state, word;
	TRY(dbg_mem_read_uint(reader->space->mem, addr, 8, &word));
	enum tk_state state = task_state(word);
	if (of->blocking)
		return err_new(ERR_UNSUPPORTED, "task %llu is a closure of spawn_blocking, which can't be ended",
		               (unsigned long long)of->id);
	if (state == TK_COMPLETE || word & TASK_CANCELLED)
		return err_new(ERR_ARGUMENT, "task %llu is %s", (unsigned long long)of->id,
		               tk_state_name(state == TK_COMPLETE ? state : TK_CANCELLED));
	TRY(err_wrap(dbg_mem_write(reader->space->mem, addr, &(u64){word | TASK_CANCELLED}, 8), "task %llu",
	             (unsigned long long)of->id));
	*when = state == TK_RUNNING ? "when its poll ends" : state == TK_QUEUED ? "when it is polled next" : "when it is woken";
	of->word = word | TASK_CANCELLED;
	of->state = task_state(of->word);
	return NULL;
}
