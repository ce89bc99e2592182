// Stacks: libunwind with our own accessors, and what to do where there is no unwind information.
//
// libunwind's own look-ups (libunwind-ptrace) find the wrong rows in programs that lld linked, whose text has a
// file offset that differs from its address: stacks end early, without an error (design 2). So it is given our
// module list's tables, our memory and our registers; it only decodes rows.
#include <libunwind-x86_64.h>

#include "debug_frame.h"
#include "unwind_table.h"

enum { MOST_FRAMES = 1000, MOST_HOPS = 8 /* to a lower stack pointer: signal stacks, coroutines */ };

// Exported by libunwind-x86_64, declared in its private header dwarf.h.
extern int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t as, unw_word_t ip, unw_dyn_info_t *di, unw_proc_info_t *pi,
                                              int need_unwind_info, void *arg);

struct unwinder {
	unw_addr_space_t space;
	struct unwind_tables *tables;
	struct debug_frames *debug_frames;
	struct arena arena;
};

// One walk.
struct walk {
	struct dbg_target *target;
	struct unwinder *unwinder;
	struct dbg_regs regs; // of the frame where libunwind starts
	bool missing;         // the last step found no unwind information
	u64 missing_at;
};

// ---- accessors -------------------------------------------------------------------------------------

static int search(unw_addr_space_t as, unw_word_t ip, const struct unwind_table *table, unw_proc_info_t *pi, int need_unwind_info,
                  void *arg)
{
	unw_dyn_info_t info = {.start_ip = 0, .end_ip = UINT64_MAX, .format = UNW_INFO_FORMAT_REMOTE_TABLE};
	info.u.rti.segbase = table->base;
	info.u.rti.table_data = table->start;
	info.u.rti.table_len = table->count;
	return UNW_OBJ(dwarf_search_unwind_table)(as, ip, &info, pi, need_unwind_info, arg);
}

static int find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *pi, int need_unwind_info, void *arg)
{
	struct walk *walk = arg;
	struct unwind_table table;
	int result = -UNW_ENOINFO;
	u64 shift;
	if (unwind_table_at(walk->unwinder->tables, &walk->target->space, ip, &table))
		result = search(as, ip, &table, pi, need_unwind_info, arg);
	if (result < 0 && debug_frame_table_at(walk->unwinder->debug_frames, &walk->target->space, ip, &table, &shift)) {
		result = search(as, ip + shift, &table, pi, need_unwind_info, arg);
		pi->start_ip -= shift;
		pi->end_ip -= shift;
	}
	if (result < 0) {
		walk->missing = true;
		walk->missing_at = ip;
	}
	return result < 0 ? -UNW_ENOINFO : result;
}

static void put_unwind_info(unw_addr_space_t as, unw_proc_info_t *pi, void *arg)
{
	(void)as, (void)pi, (void)arg;
}

static int no_dynamic_info(unw_addr_space_t as, unw_word_t *out, void *arg)
{
	(void)as, (void)out, (void)arg;
	return -UNW_ENOINFO;
}

static int access_mem(unw_addr_space_t as, unw_word_t addr, unw_word_t *value, int write, void *arg)
{
	struct walk *walk = arg;
	u64 word;
	(void)as;
	if (write)
		return -UNW_EINVAL;
	if (!unwind_tables_word(walk->unwinder->tables, addr, &word) &&
	    !debug_frame_word(walk->unwinder->debug_frames, addr, &word) &&
	    dbg_mem_read_some(walk->target->space.mem, addr, &word, sizeof(word)) != sizeof(word))
		return -UNW_EINVAL;
	*value = word;
	return 0;
}

// libunwind numbers the registers as DWARF does.
static int access_reg(unw_addr_space_t as, unw_regnum_t number, unw_word_t *value, int write, void *arg)
{
	struct walk *walk = arg;
	u64 word;
	(void)as;
	if (write || number < 0 || number > DBG_REG_RIP || !dbg_regs_get(&walk->regs, (unsigned)number, &word))
		return -UNW_EBADREG;
	*value = word;
	return 0;
}

static int access_fpreg(unw_addr_space_t as, unw_regnum_t number, unw_fpreg_t *value, int write, void *arg)
{
	(void)as, (void)number, (void)value, (void)write, (void)arg;
	return -UNW_EBADREG;
}

static int no_resume(unw_addr_space_t as, unw_cursor_t *cursor, void *arg)
{
	(void)as, (void)cursor, (void)arg;
	return -UNW_EINVAL;
}

