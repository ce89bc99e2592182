// Once, and what is initialised under one: OnceLock, LazyLock, thread locals.
#include "engine/value/printer.h"

enum once { ONCE_UNKNOWN, ONCE_NOT_DONE, ONCE_DONE, ONCE_RUNNING, ONCE_POISONED };

// ---- the state of a Once ---------------------------------------------------------------------------

// What a Once is before its call. The futex's constants were turned around between 1.85 and 1.95, and no member tells
// (3 is done in one, not done in the other). But std has a Once of its own that is not done while a program runs:
// std::rt::cleanup's. ASSUME: it is there, by its symbol; a program without symbols leaves it open.
static bool state_before(const struct dbg_space *space, u64 *out)
{
	struct dbg_symbol symbol;
	if (!space || !space->modules || !space->mem || !dbg_symbol_with(space->modules, STR("3std2rt7cleanup7CLEANUP"), &symbol))
		return false;
	return !dbg_mem_read_uint(space->mem, symbol.addr, 4, out) && (*out == 0 || *out == 3);
}

// std/src/sys/sync/once/futex.rs; before 1.67 a pointer `state_and_queue` with the state in its low bits.
static enum once state_of(struct dbg_value once)
{
	static const struct {
		const char *member;
		u64 before, mask;
		enum once states[5];
	} forms[] = {
	    {"state_and_queue", 0, 3, {ONCE_NOT_DONE, ONCE_POISONED, ONCE_RUNNING, ONCE_DONE, ONCE_UNKNOWN}},
	    {"state", 0, 7, {ONCE_NOT_DONE, ONCE_POISONED, ONCE_RUNNING, ONCE_RUNNING, ONCE_DONE}},
	    {"state_and_queued", 0, 3, {ONCE_NOT_DONE, ONCE_POISONED, ONCE_RUNNING, ONCE_DONE, ONCE_UNKNOWN}},
	    {"state_and_queued", 3, 3, {ONCE_DONE, ONCE_RUNNING, ONCE_POISONED, ONCE_NOT_DONE, ONCE_UNKNOWN}},
	};
	u64 state, before;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if (!dbg_value_get(walk_find_member(once, forms[i].member), &state))
			continue;
		bool is_only = i < 2;
		if (!is_only && !state_before(once.space, &before))
			return ONCE_UNKNOWN;
		state &= forms[i].mask;
		if (is_only || before == forms[i].before)
			return state < ARRAY_LEN(forms[i].states) ? forms[i].states[state] : ONCE_UNKNOWN;
	}
	return ONCE_UNKNOWN;
}

static const struct str reasons[] = {
    [ONCE_UNKNOWN] = STR("whether it is initialised can't be told: the program has no symbols"),
    [ONCE_NOT_DONE] = STR("uninit"),
    [ONCE_RUNNING] = STR("being initialised"),
    [ONCE_POISONED] = STR("poisoned: its initialisation panicked"),
};

static bool once_text(struct buf *buf, struct dbg_value value)
{
	static const char *const texts[] = {
	    [ONCE_NOT_DONE] = "not done", [ONCE_DONE] = "done", [ONCE_RUNNING] = "in progress", [ONCE_POISONED] = "poisoned"};
	enum once state = state_of(value);
	if (state != ONCE_UNKNOWN)
		buf_printf(buf, "Once (%s)", texts[state]);
	return state != ONCE_UNKNOWN;
}

const struct printer printer_once = {.text = once_text};

// OnceLock {once, value}.
static struct dbg_value once_lock_inner(struct dbg_value value)
{
	enum once state = state_of(dbg_value_member(value, "once"));
	if (state != ONCE_DONE)
		return (struct dbg_value){.absent = reasons[state]};
	return dbg_value_member(walk_peel(dbg_value_member(value, "value")), "value"); // of MaybeUninit
}

const struct printer printer_once_lock = {.inner = once_lock_inner, .label = "OnceLock"};

// LazyLock {once, data: union {value, f}}; before 1.70 {cell: OnceLock, init}.
static struct dbg_value lazy_lock_inner(struct dbg_value value)
{
	struct dbg_value cell = dbg_value_member(value, "cell");
	if (dbg_value_ok(cell))
		return once_lock_inner(cell);
	enum once state = state_of(dbg_value_member(value, "once"));
	if (state != ONCE_DONE)
		return (struct dbg_value){.absent = reasons[state]};
	return dbg_value_member(walk_peel(dbg_value_member(value, "data")), "value");
}

const struct printer printer_lazy_lock = {.inner = lazy_lock_inner, .label = "LazyLock"};

// ---- thread locals ---------------------------------------------------------------------------------

// std/src/sys/thread_local/native: eager {state, val} has its value from the start; lazy {state: State<D>, value}, before
// that {state: Initial | Alive(value) | Destroyed}, before that a Key with an Option.
static struct dbg_value thread_local_inner(struct dbg_value value)
{
	struct dbg_value payload, option, eager = dbg_value_member(value, "val");
	struct str state = walk_variant_name(walk_peel(dbg_value_member(value, "state")), &payload);
	if (str_eqc(state, "Destroyed"))
		return (struct dbg_value){.absent = STR("destroyed: its thread is ending")};
	if (dbg_value_ok(eager))
		return eager;
	if (str_eqc(state, "Alive")) {
		struct dbg_value held = dbg_value_member(value, "value");
		return dbg_value_ok(held) ? dbg_value_member(walk_peel(held), "value") : dbg_value_member(payload, "0");
	}
	option = state.len ? (struct dbg_value){0} : dbg_value_find(value, "core::option::Option");
	struct dbg_value some = dbg_value_variant_named(option, "Some");
	return dbg_value_ok(some) ? dbg_value_member(some, "0")
	                          : (struct dbg_value){.absent = STR("this thread has not used it yet")};
}

const struct printer printer_thread_local = {.inner = thread_local_inner};
