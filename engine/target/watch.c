// The processor's debug registers: what the user watches, and the state of the future that a step waits for.
//
// Registers can be set only while their thread is stopped. So a watch is wanted first, and each thread takes the wanted
// ones over when it is resumed; threads that run have to be halted for it, which run.c does. Threads that still watch a
// place of no interest are cleared at their next resume: at worst they trap once for nothing. A trap comes behind the
// instruction that has read or written, so what was there before is remembered here.
#include "base/log.h"
#include "target.h"

// ---- one thread ------------------------------------------------------------------------------------

static bool same(const struct os_watch *a, const struct os_watch *b)
{
	return a->addr == b->addr && a->size == b->size && a->reads == b->reads;
}

static err_t set(struct thread *thread, const struct os_watch *wanted)
{
	bool equal = true;
	for (size_t i = 0; i < OS_WATCHES; i++)
		equal = equal && same(&thread->watching[i], &wanted[i]);
	if (equal)
		return NULL;
	err_t error = os_watch(thread->tid, wanted);
	if (error)
		LOG(LOG_PTRACE, "%.*s", STRF(error->what));
	for (size_t i = 0; i < OS_WATCHES; i++)
		thread->watching[i] = error ? (struct os_watch){0} : wanted[i];
	return error && error->code != ERR_GONE ? error : NULL;
}

static bool is_steps(const struct watch *watch)
{
	return watch->place.addr && !watch->id;
}

// What a thread ought to watch. The stepped one reads and writes the state of its future itself.
static void wanted_of(const struct dbg_target *target, const struct thread *thread, struct os_watch *out)
{
	for (size_t i = 0; i < OS_WATCHES; i++) {
		bool leave_out = is_steps(&target->watch[i]) && step_is_of(target, thread);
		out[i] = leave_out ? (struct os_watch){0} : target->watch[i].place;
	}
}

void watch_arm(struct dbg_target *target, struct thread *thread)
{
	struct os_watch wanted[OS_WATCHES];
	wanted_of(target, thread, wanted);
	err_t error = set(thread, wanted);
	if (!error)
		return;
	watch_end(target); // a step has other means
	wanted_of(target, thread, wanted);
	target->no_watch = true;
	for (size_t i = 0; i < OS_WATCHES; i++)
		target->watch[i].refused = target->watch[i].id != 0;
	err_ignore(set(thread, wanted));
}

void watch_disarm(struct thread *thread)
{
	static const struct os_watch none[OS_WATCHES];
	err_ignore(set(thread, none));
}

bool watch_lacks(const struct dbg_target *target)
{
	bool suspended = step_is_suspended(target);
	for (size_t i = 0; i < target->threads.len; i++) {
		const struct thread *thread = target->threads.items[i];
		if (thread->state != THREAD_RUNNING || thread->exiting || thread->in_vfork || thread->held)
			continue;
		for (size_t w = 0; w < OS_WATCHES; w++) {
			const struct watch *watch = &target->watch[w];
			bool matters = is_steps(watch) ? suspended && !target->no_watch : watch->place.addr && !watch->refused;
			if (matters && !same(&watch->place, &thread->watching[w]))
				return true;
		}
	}
	return false;
}

// ---- a step's --------------------------------------------------------------------------------------

static struct watch *free_register(struct dbg_target *target)
{
	for (size_t i = 0; i < OS_WATCHES; i++)
		if (!target->watch[i].place.addr)
			return &target->watch[i];
	return NULL;
}

bool watch_begin(struct dbg_target *target, struct thread *thread, u64 addr, u64 size)
{
	struct os_watch wanted[OS_WATCHES];
	watch_end(target);
	struct watch *watch = free_register(target);
	if (target->no_watch || !watch)
		return false;
	*watch = (struct watch){.place = {.addr = addr, .size = (u8)size, .reads = true}};
	for (size_t i = 0; i < OS_WATCHES; i++)
		wanted[i] = target->watch[i].place;
	err_t error = set(thread, wanted);
	if (error)
		*watch = (struct watch){0};
	return !error;
}

void watch_end(struct dbg_target *target)
{
	for (size_t i = 0; i < OS_WATCHES; i++)
		if (is_steps(&target->watch[i]))
			target->watch[i] = (struct watch){0};
}

// ---- the user's ------------------------------------------------------------------------------------

static bool read_value(struct dbg_target *target, const struct watch *watch, u64 *out)
{
	*out = 0;
	return dbg_mem_read_bulk(target->space.mem, watch->place.addr, out, watch->place.size) == watch->place.size;
}

