// The future in memory that a frame of a coroutine's body polls, and the state that it is in.
#include "engine/coroutine.h"
#include "engine/symbols/private.h"

enum { FIRST_SUSPENDED = 3 };

// `at` is a frame of the body's function, or of what was inlined into it.
static u64 self_in(const struct dbg_space *space, const struct dbg_coroutine_body *body, const struct dbg_frame *at)
{
	u64 pc = at->lookup, self = 0;
	struct arena scratch = {0};
	struct dbg_frame frame = *at;
	frame.scope = body->scope;
	if (body->by_code)
		return coroutine_optimised_self(space, body, &frame);
	struct dbg_value value = body->self_by ? dbg_frame_variable(space, &scratch, &frame, body->self_by)
	                                       : dbg_frame_first_parameter(space, &scratch, &frame);
	// Before the prologue has ended a place in the frame holds what the stack held before.
	if (!body->scope.inlined && pc < body->start && pc >= body->scope.low && value.where == DBG_VALUE_MEMORY)
		value.where = DBG_VALUE_ABSENT;
	if (body->self_by)
		self = value.where == DBG_VALUE_MEMORY ? value.addr - body->self_offset : 0;
	else if (value.where == DBG_VALUE_MEMORY && dbg_mem_read_bulk(space->mem, value.addr, &self, sizeof(self)) != sizeof(self))
		self = 0;
	else if (value.where == DBG_VALUE_BYTES && !dbg_value_get(value, &self))
		self = 0;
	arena_deinit(&scratch);
	return self;
}

u64 dbg_coroutine_self(const struct dbg_space *space, const struct dbg_coroutine_body *body, const struct dbg_regs *regs, u64 cfa)
{
	u64 pc = dbg_regs_pc(regs);
	return self_in(space, body, &(struct dbg_frame){.regs = regs, .pc = pc, .lookup = pc, .cfa = cfa});
}

// Where the outer one keeps the inner one that it awaits at this line; SIZE_MAX if that can't be told.
static u64 awaitee_offset(const struct dbg_coroutine_body *outer, const struct dbg_coroutine_body *inner)
{
	const struct dbg_variant *variants;
	size_t n = dbg_type_variants(outer->env, &variants);
	u64 any = SIZE_MAX, at_line = SIZE_MAX;
	for (size_t i = 0; i < n; i++) {
		const struct dbg_member *payload = &variants[i].member;
		const struct dbg_member *awaitee = payload->type ? dbg_type_member(payload->type, "__awaitee") : NULL;
		if (!awaitee || !dbg_type_same(awaitee->type, inner->env))
			continue;
		u64 offset = payload->offset + awaitee->offset;
		any = any == SIZE_MAX || any == offset ? offset : SIZE_MAX - 1;
		if (payload->decl.line == inner->scope.call.line)
			at_line = offset;
	}
	return at_line != SIZE_MAX ? at_line : any == SIZE_MAX - 1 ? SIZE_MAX : any;
}

static u64 polled_in(const struct dbg_space *space, const struct dbg_coroutine_body *bodies, size_t n, const struct dbg_frame *at)
{
	u64 offset = 0;
	for (size_t i = 0; i < n; i++) {
		u64 self = self_in(space, &bodies[i], at);
		if (self)
			return self + offset;
		u64 inside = i + 1 < n ? awaitee_offset(&bodies[i + 1], &bodies[i]) : SIZE_MAX;
		if (inside == SIZE_MAX)
			break;
		offset += inside;
	}
	return 0;
}

u64 dbg_coroutine_polled(const struct dbg_space *space, const struct dbg_coroutine_body *bodies, size_t n,
                         const struct dbg_regs *regs, u64 cfa)
{
	u64 pc = dbg_regs_pc(regs);
	return polled_in(space, bodies, n, &(struct dbg_frame){.regs = regs, .pc = pc, .lookup = pc, .cfa = cfa});
}

u64 dbg_coroutine_of_frame(const struct dbg_space *space, const struct dbg_frame *frame, struct dbg_coroutine_body *body)
{
	struct arena scratch = {0};
	struct dbg_coroutine_body *bodies;
	size_t n = dbg_coroutine_bodies_at(space->modules, &scratch, frame->lookup, &bodies), i = 0;
	u64 future = 0;
	while (i < n && bodies[i].scope.die != frame->scope.die)
		i++;
	if (i < n) {
		*body = bodies[i];
		future = polled_in(space, bodies + i, n - i, frame);
	}
	arena_deinit(&scratch);
	return future;
}

bool dbg_coroutine_state(const struct dbg_space *space, const struct dbg_coroutine_body *body, u64 future, u64 *state,
                         enum dbg_coroutine_state *out)
{
	*state = 0;
	if (!future || dbg_mem_read_bulk(space->mem, future + body->state_offset, state, body->state_size) != body->state_size)
		return false;
	*out = *state < FIRST_SUSPENDED ? (enum dbg_coroutine_state) * state : DBG_COROUTINE_SUSPENDED;
	return true;
}
