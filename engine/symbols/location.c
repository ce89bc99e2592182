// Evaluates DWARF expressions (DWARF 5, 2.5 and 2.6) over memory, registers and a frame's bases.
//
// A simple location is what the stack's top means at the end (memory unless an operation said otherwise); a
// composite one is a row of pieces, each simple. Bounded in steps and stack: expressions come from a file that
// may be broken. An operation that is not known makes the value absent and is named. Operations are decoded by
// libdw; dwarf_op.c has their names.
#include "location.h"

#include <dwarf.h>

#include "dwarf_op.h"

enum { MAX_STEPS = 10000, MAX_STACK = 64, MAX_VALUE = 1 << 20 };

enum place_kind { IN_MEMORY, IN_REGISTER, IS_NUMBER, IS_BLOCK, IS_NOTHING };

struct machine {
	struct arena *arena;
	const struct location_context *context;
	u64 stack[MAX_STACK];
	size_t depth;
	enum place_kind kind; // of the simple location being built
	unsigned reg;
	const u8 *block;
	size_t block_len;
	struct str why; // set: it failed
	// The composite location.
	bool composite;
	u8 *bytes, *known;
	size_t size, filled;
};

static bool fail(struct machine *m, const char *fmt, ...) PRINTF_LIKE(2, 3);
static bool fail(struct machine *m, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	m->why = str_vprintf(m->arena, fmt, args);
	va_end(args);
	return false;
}

static bool push(struct machine *m, u64 value)
{
	if (m->depth == MAX_STACK)
		return fail(m, "the DWARF expression needs more than %d stack entries", MAX_STACK);
	m->stack[m->depth++] = value;
	return true;
}

static bool need(struct machine *m, size_t n)
{
	return m->depth >= n || fail(m, "the DWARF expression takes from an empty stack");
}

static bool read_register(struct machine *m, unsigned number, u64 *out)
{
	if (m->context->regs && dbg_regs_get(m->context->regs, number, out))
		return true;
	return fail(m, "optimised out: register %s was not kept for this frame", dwarf_register_name(number));
}

static bool read_memory(struct machine *m, u64 addr, size_t size, u64 *out)
{
	u64 value = 0;
	const struct dbg_space *space = m->context->space;
	if (size == 0 || size > sizeof(value))
		return fail(m, "DW_OP_deref_size of %zu bytes", size);
	if (!space || !space->mem || dbg_mem_read_some(space->mem, addr, &value, size) != size)
		return fail(m, "memory at 0x%llx can't be read", (unsigned long long)addr);
	*out = value;
	return true;
}

// ---- operations on the stack -----------------------------------------------------------------------

static bool arithmetic(struct machine *m, unsigned atom)
{
	if (!need(m, 2))
		return false;
	u64 b = m->stack[--m->depth], a = m->stack[--m->depth];
	i64 sa = (i64)a, sb = (i64)b;
	switch (atom) {
	case DW_OP_and:
		return push(m, a & b);
	case DW_OP_or:
		return push(m, a | b);
	case DW_OP_xor:
		return push(m, a ^ b);
	case DW_OP_plus:
		return push(m, a + b);
	case DW_OP_minus:
		return push(m, a - b);
	case DW_OP_mul:
		return push(m, a * b);
	case DW_OP_shl:
		return push(m, b < 64 ? a << b : 0);
	case DW_OP_shr:
		return push(m, b < 64 ? a >> b : 0);
	case DW_OP_shra:
		return push(m, (u64)(sa >> (b < 64 ? b : 63)));
	case DW_OP_div:
		if (b == 0)
			return fail(m, "the DWARF expression divides by zero");
		return push(m, sb == -1 ? 0 - a : (u64)(sa / sb));
	case DW_OP_mod:
		if (b == 0)
			return fail(m, "the DWARF expression divides by zero");
		return push(m, a % b);
	case DW_OP_eq:
		return push(m, sa == sb);
	case DW_OP_ne:
		return push(m, sa != sb);
	case DW_OP_lt:
		return push(m, sa < sb);
	case DW_OP_le:
		return push(m, sa <= sb);
	case DW_OP_gt:
		return push(m, sa > sb);
	default:
		return push(m, sa >= sb); // DW_OP_ge
	}
}

static bool unary(struct machine *m, unsigned atom, u64 operand)
{
	if (!need(m, 1))
		return false;
	u64 *top = &m->stack[m->depth - 1];
	switch (atom) {
	case DW_OP_abs:
		*top = (i64)*top < 0 ? 0 - *top : *top;
		return true;
	case DW_OP_neg:
		*top = 0 - *top;
		return true;
	case DW_OP_not:
		*top = ~*top;
		return true;
	case DW_OP_plus_uconst:
		*top += operand;
		return true;
	case DW_OP_deref:
		return read_memory(m, *top, 8, top);
	default:
		return read_memory(m, *top, (size_t)operand, top); // DW_OP_deref_size
	}
}

