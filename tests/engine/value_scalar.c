// Numbers and text as Rust writes them; names of types; assignment. Pure.
#include <criterion/criterion.h>

#include "engine/value.h"
#include "engine/value/scalar.h"

#define PRIMITIVE(the_kind, the_name, the_size)                                                                                  \
	{                                                                                                                            \
		.kind = DBG_TYPE_##the_kind, .name = STR(the_name), .path = STR(the_name), .size = the_size                              \
	}

static void expect_double(double value, const char *wanted)
{
	struct arena arena = {0};
	struct buf buf = buf_on(&arena);
	scalar_put_float(&buf, (const u8 *)&value, sizeof(value));
	cr_expect_str_eq(buf_str(&buf).ptr, wanted);
	arena_deinit(&arena);
}

static void expect_float(float value, const char *wanted)
{
	struct arena arena = {0};
	struct buf buf = buf_on(&arena);
	scalar_put_float(&buf, (const u8 *)&value, sizeof(value));
	cr_expect_str_eq(buf_str(&buf).ptr, wanted);
	arena_deinit(&arena);
}

Test(value_scalar, floats_have_the_fewest_digits)
{
	expect_double(0.1, "0.1");
	expect_double(1.0 / 3, "0.3333333333333333");
	expect_double(100, "100.0");
	expect_double(1e15, "1000000000000000.0");
	expect_double(1e16, "1e16");
	expect_double(1.5e300, "1.5e300");
	expect_double(0.00001, "1e-5");
	expect_double(0.0001, "0.0001");
	expect_double(-2.5, "-2.5");
	expect_float(0.1f, "0.1");
	expect_float(16777216.0f, "16777216.0");
	expect_float(3.4028235e38f, "3.4028235e38");
}

