// Steps.
#include "target.h"

err_t step_begin(struct dbg_target *target, struct thread *thread, enum dbg_step kind, enum dbg_granularity granularity)
{
	(void)target, (void)thread, (void)kind, (void)granularity;
	return err_new(ERR_UNSUPPORTED, "steps are not written yet");
}
bool step_wants(const struct dbg_target *target, u64 addr) { return target->step && addr == 0; }
bool step_runs_by_instruction(const struct dbg_target *target, const struct thread *thread) { return target->step && !thread; }
enum step_verdict step_after_instruction(struct dbg_target *target, struct thread *thread)
{
	(void)target, (void)thread;
	return STEP_NOT_MINE;
}
enum step_verdict step_at_site(struct dbg_target *target, struct thread *thread, u64 addr)
{
	(void)target, (void)thread, (void)addr;
	return STEP_NOT_MINE;
}
bool step_thread_exits(struct dbg_target *target, struct thread *thread) { return target->step && !thread; }
void step_discard(struct dbg_target *target) { target->step = NULL; }
