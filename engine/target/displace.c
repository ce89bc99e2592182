// Passing over a breakpoint without lifting it, so that no other thread is stopped for that: its instruction is done by
// us (emulate.c), or is run elsewhere. The place for that are the first bytes of the program's entry (_start), which
// is run once: before our first stop in the user's code. What can't be run elsewhere is left to run.c, which halts all.
//
// A breakpoint that is passed over often gets a jump back behind its instruction there, so that the thread needs no
// second stop. When it has come back is not known then: the place is that breakpoint's until all threads were stopped.
#include <capstone/capstone.h>
#include <elf.h>

#include "displace.h"

// The thread's instruction runs there one after another: a few threads that pass at once are enough.
enum { SLOT = 16, SLOTS = 2, HOT = 4, JUMP = 5 /* jmp rel32 */ };

// ---- plans -----------------------------------------------------------------------------------------

// Capstone orders registers by name; DWARF by System V ABI AMD64, figure 3.36.
#define WIDTHS(number, r8, r4, r2, r1)                                                                                           \
	{r8, number, 8}, {r4, number, 4}, {r2, number, 2},                                                                           \
	{                                                                                                                            \
		r1, number, 1                                                                                                            \
	}
static const struct {
	u16 capstone;
	u8 dwarf, size;
} REGISTERS[] = {
    WIDTHS(0, X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL),
    WIDTHS(1, X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL),
    WIDTHS(2, X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL),
    WIDTHS(3, X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL),
    WIDTHS(4, X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL),
    WIDTHS(5, X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL),
    WIDTHS(6, X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL),
    WIDTHS(7, X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL),
    WIDTHS(8, X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B),
    WIDTHS(9, X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B),
    WIDTHS(10, X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B),
    WIDTHS(11, X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B),
    WIDTHS(12, X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B),
    WIDTHS(13, X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B),
    WIDTHS(14, X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B),
    WIDTHS(15, X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B),
};

static bool find_register(unsigned capstone, u8 *number, u8 *size)
{
	for (size_t i = 0; i < ARRAY_LEN(REGISTERS); i++) {
		if (REGISTERS[i].capstone != capstone)
			continue;
		*number = REGISTERS[i].dwarf;
		*size = REGISTERS[i].size;
		return true;
	}
	return false;
}

static bool read_operand(const cs_x86_op *op, struct plan_operand *out)
{
	*out = (struct plan_operand){0};
	switch (op->type) {
	case X86_OP_REG: out->kind = OPERAND_REGISTER; return find_register(op->reg, &out->reg, &out->size);
	case X86_OP_IMM: *out = (struct plan_operand){.kind = OPERAND_NUMBER, .size = op->size, .number = op->imm}; return true;
	case X86_OP_MEM:
		*out = (struct plan_operand){.kind = OPERAND_STACK, .number = op->mem.disp};
		if ((op->mem.base != X86_REG_RSP && op->mem.base != X86_REG_RBP) || op->mem.index != X86_REG_INVALID ||
		    op->mem.segment != X86_REG_INVALID || !find_register(op->mem.base, &out->reg, &out->size))
			return false;
		out->size = op->size;
		return op->size == 1 || op->size == 2 || op->size == 4 || op->size == 8;
	default: return false;
	}
}

// Jumps and calls to a fixed place, pushes and moves of whole registers and the stack.
static bool plan_emulation(csh handle, const cs_insn *insn, struct displace_plan *plan)
{
	const cs_x86 *x86 = &insn->detail->x86;
	bool direct = x86->op_count == 1 && x86->operands[0].type == X86_OP_IMM;
	if (direct && insn->id == X86_INS_CALL)
		plan->kind = PLAN_CALL;
	else if (direct && cs_insn_group(handle, insn, CS_GRP_JUMP))
		plan->kind = PLAN_JUMP;
	if (plan->kind == PLAN_CALL || plan->kind == PLAN_JUMP) {
		u8 code = x86->opcode[0] == 0x0f ? x86->opcode[1] : x86->opcode[0];
		plan->target = (u64)x86->operands[0].imm;
		plan->always = insn->id == X86_INS_JMP;
		plan->condition = code & 0xf;
		if (plan->kind == PLAN_CALL || plan->always || (code & 0xf0) == (x86->opcode[0] == 0x0f ? 0x80 : 0x70))
			return true;
		plan->kind = PLAN_LIFT; // loop, jrcxz
		return false;
	}
	if (insn->id == X86_INS_PUSH && read_operand(&x86->operands[0], &plan->from) && plan->from.kind == OPERAND_REGISTER &&
	    plan->from.size == 8) {
		plan->kind = PLAN_PUSH;
		return true;
	}
	bool moves = insn->id == X86_INS_MOV || insn->id == X86_INS_MOVABS || insn->id == X86_INS_MOVZX;
	plan->is_signed = insn->id == X86_INS_MOVSX || insn->id == X86_INS_MOVSXD;
	if ((!moves && !plan->is_signed) || x86->op_count != 2 || !read_operand(&x86->operands[0], &plan->to) ||
	    !read_operand(&x86->operands[1], &plan->from))
		return false;
	plan->kind = PLAN_MOVE;
	return true;
}

