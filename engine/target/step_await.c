// A step from an `.await` whose expression takes several lines: polls go to and fro between these, and so does what follows a
// poll. It ends at another of them only where the source's own control flow comes to it.
#include "step.h"

static bool is_arrival(struct dbg_target *target, const struct dbg_line_row *row)
{
	struct arena scratch = {0};
	u64 *addresses;
	size_t n;
	u32 line;
	bool is = false;
	err_t error =
	    dbg_breakpoint_addresses(target->space.modules, &scratch, row->place.file, row->place.line, &addresses, &n, &line);
	for (size_t i = 0; !error && i < n; i++)
		is = is || addresses[i] == row->addr;
	arena_deinit(&scratch);
	return error || is;
}

bool step_is_in_await(struct dbg_target *target, struct step *step, const struct dbg_line_row *row)
{
	const struct dbg_place *from = &step->frame.from;
	if (!step->future.addr || step->granularity != DBG_BY_LINE || !str_eq(row->place.file, from->file))
		return false;
	if (step->await.of != from->line)
		step->await.n = dbg_await_lines(target->space.modules, &step->arena, &step->future.body, from->line, &step->await.lines);
	step->await.of = from->line;
	bool is = false;
	for (size_t i = 0; i < step->await.n; i++)
		is = is || step->await.lines[i] == row->place.line;
	return is && !is_arrival(target, row);
}
