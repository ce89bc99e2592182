// What owners, locks and ranges know of themselves.
#include "method.h"

static err_t not_for(struct str name, struct dbg_value value)
{
	return err_new(ERR_ARGUMENT, "`%.*s` is not for %.*s", STRF(name), STRF(dbg_type_told(value.type)));
}

static err_t number(struct arena *arena, struct dbg_value value, u64 count, struct dbg_value *out)
{
	*out = make_value(arena, value.space, primitive_type(STR("usize")), count);
	return NULL;
}

// {cap} of RawVec, which Vec, String, VecDeque and BinaryHeap hold; of what has no size it is not told there.
METHOD(capacity)
{
	static const char *const holders[] = {"alloc::raw_vec::RawVecInner", "alloc::raw_vec::RawVec"};
	u64 capacity;
	(void)argument;
	struct dbg_value shown = dbg_shown(value);
	for (size_t i = 0; dbg_value_ok(shown) && i < ARRAY_LEN(holders); i++) {
		struct dbg_value holder = dbg_value_find(shown, holders[i]);
		if (dbg_value_get(dbg_value_member(holder, "cap"), &capacity))
			return number(arena, value, capacity, out);
	}
	return not_for(called, value);
}

// lock(), read(), borrow(): the lock itself, behind whatever owns it. `*` leads to what is in it then, as from a guard.
METHOD(guarded)
{
	static const char *const locks[] = {"::Mutex", "::RwLock", "::RefCell", "::ReentrantMutex"};
	struct dbg_value place = value;
	(void)arena;
	(void)called;
	(void)argument;
	*out = value;
	for (int hops = 0; hops < 8 && dbg_value_ok(place); hops++) {
		for (size_t i = 0; i < ARRAY_LEN(locks); i++)
			if (str_ends(dbg_type_base_path(place.type), str_of(locks[i]))) {
				*out = place;
				return NULL;
			}
		place = place.type->kind == DBG_TYPE_POINTER ? dbg_value_deref(place) : dbg_shown_inner(place);
	}
	return NULL;
}

// What the printer writes behind a lock: "locked" of "Mutex(5) (locked) (poisoned)", whichever of its notes has the word.
static struct str note_with(struct str text, struct str word)
{
	for (ptrdiff_t open; str_ends(text, STR(")")) && (open = str_rfind(text, STR(" ("))) >= 0;) {
		struct str note = str_slice(text, (size_t)open + 2, text.len - 1);
		if (str_find(note, STR(")")) >= 0)
			break; // of what is in the lock
		if (str_find(note, word) >= 0 || str_find(note, STR("suspect")) >= 0)
			return note;
		text = str_slice(text, 0, (size_t)open);
	}
	return STR("");
}

// try_lock() and its like: the same as lock(), unless another has it. Nothing is locked by that.
METHOD(tried)
{
	static const struct {
		const char *name;
		struct str hindrance;
	} rows[] = {{"try_lock", STR("locked")},
	            {"try_read", STR("write-locked")},
	            {"try_write", STR("locked")},
	            {"try_borrow", STR("mutably borrowed")},
	            {"try_borrow_mut", STR("borrowed")}};
	TRY(method_guarded(arena, value, called, argument, out));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!str_eqc(called, rows[i].name))
			continue;
		struct str note = note_with(dbg_value_render(arena, *out, (struct dbg_render){.depth = 1}), rows[i].hindrance);
		if (note.len)
			return err_new(ERR_EMPTY, "`%.*s()`: it is %.*s", STRF(called), STRF(note));
	}
	return NULL;
}

METHOD(is_poisoned)
{
	u64 failed;
	(void)argument;
	struct dbg_value place = value;
	for (int hops = 0; hops < 8 && dbg_value_ok(place); hops++) {
		struct dbg_value flag = dbg_value_find(place, "std::sync::poison::Flag");
		if (dbg_value_get(dbg_value_member(flag, "failed"), &failed)) {
			*out = make_bool(arena, value.space, failed != 0);
			return NULL;
		}
		place = place.type->kind == DBG_TYPE_POINTER ? dbg_value_deref(place) : dbg_shown_inner(place);
	}
	return not_for(called, value);
}

METHOD(upgrade)
{
	u64 strong, weak;
	(void)arena;
	(void)argument;
	for (int hops = 0; hops < 8 && dbg_value_ok(value) && value.type->kind == DBG_TYPE_POINTER; hops++)
		value = dbg_value_deref(value);
	if (!dbg_value_ok(value) || str_find(dbg_type_base_path(value.type), STR("Weak")) < 0)
		return dbg_value_ok(value) ? not_for(called, value) : err_new(ERR_NOT_FOUND, "%.*s", STRF(value.absent));
	*out = dbg_shown_inner(value);
	if (dbg_value_ok(*out))
		return NULL;
	bool is_gone = !dbg_shown_counts(value, &strong, &weak) || strong == 0;
	return err_new(is_gone ? ERR_EMPTY : ERR_NOT_FOUND, "`upgrade()`: %.*s", STRF(out->absent));
}

METHOD(count)
{
	u64 strong, weak;
	(void)argument;
	struct dbg_value place = value;
	for (int hops = 0; hops < 8 && dbg_value_ok(place); hops++) {
		if (dbg_shown_counts(place, &strong, &weak))
			return number(arena, value, str_eqc(called, "strong_count") ? strong : weak, out);
		place = place.type->kind == DBG_TYPE_POINTER ? dbg_value_deref(place) : dbg_shown_inner(place);
	}
	return not_for(called, value);
}

METHOD(bound)
{
	(void)arena;
	(void)argument;
	struct dbg_value shown = dbg_shown(value);
	if (!dbg_value_ok(shown) || str_find(dbg_type_base_path(shown.type), STR("core::ops::range::Range")) < 0)
		return not_for(called, value);
	*out = dbg_value_member(shown, str_eqc(called, "start") ? "start" : "end");
	return dbg_value_ok(*out) ? NULL : not_for(called, value);
}