// May it run at another address? What reads or writes memory relative to pc has its distance adjusted.
static bool plan_copy(csh handle, const cs_insn *insn, struct displace_plan *plan)
{
	static const u8 groups[] = {CS_GRP_JUMP, CS_GRP_CALL, CS_GRP_RET, CS_GRP_INT, CS_GRP_IRET, CS_GRP_BRANCH_RELATIVE};
	const cs_x86 *x86 = &insn->detail->x86;
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (cs_insn_group(handle, insn, groups[i]))
			return false;
	if (insn->id == X86_INS_SYSCALL || insn->id == X86_INS_SYSENTER || insn->id == X86_INS_UD2 || insn->id == X86_INS_HLT)
		return false;
	for (u8 i = 0; i < x86->op_count; i++)
		if (x86->operands[i].type == X86_OP_MEM && x86->operands[i].mem.base == X86_REG_RIP)
			plan->relative = x86->encoding.disp_offset;
	plan->kind = PLAN_COPY;
	return true;
}

static struct displace_plan *make_plan(struct dbg_target *target, u64 addr)
{
	struct displace_plan *plan = NEW(&target->home, struct displace_plan);
	csh handle;
	u8 code[sizeof(plan->code)];
	size_t n = dbg_mem_read_some(target->space.mem, addr, code, sizeof(code)); // without our traps
	if (!n || cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
		return plan;
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	cs_insn *insn;
	if (cs_disasm(handle, code, n, addr, 1, &insn) == 1) {
		plan->length = (u8)insn->size;
		memcpy(plan->code, code, plan->length);
		struct displace_plan copied = *plan;
		bool emulates = plan_emulation(handle, insn, plan);
		plan->copies = plan_copy(handle, insn, &copied);
		plan->relative = copied.relative;
		if (!emulates && plan->copies)
			plan->kind = PLAN_COPY;
		cs_free(insn, 1);
	}
	cs_close(&handle);
	return plan;
}

// ---- running elsewhere -----------------------------------------------------------------------------

static bool slot_is_taken(const struct dbg_target *target, u64 addr)
{
	for (size_t i = 0; i < target->threads.len; i++)
		if (target->threads.items[i]->displaced_to == addr)
			return true;
	return false;
}

// Behind the instruction, back to the one that follows it; not where that is too far, or there is no room.
static bool add_jump(u8 *code, u64 slot, u64 addr, u8 length)
{
	i64 distance = (i64)(addr - slot) - JUMP;
	i32 field = (i32)distance;
	if (length + JUMP > SLOT || distance != field)
		return false;
	code[length] = 0xe9;
	memcpy(code + length + 1, &field, sizeof(field));
	return true;
}

static bool fill_slot(struct dbg_target *target, struct displace_slot *slot, u64 addr, struct displace_plan *plan)
{
	u8 code[SLOT] = {0};
	i32 distance;
	memcpy(code, plan->code, plan->length);
	if (plan->relative) {
		memcpy(&distance, code + plan->relative, sizeof(distance));
		i64 moved = (i64)distance + (i64)(addr - slot->addr);
		if (moved != (i32)moved)
			return false;
		distance = (i32)moved;
		memcpy(code + plan->relative, &distance, sizeof(distance));
	}
	slot->holds = 0;
	slot->runs = false;
	slot->leads_back = add_jump(code, slot->addr, addr, plan->length);
	if (os_memory_write(&target->os_memory, slot->addr, code, SLOT))
		return false;
	slot->holds = addr;
	return true;
}

static void find_slots(struct dbg_target *target)
{
	u64 entry;
	target->slots_known = true;
	if (!os_auxv(target->pid, AT_ENTRY, &entry))
		return;
	for (size_t i = 0; i < SLOTS; i++) {
		struct displace_slot *slot = &target->slots[i];
		if (os_memory_read(&target->os_memory, entry + i * SLOT, slot->original, SLOT) == SLOT)
			slot->addr = entry + i * SLOT;
	}
}

static bool has_site(const struct dbg_target *target, u64 slot)
{
	for (u64 i = 0; i < SLOT; i++)
		if (site_is_inserted(target, slot + i))
			return true;
	return false;
}

// The one that holds the instruction already, or one that is free.
static struct displace_slot *take_slot(struct dbg_target *target, u64 addr, struct displace_plan *plan)
{
	struct displace_slot *chosen = NULL;
	bool any_taken = false;
	if (target->entry)
		return NULL; // the program has yet to come there
	if (!target->slots_known)
		find_slots(target);
	for (size_t i = 0; i < SLOTS; i++) {
		struct displace_slot *slot = &target->slots[i];
		bool taken = slot->addr && slot->holds != addr && slot_is_taken(target, slot->addr);
		any_taken = any_taken || taken;
		if (!slot->addr || taken || has_site(target, slot->addr))
			continue;
		if (!chosen || slot->holds == addr)
			chosen = slot;
	}
	if (chosen && (chosen->holds == addr || fill_slot(target, chosen, addr, plan)))
		return chosen;
	if (chosen || !any_taken)
		plan->kind = PLAN_LIFT; // nor later
	return NULL;
}

static bool any_watch(const struct dbg_target *target)
{
	for (size_t i = 0; i < OS_WATCHES; i++)
		if (target->watch[i].place.addr)
			return true;
	return false;
}

bool displace_can(struct dbg_target *target, struct thread *thread)
{
	struct site *site = site_find(target, thread->hit_addr);
	if (!site || !site->inserted || site->lifted || thread->signal)
		return false;
	if (!site->plan)
		site->plan = make_plan(target, site->addr);
	bool steps = step_runs_by_instruction(target, thread);
	return site->plan->kind == PLAN_COPY ? !target->entry : site->plan->kind != PLAN_LIFT && !steps && !any_watch(target);
}

// Where threads run through one place, the other one is left for those that are stepped.
static bool may_run_through(const struct dbg_target *target, const struct displace_slot *slot)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (&target->slots[i] != slot && target->slots[i].runs && slot_is_taken(target, target->slots[i].addr))
			return false;
	return slot->leads_back;
}

