// `{:?}` of a value by its type's own Debug: `<T as core::fmt::Debug>::fmt(&T, &mut Formatter)`, with a Formatter that we make
// and that writes into a buffer of ours. So nothing is needed of the program but that function.
#include "engine/call.h"

#include "name.h"

enum { MOST_TEXT = 64 << 10, MOST_DEPTH = 6, MOST_CANDIDATES = 3000, MOST_EXPRESSION = 10000 };

// ---- what writes -----------------------------------------------------------------------------------

// core::fmt::Write for a buffer { length, capacity, bytes }. Position-independent, and calls nothing:
//   write_str(self, text, length) -> bool: true if it did not fit, which ends the formatting
//   write_char(self, char) -> bool
//   write_fmt(self, ..) -> true: a Formatter never calls it
//   drop(self): nothing
// System V ABI AMD64, as rustc's own convention is for these.
__asm__(".pushsection .rodata\n"
        "stackful_writer_begin:\n"
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
extern const u8 stackful_writer_begin[], stackful_writer_drop[], stackful_writer_str[], stackful_writer_char[],
    stackful_writer_fmt[], stackful_writer_end[];

static u64 offset_in_code(const u8 *at)
{
	return (u64)(uintptr_t)at - (u64)(uintptr_t)stackful_writer_begin;
}

struct buffer {
	u64 len, cap;
	u8 bytes[MOST_TEXT];
};

// ---- the Formatter ---------------------------------------------------------------------------------

// What `{:?}` asks for: core/src/fmt/mod.rs, FormattingOptions::new and Formatter::new. By members: `width: None`, `fill: ' '`,
// `align: Unknown`; where there is no `fill`, it and the alignment lie in `flags` (since 1.87: bits 0 to 20, and 29 and 30, of
// which 3 is Unknown; bit 23 is `#`). Where there is, `#` is bit 2.
enum { FILL = ' ', ALIGN_UNKNOWN = 3, FLAGS_IN_ONE = FILL | ALIGN_UNKNOWN << 29, PRETTY_IN_ONE = 1 << 23, PRETTY = 1 << 2 };

struct image {
	u8 *bytes;
	size_t size;
	u64 buf_at; // of the fat pointer
	bool has_fill, has_flags, has_buf, pretty, ok;
};

static void put(struct image *image, u64 offset, u64 value, u64 size)
{
	if (size > sizeof(value) || offset + size > image->size)
		image->ok = false;
	else
		memcpy(image->bytes + offset, &value, size);
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
			image->buf_at = at;
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

static err_t make_formatter(struct arena *arena, const struct dbg_space *space, bool pretty, struct image *out)
{
	const struct dbg_type *type = dbg_type_find(space->modules, STR("core::fmt::Formatter"));
	if (!type || !type->size || type->size > 256)
		return err_new(ERR_NO_DEBUG_INFO, "core::fmt::Formatter is not in the debug info: nothing can be formatted");
	*out = (struct image){.bytes = NEW_N(arena, u8, type->size), .size = type->size, .pretty = pretty, .ok = true};
	fill_options(out, type, 0, 0);
	if (!out->ok || !out->has_buf || !out->has_flags)
		return err_new(ERR_UNSUPPORTED, "core::fmt::Formatter is of a form that is not known here: nothing can be formatted");
	return NULL;
}

// ---- the function ----------------------------------------------------------------------------------

struct search {
	const struct dbg_space *space;
	struct arena *arena;
	const struct dbg_type *type;
	struct str part;     // that the mangled name has, or ""
	struct str names[2]; // of the function, for a type without parameters: what was compiled elsewhere tells no types
	size_t looked;
	u64 addr;
	bool by_words; // the value is a fat reference, and is itself what the function takes
};

static bool is_debug_fmt(struct search *search, const struct dbg_symbol *symbol, struct str *name)
{
	if (str_find(symbol->name, STR("Debug")) < 0 || str_find(symbol->name, STR("3fmt")) < 0)
		return false;
	*name = dbg_demangle(search->arena, symbol->name);
	return str_ends(*name, STR(">::fmt")) && str_find(*name, STR("core::fmt::Debug")) >= 0;
}

static bool is_reference_to(const struct dbg_type *reference, const struct dbg_type *type)
{
	return reference->kind == DBG_TYPE_POINTER && reference->target && dbg_type_same(reference->target, type);
}

// "&str", "&[T]": two words, of which a function that takes one by itself is given both.
static bool is_fat(const struct dbg_type *type)
{
	return dbg_type_member(type, "data_ptr") && str_starts(type->name, STR("&"));
}

static bool look(void *context, const struct dbg_symbol *symbol)
{
	struct search *search = context;
	struct dbg_signature signature;
	struct str name;
	if ((search->part.len && str_find(symbol->name, search->part) < 0) || !is_debug_fmt(search, symbol, &name))
		return true;
	if (++search->looked > MOST_CANDIDATES || dbg_is_cancelled(search->space))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(search->names); i++)
		if (search->names[i].len && str_ends(name, search->names[i])) {
			search->addr = symbol->addr;
			search->by_words = is_fat(search->type);
			return false;
		}
	if (!dbg_function_signature(search->space->modules, search->arena, symbol->addr, &signature) || signature.n_params != 2 ||
	    !signature.params[0].type)
		return true;
	const struct dbg_type *takes = signature.params[0].type;
	bool by_words = is_fat(search->type) && dbg_type_same(takes, search->type);
	if (!by_words && (search->addr || !is_reference_to(takes, search->type)))
		return true;
	search->addr = symbol->addr;
	search->by_words = by_words;
	return !by_words && is_fat(search->type); // the better one may come yet
}

// The last name of the type's path: a mangled name of its Debug has it ("Order" of values::Order<u8>).
static struct str last_name(struct arena *arena, const struct dbg_type *type)
{
	struct str path = dbg_type_base_path(type);
	ptrdiff_t colons = str_rfind(path, STR("::"));
	struct str name = colons < 0 ? path : str_from(path, (size_t)colons + 2);
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') && c != '_')
			return STR("");
	}
	return colons < 0 ? STR("") : str_dup(arena, name);
}