static err_t must_fit(const struct dbg_target *target, u64 addr, u64 size)
{
	bool fits = size == 1 || size == 2 || size == 4 || size == 8;
	if (target->only_look)
		return err_new(ERR_UNSUPPORTED, "the process is only looked at: nothing is set in it");
	if (!addr || !fits || addr % size)
		return err_new(
		    ERR_UNSUPPORTED,
		    "%llu bytes at 0x%llx can't be watched: the processor watches 1, 2, 4 or 8 bytes at a multiple of their number",
		    (unsigned long long)size, (unsigned long long)addr);
	return NULL;
}

err_t dbg_watch_add(struct dbg_target *target, u64 addr, u64 size, enum dbg_watch_on on, u32 *id)
{
	u64 value;
	*id = 0;
	TRY(core_refuses(target));
	if (target->mode == MODE_EXITED)
		return err_new(ERR_GONE, "the process has ended");
	TRY(must_fit(target, addr, size));
	struct watch *watch = free_register(target);
	if (!watch)
		return err_new(ERR_UNSUPPORTED, "the processor watches %d places at once, and all are in use: remove one first",
		               (int)OS_WATCHES);
	struct watch made = {.place = {.addr = addr, .size = (u8)size, .reads = on == DBG_WATCH_READ || on == DBG_WATCH_ACCESS},
	                     .on = on};
	if (!read_value(target, &made, &value))
		return err_new(ERR_FAULT, "the memory at 0x%llx can't be read, so it can't be watched", (unsigned long long)addr);
	made.id = ++target->last_watch;
	made.value = value;
	*watch = made;
	for (size_t i = 0; i < target->threads.len; i++) { // those that run now are halted for it soon
		struct thread *thread = target->threads.items[i];
		struct os_watch wanted[OS_WATCHES];
		if (thread->state != THREAD_STOPPED || thread->exiting)
			continue;
		wanted_of(target, thread, wanted);
		err_t error = set(thread, wanted);
		if (!error)
			break; // the processor can; the others follow when they are resumed
		*watch = (struct watch){0};
		return error;
	}
	if (target->mode == MODE_RUNNING)
		os_wait_nudge();
	*id = made.id;
	return NULL;
}

void dbg_watch_remove(struct dbg_target *target, u32 id)
{
	for (size_t i = 0; id && i < OS_WATCHES; i++)
		if (target->watch[i].id == id)
			target->watch[i] = (struct watch){0};
}

// What the debugger has written itself is no news.
void watches_look(struct dbg_target *target)
{
	for (size_t i = 0; i < OS_WATCHES; i++)
		if (target->watch[i].id && !read_value(target, &target->watch[i], &target->watch[i].value))
			target->watch[i].value = 0;
}

void watches_forget(struct dbg_target *target)
{
	memset(target->watch, 0, sizeof(target->watch));
}

// ---- traps -----------------------------------------------------------------------------------------

static bool tells(const struct watch *watch, bool changed)
{
	switch (watch->on) {
	case DBG_WATCH_CHANGE: return changed;
	case DBG_WATCH_READ: return !changed;
	case DBG_WATCH_WRITE:
	case DBG_WATCH_ACCESS: break;
	}
	return true;
}

unsigned watch_trapped(struct dbg_target *target, struct thread *thread)
{
	unsigned result = 0;
	bool any = false;
	for (size_t i = 0; i < OS_WATCHES; i++)
		any = any || thread->watching[i].addr;
	unsigned registers = any ? os_watch_trapped(thread->tid) : 0;
	for (size_t i = 0; i < OS_WATCHES; i++) {
		struct watch *watch = &target->watch[i];
		u64 value;
		if (!(registers >> i & 1) || !thread->watching[i].addr)
			continue;
		result |= WATCH_TRAPPED;
		if (!same(&watch->place, &thread->watching[i]))
			continue; // of no interest any more
		if (is_steps(watch)) {
			result |= WATCH_STEPS;
			continue;
		}
		bool known = read_value(target, watch, &value);
		struct dbg_watch_hit hit = {
		    .id = watch->id, .addr = watch->place.addr, .size = watch->place.size, .old_value = watch->value, .new_value = value};
		watch->value = value;
		if (!tells(watch, !known || value != hit.old_value))
			continue;
		if (thread->n_watch_hits < OS_WATCHES)
			thread->watch_hits[thread->n_watch_hits++] = hit;
		result |= WATCH_USERS;
	}
	return result;
}

bool watch_hits_stand(const struct dbg_target *target, struct thread *thread)
{
	size_t n = 0;
	for (size_t i = 0; i < thread->n_watch_hits; i++)
		for (size_t w = 0; w < OS_WATCHES; w++)
			if (target->watch[w].id == thread->watch_hits[i].id) {
				thread->watch_hits[n++] = thread->watch_hits[i];
				break;
			}
	thread->n_watch_hits = n;
	return n > 0;
}
