// x86-64 instructions as text, forwards and backwards from an address. Forwards is capstone's work; backwards means
// from the beginning of the function, since the length of an instruction is told by its first bytes only.
#include "engine/disassemble.h"

#include <capstone/capstone.h>

#include "base/vec.h"

enum {
	MAX_LENGTH = 15,        // of an instruction (Intel SDM volume 2, 2.3.11)
	MAX_FUNCTION = 1 << 20, // a function that is longer is entered in its middle
	WITHOUT_SYMBOL = 64,    // bytes to go back where no function is known
};

struct rows {
	VEC(struct dbg_instruction) list;
};

static struct str function_name(const struct dbg_space *space, struct arena *arena, u64 addr, u64 *start)
{
	struct dbg_scope *scopes;
	struct dbg_symbol symbol;
	size_t n = dbg_scopes_at(space->modules, arena, addr, &scopes);
	if (n) { // the physical one
		*start = scopes[n - 1].low;
		return scopes[n - 1].name;
	}
	if (!dbg_symbol_at(space->modules, addr, &symbol))
		return STR("");
	*start = symbol.addr;
	return dbg_demangle(arena, symbol.name);
}

// "call 0x5555…" says little without the function's name.
static struct str with_target(const struct dbg_space *space, struct arena *arena, const cs_insn *insn)
{
	struct str text = str_printf(arena, "%s%s%s", insn->mnemonic, insn->op_str[0] ? " " : "", insn->op_str);
	u64 target, start;
	bool jumps = insn->mnemonic[0] == 'j' || str_eqc(str_of(insn->mnemonic), "call");
	if (!jumps || !str_to_u64(str_of(insn->op_str), &target))
		return text;
	struct str name = function_name(space, arena, target, &start);
	if (!name.len)
		return text;
	return target == start
	           ? str_printf(arena, "%.*s ; %.*s", STRF(text), STRF(name))
	           : str_printf(arena, "%.*s ; %.*s+0x%llx", STRF(text), STRF(name), (unsigned long long)(target - start));
}

static struct dbg_instruction one(const struct dbg_space *space, struct arena *arena, csh handle, cs_insn *insn, u64 addr)
{
	struct dbg_instruction row = {.addr = addr, .size = 1, .text = STR("??"), .where = STR("")};
	u8 code[MAX_LENGTH];
	size_t got = dbg_mem_read_some(space->mem, addr, code, sizeof code), left = got;
	const u8 *at = code;
	u64 pc = addr, start;
	if (!got)
		return row;
	row.readable = true;
	row.valid = cs_disasm_iter(handle, &at, &left, &pc, insn);
	row.size = row.valid ? (u8)insn->size : 1;
	memcpy(row.bytes, code, row.size);
	row.text = row.valid ? with_target(space, arena, insn) : str_printf(arena, ".byte 0x%02x", code[0]);
	struct str name = function_name(space, arena, addr, &start);
	if (name.len && start == addr)
		row.where = name;
	return row;
}

// Where a function begins that covers addr or, if nothing is known, a place a little before it.
static u64 start_before(const struct dbg_space *space, struct arena *arena, u64 addr)
{
	u64 start;
	struct str name = function_name(space, arena, addr, &start);
	if (name.len && start <= addr && addr - start < MAX_FUNCTION)
		return start;
	return addr > WITHOUT_SYMBOL ? addr - WITHOUT_SYMBOL : 0;
}

// The rows of [start, end); one that would reach beyond `end` is cut to single bytes, so that `end` begins a row.
static void between(const struct dbg_space *space, struct arena *arena, csh handle, cs_insn *insn, u64 start, u64 end,
                    struct rows *rows)
{
	for (u64 addr = start; addr < end;) {
		struct dbg_instruction row = one(space, arena, handle, insn, addr);
		if (row.size > end - addr) {
			row.size = 1;
			row.valid = false;
			row.text = str_printf(arena, ".byte 0x%02x", row.bytes[0]);
		}
		vec_push(arena, &rows->list, row);
		addr += row.size;
	}
}

// Fills out[0, n) with the rows before addr; answers how many it found, which are the last ones.
static size_t before(const struct dbg_space *space, struct arena *arena, csh handle, cs_insn *insn, u64 addr, size_t n,
                     struct dbg_instruction *out)
{
	size_t found = 0;
	while (found < n && addr > 0) {
		struct rows rows = {0};
		u64 start = start_before(space, arena, addr - 1);
		between(space, arena, handle, insn, start, addr, &rows);
		for (size_t i = rows.list.len; i-- > 0 && found < n;)
			out[n - ++found] = rows.list.items[i];
		addr = start;
	}
	return found;
}

static void forwards(const struct dbg_space *space, struct arena *arena, csh handle, cs_insn *insn, u64 addr, size_t skip,
                     size_t n, struct dbg_instruction *out)
{
	for (size_t i = 0; i < skip + n; i++) {
		struct dbg_instruction row = one(space, arena, handle, insn, addr);
		if (i >= skip)
			out[i - skip] = row;
		addr += row.size;
	}
}

void dbg_disassemble(const struct dbg_space *space, struct arena *arena, u64 addr, i64 offset, size_t count,
                     struct dbg_instruction **out)
{
	csh handle;
	*out = NEW_N(arena, struct dbg_instruction, count + 1);
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK) {
		for (size_t i = 0; i < count; i++)
			(*out)[i] = (struct dbg_instruction){.addr = addr + i, .size = 1, .text = STR("??"), .where = STR("")};
		return;
	}
	cs_insn *insn = cs_malloc(handle);
	size_t back = offset < 0 ? (size_t)-offset : 0, skip = offset > 0 ? (size_t)offset : 0;
	struct dbg_instruction *earlier = NEW_N(arena, struct dbg_instruction, back + 1);
	size_t found = before(space, arena, handle, insn, addr, back, earlier);
	for (size_t i = 0; i < back - found; i++) // below address 0
		earlier[i] = (struct dbg_instruction){.size = 0, .text = STR("??"), .where = STR("")};
	size_t taken = size_min(back, count);
	memcpy(*out, earlier, taken * sizeof(**out));
	forwards(space, arena, handle, insn, addr, skip, count - taken, *out + taken);
	cs_free(insn, 1);
	cs_close(&handle);
}