static struct unwinder *unwinder_of(struct dbg_target *target)
{
	static unw_accessors_t accessors = {
	    .find_proc_info = find_proc_info,
	    .put_unwind_info = put_unwind_info,
	    .get_dyn_info_list_addr = no_dynamic_info,
	    .access_mem = access_mem,
	    .access_reg = access_reg,
	    .access_fpreg = access_fpreg,
	    .resume = no_resume,
	};
	struct unwinder *unwinder = target->unwinder;
	if (unwinder)
		return unwinder;
	unw_addr_space_t space = unw_create_addr_space(&accessors, 0);
	if (!space)
		return NULL;
	unw_set_caching_policy(space, UNW_CACHE_GLOBAL);
	unwinder = target->unwinder = NEW(&target->home, struct unwinder);
	unwinder->space = space;
	unwinder->tables = unwind_tables_new(&target->home);
	unwinder->debug_frames = debug_frames_new(&target->home);
	return unwinder;
}

void unwind_free(struct dbg_target *target)
{
	struct unwinder *unwinder = target->unwinder;
	if (!unwinder)
		return;
	unw_destroy_addr_space(unwinder->space);
	unwind_tables_free(unwinder->tables);
	debug_frames_free(unwinder->debug_frames);
	target->unwinder = NULL;
}

void unwind_forget(struct dbg_target *target)
{
	unwind_free(target);
}

// ---- without unwind information --------------------------------------------------------------------

static bool is_code(struct dbg_target *target, u64 addr)
{
	return dbg_module_at(target->space.modules, addr) != NULL;
}

static bool word_at(struct dbg_target *target, u64 addr, u64 *out)
{
	return dbg_mem_read_some(target->space.mem, addr, out, sizeof(*out)) == sizeof(*out);
}

// Linkage stubs (lld writes no unwind information for them): [endbr64] jmp *x(%rip), or push n; jmp.
static bool is_stub(struct dbg_target *target, u64 pc)
{
	u8 code[16];
	size_t at = 0;
	if (dbg_mem_read_some(target->space.mem, pc, code, sizeof(code)) != sizeof(code))
		return false;
	if (!memcmp(code, "\xf3\x0f\x1e\xfa", 4))
		at = 4;
	if (code[at] == 0xf2)
		at++;
	return (code[at] == 0xff && code[at + 1] == 0x25) || (code[at] == 0x68 && (code[at + 5] == 0xe9 || code[at + 5] == 0xff));
}

// The caller's registers, guessed: in a stub, or at an address that is no code (a call through a bad pointer),
// the return address is on top of the stack; elsewhere the frame pointer may lead on.
static bool guess_caller(struct dbg_target *target, const struct dbg_regs *regs, bool newest, struct dbg_regs *out)
{
	u64 pc = dbg_regs_pc(regs), sp, fp, return_addr, saved;
	if (!dbg_regs_get(regs, DBG_REG_RSP, &sp))
		return false;
	*out = *regs;
	if (((newest && !is_code(target, pc)) || is_stub(target, pc)) && word_at(target, sp, &return_addr) &&
	    is_code(target, return_addr)) {
		dbg_regs_set(out, DBG_REG_RIP, return_addr);
		dbg_regs_set(out, DBG_REG_RSP, sp + 8);
		return true;
	}
	if (!dbg_regs_get(regs, DBG_REG_RBP, &fp) || fp % 8 || fp < sp || !word_at(target, fp, &saved) ||
	    !word_at(target, fp + 8, &return_addr) || !is_code(target, return_addr))
		return false;
	dbg_regs_set(out, DBG_REG_RIP, return_addr);
	dbg_regs_set(out, DBG_REG_RSP, fp + 16);
	dbg_regs_set(out, DBG_REG_RBP, saved);
	return true;
}

// ---- the walk --------------------------------------------------------------------------------------

// What a callee keeps for its caller (System V ABI AMD64, figure 3.4), and the segment bases.
static const u64 KEPT = (u64)1 << DBG_REG_RBX | (u64)1 << DBG_REG_RBP | (u64)1 << DBG_REG_RSP | (u64)15 << 12 |
                        (u64)1 << DBG_REG_RIP | (u64)1 << DBG_REG_FS_BASE | (u64)1 << DBG_REG_GS_BASE;

static void take_regs(unw_cursor_t *cursor, bool interrupted, const struct dbg_regs *below, struct dbg_regs *out)
{
	*out = *below;
	for (unsigned number = 0; number <= DBG_REG_RIP; number++) {
		unw_word_t word;
		if (unw_get_reg(cursor, (int)number, &word) == 0)
			dbg_regs_set(out, number, word);
		else
			out->known &= ~((u64)1 << number);
	}
	// A signal's frame restores everything; a call leaves the scratch registers to the callee.
	out->known &= interrupted ? KEPT | 0x1ffff : KEPT;
}

static struct str no_information(struct walk *walk, struct arena *arena)
{
	const struct dbg_module *module = dbg_module_at(walk->target->space.modules, walk->missing_at);
	struct str name = module ? dbg_module_name(module) : STR("no module");
	return str_printf(arena, "the stack may go on: no unwind information for 0x%llx in %.*s",
	                  (unsigned long long)walk->missing_at, STRF(name));
}

