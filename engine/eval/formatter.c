// What a `{:?}` writes by: a core::fmt::Formatter, and the core::fmt::Write that it writes to.
#include "formatter.h"

enum { MOST_DEPTH = 6 };

// ---- what writes -----------------------------------------------------------------------------------

// core::fmt::Write for a buffer { length, capacity, bytes }. Position-independent, and calls nothing:
//   write_str(self, text, length) -> bool: true if it did not fit, which ends the formatting
//   write_char(self, char) -> bool
//   write_fmt(self, ..) -> true: a Formatter never calls it
//   drop(self): nothing
// System V ABI AMD64, as rustc's own convention is for these.
#define NAMES                                                                                                                    \
	"stackful_writer_begin, stackful_writer_drop, stackful_writer_str, stackful_writer_char, stackful_writer_fmt, "              \
	"stackful_writer_end\n"
__asm__(".pushsection .rodata\n"
        ".globl " NAMES ".hidden " NAMES "stackful_writer_begin:\n"
        "stackful_writer_drop:\n"
        "	ret\n"
        "	.balign 16, 0xcc\n"
        "stackful_writer_str:\n"
        "	mov (%rdi), %rax\n"
        "	mov 8(%rdi), %rcx\n"
        "	sub %rax, %rcx\n" // what is left
        "	xor %r8d, %r8d\n"
        "	cmp %rdx, %rcx\n"
        "	setb %r8b\n"
        "	cmova %rdx, %rcx\n"
        "	add %rcx, (%rdi)\n"
        "	lea 16(%rdi,%rax), %rdi\n"
        "	rep movsb\n"
        "	mov %r8d, %eax\n"
        "	ret\n"
        "	.balign 16, 0xcc\n"
        "stackful_writer_char:\n" // UTF-8 on the stack, from its last byte on
        "	mov %esi, %eax\n"
        "	mov %rsp, %rsi\n"
        "	cmp $0x80, %eax\n"
        "	jae 1f\n"
        "	dec %rsi\n"
        "	mov %al, (%rsi)\n"
        "	jmp 3f\n"
        "1:	mov $0x3f, %ecx\n" // what the first byte can hold after this many
        "2:	mov %eax, %edx\n"
        "	and $0x3f, %edx\n"
        "	or $0x80, %edx\n"
        "	dec %rsi\n"
        "	mov %dl, (%rsi)\n"
        "	shr $6, %eax\n"
        "	shr $1, %ecx\n"
        "	cmp %ecx, %eax\n"
        "	ja 2b\n"
        "	not %ecx\n"
        "	add %ecx, %ecx\n"
        "	or %ecx, %eax\n"
        "	dec %rsi\n"
        "	mov %al, (%rsi)\n"
        "3:	mov %rsp, %rdx\n"
        "	sub %rsi, %rdx\n"
        "	sub $24, %rsp\n" // the bytes lie below: keep them ours
        "	mov (%rdi), %rax\n"
        "	mov 8(%rdi), %rcx\n"
        "	sub %rax, %rcx\n"
        "	cmp %rdx, %rcx\n"
        "	jb 4f\n"
        "	mov %rdx, %rcx\n"
        "	add %rcx, (%rdi)\n"
        "	lea 16(%rdi,%rax), %rdi\n"
        "	rep movsb\n"
        "	add $24, %rsp\n"
        "	xor %eax, %eax\n"
        "	ret\n"
        "4:	add $24, %rsp\n"
        "	.balign 16, 0x90\n"
        "stackful_writer_fmt:\n"
        "	mov $1, %eax\n"
        "	ret\n"
        "stackful_writer_end:\n"
        ".popsection\n");
// ---- the Formatter ---------------------------------------------------------------------------------

// What `{:?}` asks for: core/src/fmt/mod.rs, FormattingOptions::new and Formatter::new. By members: `width: None`, `fill: ' '`,
// `align: Unknown`; where there is no `fill`, it and the alignment lie in `flags` (since 1.87: bits 0 to 20, and 29 and 30, of
// which 3 is Unknown; bit 23 is `#`). Where there is, `#` is bit 2.
enum { FILL = ' ', ALIGN_UNKNOWN = 3, FLAGS_IN_ONE = FILL | ALIGN_UNKNOWN << 29, PRETTY_IN_ONE = 1 << 23, PRETTY = 1 << 2 };