// ---- the plan --------------------------------------------------------------------------------------

struct plan_memory {
	u64 formatter, vtable, buffer, value, size;
};

enum { SLOTS = 6 }; // drop, size, align, write_str, write_char, write_fmt

static void plan_memory(struct plan_memory *out, size_t formatter, size_t value)
{
	out->formatter = 0;
	out->vtable = (formatter + 15) & ~(u64)15;
	out->value = out->vtable + SLOTS * sizeof(u64);
	out->buffer = (out->value + value + 63) & ~(u64)63;
	out->size = out->buffer + sizeof(struct buffer);
}

// References are followed, as Debug of a reference does; a trait object is its concrete value.
static struct dbg_value followed(struct dbg_value value)
{
	for (int hops = 0; hops < 16 && dbg_value_ok(value); hops++) {
		if (value.type->kind == DBG_TYPE_POINTER && str_starts(value.type->name, STR("&"))) {
			value = dbg_value_deref(value);
			continue;
		}
		struct dbg_value inner = dbg_type_member(value.type, "vtable") ? dbg_value_dyn(value) : (struct dbg_value){0};
		if (!dbg_value_ok(inner))
			break;
		value = inner;
	}
	return value;
}

static err_t find_fmt(const struct dbg_space *space, struct arena *arena, const struct dbg_type *type, struct search *search)
{
	*search = (struct search){.space = space, .arena = arena, .type = type, .part = last_name(arena, type)};
	struct str path = is_fat(type) ? str_from(type->name, 1) : type->path;
	if (str_find(path, STR("<")) < 0 && str_find(path, STR("[")) < 0 && str_find(path, STR("(")) < 0) {
		search->names[0] = str_printf(arena, "<%.*s as core::fmt::Debug>::fmt", STRF(path));
		search->names[1] = str_printf(arena, "<impl core::fmt::Debug for %.*s>::fmt", STRF(path));
	}
	dbg_symbols_each(space->modules, look, search);
	if (search->addr)
		return NULL;
	return err_new(ERR_NOT_FOUND,
	               "the program has no `Debug` of %.*s: derive it, and use it somewhere (`{:?}`), so that the compiler keeps it",
	               STRF(dbg_type_render(arena, type)));
}