size_t unwind_machine(struct dbg_target *target, struct thread *thread, struct arena *arena, size_t max,
                      struct machine_frame **out, bool *whole, struct str *note)
{
	VEC(struct machine_frame) frames = {0};
	struct walk walk = {.target = target, .unwinder = unwinder_of(target)};
	struct dbg_regs *regs;
	unw_cursor_t cursor;
	size_t hops = 0;
	*out = NULL;
	*whole = false;
	*note = STR("");
	err_t error = thread_regs(thread, &regs);
	if (error || !walk.unwinder) {
		*note = error ? str_dup(arena, error->what) : STR("libunwind gives no address space");
		return 0;
	}
	walk.regs = *regs;
	vec_push(arena, &frames, ((struct machine_frame){.regs = *regs, .exact_pc = true}));
	bool started = unw_init_remote(&cursor, walk.unwinder->space, &walk) == 0, interrupted = false;
	while (started) {
		struct machine_frame *last = &frames.items[frames.len - 1], next = {0};
		walk.missing = false;
		int result = unw_step(&cursor);
		if (walk.missing) { // libunwind then guesses, too; but it does not check what it guesses
			if (!guess_caller(target, &last->regs, frames.len == 1, &next.regs)) {
				*note = no_information(&walk, arena);
				break;
			}
			interrupted = false;
			next.regs.known &= KEPT;
			walk.regs = next.regs;
			started = unw_init_remote(&cursor, walk.unwinder->space, &walk) == 0;
		} else if (result < 0 && target->untouched && unwind_find_frame_pointer(target, &last->regs)) {
			walk.regs = last->regs;
			started = unw_init_remote(&cursor, walk.unwinder->space, &walk) == 0;
			continue;
		} else if (result < 0) {
			*note = str_printf(arena, "the stack could not be followed at 0x%llx: %s",
			                   (unsigned long long)dbg_regs_pc(&last->regs), unw_strerror(result));
			break;
		} else {
			take_regs(&cursor, interrupted, &last->regs, &next.regs);
			if (result == 0 || !dbg_regs_pc(&next.regs)) {
				*whole = true;
				break;
			}
			next.exact_pc = interrupted;
			interrupted = unw_is_signal_frame(&cursor) > 0;
			next.exact_pc = next.exact_pc || interrupted; // a signal's frame was not called either
		}
		u64 old_sp = last->regs.value[DBG_REG_RSP], sp = next.regs.value[DBG_REG_RSP];
		last->cfa = sp;
		if (sp <= old_sp && !next.exact_pc && (sp == old_sp || ++hops > MOST_HOPS)) {
			*note =
			    str_printf(arena, "the stack pointer does not move on at 0x%llx", (unsigned long long)dbg_regs_pc(&next.regs));
			break;
		}
		if (frames.len >= max) {
			*note = str_printf(arena, "only the newest %zu frames", max);
			break;
		}
		vec_push(arena, &frames, next);
	}
	*out = frames.items;
	return frames.len;
}

// ---- with inlined frames ---------------------------------------------------------------------------

static struct dbg_place place_at(struct dbg_target *target, u64 addr)
{
	struct dbg_line_row row;
	return dbg_line_at(target->space.modules, addr, &row) ? row.place : (struct dbg_place){0};
}

size_t dbg_unwind(struct dbg_target *target, struct arena *arena, pid_t tid, size_t max, struct dbg_frame **out, bool *whole,
                  struct str *note)
{
	VEC(struct dbg_frame) frames = {0};
	struct machine_frame *machine;
	struct thread *thread = thread_find(target, tid);
	*out = NULL;
	*whole = false;
	if (!thread || (target->mode != MODE_STOPPED && thread->report != REPORT_ASKED)) {
		*note = thread ? STR("the process runs: pause it first") : STR("there is no such thread");
		return 0;
	}
	if (!max)
		max = MOST_FRAMES;
	size_t n = unwind_machine(target, thread, arena, max, &machine, whole, note);
	if (n && thread->has_regs && !thread->has_float_regs)
		err_ignore(dbg_thread_regs(target, tid, &machine[0].regs)); // for values in vector registers
	for (size_t i = 0; i < n; i++) {
		u64 pc = dbg_regs_pc(&machine[i].regs);
		struct dbg_frame frame = {.regs = &machine[i].regs, .pc = pc, .lookup = pc - !machine[i].exact_pc, .cfa = machine[i].cfa};
		struct dbg_scope *scopes;
		size_t depth = dbg_scopes_at(target->space.modules, arena, frame.lookup, &scopes);
		frame.place = place_at(target, frame.lookup);
		if (!depth)
			vec_push(arena, &frames, frame);
		for (size_t k = 0; k < depth; k++) {
			frame.scope = scopes[k];
			frame.inlined = k + 1 < depth;
			vec_push(arena, &frames, frame);
			frame.place = scopes[k].call; // of the caller it was inlined into
		}
	}
	if (frames.len > max) {
		frames.len = max;
		*whole = false;
		*note = str_printf(arena, "only the newest %zu frames", max);
	}
	*out = frames.items;
	return frames.len;
}