static void send_to(struct dbg_target *target, struct thread *thread, const struct displace_slot *slot, u64 addr, bool stepped)
{
	thread->displaced_to = slot->addr;
	thread->displaced_from = addr;
	watch_arm(target, thread);
	thread_resume(thread, stepped);
	thread->step_pc = addr;
}

static bool run_through(struct dbg_target *target, struct thread *thread, u64 addr, struct displace_plan *plan)
{
	if (plan->passed < HOT)
		plan->passed++;
	if (!plan->copies || plan->passed < HOT || target->entry || step_runs_by_instruction(target, thread))
		return false;
	enum displace_kind kind = plan->kind;
	struct displace_slot *slot = take_slot(target, addr, plan);
	plan->kind = kind; // it has other ways
	if (!slot || !may_run_through(target, slot) || thread_set_pc(thread, slot->addr))
		return false;
	slot->runs = true;
	send_to(target, thread, slot, addr, false);
	return true;
}

static bool write_regs(struct thread *thread, const struct dbg_regs *now, const struct dbg_regs *wanted)
{
	for (unsigned i = 0; i < DBG_REG_COUNT; i++) {
		if (i != DBG_REG_RIP && now->value[i] == wanted->value[i])
			continue;
		err_t error = os_put_reg(thread->tid, i, wanted->value[i]);
		if (error)
			return false;
	}
	return true;
}

bool displace_pass(struct dbg_target *target, struct thread *thread)
{
	struct dbg_regs *regs;
	if (!displace_can(target, thread))
		return false;
	struct site *site = site_find(target, thread->hit_addr);
	struct displace_plan *plan = site->plan;
	err_t error = thread_regs(thread, &regs);
	if (error)
		return false;
	if (run_through(target, thread, site->addr, plan))
		return true;
	struct dbg_regs changed = *regs;
	if (plan->kind != PLAN_COPY && emulate(target, plan, &changed)) {
		if (!write_regs(thread, regs, &changed))
			return false;
		*regs = changed;
		thread->has_hit = thread->owes_pc = false;
		watch_arm(target, thread);
		thread_resume(thread, false);
		return true;
	}
	if (plan->kind != PLAN_COPY)
		plan->kind = PLAN_LIFT;
	struct displace_slot *slot = plan->kind == PLAN_COPY ? take_slot(target, site->addr, plan) : NULL;
	if (!slot || thread_set_pc(thread, slot->addr))
		return false;
	send_to(target, thread, slot, site->addr, true);
	return true;
}

void displace_back(struct dbg_target *target, struct thread *thread)
{
	struct dbg_regs *regs;
	u64 slot = thread->displaced_to, from = thread->displaced_from;
	(void)target;
	if (!slot)
		return;
	thread->displaced_to = 0;
	err_t error = thread_regs(thread, &regs);
	if (error)
		return;
	u64 pc = dbg_regs_pc(regs);
	if (pc < slot || pc > slot + SLOT)
		return;
	err_ignore(thread_set_pc(thread, from + (pc - slot)));
	if (pc == slot) { // it was stopped before: the breakpoint is still to be passed over
		thread->has_hit = true;
		thread->hit_addr = from;
	}
}

// ---- what others see -------------------------------------------------------------------------------

void displace_remove(struct dbg_target *target)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (target->slots[i].holds) {
			err_ignore(os_memory_write(&target->os_memory, target->slots[i].addr, target->slots[i].original, SLOT));
			target->slots[i].holds = 0;
		}
}

void displace_forget(struct dbg_target *target)
{
	memset(target->slots, 0, sizeof(target->slots));
	target->slots_known = false;
}

void displace_clean(const struct dbg_target *target, u64 addr, u8 *bytes, size_t len)
{
	for (size_t i = 0; i < SLOTS; i++) {
		const struct displace_slot *slot = &target->slots[i];
		for (u64 k = 0; slot->holds && k < SLOT; k++)
			if (slot->addr + k - addr < len)
				bytes[slot->addr + k - addr] = slot->original[k];
	}
}
