// DWARF expressions made by hand, over an array of bytes.
#include <criterion/criterion.h>
#include <dwarf.h>

#include "engine/symbols/location.h"

enum { BASE = 0x1000 };
static u8 cells[64];

static size_t read_cells(void *context, u64 addr, void *buf, size_t len)
{
	(void)context;
	if (addr < BASE || addr >= BASE + sizeof(cells))
		return 0;
	len = size_min(len, BASE + sizeof(cells) - addr);
	memcpy(buf, cells + (addr - BASE), len);
	return len;
}

static bool fixed_base(const struct location_context *context, u64 *out, struct str *why)
{
	(void)context;
	(void)why;
	*out = BASE + 16;
	return true;
}

static const struct dbg_type u64_type = {.kind = DBG_TYPE_UINT, .name = STR("u64"), .path = STR("u64"), .size = 8};
static const struct dbg_type u128_type = {.kind = DBG_TYPE_UINT, .name = STR("u128"), .path = STR("u128"), .size = 16};

// Evaluates and renders, addresses as "at 0x...".
static void expect_typed(const struct dbg_type *type, const Dwarf_Op *ops, size_t n, const char *wanted)
{
	struct dbg_regs regs = {0};
	dbg_regs_set(&regs, DBG_REG_RAX, 0x1122334455667788);
	dbg_regs_set(&regs, DBG_REG_RSP, BASE + 8);
	struct dbg_space space = {.mem = dbg_mem_new((struct dbg_mem_source){.read = read_cells})};
	struct location_context context = {.space = &space, .regs = &regs, .bias = 0x10, .cfa = BASE + 32, .frame_base = fixed_base};
	struct arena arena = {0};
	struct dbg_value value = location_value(&arena, &context, ops, n, type);
	struct str text = value.where == DBG_VALUE_MEMORY
	                      ? str_printf(&arena, "at 0x%llx", (unsigned long long)value.addr)
	                      : dbg_value_render(&arena, value, (struct dbg_render){.radix = DBG_RADIX_HEX});
	cr_expect_str_eq(text.ptr, wanted, "gives %s, wanted %s", text.ptr, wanted);
	arena_deinit(&arena);
	dbg_mem_free(space.mem);
	err_reset();
}
#define expect(wanted, ...)                                                                                                      \
	expect_typed(&u64_type, (const Dwarf_Op[]){__VA_ARGS__}, sizeof((const Dwarf_Op[]){__VA_ARGS__}) / sizeof(Dwarf_Op), wanted)
#define expect_wide(wanted, ...)                                                                                                 \
	expect_typed(&u128_type, (const Dwarf_Op[]){__VA_ARGS__}, sizeof((const Dwarf_Op[]){__VA_ARGS__}) / sizeof(Dwarf_Op), wanted)

Test(value_location, memory)
{
	expect("at 0x1234", {.atom = DW_OP_addr, .number = 0x1224});
	expect("at 0x1014", {.atom = DW_OP_fbreg, .number = 4});
	expect("at 0x1018", {.atom = DW_OP_breg7, .number = 0x10});
	expect("at 0x1004", {.atom = DW_OP_bregx, .number = 7, .number2 = (u64)-4});
	expect("at 0x1018", {.atom = DW_OP_call_frame_cfa}, {.atom = DW_OP_const1s, .number = (u64)-8}, {.atom = DW_OP_plus});
	*(u64 *)(void *)(cells + 16) = 0x4000;
	expect("at 0x4008", {.atom = DW_OP_fbreg}, {.atom = DW_OP_deref}, {.atom = DW_OP_plus_uconst, .number = 8});
}

Test(value_location, registers_and_numbers)
{
	expect("0x1122334455667788", {.atom = DW_OP_reg0});
	expect("<optimised out: register rbx was not kept for this frame>", {.atom = DW_OP_reg3});
	expect("<optimised out: register rbx was not kept for this frame>", {.atom = DW_OP_breg3});
	expect("0x2a", {.atom = DW_OP_const1u, .number = 42}, {.atom = DW_OP_stack_value});
	expect("0x5", {.atom = DW_OP_lit7}, {.atom = DW_OP_lit2}, {.atom = DW_OP_minus}, {.atom = DW_OP_stack_value});
	expect("0xfffffffffffffffe", {.atom = DW_OP_const1s, .number = (u64)-7}, {.atom = DW_OP_lit3}, {.atom = DW_OP_div},
	       {.atom = DW_OP_stack_value});
	expect("0x1", {.atom = DW_OP_lit1}, {.atom = DW_OP_lit2}, {.atom = DW_OP_lt}, {.atom = DW_OP_stack_value});
	expect("0x2", {.atom = DW_OP_lit1}, {.atom = DW_OP_lit2}, {.atom = DW_OP_lit3}, {.atom = DW_OP_rot},
	       {.atom = DW_OP_stack_value});
}

Test(value_location, pieces)
{
	expect_wide("0x21122334455667788", {.atom = DW_OP_reg0}, {.atom = DW_OP_piece, .number = 8}, {.atom = DW_OP_lit2},
	            {.atom = DW_OP_stack_value}, {.atom = DW_OP_piece, .number = 8});
	// One half that is not anywhere: the whole is not known as a number.
	expect_wide("<optimised out>", {.atom = DW_OP_reg0}, {.atom = DW_OP_piece, .number = 8}, {.atom = DW_OP_piece, .number = 8});
	expect_wide("<optimised out>", {.atom = DW_OP_reg3}, {.atom = DW_OP_piece, .number = 16});
	expect("<DW_OP_bit_piece of 3 bits at bit 0 is not supported>", {.atom = DW_OP_reg0}, {.atom = DW_OP_bit_piece, .number = 3});
}

Test(value_location, broken_expressions_end)
{
	expect("<the DWARF expression takes from an empty stack>", {.atom = DW_OP_plus});
	expect("<the DWARF expression divides by zero>", {.atom = DW_OP_lit1}, {.atom = DW_OP_lit0}, {.atom = DW_OP_div});
	expect("<an unknown DWARF operation is not supported>", {.atom = 0x01});
	expect("<DW_OP_xderef is not supported>", {.atom = DW_OP_lit1}, {.atom = DW_OP_xderef});
	expect("<the DWARF expression does not end>", {.atom = DW_OP_nop, .offset = 0},
	       {.atom = DW_OP_skip, .number = (u64)-4, .offset = 1});
	expect("<the DWARF expression needs more than 64 stack entries>", {.atom = DW_OP_lit1, .offset = 0},
	       {.atom = DW_OP_skip, .number = (u64)-4, .offset = 1});
	expect("<the DWARF expression jumps to the middle of an operation>", {.atom = DW_OP_skip, .number = (u64)-2, .offset = 0},
	       {.atom = DW_OP_lit1, .offset = 3});
	expect("<memory at 0x8 can't be read>", {.atom = DW_OP_lit8}, {.atom = DW_OP_deref});
	expect("<optimised out: only its value at the function's entry is described (DW_OP_entry_value)>",
	       {.atom = DW_OP_entry_value}, {.atom = DW_OP_stack_value});
	expect_typed(&u64_type, NULL, 0, "<optimised out>");
}

Test(value_location, branches)
{
	// if 1 then skip lit5: 3
	expect("0x3", {.atom = DW_OP_lit3, .offset = 0}, {.atom = DW_OP_lit1, .offset = 1},
	       {.atom = DW_OP_bra, .number = 1, .offset = 2}, {.atom = DW_OP_lit5, .offset = 5},
	       {.atom = DW_OP_stack_value, .offset = 6});
}
