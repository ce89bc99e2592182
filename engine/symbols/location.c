// Evaluates DWARF expressions (DWARF 5, 2.5 and 2.6) over memory, registers and a frame's bases.
//
// A simple location is what the stack's top means at the end (memory unless an operation said otherwise); a
// composite one is a row of pieces, each simple. Bounded in steps and stack: expressions come from a file that
// may be broken. An operation that is not known makes the value absent and is named. Operations are decoded by
// libdw; dwarf_op.c has their names.
#include "location.h"

#include <dwarf.h>

#include "dwarf_op.h"
#include "location_machine.h"

enum { MAX_STEPS = 10000, MAX_VALUE = 1 << 20 };

// ---- operations that ask the context ---------------------------------------------------------------

static bool frame_relative(struct machine *m, u64 offset)
{
	u64 base;
	if (!m->context->frame_base)
		return machine_fail(m, "the function has no frame base in the debug info");
	return m->context->frame_base(m->context, &base, &m->why) && machine_push(m, base + offset);
}

static bool thread_local_address(struct machine *m)
{
	u64 fs_base, addr;
	if (!machine_need(m, 1))
		return false;
	struct dbg_static variable = {.is_tls = true, .addr = m->stack[m->depth - 1], .module = m->context->module};
	if (!variable.module || !m->context->regs || !dbg_regs_get(m->context->regs, DBG_REG_FS_BASE, &fs_base) ||
	    !m->context->space || !dbg_tls_address(&variable, m->context->space->mem, fs_base, &addr))
		return machine_fail(m, "the thread local's address is not known");
	m->stack[m->depth - 1] = addr;
	return true;
}

static bool indexed_address(struct machine *m, const Dwarf_Op *op)
{
	Dwarf_Attribute found;
	Dwarf_Addr addr;
	if (!m->context->attribute || dwarf_getlocation_attr(m->context->attribute, op, &found) ||
	    (dwarf_formaddr(&found, &addr) && dwarf_formudata(&found, &addr)))
		return machine_fail(m, "%s %llu is not in .debug_addr", dwarf_op_name(op->atom), (unsigned long long)op->number);
	bool is_address = op->atom == DW_OP_addrx || op->atom == DW_OP_GNU_addr_index;
	return machine_push(m, addr + (is_address ? m->context->bias : 0));
}

// The value that a register had when the function was entered. Registers of the frame are those only at its
// first instruction; otherwise the caller would have to tell (DW_TAG_call_site_parameter).
static bool entry_value(struct machine *m, const Dwarf_Op *op)
{
	Dwarf_Attribute found;
	Dwarf_Op *inner;
	size_t n;
	if (!m->context->at_entry)
		return machine_fail(m, "optimised out: only its value at the function's entry is described (DW_OP_entry_value)");
	if (!m->context->attribute || dwarf_getlocation_attr(m->context->attribute, op, &found) ||
	    dwarf_getlocation(&found, &inner, &n))
		return machine_fail(m, "DW_OP_entry_value has no operand");
	u64 value;
	return n == 1 && location_number(m->arena, m->context, inner, n, &value, &m->why) && machine_push(m, value);
}

// DW_OP_convert to a base type. Entries are kept extended to 64 bits, so that a conversion from a narrower type
// needs no memory of what the entry was.
static bool convert(struct machine *m, const Dwarf_Op *op)
{
	Dwarf_Die type;
	Dwarf_Word encoding = 0, size = 8;
	Dwarf_Attribute attribute;
	if (!machine_need(m, 1))
		return false;
	if (op->number == 0) // the generic type
		return true;
	if (!m->context->attribute || dwarf_getlocation_die(m->context->attribute, op, &type) ||
	    dwarf_formudata(dwarf_attr(&type, DW_AT_encoding, &attribute), &encoding) ||
	    dwarf_formudata(dwarf_attr(&type, DW_AT_byte_size, &attribute), &size) || size == 0)
		return machine_fail(m, "%s names no base type", dwarf_op_name(op->atom));
	bool is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
	if (encoding == DW_ATE_float || size > 8)
		return machine_fail(m, "%s to a type of %llu bytes that is no integer is not supported", dwarf_op_name(op->atom),
		                    (unsigned long long)size);
	u64 *top = &m->stack[m->depth - 1];
	unsigned unused = (unsigned)(64 - 8 * size);
	*top = is_signed ? (u64)((i64)(*top << unused) >> unused) : *top << unused >> unused;
	return true;
}

static bool implicit_value(struct machine *m, const Dwarf_Op *op)
{
	Dwarf_Block block;
	if (!m->context->attribute || dwarf_getlocation_implicit_value(m->context->attribute, op, &block))
		return machine_fail(m, "DW_OP_implicit_value has no bytes");
	m->kind = IS_BLOCK;
	m->block = block.data;
	m->block_len = block.length;
	return true;
}

// ---- what the result is ----------------------------------------------------------------------------