Test(value_scalar, integers_of_all_widths)
{
	static const u8 all_ones[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	                                0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const u8 smallest[16] = {[15] = 0x80};
	struct arena arena = {0};
	struct buf buf = buf_on(&arena);
	scalar_put_int(&buf, all_ones, 16, false, DBG_RADIX_DEC);
	buf_putc(&buf, ' ');
	scalar_put_int(&buf, smallest, 16, true, DBG_RADIX_DEC);
	buf_putc(&buf, ' ');
	scalar_put_int(&buf, all_ones, 2, true, DBG_RADIX_DEC);
	buf_putc(&buf, ' ');
	scalar_put_int(&buf, all_ones, 2, true, DBG_RADIX_HEX);
	buf_putc(&buf, ' ');
	scalar_put_int(&buf, all_ones, 1, false, DBG_RADIX_BIN);
	cr_assert_str_eq(buf_str(&buf).ptr,
	                 "340282366920938463463374607431768211455 -170141183460469231731687303715884105728 -1 0xffff 0b11111111");
	arena_deinit(&arena);
}

static void expect_text(struct str text, size_t columns, bool all, const char *wanted)
{
	struct arena arena = {0};
	struct buf buf = buf_on(&arena);
	cr_expect_eq(scalar_put_text(&buf, text, columns), all);
	cr_expect_str_eq(buf_str(&buf).ptr, wanted);
	arena_deinit(&arena);
}

Test(value_scalar, text_is_escaped_and_bounded)
{
	expect_text(STR("a\tb\"\\\0'"), 100, true, "\"a\\tb\\\"\\\\\\0'\"");
	expect_text(STR("caf\xc3\xa9"), 100, true, "\"caf\xc3\xa9\"");
	expect_text(STR("\xff\xed\xa0\x80x"), 100, true, "\"\\xff\\xed\\xa0\\x80x\"");
	expect_text(STR("\xe2\x80\x8b\x7f"), 100, true, "\"\\u{200b}\\u{7f}\"");
	expect_text(STR("abcdef"), 3, false, "\"abc\xe2\x80\xa6\"");
	expect_text(STR(""), 3, true, "\"\"");
}

static void expect_type(const char *name, const char *wanted)
{
	struct dbg_type type = {.kind = DBG_TYPE_STRUCT, .name = str_of(name), .path = str_of(name)};
	struct arena arena = {0};
	cr_expect_str_eq(dbg_type_render(&arena, &type).ptr, wanted);
	arena_deinit(&arena);
}

Test(value_scalar, types_are_shortened)
{
	expect_type("alloc::vec::Vec<u8, alloc::alloc::Global>", "Vec<u8>");
	expect_type("core::option::Option<alloc::sync::Arc<std::sync::mutex::Mutex<shop::Db>, alloc::alloc::Global>>",
	            "Option<Arc<Mutex<Db>>>");
	expect_type("&str", "&str");
	expect_type("&mut dyn core::fmt::Write", "&mut dyn Write");
	expect_type("alloc::boxed::Box<(dyn core::future::future::Future<Output=u32> + core::marker::Send), alloc::alloc::Global>",
	            "Box<(dyn Future<Output=u32> + Send)>");
	expect_type("std::collections::hash::map::HashMap<&str, i32, std::hash::random::RandomState, alloc::alloc::Global>",
	            "HashMap<&str, i32>");
	expect_type("(u32, alloc::string::String)", "(u32, String)");
	expect_type("[core::option::Option<u8>; 4]", "[Option<u8>; 4]");
	expect_type("fn(a::B, &c::D) -> core::result::Result<(), e::F>", "fn(B, &D) -> Result<(), F>");
	expect_type("{a::b", "{a::b");
	expect_type("core::pin::Pin<&mut echo::main::{async_fn_env#0}>", "Pin<&mut main::{async_fn#0}>");
	expect_type("a<b<c<d", "a<b<c<d>>>");
	expect_type("", "?");
}

static void expect_assigned(const struct dbg_type *type, const char *text, const char *wanted_error)
{
	err_t error = dbg_value_assign(dbg_value_of_bytes(NULL, type, (const u8 *)"0123456789abcdef"), str_of(text));
	cr_assert(error);
	cr_expect_str_eq(error->what.ptr, wanted_error);
	err_reset();
}

Test(value_scalar, only_memory_is_written)
{
	static const struct dbg_type type = PRIMITIVE(UINT, "u8", 1);
	expect_assigned(&type, "5", "the value is not in memory (a register or a constant) and can't be written");
}

// A memory of 16 bytes at 0x1000.
static u8 cells[16];
static size_t read_cells(void *context, u64 addr, void *buf, size_t len)
{
	(void)context;
	if (addr < 0x1000 || addr >= 0x1000 + sizeof(cells))
		return 0;
	len = size_min(len, 0x1000 + sizeof(cells) - addr);
	memcpy(buf, cells + (addr - 0x1000), len);
	return len;
}
static err_t write_cells(void *context, u64 addr, const void *buf, size_t len)
{
	(void)context;
	memcpy(cells + (addr - 0x1000), buf, len);
	return NULL;
}

static void expect_write(const struct dbg_type *type, const char *text, const char *wanted)
{
	struct dbg_space space = {.mem = dbg_mem_new((struct dbg_mem_source){.read = read_cells, .write = write_cells})};
	struct dbg_value value = dbg_value_at(&space, type, 0x1000);
	struct arena arena = {0};
	err_t error = dbg_value_assign(value, str_of(text));
	struct str shown = error ? error->what : dbg_value_render(&arena, value, (struct dbg_render){0});
	cr_expect_str_eq(shown.ptr, wanted, "%s: %s, wanted %s", text, shown.ptr, wanted);
	arena_deinit(&arena);
	dbg_mem_free(space.mem);
	err_reset();
}

Test(value_scalar, scalars_are_written)
{
	static const struct dbg_type u8_type = PRIMITIVE(UINT, "u8", 1), i16_type = PRIMITIVE(INT, "i16", 2),
	                             bool_type = PRIMITIVE(BOOL, "bool", 1), char_type = PRIMITIVE(CHAR, "char", 4),
	                             f32_type = PRIMITIVE(FLOAT, "f32", 4), i128_type = PRIMITIVE(INT, "i128", 16);
	expect_write(&u8_type, "0xff", "255");
	expect_write(&u8_type, " 1_0u8 ", "10");
	expect_write(&u8_type, "256", "256 does not fit in u8");
	expect_write(&u8_type, "-1", "-1 does not fit in u8");
	expect_write(&u8_type, "x", "`x` is no u8: write a number such as 42, -1 or 0xff");
	expect_write(&i16_type, "-32768", "-32768");
	expect_write(&i16_type, "32768", "32768 does not fit in i16");
	expect_write(&i128_type, "-170141183460469231731687303715884105728", "-170141183460469231731687303715884105728");
	expect_write(&bool_type, "true", "true");
	expect_write(&bool_type, "1", "`1` is no bool: write true or false");
	expect_write(&char_type, "'\\u{1f980}'", "'\xf0\x9f\xa6\x80'");
	expect_write(&char_type, "'\\n'", "'\\n'");
	expect_write(&char_type, "'ab'", "`'ab'` is no char: write it as 'x' or '\\u{1f980}'");
	expect_write(&f32_type, "1.5", "1.5");
	expect_write(&f32_type, "one", "`one` is no f32: write a number such as 1.5");
}

Test(value_scalar, what_can_not_be_read_says_where)
{
	static const struct dbg_type type = PRIMITIVE(UINT, "u32", 4);
	struct dbg_space space = {.mem = dbg_mem_new((struct dbg_mem_source){.read = read_cells})};
	struct arena arena = {0};
	struct str shown = dbg_value_render(&arena, dbg_value_at(&space, &type, 0x2000), (struct dbg_render){0});
	cr_assert_str_eq(shown.ptr, "<memory at 0x2000 can't be read>");
	arena_deinit(&arena);
	dbg_mem_free(space.mem);
	err_reset();
}
