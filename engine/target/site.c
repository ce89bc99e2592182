// Trap bytes: what is in the debuggee's memory, and the program's own bytes for everybody who reads it.
//
// A site exists once a trap was ever wanted at an address. It stays in the table when the trap is gone: a child
// forked in between has its own copy of the memory, trap included.
#include "base/log.h"
#include "target.h"

static size_t first_at_or_above(const struct dbg_target *target, u64 addr)
{
	size_t low = 0, high = target->sites.len;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (target->sites.items[middle].addr < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct site *site_find(const struct dbg_target *target, u64 addr)
{
	size_t i = first_at_or_above(target, addr);
	return i < target->sites.len && target->sites.items[i].addr == addr ? &target->sites.items[i] : NULL;
}

bool site_is_inserted(const struct dbg_target *target, u64 addr)
{
	struct site *site = site_find(target, addr);
	return site && (site->inserted || site->lifted);
}

bool site_failed(const struct dbg_target *target, u64 addr)
{
	struct site *site = site_find(target, addr);
	return site && site->failed;
}

static struct site *site_make(struct dbg_target *target, u64 addr)
{
	size_t i = first_at_or_above(target, addr);
	struct site *last = vec_add(&target->home, &target->sites);
	struct site *site = &target->sites.items[i];
	memmove(site + 1, site, (size_t)(last - site) * sizeof(*site));
	*site = (struct site){.addr = addr};
	return site;
}

static bool is_wanted(const struct dbg_target *target, u64 addr)
{
	return breakpoints_want(target, addr) || step_wants(target, addr) || loader_wants(target, addr) || call_wants(target, addr);
}

// One byte, so that threads which run meanwhile see either instruction whole.
static void insert(struct dbg_target *target, struct site *site)
{
	u8 trap = TRAP_BYTE;
	site->failed = true;
	site->plan = NULL; // the program may have changed its code
	if (target->only_look)
		return;
	if (os_memory_read(&target->os_memory, site->addr, &site->original, 1) != 1)
		return;
	err_t error = os_memory_write(&target->os_memory, site->addr, &trap, 1);
	site->inserted = !error;
	site->failed = !site->inserted;
}

static void restore(struct dbg_target *target, struct site *site)
{
	u8 now;
	site->inserted = false;
	// Not ours any more: unmapped, or overwritten by the program.
	if (os_memory_read(&target->os_memory, site->addr, &now, 1) != 1 || now != TRAP_BYTE)
		return;
	err_t error = os_memory_write(&target->os_memory, site->addr, &site->original, 1);
	if (error)
		LOG(LOG_PTRACE, "breakpoint at 0x%llx not removed: %.*s", (unsigned long long)site->addr, STRF(error->what));
}

void site_update(struct dbg_target *target, u64 addr)
{
	if (target->mode == MODE_EXITED || target->mode == MODE_DETACHING)
		return;
	bool wanted = is_wanted(target, addr);
	struct site *site = site_find(target, addr);
	if (!site && wanted)
		site = site_make(target, addr);
	if (!site || site->lifted)
		return;
	if (wanted && !site->inserted)
		insert(target, site);
	else if (!wanted && site->inserted)
		restore(target, site);
}

void site_lift(struct dbg_target *target, u64 addr)
{
	struct site *site = site_find(target, addr);
	if (!site || site->lifted)
		return;
	if (site->inserted)
		restore(target, site);
	site->lifted = true;
}

void site_settle(struct dbg_target *target, u64 addr)
{
	struct site *site = site_find(target, addr);
	if (!site || !site->lifted)
		return;
	site->lifted = false;
	site_update(target, addr);
}

void sites_settle(struct dbg_target *target)
{
	for (size_t i = 0; i < target->sites.len; i++)
		site_settle(target, target->sites.items[i].addr);
}

void sites_remove_all(struct dbg_target *target)
{
	for (size_t i = 0; i < target->sites.len; i++) {
		target->sites.items[i].lifted = false;
		if (target->sites.items[i].inserted)
			restore(target, &target->sites.items[i]);
	}
	displace_remove(target);
}

void sites_forget(struct dbg_target *target)
{
	target->sites.len = 0;
	displace_forget(target);
}

void sites_clean_child(struct dbg_target *target, pid_t child)
{
	struct os_memory memory;
	os_memory_open(&memory, child);
	for (size_t i = 0; i < target->sites.len; i++) {
		const struct site *site = &target->sites.items[i];
		u8 now;
		if (site->original == TRAP_BYTE || os_memory_read(&memory, site->addr, &now, 1) != 1 || now != TRAP_BYTE)
			continue;
		err_ignore(os_memory_write(&memory, site->addr, &site->original, 1));
	}
	os_memory_close(&memory);
}

// ---- memory without our traps ----------------------------------------------------------------------

static size_t read_clean(void *context, u64 addr, void *buf, size_t len)
{
	struct dbg_target *target = context;
	size_t got = os_memory_read(&target->os_memory, addr, buf, len);
	u8 *bytes = buf;
	displace_clean(target, addr, bytes, got);
	for (size_t i = first_at_or_above(target, addr); i < target->sites.len; i++) {
		const struct site *site = &target->sites.items[i];
		if (site->addr - addr >= got)
			break;
		// A byte that is no trap was overwritten by the program: it is what is there.
		if (site->inserted && bytes[site->addr - addr] == TRAP_BYTE)
			bytes[site->addr - addr] = site->original;
	}
	return got;
}

static err_t write_below(void *context, u64 addr, const void *buf, size_t len)
{
	struct dbg_target *target = context;
	TRY(os_memory_write(&target->os_memory, addr, buf, len));
	for (size_t i = first_at_or_above(target, addr); i < target->sites.len; i++) {
		struct site *site = &target->sites.items[i];
		if (site->addr - addr >= len)
			break;
		if (site->inserted)
			insert(target, site);
	}
	return NULL;
}

struct dbg_mem_source site_source(struct dbg_target *target)
{
	return (struct dbg_mem_source){.context = target, .read = read_clean, .write = write_below};
}
