// What the user wants stopped at, and where that is now: specifications, and the addresses they resolve to.
#include "target.h"

static bool contains(const struct breakpoint *breakpoint, u64 addr)
{
	size_t low = 0, high = breakpoint->n_addrs;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (breakpoint->addrs[middle] < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low < breakpoint->n_addrs && breakpoint->addrs[low] == addr;
}

bool breakpoints_want(const struct dbg_target *target, u64 addr)
{
	for (size_t i = 0; i < target->breakpoints.len; i++)
		if (contains(target->breakpoints.items[i], addr))
			return true;
	return false;
}

bool breakpoints_ask(const struct dbg_target *target, u64 addr)
{
	bool any = false;
	for (size_t i = 0; i < target->breakpoints.len; i++) {
		const struct breakpoint *breakpoint = target->breakpoints.items[i];
		if (!contains(breakpoint, addr))
			continue;
		if (!breakpoint->spec.asks)
			return false;
		any = true;
	}
	return any;
}

size_t breakpoints_at(const struct dbg_target *target, struct arena *arena, u64 addr, u32 **ids)
{
	VEC(u32) found = {0};
	for (size_t i = 0; i < target->breakpoints.len; i++)
		if (contains(target->breakpoints.items[i], addr))
			vec_push(arena, &found, target->breakpoints.items[i]->id);
	*ids = found.items;
	return found.len;
}

// ---- resolving -------------------------------------------------------------------------------------

struct resolution {
	u64 *addrs;
	size_t n;
	u32 line, column; // LINE: the one that has code
	struct str problem;
};

static struct resolution resolve(struct dbg_target *target, struct arena *arena, const struct dbg_breakpoint_spec *spec)
{
	struct resolution found = {.line = spec->line, .column = spec->column};
	err_t error = NULL;
	switch (spec->kind) {
	case DBG_BREAK_LINE:
		error = dbg_breakpoint_addresses_at(target->space.modules, arena, spec->file, spec->line, &found.column, &found.addrs,
		                                    &found.n, &found.line);
		if (!error && !found.n)
			found.problem = str_printf(arena, "no code at %.*s:%u in the modules loaded so far", STRF(spec->file), spec->line);
		break;
	case DBG_BREAK_FUNCTION:
		error = dbg_function_addresses(target->space.modules, arena, spec->function, &found.addrs, &found.n);
		if (!error && !found.n)
			found.problem = str_printf(arena, "no function %.*s in the modules loaded so far", STRF(spec->function));
		break;
	case DBG_BREAK_ADDRESS:
		found.addrs = NEW(arena, u64);
		*found.addrs = spec->addr;
		found.n = 1;
		break;
	}
	if (error) {
		found.n = 0;
		found.problem = str_dup(arena, error->what);
	}
	return found;
}

static bool same(const struct breakpoint *breakpoint, const struct resolution *found)
{
	return breakpoint->n_addrs == found->n && (!found->n || !memcmp(breakpoint->addrs, found->addrs, found->n * sizeof(u64)));
}

static struct dbg_place place_of(struct dbg_target *target, const struct breakpoint *breakpoint, u32 line)
{
	struct dbg_line_row row;
	struct dbg_place place = {.line = line};
	if (breakpoint->n_addrs && dbg_line_at(target->space.modules, breakpoint->addrs[0], &row))
		place = row.place;
	if (breakpoint->spec.kind == DBG_BREAK_LINE)
		place.line = line; // an arrival may lie on a row that the line shares with another
	return place;
}

// True if the addresses changed.
static bool breakpoint_resolve(struct dbg_target *target, struct breakpoint *breakpoint)
{
	struct arena scratch = {0};
	struct resolution found = resolve(target, &scratch, &breakpoint->spec);
	bool changed = !same(breakpoint, &found);
	u64 *old = NEW_N(&scratch, u64, breakpoint->n_addrs);
	size_t n_old = breakpoint->n_addrs;
	if (n_old)
		memcpy(old, breakpoint->addrs, n_old * sizeof(u64));
	arena_clear(&breakpoint->home);
	breakpoint->addrs = NEW_N(&breakpoint->home, u64, found.n);
	if (found.n)
		memcpy(breakpoint->addrs, found.addrs, found.n * sizeof(u64));
	breakpoint->n_addrs = found.n;
	breakpoint->problem = str_dup(&breakpoint->home, found.problem);
	breakpoint->place = place_of(target, breakpoint, found.line);
	breakpoint->column = found.column;
	for (size_t i = 0; i < n_old; i++)
		site_update(target, old[i]);
	for (size_t i = 0; i < found.n; i++) {
		site_update(target, found.addrs[i]);
		if (site_failed(target, found.addrs[i]))
			breakpoint->problem =
			    str_printf(&breakpoint->home, "the byte at 0x%llx can't be written", (unsigned long long)found.addrs[i]);
	}
	arena_deinit(&scratch);
	return changed;
}

void breakpoints_resolve(struct dbg_target *target)
{
	for (size_t i = 0; i < target->breakpoints.len; i++) {
		struct breakpoint *breakpoint = target->breakpoints.items[i];
		if (!breakpoint_resolve(target, breakpoint) || !target->out_arena)
			continue;
		u32 *id = NEW(target->out_arena, u32);
		*id = breakpoint->id;
		struct dbg_event *event = event_emit(target, DBG_EVENT_BREAKPOINT, target->pid);
		event->breakpoints = id;
		event->n_breakpoints = 1;
	}
}

// ---- for the user ----------------------------------------------------------------------------------

u32 dbg_breakpoint_add(struct dbg_target *target, const struct dbg_breakpoint_spec *spec)
{
	struct breakpoint *breakpoint = NEW(&target->home, struct breakpoint);
	breakpoint->id = ++target->last_breakpoint;
	breakpoint->spec = *spec;
	breakpoint->spec.file = str_dup(&target->home, spec->file);
	breakpoint->spec.function = str_dup(&target->home, spec->function);
	vec_push(&target->home, &target->breakpoints, breakpoint);
	breakpoint_resolve(target, breakpoint);
	return breakpoint->id;
}

void dbg_breakpoint_remove(struct dbg_target *target, u32 id)
{
	for (size_t i = 0; i < target->breakpoints.len; i++) {
		struct breakpoint *breakpoint = target->breakpoints.items[i];
		if (breakpoint->id != id)
			continue;
		target->breakpoints.len--;
		memmove(&target->breakpoints.items[i], &target->breakpoints.items[i + 1],
		        (target->breakpoints.len - i) * sizeof(breakpoint));
		for (size_t a = 0; a < breakpoint->n_addrs; a++)
			site_update(target, breakpoint->addrs[a]);
		arena_deinit(&breakpoint->home);
		return;
	}
}

bool dbg_breakpoint_info(struct dbg_target *target, u32 id, struct dbg_breakpoint_info *out)
{
	for (size_t i = 0; i < target->breakpoints.len; i++) {
		const struct breakpoint *breakpoint = target->breakpoints.items[i];
		if (breakpoint->id != id)
			continue;
		*out = (struct dbg_breakpoint_info){
		    .id = id,
		    .n_addresses = breakpoint->n_addrs,
		    .addresses = breakpoint->addrs,
		    .place = breakpoint->place,
		    .column = breakpoint->column,
		    .problem = breakpoint->problem,
		};
		return true;
	}
	return false;
}

void breakpoints_free(struct dbg_target *target)
{
	for (size_t i = 0; i < target->breakpoints.len; i++)
		arena_deinit(&target->breakpoints.items[i]->home);
	target->breakpoints.len = 0;
}