static bool shuffle(struct machine *m, unsigned atom, u64 operand)
{
	u64 *s = m->stack;
	switch (atom) {
	case DW_OP_dup:
		return need(m, 1) && push(m, s[m->depth - 1]);
	case DW_OP_over:
		return need(m, 2) && push(m, s[m->depth - 2]);
	case DW_OP_pick:
		return need(m, (size_t)operand + 1) && push(m, s[m->depth - 1 - operand]);
	case DW_OP_drop:
		if (!need(m, 1))
			return false;
		m->depth--;
		return true;
	case DW_OP_swap: {
		if (!need(m, 2))
			return false;
		u64 top = s[m->depth - 1];
		s[m->depth - 1] = s[m->depth - 2];
		s[m->depth - 2] = top;
		return true;
	}
	default: { // DW_OP_rot: the top becomes third
		if (!need(m, 3))
			return false;
		u64 top = s[m->depth - 1];
		s[m->depth - 1] = s[m->depth - 2];
		s[m->depth - 2] = s[m->depth - 3];
		s[m->depth - 3] = top;
		return true;
	}
	}
}

// ---- operations that ask the context ---------------------------------------------------------------

static bool frame_relative(struct machine *m, u64 offset)
{
	u64 base;
	if (!m->context->frame_base)
		return fail(m, "the function has no frame base in the debug info");
	return m->context->frame_base(m->context, &base, &m->why) && push(m, base + offset);
}

static bool thread_local_address(struct machine *m)
{
	u64 fs_base, addr;
	if (!need(m, 1))
		return false;
	struct dbg_static variable = {.is_tls = true, .addr = m->stack[m->depth - 1], .module = m->context->module};
	if (!variable.module || !m->context->regs || !dbg_regs_get(m->context->regs, DBG_REG_FS_BASE, &fs_base) ||
	    !dbg_tls_address(&variable, fs_base, &addr))
		return fail(m, "the thread local's address is not known");
	m->stack[m->depth - 1] = addr;
	return true;
}

static bool indexed_address(struct machine *m, const Dwarf_Op *op)
{
	Dwarf_Attribute found;
	Dwarf_Addr addr;
	if (!m->context->attribute || dwarf_getlocation_attr(m->context->attribute, op, &found) || dwarf_formaddr(&found, &addr))
		return fail(m, "%s %llu is not in .debug_addr", dwarf_op_name(op->atom), (unsigned long long)op->number);
	bool is_address = op->atom == DW_OP_addrx || op->atom == DW_OP_GNU_addr_index;
	return push(m, addr + (is_address ? m->context->bias : 0));
}

// The value that a register had when the function was entered. Registers of the frame are those only at its
// first instruction; otherwise the caller would have to tell (DW_TAG_call_site_parameter).
static bool entry_value(struct machine *m, const Dwarf_Op *op)
{
	Dwarf_Attribute found;
	Dwarf_Op *inner;
	size_t n;
	if (!m->context->at_entry)
		return fail(m, "optimised out: only its value at the function's entry is described (DW_OP_entry_value)");
	if (!m->context->attribute || dwarf_getlocation_attr(m->context->attribute, op, &found) ||
	    dwarf_getlocation(&found, &inner, &n))
		return fail(m, "DW_OP_entry_value has no operand");
	u64 value;
	return n == 1 && location_number(m->arena, m->context, inner, n, &value, &m->why) && push(m, value);
}