err_t dbg_call_plan_debug(const struct dbg_eval_context *context, struct arena *arena, struct str text, bool pretty,
                          struct dbg_call_plan *out)
{
	struct eval eval = {.context = context, .space = context->space, .arena = arena};
	const struct node *tree;
	struct operand operand;
	struct dbg_value value;
	struct image formatter;
	struct plan_memory memory;
	struct search search;
	if (text.len > MOST_EXPRESSION)
		return err_new(ERR_SYNTAX, "the expression is longer than %d bytes", MOST_EXPRESSION);
	TRY(parse_expression(arena, str_dup(arena, text), &tree));
	TRY(eval_operand(&eval, tree, &operand));
	TRY(settle(arena, eval.space, operand, &value));
	value = followed(value);
	if (!dbg_value_ok(value))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(value.absent));
	if (value.known)
		return err_new(ERR_NOT_FOUND, "a part of it was optimised out: only a whole value can be formatted");
	TRY(find_fmt(eval.space, arena, value.type, &search));
	TRY(make_formatter(arena, eval.space, pretty, &formatter));
	bool is_placed = value.where == DBG_VALUE_MEMORY;
	if (!is_placed && value.type->size > MOST_TEXT)
		return err_new(ERR_UNSUPPORTED, "a value of %llu bytes that is not in memory can't be formatted",
		               (unsigned long long)value.type->size);
	plan_memory(&memory, formatter.size, is_placed ? 0 : (size_t)value.type->size);

	size_t filled = memory.buffer + offsetof(struct buffer, bytes);
	u8 *data = NEW_N(arena, u8, filled);
	memcpy(data, formatter.bytes, formatter.size);
	const u64 vtable[SLOTS] = {offset_in_code(stackful_writer_drop),
	                           sizeof(struct buffer),
	                           _Alignof(struct buffer),
	                           offset_in_code(stackful_writer_str),
	                           offset_in_code(stackful_writer_char),
	                           offset_in_code(stackful_writer_fmt)};
	memcpy(data + memory.vtable, vtable, sizeof(vtable));
	memcpy(data + formatter.buf_at, &memory.buffer, sizeof(memory.buffer));
	memcpy(data + formatter.buf_at + 8, &memory.vtable, sizeof(memory.vtable));
	const u64 capacity = MOST_TEXT;
	memcpy(data + memory.buffer + offsetof(struct buffer, cap), &capacity, sizeof(capacity));
	if (!is_placed)
		TRY(dbg_value_read(value, data + memory.value, value.type->size));

	*out = (struct dbg_call_plan){.gives = DBG_CALL_TEXT, .at = memory.buffer};
	out->function = str_printf(arena, "<%.*s as core::fmt::Debug>::fmt", STRF(value.type->path));
	struct dbg_call *call = &out->call;
	call->function = search.addr;
	if (search.by_words) {
		u64 words[2];
		TRY(dbg_value_read(value, words, sizeof(words)));
		call->args[0] = words[0];
		call->args[1] = words[1];
		call->args[2] = memory.formatter;
		call->in_data = 1 << 2;
	} else {
		call->args[0] = is_placed ? value.addr : memory.value;
		call->args[1] = memory.formatter;
		call->in_data = (u8)(1 << 1 | !is_placed);
	}
	call->data = data;
	call->data_len = filled;
	call->data_size = memory.size;
	call->code = stackful_writer_begin;
	call->code_len = (size_t)offset_in_code(stackful_writer_end);
	u32 *offsets = NEW_N(arena, u32, 6);
	offsets[0] = (u32)formatter.buf_at;
	offsets[1] = (u32)formatter.buf_at + 8;
	call->data_offsets = offsets;
	call->n_data_offsets = 2;
	static const u8 code_slots[] = {0, 3, 4, 5};
	for (size_t i = 0; i < ARRAY_LEN(code_slots); i++)
		offsets[2 + i] = (u32)(memory.vtable + code_slots[i] * sizeof(u64));
	call->code_offsets = offsets + 2;
	call->n_code_offsets = ARRAY_LEN(code_slots);
	return NULL;
}

err_t dbg_call_text(const struct dbg_call_plan *plan, struct arena *arena, const struct dbg_call_result *result, struct str *out)
{
	if (result->problem.len)
		return err_new(ERR_STATE, "%.*s", STRF(result->problem));
	const struct buffer *buffer = (const void *)(result->data + plan->at);
	u64 len;
	memcpy(&len, &buffer->len, sizeof(len));
	if (len > MOST_TEXT)
		return err_new(ERR_FAULT, "what was written makes no sense");
	struct buf text = buf_on(arena);
	bool is_cut = len == MOST_TEXT, failed = (u8)result->rax != 0;
	buf_put_utf8_lossy(&text, str_n((const char *)buffer->bytes, (size_t)len));
	if (is_cut)
		buf_puts(&text, "…");
	else if (failed)
		buf_puts(&text, " (its Debug then gave an error)");
	*out = buf_str(&text);
	return NULL;
}
