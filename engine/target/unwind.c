// Stacks.
#include "target.h"
size_t dbg_unwind(struct dbg_target *target, struct arena *arena, pid_t tid, size_t max, struct dbg_frame **out, bool *whole,
                  struct str *note)
{
	(void)target, (void)arena, (void)tid, (void)max;
	*out = NULL;
	*whole = false;
	*note = STR("not written yet");
	return 0;
}
void unwind_forget(struct dbg_target *target) { (void)target; }
void unwind_free(struct dbg_target *target) { (void)target; }