// DW_OP_convert to a base type. Entries are kept extended to 64 bits, so that a conversion from a narrower type
// needs no memory of what the entry was.
static bool convert(struct machine *m, const Dwarf_Op *op)
{
	Dwarf_Die type;
	Dwarf_Word encoding = 0, size = 8;
	Dwarf_Attribute attribute;
	if (!need(m, 1))
		return false;
	if (op->number == 0) // the generic type
		return true;
	if (!m->context->attribute || dwarf_getlocation_die(m->context->attribute, op, &type) ||
	    dwarf_formudata(dwarf_attr(&type, DW_AT_encoding, &attribute), &encoding) ||
	    dwarf_formudata(dwarf_attr(&type, DW_AT_byte_size, &attribute), &size) || size == 0)
		return fail(m, "%s names no base type", dwarf_op_name(op->atom));
	bool is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
	if (encoding == DW_ATE_float || size > 8)
		return fail(m, "%s to a type of %llu bytes that is no integer is not supported", dwarf_op_name(op->atom),
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
		return fail(m, "DW_OP_implicit_value has no bytes");
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
	case IS_NOTHING:
		*known = 0;
		return true;
	case IN_REGISTER:
		if (!read_register(m, m->reg, &number)) {
			m->why = (struct str){0};
			*known = 0;
			return true;
		}
		memcpy(out, &number, *known);
		return true;
	case IS_NUMBER:
		if (!need(m, 1))
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
	case IN_MEMORY:
		break;
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
		return fail(m, "DW_OP_bit_piece of %llu bits at bit %llu is not supported", (unsigned long long)op->number,
		            (unsigned long long)op->number2);
	return piece(m, op->number / 8);
}

static bool step(struct machine *m, const Dwarf_Op *op)
{
	u8 atom = op->atom;
	if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
		return push(m, (u64)(atom - DW_OP_lit0));
	if ((atom >= DW_OP_reg0 && atom <= DW_OP_reg31) || atom == DW_OP_regx) {
		m->kind = IN_REGISTER;
		m->reg = atom == DW_OP_regx ? (unsigned)op->number : (unsigned)(atom - DW_OP_reg0);
		return true;
	}
	u64 reg;
	if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
		return read_register(m, (unsigned)(atom - DW_OP_breg0), &reg) && push(m, reg + op->number);
	switch (atom) {
	case DW_OP_bregx:
		return read_register(m, (unsigned)op->number, &reg) && push(m, reg + op->number2);
	case DW_OP_addr:
		return push(m, op->number + m->context->bias);
	case DW_OP_addrx:
	case DW_OP_constx:
	case DW_OP_GNU_addr_index:
	case DW_OP_GNU_const_index:
		return indexed_address(m, op);
	case DW_OP_const1u:
	case DW_OP_const1s:
	case DW_OP_const2u:
	case DW_OP_const2s:
	case DW_OP_const4u:
	case DW_OP_const4s:
	case DW_OP_const8u:
	case DW_OP_const8s:
	case DW_OP_constu:
	case DW_OP_consts:
		return push(m, op->number);
	case DW_OP_fbreg:
		return frame_relative(m, op->number);
	case DW_OP_call_frame_cfa:
		return m->context->cfa ? push(m, m->context->cfa) : fail(m, "the frame's canonical address is not known");
	case DW_OP_dup:
	case DW_OP_over:
	case DW_OP_pick:
	case DW_OP_drop:
	case DW_OP_swap:
	case DW_OP_rot:
		return shuffle(m, atom, op->number);
	case DW_OP_abs:
	case DW_OP_neg:
	case DW_OP_not:
	case DW_OP_plus_uconst:
	case DW_OP_deref:
	case DW_OP_deref_size:
		return unary(m, atom, op->number);
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
	case DW_OP_ge:
		return arithmetic(m, atom);
	case DW_OP_form_tls_address:
	case DW_OP_GNU_push_tls_address:
		return thread_local_address(m);
	case DW_OP_entry_value:
	case DW_OP_GNU_entry_value:
		return entry_value(m, op);
	case DW_OP_convert:
	case DW_OP_reinterpret:
	case DW_OP_GNU_convert:
	case DW_OP_GNU_reinterpret:
		return convert(m, op);
	case DW_OP_stack_value:
		m->kind = IS_NUMBER;
		return true;
	case DW_OP_implicit_value:
		return implicit_value(m, op);
	case DW_OP_implicit_pointer:
	case DW_OP_GNU_implicit_pointer:
		return fail(m, "optimised out: a pointer to a variable that is not in memory");
	case DW_OP_piece:
		return piece(m, op->number);
	case DW_OP_bit_piece:
		return bit_piece(m, op);
	case DW_OP_nop:
		return true;
	default:
		return fail(m, "%s is not supported", dwarf_op_name(atom));
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
	return fail(m, "the DWARF expression jumps to the middle of an operation");
}

static bool run(struct machine *m, const Dwarf_Op *ops, size_t n)
{
	unsigned steps = 0;
	for (size_t i = 0; i < n;) {
		if (++steps > MAX_STEPS)
			return fail(m, "the DWARF expression does not end");
		u8 atom = ops[i].atom;
		bool jumps = atom == DW_OP_skip;
		if (atom == DW_OP_bra) {
			if (!need(m, 1))
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
		if (!need(&m, 1))
			return absent(&m);
		return dbg_value_at(context->space, type, m.stack[m.depth - 1]);
	}
	if (type->size > MAX_VALUE)
		return dbg_value_none(arena, "a value of %llu bytes in pieces", (unsigned long long)type->size);
	if (!m.composite) {
		size_t known;
		if (m.kind == IN_REGISTER) {
			u64 ignored;
			if (!read_register(&m, m.reg, &ignored))
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
	bool ok = n ? run(&m, ops, n) : fail(&m, "the DWARF expression is empty");
	if (ok && m.composite)
		ok = fail(&m, "a number in pieces");
	if (ok)
		ok = m.kind == IN_REGISTER ? read_register(&m, m.reg, out) : need(&m, 1);
	if (ok && m.kind != IN_REGISTER)
		*out = m.stack[m.depth - 1];
	*why = m.why;
	return ok;
}
