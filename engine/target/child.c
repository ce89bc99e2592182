// Children of fork and vfork: not followed, but they must not die of our traps.
//
// A child of fork has a copy of the memory: its traps are removed and it is let go. A child of vfork shares the
// memory with its parent until it runs exec: it is kept until then, and passes over traps that it runs into.
#include "base/log.h"
#include "target.h"

struct child *child_find(const struct dbg_target *target, pid_t pid)
{
	for (size_t i = 0; i < target->children.len; i++)
		if (target->children.items[i].pid == pid)
			return &target->children.items[i];
	return NULL;
}

struct child *child_add(struct dbg_target *target, pid_t pid)
{
	struct child *child = vec_add(&target->home, &target->children);
	*child = (struct child){.pid = pid};
	return child;
}

static void child_remove(struct dbg_target *target, struct child *child)
{
	*child = target->children.items[--target->children.len];
}

static void let_go(struct dbg_target *target, struct child *child, int signal, bool clean)
{
	if (clean)
		sites_clean_child(target, child->pid);
	if (target->stop_children && child->known)
		kill(child->pid, SIGSTOP); // taken as soon as it is let go
	err_t error = os_detach(child->pid, signal);
	if (error)
		LOG(LOG_PTRACE, "%.*s", STRF(error->what));
	if (child->known)
		event_emit(target, DBG_EVENT_FORKED, child->pid);
	child_remove(target, child);
}

void child_announced(struct dbg_target *target, pid_t pid, bool shares_memory)
{
	struct child *child = child_find(target, pid);
	if (!child)
		child = child_add(target, pid);
	child->known = true;
	child->shares_memory = shares_memory;
	if (!child->stopped_once)
		return;
	if (shares_memory)
		err_ignore(os_cont(pid, 0));
	else
		let_go(target, child, 0, true);
}

// The shared memory's trap is lifted for one instruction of the child.
static bool child_trapped(struct dbg_target *target, struct child *child)
{
	siginfo_t info;
	struct dbg_regs regs;
	err_t error = os_signal_info(child->pid, &info);
	if (!error)
		error = os_regs(child->pid, &regs);
	if (error)
		return true; // gone
	if (child->passing && info.si_code != SI_KERNEL) {
		site_settle(target, child->passing);
		child->passing = 0;
		err_ignore(os_cont(child->pid, 0));
		return true;
	}
	u64 addr = dbg_regs_pc(&regs) - 1;
	if (info.si_code != SI_KERNEL || !site_is_inserted(target, addr))
		return false;
	child->passing = addr;
	site_lift(target, addr);
	err_ignore(os_set_pc(child->pid, addr));
	err_ignore(os_step(child->pid, 0));
	return true;
}

static void grandchild(struct dbg_target *target, struct child *child, enum os_stop stop)
{
	unsigned long pid;
	pid_t parent = child->pid;
	err_t error = os_event_message(parent, &pid);
	if (!error)
		child_announced(target, (pid_t)pid, stop != OS_STOPPED_FORK); // moves `child`
	err_ignore(os_cont(parent, 0));
}

void child_event(struct dbg_target *target, struct child *child, const struct os_wait *wait)
{
	switch (wait->stop) {
	case OS_EXITED:
	case OS_KILLED:
		if (child->passing)
			site_settle(target, child->passing);
		child_remove(target, child);
		return;
	case OS_STOPPED_EXEC: let_go(target, child, 0, false); return;
	case OS_STOPPED_SIGNAL:
		if (wait->signal == SIGTRAP && child_trapped(target, child))
			return;
		err_ignore(os_cont(child->pid, wait->signal));
		return;
	case OS_STOPPED_CLONE:
	case OS_STOPPED_FORK:
	case OS_STOPPED_VFORK: grandchild(target, child, wait->stop); return;
	case OS_STOPPED_EVENT:
	case OS_STOPPED_GROUP:
	case OS_STOPPED_VFORK_DONE:
	case OS_STOPPED_EXIT:
		child->stopped_once = true;
		if (!child->known)
			return; // until its parent's event
		if (child->shares_memory)
			err_ignore(child->passing ? os_step(child->pid, 0) : os_cont(child->pid, 0));
		else
			let_go(target, child, 0, true);
		return;
	}
}

bool children_let_go(struct dbg_target *target)
{
	for (size_t i = target->children.len; i-- > 0;) {
		struct child *child = &target->children.items[i];
		if (!child->stopped_once) {
			err_ignore(os_interrupt(child->pid));
		} else if (child->known && child->shares_memory) {
			child->shares_memory = false; // runs: let go at its next stop
			err_ignore(os_interrupt(child->pid));
		} else {
			let_go(target, child, 0, true);
		}
	}
	return target->children.len == 0;
}