// Writes `size` bytes that the simple location describes, `skip` bytes into it, to `out`; false with `why` if it can't.
static bool materialise(struct machine *m, size_t size, u8 *out, size_t *known)
{
	u64 number;
	*known = size_min(size, sizeof(number));
	switch (m->kind) {
	case IS_NOTHING: *known = 0; return true;
	case IN_REGISTER:
		if (!machine_read_register(m, m->reg, &number)) {
			m->why = (struct str){0};
			*known = 0;
			return true;
		}
		memcpy(out, &number, *known);
		return true;
	case IS_NUMBER:
		if (!machine_need(m, 1))
			return false;
		number = m->stack[m->depth - 1];
		memcpy(out, &number, *known);
		if (size > sizeof(number)) { // a value is extended by zeros
			memset(out + sizeof(number), 0, size - sizeof(number));
			*known = size;
		}
		return true;
	case IS_BLOCK:
		*known = size_min(size, m->block_len);
		memcpy(out, m->block, *known);
		return true;
	case IN_MEMORY: break;
	}
	if (m->depth == 0) { // an empty piece
		*known = 0;
		return true;
	}
	const struct dbg_space *space = m->context->space;
	*known = space && space->mem ? dbg_mem_read_some(space->mem, m->stack[m->depth - 1], out, size) : 0;
	return true;
}

static bool piece(struct machine *m, u64 size)
{
	size_t room = m->size - m->filled, known = 0;
	size_t taken = (size_t)u64_min(size, room);
	m->composite = true;
	if (taken && !materialise(m, taken, m->bytes + m->filled, &known))
		return false;
	memset(m->known + m->filled, 1, known);
	m->filled += taken;
	m->kind = IN_MEMORY;
	m->depth = 0;
	return true;
}

static bool bit_piece(struct machine *m, const Dwarf_Op *op)
{
	if (op->number % 8 || op->number2)
		return machine_fail(m, "DW_OP_bit_piece of %llu bits at bit %llu is not supported", (unsigned long long)op->number,
		                    (unsigned long long)op->number2);
	return piece(m, op->number / 8);
}

static bool step(struct machine *m, const Dwarf_Op *op)
{
	u8 atom = op->atom;
	if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
		return machine_push(m, (u64)(atom - DW_OP_lit0));
	if ((atom >= DW_OP_reg0 && atom <= DW_OP_reg31) || atom == DW_OP_regx) {
		m->kind = IN_REGISTER;
		m->reg = atom == DW_OP_regx ? (unsigned)op->number : (unsigned)(atom - DW_OP_reg0);
		return true;
	}
	u64 reg;
	if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
		return machine_read_register(m, (unsigned)(atom - DW_OP_breg0), &reg) && machine_push(m, reg + op->number);
	switch (atom) {
	case DW_OP_bregx: return machine_read_register(m, (unsigned)op->number, &reg) && machine_push(m, reg + op->number2);
	case DW_OP_addr: return machine_push(m, op->number + m->context->bias);
	case DW_OP_addrx:
	case DW_OP_constx:
	case DW_OP_GNU_addr_index:
	case DW_OP_GNU_const_index: return indexed_address(m, op);
	case DW_OP_const1u:
	case DW_OP_const1s:
	case DW_OP_const2u:
	case DW_OP_const2s:
	case DW_OP_const4u:
	case DW_OP_const4s:
	case DW_OP_const8u:
	case DW_OP_const8s:
	case DW_OP_constu:
	case DW_OP_consts: return machine_push(m, op->number);
	case DW_OP_fbreg: return frame_relative(m, op->number);
	case DW_OP_call_frame_cfa:
		return m->context->cfa ? machine_push(m, m->context->cfa) : machine_fail(m, "the frame's canonical address is not known");
	case DW_OP_dup:
	case DW_OP_over:
	case DW_OP_pick:
	case DW_OP_drop:
	case DW_OP_swap:
	case DW_OP_rot: return machine_shuffle(m, atom, op->number);
	case DW_OP_abs:
	case DW_OP_neg:
	case DW_OP_not:
	case DW_OP_plus_uconst:
	case DW_OP_deref:
	case DW_OP_deref_size: return machine_unary(m, atom, op->number);
	case DW_OP_and:
	case DW_OP_or:
	case DW_OP_xor:
	case DW_OP_plus:
	case DW_OP_minus:
	case DW_OP_mul:
	case DW_OP_div:
	case DW_OP_mod:
	case DW_OP_shl:
	case DW_OP_shr:
	case DW_OP_shra:
	case DW_OP_eq:
	case DW_OP_ne:
	case DW_OP_lt:
	case DW_OP_le:
	case DW_OP_gt:
	case DW_OP_ge: return machine_arithmetic(m, atom);
	case DW_OP_form_tls_address:
	case DW_OP_GNU_push_tls_address: return thread_local_address(m);
	case DW_OP_entry_value:
	case DW_OP_GNU_entry_value: return entry_value(m, op);
	case DW_OP_convert:
	case DW_OP_reinterpret:
	case DW_OP_GNU_convert:
	case DW_OP_GNU_reinterpret: return convert(m, op);
	case DW_OP_stack_value: m->kind = IS_NUMBER; return true;
	case DW_OP_implicit_value: return implicit_value(m, op);
	case DW_OP_implicit_pointer:
	case DW_OP_GNU_implicit_pointer: return machine_fail(m, "optimised out: a pointer to a variable that is not in memory");
	case DW_OP_piece: return piece(m, op->number);
	case DW_OP_bit_piece: return bit_piece(m, op);
	case DW_OP_nop: return true;
	default: return machine_fail(m, "%s is not supported", dwarf_op_name(atom));
	}
}