struct image {
	struct formatter made;
	bool has_fill, has_flags, has_buf, pretty, ok;
};

static void put(struct image *image, u64 offset, u64 value, u64 size)
{
	if (size > sizeof(value) || offset + size > image->made.size)
		image->ok = false;
	else
		memcpy(image->made.bytes + offset, &value, size);
}

static void put_variant(struct image *image, const struct dbg_type *type, u64 offset, const char *name)
{
	const struct dbg_variant *variants;
	const struct dbg_enumerator *values;
	const struct dbg_member *tag = dbg_type_discriminant(type);
	size_t n = dbg_type_variants(type, &variants);
	for (size_t i = 0; tag && i < n; i++)
		if (str_eqc(variants[i].member.name, name) && !variants[i].is_default) {
			put(image, offset + tag->offset, variants[i].value, tag->type->size);
			return;
		}
	n = dbg_type_enumerators(type, &values);
	for (size_t i = 0; i < n; i++)
		if (str_eqc(values[i].name, name)) {
			put(image, offset, (u64)values[i].value, type->size);
			return;
		}
	image->ok = false;
}

static void fill_options(struct image *image, const struct dbg_type *type, u64 offset, int depth)
{
	const struct dbg_member *members;
	size_t n = depth < MOST_DEPTH ? dbg_type_members(type, &members) : 0;
	for (size_t i = 0; i < n; i++) {
		struct str name = members[i].name;
		const struct dbg_type *own = members[i].type;
		u64 at = offset + members[i].offset;
		bool is_scalar = own->kind == DBG_TYPE_UINT || own->kind == DBG_TYPE_CHAR;
		if (str_eqc(name, "options")) {
			fill_options(image, own, at, depth + 1);
		} else if (str_eqc(name, "buf")) {
			image->has_buf = own->size == 16;
			image->made.buf_at = at;
		} else if (str_eqc(name, "fill")) {
			image->has_fill = true;
			put(image, at, FILL, own->size);
		} else if (str_eqc(name, "align")) {
			const struct dbg_enumerator *values;
			bool is_option = own->kind == DBG_TYPE_VARIANTS || dbg_type_enumerators(own, &values) == 0;
			put_variant(image, own, at, is_option ? "None" : "Unknown");
		} else if (str_eqc(name, "flags") && is_scalar) {
			image->has_flags = true;
		} else if ((str_eqc(name, "width") || str_eqc(name, "precision")) && !is_scalar) {
			put_variant(image, own, at, "None");
		}
	}
	for (size_t i = 0; i < n; i++)
		if (str_eqc(members[i].name, "flags") && members[i].type->kind == DBG_TYPE_UINT)
			put(image, offset + members[i].offset,
			    image->has_fill ? (image->pretty ? PRETTY : 0) : FLAGS_IN_ONE | (image->pretty ? PRETTY_IN_ONE : 0),
			    members[i].type->size);
}

err_t formatter_make(struct arena *arena, const struct dbg_space *space, bool pretty, struct formatter *out)
{
	const struct dbg_type *type = dbg_type_find(space->modules, STR("core::fmt::Formatter"));
	if (!type || !type->size || type->size > 256)
		return err_new(ERR_NO_DEBUG_INFO, "core::fmt::Formatter is not in the debug info: nothing can be formatted");
	struct image image = {.made = {.bytes = NEW_N(arena, u8, type->size), .size = type->size}, .pretty = pretty, .ok = true};
	fill_options(&image, type, 0, 0);
	if (!image.ok || !image.has_buf || !image.has_flags)
		return err_new(ERR_UNSUPPORTED, "core::fmt::Formatter is of a form that is not known here: nothing can be formatted");
	*out = image.made;
	return NULL;
}
