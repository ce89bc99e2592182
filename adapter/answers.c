// Earlier answers of the console. They are copies: `$1` stays what it was, though what it points to may change.
#include "adapter/answers.h"

enum { MOST_BYTES = 64 << 10 };

void dap_answers_keep(struct dap_session *session, struct dbg_value value)
{
	if (!session->answers)
		session->answers = NEW(&session->forever, struct dap_answers);
	if (!dbg_value_ok(value) || !value.type)
		return;
	// It may be one that is kept already, in the place that is to be used.
	u64 size = value.type->size <= MOST_BYTES ? value.type->size : 0; // larger ones stay where they are
	u8 *bytes = NEW_N(&session->turn, u8, size + 1), *known = NEW_N(&session->turn, u8, size + 1);
	err_t error = dbg_value_read(value, bytes, size);
	if (value.known && size)
		memcpy(known, value.known, size);
	struct dap_answer *answer = &session->answers->items[session->answers->given++ % DAP_ANSWERS];
	answer->value = value;
	answer->value.type = dbg_type_kept(&answer->arena, value.type);
	if (error || size != value.type->size)
		return;
	const struct dbg_type *turns = dbg_type_kept(&session->turn, value.type); // its own may lie where it is to be put
	arena_clear(&answer->arena);
	const struct dbg_type *type = dbg_type_kept(&answer->arena, turns);
	answer->value = dbg_value_of_bytes(value.space, type, memcpy(NEW_N(&answer->arena, u8, size + 16), bytes, size));
	if (value.known)
		answer->value.known = memcpy(NEW_N(&answer->arena, u8, size + 1), known, size);
	answer->value.raw = value.raw;
}

void dap_answers_forget(struct dap_session *session)
{
	if (!session->answers)
		return;
	for (size_t i = 0; i < DAP_ANSWERS; i++)
		arena_deinit(&session->answers->items[i].arena);
	*session->answers = (struct dap_answers){0};
}

static struct dbg_value earlier(struct dap_session *session, struct arena *arena, u64 back)
{
	u64 given = session->answers ? session->answers->given : 0;
	if (back == 0 || back > given || back > DAP_ANSWERS)
		return dbg_value_none(arena, "the console has kept %llu answers: `$1` is the last",
		                      (unsigned long long)u64_min(given, DAP_ANSWERS));
	return session->answers->items[(given - back) % DAP_ANSWERS].value;
}

bool dap_answers_find(struct dap_session *session, struct arena *arena, pid_t tid, struct str name, struct dbg_value *out)
{
	u64 number;
	struct dbg_returned returned;
	if (name.len && name.ptr[0] >= '0' && name.ptr[0] <= '9' && str_to_u64(name, &number)) {
		*out = earlier(session, arena, number);
		return true;
	}
	if (!str_eqc(name, "ret"))
		return false;
	*out = dbg_target_returned(session->target, tid, &returned)
	           ? dbg_returned_value(&returned, dbg_target_space(session->target), arena)
	           : dbg_value_none(arena, "the thread has not just left a function by a step");
	return true;
}