// Where a jump from operation i leads: libdw gives the offset in bytes, from behind the operation (3 bytes long).
static bool jump(struct machine *m, const Dwarf_Op *ops, size_t n, size_t *i)
{
	u64 wanted = ops[*i].offset + 3 + (u64)(i64)(int16_t)ops[*i].number;
	for (size_t to = 0; to < n; to++)
		if (ops[to].offset == wanted) {
			*i = to;
			return true;
		}
	if (wanted > ops[n - 1].offset) { // the end
		*i = n;
		return true;
	}
	return machine_fail(m, "the DWARF expression jumps to the middle of an operation");
}

static bool run(struct machine *m, const Dwarf_Op *ops, size_t n)
{
	unsigned steps = 0;
	for (size_t i = 0; i < n;) {
		if (++steps > MAX_STEPS)
			return machine_fail(m, "the DWARF expression does not end");
		u8 atom = ops[i].atom;
		bool jumps = atom == DW_OP_skip;
		if (atom == DW_OP_bra) {
			if (!machine_need(m, 1))
				return false;
			jumps = m->stack[--m->depth] != 0;
		}
		if (jumps) {
			if (!jump(m, ops, n, &i))
				return false;
			continue;
		}
		if (atom != DW_OP_bra && !step(m, &ops[i]))
			return false;
		i++;
	}
	return true;
}

static struct dbg_value absent(struct machine *m)
{
	return dbg_value_none(m->arena, "%.*s", STRF(m->why));
}

static bool all(const u8 *known, size_t size, bool wanted)
{
	for (size_t i = 0; i < size; i++)
		if ((bool)known[i] != wanted)
			return false;
	return true;
}

static struct dbg_value from_bytes(struct machine *m, const struct dbg_type *type)
{
	if (m->size && all(m->known, m->size, false))
		return dbg_value_none(m->arena, "optimised out");
	struct dbg_value value = dbg_value_of_bytes(m->context->space, type, m->bytes);
	value.known = all(m->known, m->size, true) ? NULL : m->known;
	return value;
}

struct dbg_value location_value(struct arena *arena, const struct location_context *context, const Dwarf_Op *ops, size_t n,
                                const struct dbg_type *type)
{
	if (!type)
		return dbg_value_at(context->space, NULL, 0);
	struct machine m = {.arena = arena, .context = context};
	if (n == 0)
		return type->size ? dbg_value_none(arena, "optimised out") : dbg_value_of_bytes(context->space, type, (const u8 *)"");
	m.size = (size_t)u64_min(type->size, MAX_VALUE);
	m.bytes = NEW_N(arena, u8, m.size + 1);
	m.known = NEW_N(arena, u8, m.size + 1);
	if (!run(&m, ops, n))
		return absent(&m);
	if (!m.composite && m.kind == IN_MEMORY) {
		if (!machine_need(&m, 1))
			return absent(&m);
		return dbg_value_at(context->space, type, m.stack[m.depth - 1]);
	}
	if (type->size > MAX_VALUE)
		return dbg_value_none(arena, "a value of %llu bytes in pieces", (unsigned long long)type->size);
	if (!m.composite) {
		size_t known;
		if (m.kind == IN_REGISTER) {
			u64 ignored;
			if (!machine_read_register(&m, m.reg, &ignored))
				return absent(&m);
		}
		if (!materialise(&m, m.size, m.bytes, &known))
			return absent(&m);
		memset(m.known, 1, known);
	}
	return from_bytes(&m, type);
}

bool location_number(struct arena *arena, const struct location_context *context, const Dwarf_Op *ops, size_t n, u64 *out,
                     struct str *why)
{
	struct machine m = {.arena = arena, .context = context};
	bool ok = n ? run(&m, ops, n) : machine_fail(&m, "the DWARF expression is empty");
	if (ok && m.composite)
		ok = machine_fail(&m, "a number in pieces");
	if (ok)
		ok = m.kind == IN_REGISTER ? machine_read_register(&m, m.reg, out) : machine_need(&m, 1);
	if (ok && m.kind != IN_REGISTER)
		*out = m.stack[m.depth - 1];
	*why = m.why;
	return ok;
}
